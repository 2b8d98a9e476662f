"""Titles: every layout in recorded shapes, and titles without one."""

import json
import re
from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from scraper.domain.text import clean
from scraper.parsing.title import read_title
from scraper.parsing.title_fields import KNOWN_KINDS, Title
from scraper.parsing.title_layouts import LAYOUTS
from tests.cases import for_each
from tests.paths import ROOT

EVENTS = ROOT / "fixtures" / "events"


def titles(name: str, *layouts: str) -> list[Title]:
    """Return the titles of a set of events, read with the school's layouts."""
    events = json.loads((EVENTS / name).read_text(encoding="utf-8"))["events"]
    return [read_title(clean(e["title"]), e.get("className", ""), layouts) for e in events]


def parts(title: Title) -> tuple[tuple[str, ...], str, str, str, tuple[str, ...]]:
    """Return rooms, note, subject, kind and teachers."""
    return title.rooms, title.note, title.subject, title.kind, title.teachers


FOUR = [
    (("ISEN A702",), "", "Algèbre linéaire 3", "CM", ("Madame TERRAIL",)),
    (("ISEN C118 - Amphi Nord - VidéoProj",), "", "Thermodynamique", "TD", ("Monsieur LOMBRET",)),
    (
        ("ISEN B204 (H)",),
        "Groupe 1 en B204\nGroupe 2 en B206",
        "Algèbre linéaire 3",
        "",
        ("Madame TERRAIL",),
    ),
    (("HEI Amphi R012 H micro main/cravate",), "", "Thermodynamique", "CM", ()),
    (("ISEN C118 - VidéoProj",), "", "Économie d'entreprise", "TD", ("VASTEL",)),
    ((), "Bus devant l'accueil - Halle des sports du canal", "Sport", "TP", ("Monsieur OURDET",)),
    (("ISEN B304 (H)",), "Bilan de semestre", "", "REUNION", ("Madame TERRAIL", "Monsieur LOMBRET")),
    ((), "", "Projet d'électronique", "PROJET", ("Madame RIVEAU-COSTE",)),
    (("ISEN C954 - Salle DS",), "", "BDD", "", ("Madame RIVEAU-COSTE",)),
]
FIVE = [
    (("IC1_318",), "", "Mesures et capteurs", "COURS_TD", ("Monsieur LOMBRET",)),
    (("IC2 C250 - TV",), "", "BDD", "TP", ("Madame TERRAIL", "Monsieur OURDET")),
    (("IC1_120",), "", "", "REUNION", ("Madame RIVEAU-COSTE",)),
    ((), "Travail à la maison", "", "AUTO_APPR", ("Madame TERRAIL",)),
    (("IC1_015 amphi Ada",), "FACULTATIF : les métiers de l'énergie", "", "CONF", ()),
    (
        (),
        "Visite - Serres du jardin - prévoir des bottes",
        "Écologie appliquée",
        "VISITE",
        ("Monsieur VASTEL",),
    ),
    (("IC2 B506 (H)",), "TP noté", "Mesures et capteurs", "TP", ("Monsieur LOMBRET",)),
    ((), "", "Mesures et capteurs", "EXAM_SURV", ()),
    (
        ("ALG Salle 204 H",),
        "Deux parties :\n09:00 - 10:00\npuis oral",
        "Expression orale",
        "TD",
        ("Madame RIVEAU-COSTE",),
    ),
]
SIX = [
    (("ISA Amphi 004 H",), "Accueil des M1", "", "REUNION", ("Monsieur OURDET",)),
    (("ISEN B105 (H)",), "", "Module de Base M1-Réseaux mobiles", "COURS_TD", ("Monsieur LOMBRET",)),
    (("HEI S013 H micro main/cravate",), "", "Module M1-Droit du numérique", "CM", ("Madame TERRAIL",)),
    ((), "", "Module de Base M1-Calcul distribué", "COURS_TD", ("Monsieur VASTEL",)),
    (("ISEN C850 - Salle DS",), "", "", "REUNION", ("Madame RIVEAU-COSTE",)),
    (("ISEN C850 - Salle DS",), "Sans document", "Module de Base M1-Réseaux mobiles", "DS_SURV", ()),
    (
        ("ISEN C300 - Amphi Sud (H)",),
        "Première ligne\nDeuxième ligne",
        "Projet - lancement",
        "PROJET",
        ("Madame TERRAIL", "Monsieur OURDET"),
    ),
]
OUEST = [
    (
        ("A1-04",),
        "Logique séquentielle\nCIR2 Brest",
        "Électronique numérique",
        "COURS",
        ("GARNEL Odile",),
    ),
    (
        ("B208", "B210"),
        "Compteurs\nCIR2 Brest / CIR2 Rennes",
        "Électronique numérique",
        "TP",
        ("GARNEL Odile", "PRIOUX Yann"),
    ),
    (
        ("Amphi 2",),
        "Contrôle 1 - Chapitres 1 à 3\nCIR2 Brest",
        "Mathématiques",
        "DS",
        ("PRIOUX Yann",),
    ),
    ((), "CIR2 Brest", "Projet web", "PROJET", ()),
    (("C12 - Labo photo",), "Lentilles\nCIR2 Brest", "Optique", "TD", ("KERVOAL Jean",)),
    (("Amphi 1",), "Oral\nCIR2 Brest", "Anglais", "EVALUATION", ("MORVEN Kate",)),
]
GROUP = [
    (("A104",), "Logique séquentielle", "Électronique numérique", "COURS", ("GARNEL Odile",)),
    (("B208", "B210"), "Compteurs", "Électronique numérique", "TP", ("GARNEL Odile", "PRIOUX Yann")),
    (("Amphi 2",), "", "Point de rentrée", "REUNION", ()),
    ((), "Sprint 1", "Projet web", "PROJET", ()),
    (("Amphi 2",), "Contrôle 1", "Mathématiques", "DS", ("M. PRIOUX",)),
]
LISE = [
    (("C103",), "Torseurs\nPGE1 A", "Mécanique des milieux continus", "ED_TD", ("BOISNARD Luc",)),
    (
        ("Amphi Manet",),
        "PGE1 B / PGE1 C",
        "Anglais - LV2",
        "CM",
        ("WALDEN Ruth", "BOISNARD Luc"),
    ),
    ((), "PGE1 A", "Fabrication", "TP", ()),
    (("Amphi Manet",), "Examen final\nPGE1", "Mécanique des milieux continus", "EXAM", ()),
    (("Gymnase",), "", "Sport", "ED_TP", ("LE BIHAN Ty-Ann",)),
]
PLAIN = [
    ((), "", "Toussaint", "CONGES", ()),
    (("Amphi 1",), "3A", "Conception mécanique", "CM", ("Mme ORVAL",)),
    (("E204 - Info",), "Groupe 3", "Travaux dirigés de réseaux", "TD", ()),
    (("salle à voir",), "10:15 - 12:15", "Tutorat", "TD", ()),
    ((), "", "", "REUNION", ()),
    ((), "", "Sans classe", "", ()),
    (("B12",), "", "Vibrations", "TP", ("M. VASTEL",)),
]
ENSIIE = [
    (("Amphi 1",), "UE Informatique 1", "Programmation impérative", "CM", ("Mme ORVAL",)),
    (
        ("Salle 142 - PC",),
        "UE Informatique 1 - Groupe 2",
        "Programmation impérative",
        "TP",
        ("M. VASTEL", "Mme ORVAL"),
    ),
    ((), "UE Mathématiques", "Analyse de Fourier", "TD", ()),
    (("Salle 20",), "UE Mathématiques", "Probabilités", "EXAM", ("Mme ORVAL",)),
    (("Amphi 2",), "UE Ouverture", "Les métiers de la finance", "CONF", ("M. LOMBRET",)),
    (("Salle 12",), "LV1 - UE Langues", "Anglais", "TD", ("Mme RIVEAU-COSTE",)),
]
MEDITERRANEE = [
    (("Amphi Méditerranée",), "", "Électronique analogique", "CM", ("ROUSSEL Anne",)),
    (("Salle 212",), "", "Anglais - LV1", "TD", ("MARTEL Paul",)),
    (("Salle 101",), "", "Analyse", "DS", ("DE LA TOUR Marie-Luce",)),
    (("Labo - Optique",), "apporter une blouse", "Physique", "TP", ("DUVAL Luc",)),
    (("Salle 105",), "", "Gestion de projet", "PROJET", ("KERVOAL Anaïs",)),
]
KNOWN = [
    ("junia/titles-of-four-lines.json", "junia-4", FOUR),
    ("junia/titles-of-five-lines.json", "junia-5", FIVE),
    ("junia/titles-of-six-lines.json", "junia-6", SIX),
    ("isen-ouest/own-planning-on-one-line.json", "isen-ouest", OUEST),
    ("isen-ouest/group-planning-with-the-room-last.json", "isen-ouest-group", GROUP),
    ("isen-mediterranee/names-in-two-parts.json", "isen-mediterranee", MEDITERRANEE),
    ("lise/fields-around-the-hours.json", "lise", LISE),
    ("ensiie/module-unit-and-type.json", "ensiie", ENSIIE),
    ("supmeca/titles-of-no-known-layout.json", "plain", PLAIN),
]


