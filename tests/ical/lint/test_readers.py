"""The checker beside four readers: ical.js, node-ical, Home Assistant's ical, and vobject.

`data/verdicts.json` has what they make of each broken calendar; `record_verdicts` refreshes it.
"""

import json
from functools import cache
from io import BytesIO
from pathlib import Path

from scraper.ical.lint.lint import Finding, lint_calendar
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
    """What is found in a calendar."""
    return list(lint_calendar(BytesIO(body)))


def test_there_are_hundreds_of_broken_calendars_each_with_a_verdict() -> None:
    """The recorded verdicts are those of the calendars that are made now."""
    assert len(BROKEN) > 300
    assert BROKEN.keys() == VERDICTS.keys()
    assert dict(broken_calendars()) == BROKEN


@for_each("shape", WHOLE)
def test_a_whole_calendar_has_no_finding_but_notes(shape: str) -> None:
    """The shapes themselves are right."""
    assert [one for one in found(WHOLE[shape]) if one.level != "note"] == []


@for_each("name", [name for name, differ in VERDICTS.items() if differ])
def test_what_a_reader_reads_otherwise_has_a_finding(name: str) -> None:
    """Whatever one of the readers refuses, drops, doubles, moves or changes is found, not only as in the whole one."""
    usual = {one.rule for one in found(WHOLE[name.partition("/")[0]])}
    assert [one for one in found(BROKEN[name]) if one.rule not in usual]


@for_each("name", [name for name, differ in VERDICTS.items() if not differ])
def test_what_all_readers_read_alike_is_no_error(name: str) -> None:
    """Notes are right there, and what other programs make of it."""
    assert [one for one in found(BROKEN[name]) if one.level == "error"] == []


@for_each("name", [name for name, differ in VERDICTS.items() if differ.get("ical") == "refuses"])
def test_what_home_assistant_refuses_names_it(name: str) -> None:
    """One bad line costs the whole calendar there."""
    if name.partition("/")[2] not in NAMED_OTHERWISE:
        assert "strict-reader" in {one.rule for one in found(BROKEN[name])}


@for_each("mistake", ["begin-blank", "moved-date", "exdate-date", "end-missing", "rule-frequency"])
def test_the_verdicts_are_those_of_the_readers_installed(mistake: str) -> None:
    """Two of the readers are at hand: they refuse today what they refused when the verdicts were recorded."""
    name = f"series/{mistake}"
    for reader, read in {"ical": by_ical, "vobject": by_vobject}.items():
        try:
            reading = read(BROKEN[name])
        except Exception:  # noqa: BLE001 - a reader fails as it likes
            reading = {"refused": True}
        assert verdict(read(WHOLE["series"]), reading) == VERDICTS[name].get(reader, "")
