"""Every recording kept still gives what it gave, and holds nothing that opens a door."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar

from scraper.cli.app import run_command_line
from scraper.demo import LOGIN, PASSWORD
from scraper.domain.recording import load
from tests.cases import for_each
from tests.diagnostics.report.test_anonymity import strings
from tests.parsers import assert_same_events
from tests.paths import ROOT

FIXTURES = ROOT / "fixtures"
RECORDINGS = sorted((FIXTURES / "recordings").glob("*/*.json"))
CALENDARS = sorted((FIXTURES / "expected").glob("*/*.ics"))
ERRORS = sorted((FIXTURES / "expected").glob("*/*.json"))
VIEW_STATE = re.compile(r'ViewState[^>]*>(?:<!\[CDATA\[)?([^<\]]*)|name="[^"]*ViewState[^"]*"[^>]*value="([^"]*)"')
ANY_STATE = re.compile(r"-?\d{9,}:-?\d{9,}|[A-Za-z0-9+/_-]{80,}={0,2}")
"""What PrimeFaces' server keeps a view under, and what a client keeps one in."""


def name(path: Path) -> str:
    """A fixture's school and fact."""
    return f"{path.parent.name}/{path.stem}"


def recording(expected: Path) -> Path:
    """The recording that should give what is there."""
    return FIXTURES / "recordings" / expected.parent.name / f"{expected.stem}.json"


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """`aurion replay` with these arguments: its exit code, and what was on standard output."""

    def replayed(*arguments: str) -> tuple[int, str]:
        return run_command_line(["replay", *arguments]), capsys.readouterr().out

    return replayed


def test_every_set_of_events_has_its_recording_and_every_recording_what_is_expected_of_it() -> None:
    """No set of events, recording or expectation is without the others."""
    sets = {name(path) for path in (FIXTURES / "events").glob("*/*.json")}
    recorded = {name(path) for path in RECORDINGS}
    assert sets
    assert sets == {name(path) for path in CALENDARS}
    assert recorded == sets | {name(path) for path in ERRORS}


@pytest.mark.parametrize("expected", CALENDARS, ids=name)
def test_a_replay_gives_the_expected_calendar_byte_for_byte(
    expected: Path, replay: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """The same recording gives the same bytes, today as when it was recorded."""
    output = tmp_path / "out.ics"
    code, _ = replay(str(recording(expected)), "--output", str(output), "--quiet")
    assert code == 0
    assert output.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("expected", ERRORS, ids=name)
def test_a_replay_ends_with_the_error_and_the_exit_code_of_the_run(
    expected: Path, replay: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """A recorded failure is reported again, or as repaired; the calendar that is there stays as it was."""
    reported = json.loads(expected.read_text(encoding="utf-8"))
    output = tmp_path / "out.ics"
    output.write_bytes(b"as it was")
    code, stated = replay(str(recording(expected)), "--output", str(output), "--json")
    answer = json.loads(stated)
    assert code == reported["exit_code"]
    for part in ("error", "exit_code", "repaired", "label"):
        assert answer.get(part) == reported.get(part)
    assert output.read_bytes() == b"as it was"


@for_each("expected", CALENDARS)
def test_four_parsers_read_the_same_events_from_each_expected_calendar(expected: Path) -> None:
    """Every event that the portal has is there once, read alike by every reader."""
    body = expected.read_bytes()
    sent = json.loads((FIXTURES / "events" / f"{name(expected)}.json").read_text(encoding="utf-8"), strict=False)
    ids = [str(event["X-AURION-EVENT-ID"]) for event in Calendar.from_ical(body).walk("VEVENT")]
    assert sorted(ids) == sorted(event["id"] for event in sent["events"])
    events = assert_same_events(body)
    assert len(events) == len(ids) == len({event.uid for event in events})


@for_each("expected", CALENDARS)
def test_every_day_recorded_was_proved(expected: Path) -> None:
    """Nothing is missing unseen: each day of the period has an answer that proves it."""
    taken = load(recording(expected))
    proved: set[date] = {day for proof in taken.proved for day in proof.period}
    assert set(taken.period) <= proved


@for_each("path", RECORDINGS)
def test_no_recording_holds_what_opens_a_door(path: Path) -> None:
    """No view state, session, login or password is in it, nor where it was recorded."""
    reported = path.read_text(encoding="utf-8")
    assert "jsessionid" not in reported.lower()
    assert "127.0.0.1" not in reported
    for secret in (LOGIN, LOGIN.partition("@")[0], PASSWORD):
        assert secret not in reported.lower()
    for text in strings(json.loads(reported)):
        assert not ANY_STATE.search(text)
        assert {state for found in VIEW_STATE.findall(text) for state in found} <= {"", "0:0"}


@for_each("path", [*CALENDARS, *ERRORS])
def test_no_expectation_holds_the_demo_s_login_or_password(path: Path) -> None:
    """What is published and what is reported as an error hold neither."""
    reported = path.read_text(encoding="utf-8").lower()
    assert LOGIN.partition("@")[0] not in reported
    assert PASSWORD not in reported
