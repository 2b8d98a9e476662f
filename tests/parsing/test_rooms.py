"""Rooms on a line with a note: recognized by comparing the titles of a planning."""

import json

from scraper.parsing.title import read_titles
from scraper.parsing.title_fields import Title
from tests.cases import for_each
from tests.paths import ROOT

JUNIA = ("junia-5", "junia-6", "junia-4")


def planning(*heads: str) -> list[Title]:
    """The titles of a planning in Junia's layout of four lines, each with such lines before the subject."""
    wire = {str(n): (f"{head}\nOptique\n08:00 - 10:00\nMme ORVAL", "TD") for n, head in enumerate(heads)}
    return list(read_titles(wire, JUNIA).values())


@for_each(
    "room",
    [
        "ISA Amphi 001 H",
        "HEI Amphi J001 H micro main/cravate",
        "ISEN Salle du conseil",
        "ISEN C405 - Amphi Prépa - VidéoProj",
    ],
)
def test_campus_before_a_room_is_part_of_the_room(room: str) -> None:
    """No other title is needed: the room has a number, or a room's common name."""
    (title,) = planning(f"CIR2 groupe 1 - {room}")
    assert (title.note, title.rooms) == ("CIR2 groupe 1", (room,))


def test_room_alone_in_one_title_is_found_in_others() -> None:
    """Where the line begins with the dash, nothing else can be intended; the same words after a note are that room."""
    titles = planning(" - Le Grand Hall", "Conférence - Le Grand Hall", "Accueil\nbadges à retirer - Le Grand Hall")
    assert [title.rooms for title in titles] == [("Le Grand Hall",)] * 3
    assert [title.note for title in titles] == ["", "Conférence", "Accueil\nbadges à retirer"]


def test_campus_of_other_rooms_begins_a_room() -> None:
    """Two rooms of one campus are known: what begins with it is a third one."""
    titles = planning(
        " - ISEN B304", " - ISEN Atrium", "Forum des métiers - ISEN Learning Lab", "Forum - ISEN - divers"
    )
    assert titles[2].rooms == ("ISEN Learning Lab",)
    assert (titles[3].rooms, titles[3].note) == ((), "Forum - ISEN - divers")


def test_text_repeated_after_different_notes_is_a_room() -> None:
    """The same place after two notes; after one note, repeated, nothing is known."""
    titles = planning("Groupe 1 - Halle des sports", "Groupe 2 - Halle des sports")
    assert [title.rooms for title in titles] == [("Halle des sports",)] * 2
    titles = planning("Bus - Halle des sports", "Bus - Halle des sports")
    assert [title.rooms for title in titles] == [()] * 2


def test_longest_known_room_is_chosen() -> None:
    """A room may hold dashes; a note, too."""
    titles = planning(" - Bloc A - Sud", "Visite - usine - Bloc A - Sud")
    assert (titles[1].note, titles[1].rooms) == ("Visite - usine", ("Bloc A - Sud",))


def test_recorded_titles_have_the_same_rooms_as_single_titles() -> None:
    """The planning of four lines is read as before, whole or title by title."""
    folder = ROOT / "fixtures" / "events" / "junia"
    events = json.loads((folder / "titles-of-four-lines.json").read_text(encoding="utf-8"))["events"]
    found = read_titles({e["id"]: (e["title"], e.get("className", "")) for e in events}, JUNIA)
    assert sum(bool(title.rooms) for title in found.values()) == len(events) - 2
