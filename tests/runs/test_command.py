"""The runs of a timer, from the settings to the log, at a portal that goes away and comes back."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scraper.cli.run_unattended import export_unattended
from scraper.config.configuration import Config
from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.i18n import Catalogue
from scraper.runs.log import log_file
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Runs
from tests.lessons import lessons_ahead


@pytest.fixture
def demo(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """A portal, and settings of its student; a desktop that keeps what it gets."""
    tool = home / "notify-send"
    tool.write_text(f'#!/bin/sh\necho "$@" >> {home}/sent\n')
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{home}{os.pathsep}{os.environ['PATH']}")
    with Demo(events=lessons_ahead()) as portal:
        settings_file().parent.mkdir(parents=True)
        settings_file().write_text(f'url = "{portal.url}"\nlogin = "{LOGIN}"\nmonths = 1\noutput = "{home}/a.ics"\n')
        monkeypatch.setenv("AURION_PASSWORD", PASSWORD)
        yield portal


def turn(name: str, *, quiet: bool = False) -> int:
    """The exit code of a turn of that account's."""
    return export_unattended([name], Config.from_environment(), Catalogue("fr"), quiet=quiet)


def test_a_portal_that_goes_away_is_left_alone_and_nothing_secret_is_written(
    demo: Demo, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Done, then failed, then waiting without a request; the log records it all without login or password."""
    assert turn("") == 0
    assert (home / "a.ics").exists()
    demo.control.faults = (Fault(status=500, body="Maintenance"),)
    assert turn("", quiet=True) == 5
    asked = len(demo.log)
    assert turn("") == 5
    assert len(demo.log) == asked
    reported, complaint = capsys.readouterr()
    assert [line.split(",")[0].split(" le ")[0] for line in reported.splitlines()] == [
        "planning : terminé",
        "planning : prochain essai",
    ]
    assert complaint.startswith("planning : ")
    log = log_file(state_folder()).read_text(encoding="utf-8")
    for part in (
        "begins",
        "step login",
        "step writing",
        "ended code=0",
        "ended code=5 error=PortalUnavailable reason=",
        "waiting until",
    ):
        assert part in log
    assert [run.exit_code for run in Runs(state_folder(), LOGIN).all()] == [0, 5]
    for secret in (PASSWORD, LOGIN):
        assert secret not in log + reported + complaint
    assert not (home / "sent").exists(), "an outage of a moment is no news"


def test_an_account_that_is_not_there_spoils_no_other_turn(demo: Demo, home: Path) -> None:
    """Its problem has its own code and notification, once; no account is asked of the portal."""
    assert [turn("nobody") for _ in range(2)] == [2, 2]
    assert list(demo.log) == []
    assert (home / "sent").read_text().count("Aurion :") == 1