@for_each(("name", "layout", "expected"), KNOWN)
@for_each("known", [True, False])
def test_titles_of_each_layout_are_read(name: str, layout: str, expected: list[object], known: bool) -> None:  # noqa: FBT001 - drawn
    """The layout is known, or found by the shape of the titles."""
    found = titles(name, *([layout] if known else []))
    assert [parts(title) for title in found] == expected
    assert {title.layout for title in found} == {layout}


@for_each("order", [("junia-4", "junia-5", "junia-6"), ("junia-6", "junia-5", "junia-4")])
@for_each(("name", "layout", "expected"), KNOWN[:3])
def test_order_of_the_layouts_does_not_matter(
    name: str, layout: str, expected: list[object], order: tuple[str, ...]
) -> None:
    """A title fits one of Junia's layouts only, so one school file reads old and new years."""
    found = titles(name, *order)
    assert [parts(title) for title in found] == expected
    assert {title.layout for title in found} == {layout}


def test_exam_follows_from_class_or_kind() -> None:
    """A viva is an exam by its class only; the kind is that of the title."""
    found = [(t.kind, t.is_exam) for t in titles("junia/exams.json")]
    assert found == [
        ("EXAM_SURV", True),
        ("DS_SURV", True),
        ("DS", True),
        ("EXAM", True),
        ("EVALUATION", True),
        ("SOUTENANCE", False),
        ("RATTRAPAGE", True),
        ("", True),
    ]


