"""Titles of each school that the program knows; the layouts are those of `scraper/schools/*.toml`.

Where nothing public shows a school's titles, ones that are likely there are read by what their parts show.
"""

from scraper.config.schools.school_files import all_schools, load_school
from scraper.parsing.title import read_titles
from scraper.parsing.title_fields import Title
from tests.cases import for_each

ORVAL, VASTEL = "Madame ORVAL", "Monsieur VASTEL"
SHAPES: dict[str, list[tuple[str, str, tuple[str, str, str, str]]]] = {
    "junia": [
        ("IC1_318\n\nMesures et capteurs\nTD\nMadame ORVAL", "TD", ("Mesures et capteurs", "TD", "IC1_318", ORVAL)),
        (
            "Bilan - ISA Amphi 001 H\nOptique\n08:00 - 10:00\nMadame ORVAL",
            "CM",
            ("Optique", "CM", "ISA Amphi 001 H", ORVAL),
        ),
    ],
    "isen-ouest": [
        (
            "08h00 à 10h00 - B208 - TP - Optique - Prismes - ORVAL Anne - CIR2",
            "TP",
            ("Optique", "TP", "B208", "ORVAL Anne"),
        ),
    ],
    "isen-mediterranee": [
        (
            "08:00 - 10:00 - Optique - ORVAL - Anne - Salle 212 - TD - (02h00) -  - 12",
            "TD",
            ("Optique", "TD", "Salle 212", "ORVAL Anne"),
        ),
    ],
    "lise": [
        (
            "FITE_S5 - Optique - ED_TD - ORVAL Anne - C103 - 08:00 - 10:00 - 2h00 - Prismes - PGE1 A",
            "ED_TD",
            ("Optique", "ED_TD", "C103", "ORVAL Anne"),
        ),
    ],
    "ensiie": [
        ("Optique - UE Physique - FISE_TD - Mme ORVAL - Salle 12", "TD", ("Optique", "TD", "Salle 12", "Mme ORVAL")),
    ],
    "cpe-lyon": [
        (
            "A104\n4IRC GR1\nOptique\nTD\nORVAL Anne / VASTEL Luc\n\n",
            "N01_TD",
            ("Optique", "TD", "A104", "ORVAL Anne / VASTEL Luc"),
        ),
        (
            "\n4IRC\nAnglais S7\nLangues\nORVAL Anne\nIntensive\n",
            "N01_LANGUES",
            ("Anglais S7", "Langues", "", "ORVAL Anne"),
        ),
    ],
    "enac": [("E204 - Info\nOptique\nprévoir un PC\nMadame ORVAL", "CM", ("Optique", "CM", "E204 - Info", ORVAL))],
    "ensta-bretagne": [("Amphi 2\nOptique\n\nMadame ORVAL", "TD", ("Optique", "TD", "Amphi 2", ORVAL))],
    "centrale-nantes": [("Optique - TD - B207 - Mme ORVAL", "TD", ("Optique", "TD", "B207", "Mme ORVAL"))],
    "centrale-lille": [
        ("Optique\nTravaux dirigés\nB207\nM. VASTEL", "", ("Optique", "Travaux dirigés", "B207", "M. VASTEL"))
    ],
    "ecam-ldb": [("Optique\nTP\nLabo - Optique\nMonsieur VASTEL", "TP", ("Optique", "TP", "Labo - Optique", VASTEL))],
    "escp": [("Strategy | Lecture | Room 12 | Dr. ORVAL", "", ("Strategy", "Lecture", "Room 12", "Dr. ORVAL"))],
    "esiee": [("Optique - CM - Amphi 160 - M. VASTEL", "CM", ("Optique", "CM", "Amphi 160", "M. VASTEL"))],
    "ieseg": [("Marketing\nExam\nA305\nMme ORVAL", "est-epreuve", ("Marketing", "Exam", "A305", "Mme ORVAL"))],
    "supmeca": [("M. VASTEL\nOptique\nAmphi 1\n3A", "CM", ("Optique", "CM", "Amphi 1", "M. VASTEL"))],
}
UNKNOWN = {
    "enac",
    "ensta-bretagne",
    "centrale-nantes",
    "centrale-lille",
    "ecam-ldb",
    "escp",
    "esiee",
    "ieseg",
    "supmeca",
}


def parts(title: Title) -> tuple[str, str, str, str]:
    """Return subject, kind, rooms and teachers."""
    return title.subject, title.kind, " / ".join(title.rooms), " / ".join(title.teachers)


@for_each("school", [school.id for school in all_schools() if school.known])
def test_title_of_each_school_is_read(school: str) -> None:
    """A school without a known layout has none, and its title is read without one."""
    known = load_school(school)
    found = read_titles({title: (title, kind) for title, kind, _ in SHAPES[school]}, known.layouts, known.kinds)
    assert [parts(title) for title in found.values()] == [expected for _, _, expected in SHAPES[school]]
    assert {title.layout == "plain" for title in found.values()} == {school in UNKNOWN}
    assert bool(known.layouts) is (school not in UNKNOWN)


def test_every_school_has_a_title_here() -> None:
    """A new school needs a title of its own."""
    assert {school.id for school in all_schools() if school.known} == SHAPES.keys()
