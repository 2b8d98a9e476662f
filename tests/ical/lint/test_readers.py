"""The checker beside four readers: ical.js, node-ical, Home Assistant's ical, and vobject.

`data/verdicts.json` has what they make of each broken calendar; `record_verdicts` refreshes it.
"""

import json
from functools import cache
from io import BytesIO
from pathlib import Path

from scraper.ical.lint.finding import Finding
from scraper.ical.lint.lint import lint_calendar
from tests.cases import for_each
from tests.ical.lint.broken import broken_calendars, whole_calendars
from tests.ical.lint.record_verdicts import by_ical, by_vobject, verdict

VERDICTS: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "data" / "verdicts.json").read_text("utf-8"))
BROKEN = dict(broken_calendars())
WHOLE = whole_calendars()
# Home Assistant is named in the sentence, or no reader reads the file at all.
NAMED_OTHERWISE = {"calendar-twice", "cr-cr-lf", "utf-16"}


@cache
def found(body: bytes) -> list[Finding]:
    """Return the findings of a calendar."""
    return list(lint_calendar(BytesIO(body)))


def test_every_broken_calendar_has_a_recorded_verdict() -> None:
    """There are hundreds of them, and they are the same as those recorded."""
    assert len(BROKEN) > 300
    assert BROKEN.keys() == VERDICTS.keys()
    assert dict(broken_calendars()) == BROKEN


@for_each("shape", WHOLE)
def test_intact_calendar_has_only_notes(shape: str) -> None:
    """The base shapes are valid."""
    assert [one for one in found(WHOLE[shape]) if one.level != "note"] == []


@for_each("name", [name for name, differ in VERDICTS.items() if differ])
def test_calendar_read_differently_has_a_finding(name: str) -> None:
    """A reader refuses, drops, doubles, moves or changes something in it."""
    usual = {one.rule for one in found(WHOLE[name.partition("/")[0]])}
    assert [one for one in found(BROKEN[name]) if one.rule not in usual]


@for_each("name", [name for name, differ in VERDICTS.items() if not differ])
def test_calendar_read_alike_has_no_error(name: str) -> None:
    """Notes and client findings are allowed."""
    assert [one for one in found(BROKEN[name]) if one.level == "error"] == []


@for_each("name", [name for name, differ in VERDICTS.items() if differ.get("ical") == "refuses"])
def test_calendar_refused_by_home_assistant_has_its_finding(name: str) -> None:
    """One invalid line makes it refuse the whole calendar."""
    if name.partition("/")[2] not in NAMED_OTHERWISE:
        assert "strict-reader" in {one.rule for one in found(BROKEN[name])}


@for_each("mistake", ["begin-blank", "moved-date", "exdate-date", "end-missing", "rule-frequency"])
def test_recorded_verdicts_are_those_of_installed_readers(mistake: str) -> None:
    """Two of the readers are installed, and refuse the same calendars today."""
    name = f"series/{mistake}"
    for reader, read in {"ical": by_ical, "vobject": by_vobject}.items():
        try:
            reading = read(BROKEN[name])
        except Exception:  # noqa: BLE001 - a reader fails as it likes
            reading = {"refused": True}
        assert verdict(read(WHOLE["series"]), reading) == VERDICTS[name].get(reader, "")