PLAINLY = [
    # The person's line is missing; the type is no code; type and person changed places; nothing vouches for a code.
    ("Salle 1\n\nBDD\nTP", "TP", (("Salle 1",), "", "BDD", "TP", ())),
    ("Salle 1\nAvec PC\nBDD\nCours magistral\nM. LY", "CM", (("Salle 1",), "BDD", "Avec PC", "CM", ("M. LY",))),
    ("Salle 1\nBDD\nSQL\nMadame TERRAIL\nTP", "TP", (("Salle 1",), "SQL", "BDD", "TP", ("Madame TERRAIL",))),
    ("Salle 1\n\nBDD\nXML\nMme LY / M. LY", "TP", (("Salle 1",), "XML", "BDD", "TP", ("Mme LY", "M. LY"))),
    (
        "08h00 à 10h00 - A1 - Logique - GARNEL Odile - CIR2 - Brest",
        "COURS",
        ((), "08h00 à 10h00\nA1\nGARNEL Odile\nCIR2\nBrest", "Logique", "COURS", ()),
    ),
    (
        "MA-S7 - Sujet - TP - Qui - B207 / IC1_427 - 08:00 - 10:00",
        "TP",
        (("B207", "IC1_427"), "MA-S7\nQui\n08:00 - 10:00", "Sujet", "TP", ()),
    ),
    # Nothing shows what it is: a line is not cut, and its words stay the subject.
    ("Projet - lancement - suite - fin", "", ((), "", "Projet - lancement - suite - fin", "", ())),
    ("Vacances - Toussaint", "CONGES", ((), "", "Vacances - Toussaint", "CONGES", ())),
    ("Amphi Nord", "REUNION", ((), "", "Amphi Nord", "REUNION", ())),
    # Any sign; blank parts; words that are both a kind and all that there is.
    (
        "Optique | Cours magistral | Amphi Nord | Mme ORVAL",
        "",
        (("Amphi Nord",), "", "Optique", "Cours magistral", ("Mme ORVAL",)),
    ),
    (
        "Optique / ondes | B207 / C12 | CM | Mme ORVAL / M. LY",
        "CM",
        (("B207", "C12"), "", "Optique / ondes", "CM", ("Mme ORVAL", "M. LY")),
    ),
    ("Optique;TD;;Mme ORVAL", "TD", ((), "", "Optique", "TD", ("Mme ORVAL",))),
    ("Optique \u2022 TD \u2022 B207", "TD", (("B207",), "", "Optique", "TD", ())),
    ("B207\nExamen\nMme ORVAL", "est-epreuve", (("B207",), "", "Examen", "", ("Mme ORVAL",))),
    ("Thermodynamique 2\nGroupe 3\nS7 2026", "", ((), "Groupe 3\nS7 2026", "Thermodynamique 2", "", ())),
]


