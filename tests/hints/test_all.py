"""Every hint has a test, and all places show the same error: the command, `status`, `doctor` and the page."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from scraper import errors
from scraper import export as story
from scraper.cli.commands.doctor import sentences as of_check
from scraper.diagnostics.doctor.account_checks import last_run
from scraper.domain.failure_advice import STEPS, step_of
from scraper.errors import AurionError, Interrupted, ScheduleError, SettingsError
from scraper.i18n import LANGUAGES, Catalogue, catalogue
from scraper.runs.account_status import status_of
from scraper.system.failed_run import failed_run
from scraper.system.paths import state_folder
from scraper.system.run_history import Run, Runs
from scraper.web.pages.messages import error_message as on_the_page
from tests.cases import for_each
from tests.hints.conftest import READY, Walker
from tests.hints.test_accounts import ANNA
from tests.hints.test_named import sentences

HERE = Path(__file__).parent
KEYS = sorted(
    {
        key.removeprefix("errors.").rpartition(".message")[0]
        for key, _ in sentences(catalogue("en", "errors"))
        if key.startswith("errors.") and key.endswith((".message", ".message.other"))
    }
)
OF_RUNS = [
    key
    for key in KEYS
    if not issubclass(getattr(errors, key.partition(".")[0]), ScheduleError | Interrupted)
    and (getattr(errors, key.partition(".")[0]) is not SettingsError or key == "SettingsError.months")
]
"""Errors that a run of an account may end with; those of options and settings are all alike."""
FIRST_OF_CLASS = {key.partition(".")[0]: key for key in reversed(OF_RUNS)}.values()
"""An export by hand is tried again after one of each class."""
ELSEWHERE = {
    "the portal's own state; once it is over, the same command goes on": (
        "AccountLocked ActionNeeded* OtherProduct* PortalChanged* PortalUnavailable* SessionExpired ViewExpired "
        "WrongCredentials.silent LoginRefused*"
    ),
    "the browser and the network, tests/portal": (
        "BrowserMissing* SettingsError.browser-* SettingsError.sandbox* SettingsError.proxy* SettingsError.pac-* "
        "SettingsError.ca*"
    ),
    "a calendar server, tests/sinks and tests/cli/test_account_caldav.py": (
        "SettingsError.caldav-* SinkRefused.caldav-* SinkUnavailable.caldav-* Interrupted.caldav"
    ),
    "Google, tests/sinks/google": (
        "SettingsError.google-* CredentialsMissing.google-* SinkRefused.google-* SinkUnavailable.google-* "
        "Interrupted.google SettingsError.table-google"
    ),
    "the system's timers, tests/schedule": "ScheduleError*",
    "a disk, a lock, a mount, or rights that root does not lack, tests/sinks, tests/vault, tests/ledger": (
        "LedgerError* LedgerTooNew SettingsError.settings-* SinkRefused.* SinkUnavailable.* StandardOutput* "
        "StateError* StateTooNew* VaultLocked*"
    ),
    "an installation without a part, or a server that goes on, tests/demo and tests/web": (
        "SettingsError.demo-* SettingsError.serve-* SettingsError.hosting-extra SettingsError.hosting-pg-restore"
    ),
    "a bug of ours: reported, or another version": "AurionError* BadRecording*",
    "a question at a terminal, or a broken-off one, tests/cli": "Interrupted* UnknownSchool.several",
    "a path or a usage that has siblings here": (
        "SettingsError.path-* SettingsError.usage* SettingsError.completion-* SettingsError.record-* "
        "SettingsError.check-* SettingsError.text-control SettingsError.password-text SettingsError.school-encoding"
    ),
    "a value in a school's file, tests/config/schools/test_schools.py": (
        "SettingsError.school-address* SettingsError.school-[c-t]* SettingsError.school-zone"
    ),
    "a general sentence, for what has none of its own": (
        "CredentialsMissing DeliveryError SettingsError SuspiciouslyEmpty SuspiciouslyEmpty.dropped UnknownSchool"
    ),
    "a session without an account, tests/cli/test_cli.py": "CredentialsMissing.session-gone",
    "the page, tests/web": (
        "SettingsError.fixture-school SettingsError.feed-nothing-yet SettingsError.feed-unreachable "
        "SettingsError.password-empty SettingsError.no-network SettingsError.last-output SettingsError.output-twice "
        "SettingsError.rules-changed SettingsError.setting-changed"
    ),
    "the pages of a hosted service, its database and what is stored in it, tests/hosting": (
        "SettingsError.hosting-addresses SettingsError.hosting-createdb SettingsError.hosting-domain "
        "SettingsError.hosting-dump SettingsError.hosting-invitation SettingsError.hosting-key-version "
        "SettingsError.hosting-outdated SettingsError.hosting-role SettingsError.hosting-school "
        "SettingsError.hosting-sealed SettingsError.hosting-tests SettingsError.hosting-tries "
        "SettingsError.hosting-unopened SettingsError.hosting-web-key"
    ),
    "what a subscriber gets, tests/publishing/feeds": (
        "SettingsError.feed-content SettingsError.feed-course SettingsError.feed-no-course SettingsError.feed-until"
    ),
}
"""Patterns of errors with a hint that no test here needs to follow, by what it takes."""


def create_error(key: str) -> AurionError:
    """Return the error with a value for each fact of its messages."""
    name, _, reason = key.partition(".")
    found = catalogue("en", "errors")["errors"][name]
    parts = found[reason] if reason else found
    own = [text if isinstance(text, str) else text.get("other", "") for text in parts.values()]
    wanted = set(re.findall(r"\{(\w+)\}", " ".join(own)))
    facts = {fact: 2 if fact == "count" else f"({fact})" for fact in wanted - {"account", "NAME"}}
    error: AurionError = getattr(errors, name)(reason, **facts)
    return error


def test_each_error_has_a_test_of_its_hint() -> None:
    """A new error needs a test of its hint, or an entry in ELSEWHERE."""
    walked = "".join(file.read_text("utf-8") for file in HERE.glob("test_*.py") if file.name != Path(__file__).name)
    patterns = [pattern for some in ELSEWHERE.values() for pattern in some.split()]
    left = [key for key in KEYS if not any(fnmatchcase(key, pattern) for pattern in patterns)]
    left = [key for key in left if f'"{key}"' not in walked and f'"{key.partition(".")[2]}"' not in walked]
    assert not left, "\n".join(left)
    assert all(any(fnmatchcase(key, pattern) for key in KEYS) for pattern in patterns)


@for_each("key", KEYS)
def test_each_error_has_a_next_step_on_the_page(key: str) -> None:
    """The page has a text for the step in both languages."""
    step = step_of(create_error(key))
    for language in LANGUAGES:
        assert Catalogue(language).has(f"page.runs.next.{step}.text")
    assert step in STEPS.values()


@pytest.mark.slow
@for_each("key", FIRST_OF_CLASS)
def test_export_shows_the_same_error_as_all_places(
    walker: Walker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    """One error of each class; another export starts afterwards."""
    walker.write(ANNA)
    rmtree(state_folder(), ignore_errors=True)
    error = create_error(key)

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(story, "export", fail)
        walker.go("export anna")
    assert error.facts["account"] == "anna"
    assert_same_everywhere(walker, capsys, {"anna": error})
    assert walker.go("export anna") == READY


@pytest.mark.slow
def test_all_places_show_the_same_error(walker: Walker, capsys: pytest.CaptureFixture[str]) -> None:
    """Each error belongs to an account of its own; `status` shows all of them."""
    errors_of = {f"anna-{number}": create_error(key) for number, key in enumerate(OF_RUNS)}
    walker.write("".join(ANNA.replace("anna", name).replace("a.ics", f"{name}.ics") for name in errors_of))
    for name, error in errors_of.items():
        error.facts["account"] = name
        Runs(state_folder(), name).add(failed_run(datetime.now(UTC), error))
    assert_same_everywhere(walker, capsys, errors_of)


def assert_same_everywhere(
    walker: Walker, capsys: pytest.CaptureFixture[str], errors_of: Mapping[str, AurionError]
) -> None:
    """`doctor` and `status` show the message and the hint of the error, with the account's name."""
    expected = {
        name: errors.SuspiciouslyEmpty("dropped", account=name) if error.exit_code == 7 else error  # nothing waits here
        for name, error in errors_of.items()
    }
    for language in LANGUAGES:
        words = Catalogue(language)
        for name, error in expected.items():
            message, hint = words.error(error)
            seen, step = of_check(last_run(name, Runs(state_folder(), name), UTC, has_pending=False), words)
            assert (message in seen, step) == (True, hint)
    capsys.readouterr()
    walker.go("status --json")
    problems = {account["name"]: account["problem"] for account in json.loads(capsys.readouterr().out)["accounts"]}
    assert problems.keys() == expected.keys()
    for name, error in expected.items():
        message, hint = Catalogue("en").error(error)
        assert problems[name]["message"].startswith(message)
        assert problems[name]["hint"] == hint


@pytest.mark.slow
def test_error_without_facts_has_a_complete_message(home: Path) -> None:
    """An older version stored no facts: the message is that of the class."""
    runs, now = Runs(home / "state", "anna"), datetime(2026, 11, 24, tzinfo=UTC)
    for key in OF_RUNS:
        name, _, reason = key.partition(".")
        exit_code = getattr(errors, name).exit_code
        runs.add(Run(at=now, exit_code=exit_code, error=name, reason=reason))
        failed: Any = status_of(runs, now, has_timer=False).failed
        for language in LANGUAGES:
            message, hint = on_the_page(
                errors.restore_error(failed.error, failed.reason, {}, exit_code), Catalogue(language)
            )
            for gap in ("  ", "“”", "«  »", "« »", "()", " .", " ,"):
                assert gap not in message + hint, (key, message, hint)
