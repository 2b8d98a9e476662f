"""Texts of an event, in French and in English."""

import unicodedata

from hypothesis import example, given

from scraper.domain.planning import Event
from scraper.i18n import LANGUAGES, Catalogue
from scraper.ical.event_text import LONG, EventText, clean_value, first_line, one_line
from tests.cases import for_each
from tests.factories import event
from tests.ical.events import texts

OBSERVED = (
    *(
        "COURS_TD",
        "CI",
        "CM",
        "TD",
        "TP",
        "PROJET",
        "PROJET_AUTO_GERE",
        "TD_AUTO_GERE_PLANIFIE",
        "DS",
        "DS_SURV",
    ),
    *("TP_AUTO_GERE_PLANIFIE", "CM_AUTO_GERE_PLANIFIE", "AUTO_GERE", "AUTO_APPR", "COURS_TD_DIST", "CM_DIST"),
    *(
        "TP_DIST",
        "E_LEARNING",
        "REUNION",
        "PROMO",
        "ATELIER",
        "EXAM",
        "EXAM_SURV",
        "SOUTENANCE",
        "VISITE",
        "CONF",
    ),
    *(
        "ASSOCIATIF",
        "ENTRETIEN",
        "SEMINAIRE",
        "est-epreuve",
        "COURS",
        "EVALUATION",
        "CONGES",
        "ED_TD",
        "ED_TP",
    ),
    "MANIF",
)


def teller(language: str = "fr", **kinds: str) -> EventText:
    """Return the texts in that language; `kinds` are the school's words."""
    words = Catalogue(language)
    known = {**words.table("calendar.kinds"), **kinds}
    return EventText(words=words, kinds=known, labels=words.table("calendar.labels"))


@for_each(
    ("reported", "summary"),
    [
        (event(subject="  Anglais   S1 "), "Anglais S1"),
        (event(subject="", note="\n \nTravail personnel\nau calme"), "Travail personnel"),
        (event(subject="\u200b", note=" ", kind="REUNION"), "Réunion"),
        (event(subject="", note="", kind="NEW_KIND"), "NEW KIND"),
        (event(subject="", note="", kind="", raw_title="\n  \nIC1_122\n"), "IC1_122"),
        (event(subject="", note="", kind="", raw_title=" \n"), "Cours"),
        (event(subject="Algèbre", is_exam=True), "Examen : Algèbre"),
        (event(subject="Examen d'algèbre", is_exam=True), "Examen d'algèbre"),
        (event(subject="Algèbre - ÉPREUVE écrite", is_exam=True), "Algèbre - ÉPREUVE écrite"),
        (event(subject="Final exam", is_exam=True), "Final exam"),
        (event(subject="Dérivées partielles", is_exam=True), "Examen : Dérivées partielles"),
        (event(subject="Examen clinique", is_exam=False), "Examen clinique"),
        (event(subject="", note="", kind="est-epreuve", is_exam=True), "Épreuve"),
        (event(subject="", note="", kind="", raw_title="", is_exam=True), "Examen : Cours"),
    ],
)
def test_summary_is_the_subject_or_another_text(reported: Event, summary: str) -> None:
    """Choose the subject, the note, the kind or the title, and mark exams once."""
    assert teller().summary(reported) == summary


def test_english_texts() -> None:
    """Only the portal's texts stay French."""
    reported = event(subject="Algèbre", kind="CM", is_exam=True, teachers=("M. UN", " ", "Mme DEUX"), note="Salle 2")
    english = teller("en")
    assert english.summary(reported) == "Exam: Algèbre"
    assert english.categories(reported) == ("Lecture", "Exam")
    assert english.description(reported) == (
        f"Type: Lecture\nTeachers: M. UN, Mme DEUX\nNote: Salle 2\n\nAs the portal wrote it:\n{reported.raw_title}"
    )


def test_words_of_the_school_precede_the_catalogue() -> None:
    """Other codes keep the words of the catalogue."""
    school = teller(TD="Séance d'exercices")
    assert [school.kind(event(kind=kind)) for kind in ("TD", "TP")] == [
        "Séance d'exercices",
        "Travaux pratiques",
    ]


@for_each("language", LANGUAGES)
def test_every_observed_code_has_a_text(language: str) -> None:
    """The catalogue has no other code."""
    kinds = {code: teller(language).kind(event(kind=code)) for code in OBSERVED}
    assert set(kinds) == set(Catalogue(language).table("calendar.kinds"))
    assert [code for code, reported in kinds.items() if reported.replace(" ", "_") == code or "_" in reported] == []


def test_location_is_the_joined_rooms() -> None:
    """Spaces are folded, and empty rooms left out."""
    assert teller().location(event(rooms=("ISEN B304     (H)", " ", "IC1_222"))) == "ISEN B304 (H), IC1_222"


def test_categories_are_kind_and_exam() -> None:
    """The word for an exam occurs once, although the kind may be the same word."""
    assert teller().categories(event(kind="CM", is_exam=True)) == ("Cours magistral", "Examen")
    assert teller().categories(event(kind="EXAM", is_exam=True)) == ("Examen",)
    assert teller().categories(event(kind="", is_exam=False)) == ()


def test_description_has_a_line_for_each_field() -> None:
    """The lines of the note and of the title stay."""
    reported = event(kind="TP", note="Apporter :\n- gants", description="Séance 2", raw_title="\n\nA  B\nTP\n ")
    assert teller().description(reported) == (
        "Type : Travaux pratiques\nIntervenant : Madame GIRARD\nNote : Apporter :\n- gants\n"
        "Description : Séance 2\n\nTexte du portail :\n\n\nA  B\nTP"
    )


def test_braces_are_text() -> None:
    """A subject or a note is not a template."""
    reported = event(subject="{subject} {0}", note="{text}", is_exam=True)
    assert teller().summary(reported) == "Examen : {subject} {0}"
    assert "Note : {text}" in teller().description(reported)


@given(texts())
def test_clean_text_keeps_visible_characters(text: str) -> None:
    """Only the newline remains of the control characters; cleaning again changes nothing."""
    cleaned = clean_value(text)
    kept = [char for char in text if unicodedata.category(char)[0] not in "ZC"]
    assert [char for char in cleaned if unicodedata.category(char)[0] not in "ZC" and char != "\ufffd"] == [
        char for char in kept if char != "\ufffd"
    ]
    assert {char for char in cleaned if unicodedata.category(char) in {"Cc", "Cs"}} <= {"\n"}
    assert " " * LONG not in cleaned
    assert clean_value(cleaned) == cleaned


@given(texts())
@example("\u200b\r0")
def test_folded_text_is_one_line(text: str) -> None:
    """Fold double spaces; `first_line` is the beginning of the line."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert "  " not in line
    assert line == line.strip()
    assert line.replace(" ", "").startswith(first_line(text).replace(" ", "")[:1])
