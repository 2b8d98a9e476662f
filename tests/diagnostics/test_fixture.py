"""The fixtures: each recording still has its result, and contains no secret."""

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
"""Keys of views on the server of PrimeFaces, and views that a page contains."""


def name(path: Path) -> str:
    """Return the school and the fact of a fixture."""
    return f"{path.parent.name}/{path.stem}"


def recording(expected: Path) -> Path:
    """Return the recording of an expected result."""
    return FIXTURES / "recordings" / expected.parent.name / f"{expected.stem}.json"


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Return a function that runs `aurion replay`, and returns its exit code and standard output."""

    def replayed(*arguments: str) -> tuple[int, str]:
        return run_command_line(["replay", *arguments]), capsys.readouterr().out

    return replayed


def test_events_recordings_and_expected_results_are_complete() -> None:
    """Each set of events has a recording, and each recording an expected result."""
    sets = {name(path) for path in (FIXTURES / "events").glob("*/*.json")}
    recorded = {name(path) for path in RECORDINGS}
    assert sets
    assert sets == {name(path) for path in CALENDARS}
    assert recorded == sets | {name(path) for path in ERRORS}


@for_each("expected", CALENDARS)
def test_replay_writes_the_expected_calendar(
    expected: Path, replay: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """The calendar is equal byte for byte."""
    output = tmp_path / f"{recording(expected).stem}.ics"
    code, _ = replay(str(recording(expected)), "--output", str(output), "--quiet")
    assert code == 0
    assert output.read_bytes() == expected.read_bytes()


@for_each("expected", ERRORS)
def test_replay_of_a_failure_has_its_error_and_exit_code(
    expected: Path, replay: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """The failure is reported again, or as repaired; an old calendar is unchanged."""
    reported = json.loads(expected.read_text(encoding="utf-8"))
    output = tmp_path / "out.ics"
    output.write_bytes(b"as it was")
    code, printed = replay(str(recording(expected)), "--output", str(output), "--json")
    answer = json.loads(printed)
    assert code == reported["exit_code"]
    for part in ("error", "exit_code", "repaired", "label"):
        assert answer.get(part) == reported.get(part)
    assert output.read_bytes() == b"as it was"


@pytest.mark.slow
@for_each("expected", CALENDARS)
def test_four_parsers_read_the_same_events(expected: Path) -> None:
    """Each event of the portal is in the expected calendar once."""
    body = expected.read_bytes()
    sent = json.loads((FIXTURES / "events" / f"{name(expected)}.json").read_text(encoding="utf-8"), strict=False)
    ids = [str(event["X-AURION-EVENT-ID"]) for event in Calendar.from_ical(body).walk("VEVENT")]
    assert sorted(ids) == sorted(event["id"] for event in sent["events"])
    events = assert_same_events(body)
    assert len(events) == len(ids) == len({event.uid for event in events})


@for_each("expected", CALENDARS)
def test_every_recorded_day_was_proved(expected: Path) -> None:
    """Each day of the period has a response that proves it."""
    taken = load(recording(expected))
    proved: set[date] = {day for proof in taken.proved for day in proof.period}
    assert set(taken.period) <= proved


@for_each("path", RECORDINGS)
def test_recordings_contain_no_secret(path: Path) -> None:
    """They contain no view state, session, login, password or address."""
    reported = path.read_text(encoding="utf-8")
    assert "jsessionid" not in reported.lower()
    assert "127.0.0.1" not in reported
    for secret in (LOGIN, LOGIN.partition("@")[0], PASSWORD):
        assert secret not in reported.lower()
    for text in strings(json.loads(reported)):
        assert not ANY_STATE.search(text)
        assert {state for found in VIEW_STATE.findall(text) for state in found} <= {"", "0:0"}


@for_each("path", [*CALENDARS, *ERRORS])
def test_expected_results_contain_neither_login_nor_password(path: Path) -> None:
    """Calendars and errors are searched."""
    reported = path.read_text(encoding="utf-8").lower()
    assert LOGIN.partition("@")[0] not in reported
    assert PASSWORD not in reported
