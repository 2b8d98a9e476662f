"""`--review`, `aurion publish` and `aurion status` with pending changes."""

import json
import subprocess
from functools import partial
from pathlib import Path

import pytest

from scraper.config.configuration import Config
from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.errors import SettingsError
from scraper.i18n import Catalogue
from tests.cli.conftest import EMPTY, Run

SPANISH = Fault(parameter=".*_start", replace=r"Anglais", with_="Espagnol")


@pytest.fixture
def aurion(aurion: Run, home: Path) -> Run:
    """Return a function that runs the command with the calendar a.ics, which exists."""
    run = partial(aurion, AURION_OUTPUT=str(home / "a.ics"))
    assert run("export", "--review", "--quiet").returncode == 0, "a first calendar is published"
    return run


def data(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """Return the JSON object that a command prints."""
    return dict(json.loads(done.stdout))


def test_pending_change_is_shown_and_published(demo: Demo, aurion: Run, home: Path) -> None:
    """`export`, `publish --show` and `status` report the pending changes; `publish` needs no portal."""
    before = (home / "a.ics").read_bytes()
    demo.control.faults = (SPANISH,)
    exported = aurion("export", AURION_PUBLISH="review")
    assert exported.returncode == 0, exported.stderr
    assert "Changements en attente" in exported.stdout
    assert "aurion publish" in exported.stdout
    reported = data(aurion("export", "--review", "--json"))
    assert (reported["held"], (home / "a.ics").read_bytes()) == (True, before)
    shown = data(aurion("publish", "--show", "--json"))
    assert (shown["held"], shown["suspicious"], shown["changes"]) == (True, False, reported["changes"])
    (account,) = data(aurion("status", "--json"))["accounts"]  # type: ignore[misc]
    assert account["held"]["changes"] == reported["changes"]  # type: ignore[index]
    assert "aurion publish --show" in aurion("status").stdout
    assert aurion("history", "--json").stdout.count('"number"') == 1
    demo.control.faults = (Fault(status=503),)
    published = aurion("publish", "--json")
    assert (published.returncode, data(published)["changes"]) == (0, reported["changes"])
    assert b"Espagnol" in (home / "a.ics").read_bytes()
    assert data(aurion("publish", "--json")) == {"held": False}
    assert data(aurion("status", "--json"))["exit_code"] == 0


def test_pending_change_is_discarded(demo: Demo, aurion: Run, home: Path) -> None:
    """`--discard` leaves the calendar unchanged; a new subscriber gets no pending change; `--no-review` publishes."""
    before = (home / "a.ics").read_bytes()
    demo.control.faults = (SPANISH,)
    aurion("export", "--review", "--quiet")
    assert data(aurion("publish", "--discard", "--json")) == {"dropped": True}
    assert "Aucun changement n’est en attente" in aurion("publish").stdout  # noqa: RUF001
    assert (home / "a.ics").read_bytes() == before
    aurion("export", "--review", "--quiet")
    assert aurion("feed", "add", "phone", "--client", "google", "--json", AURION_PUBLISH="review").returncode == 0
    (calendar,) = (home / ".local/state/aurion-planning/feeds").rglob("google.ics")
    assert b"Espagnol" not in calendar.read_bytes(), "no pending change"
    assert data(aurion("publish", "--show", "--json"))["held"]
    assert aurion("export", "--no-review", AURION_PUBLISH="review").returncode == 0
    assert (home / "a.ics").read_bytes() != before


def test_suspiciously_empty_timetable_is_published_on_request(demo: Demo, aurion: Run, home: Path) -> None:
    """Exit code 7 names `aurion publish`, which publishes it; `status` is 0 again; the ledger has no secret."""
    demo.control.faults = (EMPTY,)
    refused = aurion("export", "--json")
    assert (refused.returncode, data(refused)["error"]) == (7, "SuspiciouslyEmpty")
    assert "aurion publish" in str(data(refused)["hint"])
    assert "disparu" in aurion("publish", "--show").stdout
    assert data(aurion("status", "--json"))["exit_code"] == 7
    state = home / ".local/state/aurion-planning"
    kept = b"".join(path.read_bytes() for path in (state / "ledgers").rglob("*") if path.is_file())
    assert PASSWORD.encode() not in kept
    assert LOGIN.encode() not in kept
    assert aurion("publish", "--quiet").returncode == 0
    assert b"STATUS:CANCELLED" in (home / "a.ics").read_bytes()
    assert data(aurion("status", "--json"))["exit_code"] == 0


def test_unknown_value_of_publish_is_refused() -> None:
    """The error contains the known values."""
    with pytest.raises(SettingsError) as caught:
        Config(environment={"AURION_PUBLISH": "never"}).settings()
    assert (caught.value.reason, caught.value.facts["variable"]) == ("publish", "AURION_PUBLISH")
    assert "unless-suspicious" in Catalogue("fr").error(caught.value)[1]
