"""Title layouts of a school's file: reading titles with them, and invalid ones."""

import pytest

from scraper.domain.title_layout import parse_layout
from scraper.parsing.title import is_unread, read_title, read_titles
from tests.cases import for_each


@for_each(
    ("layout", "title"),
    [
        (
            "kind / subject / room / hours / teachers",
            "TD\nOptique\nIC1_427 / IC1_428\n08:00 - 10:00\nMme ORVAL / M. LY",
        ),
        ("note* / subject / room / other / kind / teachers", "Optique\nIC1_427 / IC1_428\n?\nTD\nMme ORVAL / M. LY"),
        (
            "hours - subject - kind - room - teachers",
            "08h00 - 10h00 - Optique - TD - IC1_427 / IC1_428 - Mme ORVAL / M. LY",
        ),
        (
            "kind - room - subject - teachers - hours",
            "TD - IC1_427 / IC1_428 - Optique - Mme ORVAL / M. LY - 8h00 à 10h00",
        ),
    ],
)
def test_fields_are_read_by_the_layout(layout: str, title: str) -> None:
    """Lines or parts with dashes, hours with a dash, several rooms and teachers, a field left out."""
    read = read_title(title, "TD", [layout])
    assert read.layout == "written"
    assert (read.subject, read.kind, read.rooms, read.note) == ("Optique", "TD", ("IC1_427", "IC1_428"), "")
    assert read.teachers == ("Mme ORVAL", "M. LY")


def test_field_with_a_star_has_any_number_of_lines() -> None:
    """Give the field as many lines as the title needs."""
    layout = "subject / note* / teachers"
    notes = [read_title(f"Optique{lines}\nMme ORVAL", "TD", [layout]).note for lines in ("", "\na", "\na\nb\nc")]
    assert notes == ["", "a", "a\nb\nc"]


@for_each(
    "title",
    ["Optique\nTD\nIC1_427", "Optique\nchez nous\n08:00 - 10:00\nIC1_427", "Optique\nTD\ndemain\nIC1_427", "TD"],
)
def test_title_that_does_not_fit_is_read_without_the_layout(title: str) -> None:
    """Too few parts, an unknown kind, or hours in another form."""
    assert read_title(title, "", ["subject / kind / hours / room"]).layout != "written"


@for_each(
    "layout",
    [
        "",
        "subject",
        "room / rooms",
        "room / kind",
        "subject / subject",
        "note* / room* / subject",
        "subject | room - kind",
        "subject room",
        "| subject | room",
        "subject | room |",
        "* / subject",
    ],
)
def test_invalid_layout_is_refused(layout: str) -> None:
    """An unknown name, a repeated one, two stars, no subject, no separator."""
    with pytest.raises(ValueError, match=r".*"):
        parse_layout(layout)


@for_each("sign", [" | ", "|", " ; ", "; ", " \u2013 ", " \u2022 ", ", ", " :: ", " - ", " > "])
def test_separator_of_the_layout_divides_the_title(sign: str) -> None:
    """Accept spaces around the separator."""
    layout = sign.join(("subject", "kind", "room", "teachers", "hours"))
    read = read_title(sign.join(("Optique", "TD", "IC1_427", "Mme ORVAL", "10h15-12h15")), "TD", [layout])
    assert read.layout == "written"
    assert (read.subject, read.kind, read.rooms, read.teachers) == ("Optique", "TD", ("IC1_427",), ("Mme ORVAL",))


def test_separator_with_spaces_does_not_divide_a_word() -> None:
    """`TP;TD` is one part."""
    assert read_title("TP;TD ; Optique", "", ["note ; subject"]).note == "TP;TD"


def test_group_is_part_of_the_note() -> None:
    """Students see which lesson belongs to which group."""
    read = read_title("Optique\nMIT2\nTD\nMme ORVAL", "TD", ["subject / group / kind / teachers"])
    assert (read.subject, read.note, read.kind) == ("Optique", "MIT2", "TD")


def test_kind_can_be_a_text_of_the_school() -> None:
    """The keys are `kinds` of the school's file, in any case; other words are no kind."""
    layout, kinds = ["room / subject / kind / teachers"], {"Travaux rendus en classe": "", "Galop d'essai": "Examen"}
    title = "B207\nOptique\n{}\nMme ORVAL"
    assert read_title(title.format("TRAVAUX rendus en classe"), "", layout, kinds).kind == "TRAVAUX rendus en classe"
    assert read_title(title.format("Cours magistral"), "", layout).kind == "Cours magistral"
    assert read_title(title.format("Travaux rendus"), "", layout, kinds).layout == "plain"


@for_each(
    ("kind", "is_exam"),
    [
        ("Évaluation", True),
        ("Examen machine", True),
        ("ÉPREUVE de rattrapage", True),
        ("Written exam", True),
        ("Galop d'essai", True),
        ("Cours magistral", False),
        ("Projet", False),
    ],
)
def test_exam_is_recognized_by_words(kind: str, is_exam: bool) -> None:  # noqa: FBT001 - the table's
    """The words of the title, or their text in the school's file, begin like those of an exam."""
    kinds = {"Galop d'essai": "Examen"}
    read = read_title(f"B207\nOptique\n{kind}\nMme ORVAL", "", ["room / subject / kind / teachers"], kinds)
    assert (read.kind, read.is_exam) == (kind, is_exam)


@for_each(("known", "layout"), [(5, "written"), (2, "plain")])
def test_unknown_kind_is_found_by_its_place(known: int, layout: str) -> None:
    """Most titles have a kind there; two titles prove nothing."""
    wire = {str(n): (f"B207\nOptique {n}\nCours magistral\nMme ORVAL", "") for n in range(known)}
    wire["odd"] = ("B207\nOptique\nBilan de fin\nMme ORVAL", "")
    read = read_titles(wire, ["room / subject / kind / teachers"])["odd"]
    assert read.layout == layout
    assert (read.kind == "Bilan de fin") is (layout == "written")


ONE_LINE = ["subject - kind - room - teachers - hours"]


def line(subject: str, room: str, teachers: str = "Mme ORVAL") -> tuple[str, str]:
    """Return a title of one line, and its class."""
    return f"{subject} - TD - {room} - {teachers} - 10h15-12h15", "TD"


def test_part_with_the_separator_is_found_by_comparison() -> None:
    """The reading with most parts of other titles is chosen."""
    wire = {
        "1": line("Optique", "B207"),
        "2": line("Optique", "Amphi - Nord"),
        "3": line("Anglais - LV2", "B207"),
    }
    found = read_titles(wire, ONE_LINE)
    assert [(t.subject, t.rooms) for t in found.values()] == [
        ("Optique", ("B207",)),
        ("Optique", ("Amphi - Nord",)),
        ("Anglais - LV2", ("B207",)),
    ]
    assert {title.layout for title in found.values()} == {"written"}


def test_ambiguous_title_is_unread() -> None:
    """No other title has any of its parts."""
    wire = {"1": line("Optique", "B207"), "2": line("Chimie - Bio", "Labo", "M. LY")}
    found = read_titles(wire, ONE_LINE)
    assert found["2"].layout == "plain"
    assert is_unread(wire["2"][0], found["2"])


@for_each("sign", [" | ", " ; ", " \u2013 ", " \u2022 ", " / ", ", ", " :: ", " - ", "|", "\n"])
def test_title_of_four_parts_without_a_layout_is_unread(sign: str) -> None:
    """The separator does not matter; three parts may be free text."""
    for parts, unread in (("abcd", True), ("abc", False)):
        title = sign.join(parts)
        assert is_unread(title, read_title(title, "")) is unread