@for_each(("title", "kind", "expected"), PLAINLY)
def test_title_without_a_layout_is_read_by_its_parts(title: str, kind: str, expected: object) -> None:
    """Rooms, kinds and forms of address are certain; other parts are the subject or the note."""
    read = read_title(title, kind, ("junia-5", "junia-6", "junia-4"))
    assert (read.layout, parts(read)) == ("plain", expected)


def test_kind_of_the_title_precedes_a_class_that_is_a_style() -> None:
    """`className` can contain a style."""
    assert read_title("Salle 1\n\nBDD\nTP\nMadame TERRAIL", "").kind == "TP"
    assert read_title("Salle 1\n\nBDD\nTP\nMadame TERRAIL", "ma-couleur").kind == "TP"


def test_class_beside_the_mark_of_an_exam_is_the_kind() -> None:
    """The portal gives several classes."""
    read = read_title("Salle 1\n\nBDD\nTP\nMadame TERRAIL", "TP est-epreuve")
    assert (read.kind, read.is_exam) == ("TP", True)


def test_unknown_layout_is_ignored() -> None:
    """A school file of a later version can be read."""
    assert read_title("Toussaint", "CONGES", ("of-tomorrow",)).subject == "Toussaint"


LINES = st.lists(st.text(st.characters(exclude_categories=["C"]), max_size=12), max_size=9)


@given(lines=LINES, kind=st.sampled_from(["", "TD", "est-epreuve", "DS est-epreuve"]))
@example(lines=["", "", "", "TD", ""], kind="TD")
def test_every_part_is_in_the_title(lines: list[str], kind: str) -> None:
    """Reading never fails, and only spaces may differ."""
    title = "\n".join(lines)
    read = read_title(title, kind)
    whole = " ".join(title.split())
    for part in (*read.rooms, *read.teachers, read.subject, *read.note.split("\n")):
        assert part in whole


@given(lines=LINES, sign=st.sampled_from(["\n", " - ", " | ", ";"]))
@example(lines=["A", "VISITE", "Salle 1", "Mme LY"], sign=" - ")
def test_plain_layout_loses_no_word(lines: list[str], sign: str) -> None:
    """The fields together have the words of the title, each once."""
    title = sign.join(lines)
    read = read_title(title, "", ("plain",))
    kind = () if read.kind == read.subject else (read.kind,)
    found = " ".join((read.subject, *read.note.split("\n"), *read.rooms, *read.teachers, *kind))
    assert Counter(re.findall(r"\w+", found)) == Counter(re.findall(r"\w+", title))


WORD = st.sampled_from(["Salle 12", "Amphi A - TV", "Optique", "Groupe 2", "BDD", "Anglais - oral", ""])


@given(
    room=WORD,
    note=st.lists(WORD, min_size=1, max_size=4),
    subject=WORD,
    kind=st.sampled_from(sorted(KNOWN_KINDS)),
    hours=st.booleans(),
)
def test_lines_of_junia_are_counted_from_the_end(
    room: str,
    note: list[str],
    subject: str,
    kind: str,
    hours: bool,  # noqa: FBT001 - drawn
) -> None:
    """The class is the witness: any line may be blank or look like another."""
    lines = [room, *note, subject, kind, *(["08:00 - 10:00"] if hours else []), "Madame TERRAIL"]
    read = read_title("\n".join(lines), kind, ("junia-4", "junia-5", "junia-6"))
    assert read.layout == ("junia-6" if hours else "junia-5")
    assert (read.rooms, read.subject, read.kind) == ((room,) if room else (), subject, kind)
    assert (read.note, read.teachers) == ("\n".join(n for n in note if n), ("Madame TERRAIL",))


def test_every_layout_has_titles_here() -> None:
    """A new layout needs a set of events above."""
    assert sorted(layout for _, layout, _ in KNOWN) == sorted(LAYOUTS)
