"""A layout that a school file writes reads titles as one of ours does."""

import pytest

from scraper.layout import written_layout
from scraper.reading.title import read_title


@pytest.mark.parametrize(
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
def test_each_field_is_where_the_layout_says(layout: str, title: str) -> None:
    """Lines or parts with dashes, hours that hold a dash themselves, several rooms and teachers, a field left out."""
    read = read_title(title, "TD", [layout])
    assert read.layout == "written"
    assert (read.subject, read.kind, read.rooms, read.note) == ("Optique", "TD", ("IC1_427", "IC1_428"), "")
    assert read.teachers == ("Mme ORVAL", "M. LY")


def test_a_star_takes_none_or_several() -> None:
    """The field with a star is as long as the title needs."""
    layout = "subject / note* / teachers"
    notes = [read_title(f"Optique{lines}\nMme ORVAL", "TD", [layout]).note for lines in ("", "\na", "\na\nb\nc")]
    assert notes == ["", "a", "a\nb\nc"]


@pytest.mark.parametrize(
    "title",
    ["Optique\nTD\nIC1_427", "Optique\nchez nous\n08:00 - 10:00\nIC1_427", "Optique\nTD\ndemain\nIC1_427", "TD"],
)
def test_a_title_that_does_not_fit_is_read_otherwise(title: str) -> None:
    """Too few parts, a kind that is no code, hours that are none: the layout is left for others."""
    assert read_title(title, "", ["subject / kind / hours / room"]).layout != "written"


@pytest.mark.parametrize(
    "layout",
    [
        "",
        "subject",
        "room / rooms",
        "room / kind",
        "subject / subject",
        "note* / room* / subject",
        "subject | room",
        "* / subject",
    ],
)
def test_a_layout_that_is_none_is_refused(layout: str) -> None:
    """A name that is unknown, twice the same, two stars, no subject, no separator."""
    with pytest.raises(ValueError, match=r".*"):
        written_layout(layout)
