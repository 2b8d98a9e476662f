"""Titles without a described layout: read by comparing many of the same shape."""

from scraper.parsing.title import is_unread, read_titles
from scraper.parsing.unknown_layouts import guesses
from tests.cases import for_each

TEACHERS = ["ORVAL Anne", "VASTEL Marc", "LY Hugo / ORVAL Anne", "TERRAIL Zoé", "", "MARC-ANTOINE Luc"]
SUBJECTS = ["Optique", "Anglais", "Programmation WEB", "Optique", "Sport", "Mécanique - vibrations"]
ROOMS = ["B207", "Amphi Nord", "IC1_427 / B207", "B207", "", "Labo Optique"]
KINDS = ["Cours magistral", "TD", "Travaux dirigés", "Cours magistral", "Bilan de fin", "Examen"]
GROUPS = ["Groupe 1", "Groupe 2", "4IRC GR1", "Groupe 1", "Groupe 1", ""]


def wire(layout: str, count: int = 6) -> dict[str, tuple[str, str]]:
    """Return titles in that layout."""
    found = {}
    for n in range(count):
        texts = {"teachers": TEACHERS, "subject": SUBJECTS, "room": ROOMS, "kind": KINDS, "group": GROUPS}
        title = layout
        for field, values in texts.items():
            title = title.replace(field, values[n % 6])
        found[str(n)] = (title, "")
    return found


@for_each(
    "layout",
    [
        "group\nsubject\nkind\nroom\nteachers",
        "teachers\nroom\ngroup\nsubject\nkind",
        "subject | kind | room | teachers | group",
        "kind ; subject ; teachers ; room ; group",
        "room \u2022 subject \u2022 kind \u2022 teachers \u2022 group",
    ],
)
def test_parts_are_found_by_their_place_in_most_titles(layout: str) -> None:
    """Names without a form of address, kinds in words and rooms with a dash are found by their place."""
    titles = wire(layout)
    found = list(read_titles(titles).values())
    assert [title.subject for title in found] == SUBJECTS
    assert [" / ".join(title.rooms) for title in found] == ROOMS
    assert [" / ".join(title.teachers) for title in found] == TEACHERS
    assert [title.kind for title in found] == KINDS
    assert [title.note for title in found] == GROUPS
    assert {title.layout for title in found} == {"guessed"}
    assert all(is_unread(titles[name][0], title) for name, title in read_titles(titles).items())


def test_guess_has_the_form_of_a_school_file() -> None:
    """A maintainer can start from it."""
    assert [str(guess) for guess in guesses(wire("subject | kind | room | teachers | group"))] == [
        "subject | kind | room | teachers | group"
    ]
    assert [str(guess) for guess in guesses(wire("group\nsubject\nkind\nroom\nteachers"))] == [
        "group / subject / kind / room / teachers"
    ]


def test_few_titles_give_no_guess() -> None:
    """Four titles may be alike by chance."""
    assert {title.layout for title in read_titles(wire("subject\nkind\nteachers", 4)).values()} == {"plain"}


def test_unusual_title_is_read_by_comparison() -> None:
    """A room, a teacher and a subject of other titles are recognized anywhere."""
    titles = wire("subject\nkind\nroom\nteachers")
    titles["odd"] = ("Report du 3 mars\nVASTEL Marc\nOptique\nLabo Optique\nAvec blouse\nTD", "")
    read = read_titles(titles)["odd"]
    assert (read.subject, read.kind) == ("Optique", "TD")
    assert (read.teachers, read.rooms) == (("VASTEL Marc",), ("Labo Optique",))
    assert read.note == "Report du 3 mars\nAvec blouse"


def test_free_text_is_not_divided() -> None:
    """Three lines of free text are no layout, however often they occur."""
    titles = {str(n): (f"Sortie {n}\nRendez-vous devant\nPrévoir un manteau", "") for n in range(9)}
    assert {title.layout for title in read_titles(titles).values()} == {"plain"}
