"""Unattended runs from the settings to the log, at a portal that fails."""

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
    """Start a portal, write settings for its student, and replace the desktop's command by a script."""
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
    """Run the account unattended and return the exit code."""
    return export_unattended([name], Config.from_environment(), Catalogue("fr"), quiet=quiet)


def test_failed_portal_is_not_asked_again_and_the_log_has_no_secret(
    demo: Demo, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run succeeds, fails, then waits without a request; the log contains neither login nor password."""
    assert turn("") == 0
    assert (home / "a.ics").exists()
    demo.control.faults = (Fault(status=500, body="Maintenance"),)
    assert turn("", quiet=True) == 5
    asked = len(demo.log)
    assert turn("") == 5
    assert len(demo.log) == asked
    output, errors = capsys.readouterr()
    assert [line.split(",")[0].split(" le ")[0] for line in output.splitlines()] == [
        "planning : terminé",
        "planning : prochain essai",
    ]
    assert errors.startswith("planning : ")
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
        assert secret not in log + output + errors
    assert not (home / "sent").exists(), "a short outage is not notified"


def test_unknown_account_is_reported_once(demo: Demo, home: Path) -> None:
    """It has its own exit code and one notification; the portal is not asked."""
    assert [turn("nobody") for _ in range(2)] == [2, 2]
    assert list(demo.log) == []
    assert (home / "sent").read_text().count("Aurion :") == 1
