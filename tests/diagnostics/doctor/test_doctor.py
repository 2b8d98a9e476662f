"""The command `aurion doctor` at a portal: its output, its exit code, and that it logs in nowhere."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import scraper.diagnostics.doctor
from scraper.cli.commands.doctor import sentences
from scraper.config.portal_account import Account
from scraper.config.schools.school_files import school_at
from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.diagnostics.doctor.account_checks import last_run
from scraper.diagnostics.doctor.browser_checks import Visitor, session
from scraper.diagnostics.doctor.browser_checks import browser as look_at_browser
from scraper.domain.credentials import Credentials
from scraper.domain.progress import Silent
from scraper.errors import AurionError, LedgerDamaged, SinkUnavailable, SuspiciouslyEmpty, WrongCredentials
from scraper.export import log_in
from scraper.i18n import LANGUAGES, Catalogue
from scraper.portal.browser import Chromium
from scraper.system.failed_run import failed_run
from scraper.system.run_history import Run, Runs
from tests.cases import for_each
from tests.commands import Done, RunHere, SharedBrowsers, without_pauses
from tests.zones import machine_in

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
MAKERS = {"ok": "ok", "warning": "warning", "wrong": "error", "_warning": "warning", "_error": "error"}
"""The functions that make checks, and the state of what each makes."""
SETTINGS = """
output = "{home}/planning.ics"
[accounts.jeanne]
url = "{url}"
login = "{login}"
[accounts.paul]
url = "http://127.0.0.1:9"
login = "paul"
output = "{home}/gone/planning.ics"
"""

LOOK = """
import os, sys
from pathlib import Path
os.geteuid = lambda: 1000
from scraper.diagnostics.doctor.browser_checks import browser
for check in browser(Path(sys.argv[1])):
    print(check.name, check.state, check.reason, check.facts if check.name == "sandbox" else {})
"""
"""What the doctor sees of a browser, for a user who is not root."""


@pytest.fixture
def demo() -> Iterator[Demo]:
    """Start a portal without lessons."""
    with Demo(events=()) as portal:
        yield portal


@pytest.fixture
def short_waits() -> Iterator[None]:
    """Shorten the waits for content that does not come."""
    with without_pauses():
        yield


@pytest.fixture
def settings(home: Path) -> Path:
    """Create an empty settings file."""
    file = home / ".config" / "aurion-planning" / "settings.toml"
    file.parent.mkdir(parents=True, mode=0o700)
    file.touch(0o600)
    return file


@pytest.fixture
def doctor(home: Path, browsers: SharedBrowsers) -> RunHere:
    """Return a function that runs the command without a terminal."""

    def run(*options: str, lang: str = "en_GB.UTF-8") -> Done:
        null = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        return browsers.run("doctor", *options, cwd=home, LANG=lang, **null)

    return run


def test_doctor_checks_one_portal_by_options(demo: Demo, doctor: RunHere) -> None:
    """All checks succeed with exit code 0, and one page of the portal is requested."""
    done = doctor("--url", demo.url, "--login", LOGIN, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    output = json.loads(done.stdout)
    assert output["ok"] is True
    assert all(check.keys() == {"name", "reason", "account", "state", "message", "hint"} for check in output["checks"])
    names = [check["name"] for check in output["checks"]]
    assert names == [
        "python", "zone", "settings", "vault", "disk", "permissions", "network", "clock", "browser", "sandbox",
        "session", "output", "run",
    ]  # fmt: skip
    assert {check["state"] for check in output["checks"] if check["name"] != "sandbox"} == {"ok"}
    assert [(exchange.method, exchange.path) for exchange in demo.log] == [("GET", "/")]


def test_doctor_checks_all_accounts(doctor: RunHere, demo: Demo, home: Path, settings: Path) -> None:
    """A portal that is down and a missing folder are errors of their account, with hints."""
    settings.write_text(SETTINGS.format(url=demo.url, login=LOGIN, home=home))
    done = doctor("--json", lang="fr_FR.UTF-8")
    assert (done.returncode, done.stderr) == (1, "")
    output = json.loads(done.stdout)
    assert output["ok"] is False
    errors = [
        (check["name"], check["message"].partition(":")[0].strip())
        for check in output["checks"]
        if check["state"] == "error"
    ]
    assert errors == [("network", "paul"), ("output", "paul")]
    assert all(check["hint"] for check in output["checks"] if check["state"] != "ok")
    assert [check["state"] for check in output["checks"] if check["name"] == "password"] == ["warning", "warning"]


def test_doctor_continues_with_invalid_settings(doctor: RunHere, settings: Path) -> None:
    """The error of the settings is reported like that of any command."""
    settings.write_text("months = 99\n")
    done = doctor("--browser", "/nowhere")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("error")] == ["settings"]
    assert any(line.split()[:2] == ["ok", "disk"] for line in lines)
    assert lines[-1].startswith("1 error,")


@pytest.mark.usefixtures("short_waits")
def test_saved_session_is_alive_gone_or_unknown(demo: Demo, browser: Browser, tmp_path: Path) -> None:
    """The first page of the portal shows it without a login; the saved session is unchanged."""
    account = Account(
        school=school_at(demo.url), credentials=Credentials(login=LOGIN, password=PASSWORD), state=tmp_path, timeout=20
    )
    chromium = Chromium(driver=None, path=Path("unused"), _browser=browser)  # type: ignore[arg-type]

    visitor = Visitor(name="jeanne", account=account, is_reachable=True)

    def seen() -> tuple[str, str]:
        check = session(visitor, chromium)
        return str(check.state), check.reason

    assert seen() == ("ok", "none")
    log_in(account, Silent(), chromium)
    logins = sum(exchange.kind == "login" for exchange in demo.log)
    kept = account.session_file.path.read_bytes()
    assert seen() == ("ok", "alive")
    demo.control.faults = (Fault(status=503),)
    assert seen() == ("warning", "unknown")
    demo.control.faults = (Fault(lose="session", times=1),)
    assert seen() == ("ok", "gone")
    unseen = session(visitor), session(replace(visitor, is_reachable=False), chromium)
    assert [check.reason for check in unseen] == ["unknown", "unknown"]
    assert account.session_file.path.read_bytes() == kept
    assert sum(exchange.kind == "login" for exchange in demo.log) == logins == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_sandbox_is_checked_in_the_running_browser(home: Path, browser_in_use: Path) -> None:
    """A script that disables the sandbox is noticed."""
    script = home / "script"
    script.write_text(f'#!/bin/sh\nexec {browser_in_use} "$@" --no-sandbox\n')
    script.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(script)], cwd=home, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stdout.splitlines() == ["browser ok well {}", "sandbox warning switched {'switch': '--no-sandbox'}"]


def test_missing_browser_is_reported(tmp_path: Path) -> None:
    """The error is that of the export, and there is no check of the sandbox."""
    (check,) = look_at_browser(tmp_path / "nowhere")
    assert (str(check.state), check.reason) == ("error", "absent")


def checks_in_source() -> Iterator[tuple[str, str, str]]:
    """Yield state, name and reason of each check in the source code."""
    for file in Path(scraper.diagnostics.doctor.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr=maker), args=[ast.Constant(value=reason)]) if maker in MAKERS:
                    yield MAKERS[maker], "network", str(reason)
                case ast.Call(func=ast.Name(id=maker), args=[ast.Constant(value=name)]) if maker in MAKERS:
                    yield MAKERS[maker], str(name), "well"
                case ast.Call(
                    func=ast.Name(id=maker), args=[ast.Constant(value=name), ast.Constant(value=reason), *_]
                ) if maker in MAKERS:
                    yield MAKERS[maker], str(name), str(reason)


@for_each("language", LANGUAGES)
def test_each_check_has_a_message_and_each_problem_a_hint(language: str) -> None:
    """Both languages are complete for all checks in the source code."""
    words, found = Catalogue(language), set(checks_in_source())
    assert {("error", "network", "dns"), ("ok", "python", "well"), ("warning", "sandbox", "root")} <= found
    for state, name, reason in found:
        assert words.has(f"doctor.labels.{name}"), name
        assert words.has(f"doctor.{name}.{reason}.message"), (name, reason)
        assert words.has(f"doctor.{name}.{reason}.hint") is (state != "ok"), (name, reason)
    assert words("doctor.of_account", account="anna", message="ok") == {"en": "anna: ok", "fr": "anna : ok"}[language]


@for_each(
    ("failure", "problem", "step"),
    [
        (
            SinkUnavailable("caldav-connection", path="https://cloud.example.org/anna/"),
            "https://cloud.example.org/anna/ cannot be reached.",
            "Check your network, the server and its address, then try again later: the next export continues there.",
        ),
        (
            LedgerDamaged(path="/state/1.sqlite", detail="no such table"),
            "The ledger /state/1.sqlite is damaged (no such table); the calendar stays as it was.",
            "Move /state/1.sqlite away, then export again; the ledger is rebuilt from the calendar: aurion export a",
        ),
        (
            SinkUnavailable("full", path="/home/anna/planning.ics"),
            "There is no disk space left to write /home/anna/planning.ics.",
            "Free some space, then run the command again; the old file is as it was.",
        ),
        (
            WrongCredentials(detail="Mot de passe invalide"),
            "The portal rejected the login or the password: “Mot de passe invalide”",
            (
                "Check them in a browser (too many tries lock the account), "
                "then set the password: aurion account password a"
            ),
        ),
    ],
)
def test_failed_run_has_the_message_and_hint_of_its_error(
    tmp_path: Path, failure: AurionError, problem: str, step: str
) -> None:
    """Two errors with one exit code have different messages."""
    runs = Runs(tmp_path / failure.reason, "a")
    runs.add(failed_run(AT, failure))
    message, hint = sentences(last_run("a", runs, UTC), Catalogue("en"))
    assert (problem in message, hint) == (True, step)


def test_run_without_facts_has_a_complete_message(tmp_path: Path) -> None:
    """Older versions stored no facts."""
    runs = Runs(tmp_path, "anna")
    runs.add(Run(at=AT, exit_code=5, error="PortalUnavailable", reason="timeout"))
    with machine_in("UTC"):
        message, hint = sentences(last_run("anna", runs, UTC), Catalogue("en"))
    assert message == "Tue 2026-11-24 12:00 UTC: The portal is not available. No export has succeeded yet."
    assert hint == "Try again later."


def test_discarded_changes_are_not_offered_for_publication(tmp_path: Path) -> None:
    """After `publish --discard` the hint is another export."""
    runs = Runs(tmp_path, "anna")
    runs.add(failed_run(AT, SuspiciouslyEmpty("gone", gone=9, known=9, first=AT.date(), last=AT.date())))
    steps = [sentences(last_run("anna", runs, UTC, has_pending=waits), Catalogue("en"))[1] for waits in (True, False)]
    assert steps == [
        "Check the portal. If this is correct, publish the pending changes: aurion publish anna",
        "Export again: aurion export anna",
    ]
