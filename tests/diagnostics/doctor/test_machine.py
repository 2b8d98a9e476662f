"""The checks of the machine, each with its errors and warnings."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest
from pydantic import SecretStr

from scraper.config.configuration import Config
from scraper.config.vault.age_file import AgeFile
from scraper.config.vault.keyring import Detected
from scraper.config.vault.vaults import Vaults
from scraper.diagnostics.doctor import machine_checks
from scraper.diagnostics.doctor.account_checks import last_run, outputs
from scraper.diagnostics.doctor.browser_checks import sandbox
from scraper.diagnostics.doctor.check_result import Check
from scraper.domain.sink_kind import Destination
from scraper.errors import SettingsError, VaultLocked
from scraper.system.run_history import Run, Runs
from tests.cases import for_each

MEGABYTE = 1_000_000
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")


def results(*checks: Check) -> list[tuple[str, str]]:
    """Return the states and reasons of the checks."""
    return [(str(check.state), check.reason) for check in checks]


def raising(error: Exception) -> Callable[..., object]:
    """Return a function that raises the error."""

    def fail(*_: object) -> object:
        raise error

    return fail


def test_python_and_zone() -> None:
    """An old Python and a missing time zone are errors."""
    assert results(machine_checks.python((3, 10, 9)), machine_checks.python((3, 11, 0))) == [
        ("error", "old"),
        ("ok", "well"),
    ]
    without = machine_checks.zone(raising(ZoneInfoNotFoundError()))
    assert results(machine_checks.zone(), without) == [("ok", "well"), ("error", "unknown")]


@posix_only
def test_settings(tmp_path: Path) -> None:
    """Absent settings are accepted; invalid ones have their error, writable ones the command that repairs them."""
    file = tmp_path / "settings.toml"
    wrong = SettingsError("months", given="x")
    assert results(machine_checks.settings(file, list)) == [("ok", "none")]
    assert machine_checks.settings(file, raising(wrong)).error is wrong
    file.touch(0o600)
    assert results(machine_checks.settings(file, list)) == [("ok", "well")]
    file.chmod(0o622)
    check = machine_checks.settings(file, list)
    assert results(check) == [("error", "open")]
    assert check.facts["command"] == f"chmod go-w {file}"


def test_disk(tmp_path: Path) -> None:
    """The folder with the least space decides; a folder that does not exist yet counts as its parent."""
    rooms = {tmp_path: 50, tmp_path / "full": 5}
    (tmp_path / "full").mkdir()

    def checked(scale: int) -> Check:
        folders = (tmp_path / "not" / "yet", tmp_path / "full")
        return machine_checks.disk(folders, lambda path: rooms[path] * scale * MEGABYTE)

    assert results(checked(100), checked(10), checked(1)) == [("ok", "well"), ("warning", "little"), ("error", "full")]
    assert checked(1).facts == {"free": 5, "path": str(tmp_path / "full")}


@posix_only
def test_permissions(tmp_path: Path) -> None:
    """Readable files are a warning, writable ones an error, each with the command that repairs it."""
    state = tmp_path / "state"
    assert results(*machine_checks.permissions(state)) == [("ok", "none")]
    state.mkdir(0o700)
    (state / "sessions").mkdir(0o700)
    session = state / "sessions" / "a.json"
    session.touch(0o600)
    assert results(*machine_checks.permissions(state)) == [("ok", "well")]
    session.chmod(0o644)
    (check,) = machine_checks.permissions(state)
    assert results(check) == [("warning", "open")]
    assert check.facts == {"path": str(session), "command": f"chmod go-rwx {session}"}
    state.chmod(0o777)
    assert results(*machine_checks.permissions(state)) == [("error", "open"), ("warning", "open")]


def test_password_of_a_calendar_at_a_server(tmp_path: Path) -> None:
    """A missing password is a warning; the check names the account and the address."""
    places = Vaults(AgeFile(tmp_path / "data" / "vault"), Detected(None, "none"))
    calendar = Destination(kind="caldav", address="https://cloud.test/a/", user="anna")
    absent = machine_checks.destination("anna", calendar, places, Config.from_environment())
    assert (results(absent), absent.facts["name"]) == ([("warning", "absent")], "anna")
    places.age.put("caldav anna https://cloud.test/a/", SecretStr("x"))
    kept = machine_checks.destination("anna", calendar, places, Config.from_environment())
    assert (results(kept), kept.facts["path"]) == ([("ok", "well")], "https://cloud.test/a/")


def test_vault_and_password(tmp_path: Path) -> None:
    """A missing password is a warning, a store that cannot be opened an error."""
    places = Vaults(AgeFile(tmp_path / "data" / "vault"), Detected(None, "fail"))
    assert results(machine_checks.vault(places)) == [("ok", "no-keyring-key")]
    assert results(machine_checks.password_presence("a", places)) == [("warning", "absent")]
    places.age.put("a", SecretStr("x"))
    assert results(machine_checks.password_presence("a", places)) == [("ok", "age-file")]
    places.age.path.write_bytes(b"cut")
    assert (
        results(machine_checks.password_presence("a", places), machine_checks.vault(places))
        == [("error", "damaged")] * 2
    )
    places.age.path.write_bytes(b"age-encryption.org/v1\n-> scrypt x")
    assert (
        results(machine_checks.password_presence("a", places), machine_checks.vault(places))
        == [("warning", "passphrase-missing")] * 2
    )


def test_keyring_that_hangs_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store and the password in it have the same error."""
    hangs = VaultLocked("keyring-hangs", seconds=8)
    monkeypatch.setattr("scraper.config.vault.vaults.system_keyring", raising(hangs))
    places = Vaults(AgeFile(tmp_path / "vault"))
    assert (
        results(machine_checks.vault(places), machine_checks.password_presence("a", places))
        == [("error", "keyring-hangs")] * 2
    )


@for_each(
    ("arguments", "how", "expected"),
    [
        (["chromium", "--headless"], {"root": True, "sandboxed": True}, ("warning", "root")),
        (["chromium", "--headless"], {"root": False, "sandboxed": True}, ("ok", "well")),
        (["chromium", "--no-sandbox"], {"root": False, "sandboxed": True}, ("warning", "switched")),
        (["chromium", "--disable-namespace-sandbox"], {"root": False, "sandboxed": True}, ("warning", "switched")),
        (["chromium", "--no-sandbox"], {"root": False, "sandboxed": False}, ("warning", "off")),
        ([], {"root": False, "sandboxed": True}, ("warning", "unknown")),
    ],
)
def test_sandbox(arguments: list[str], how: dict[str, bool], expected: tuple[str, str]) -> None:
    """Root has no sandbox; otherwise the arguments of the running process decide."""
    assert results(sandbox(arguments, **how)) == [expected]


def test_outputs(tmp_path: Path) -> None:
    """A calendar without its folder is an error; standard output always exists."""
    gone = str(tmp_path / "gone" / "planning.ics")
    checks = (outputs("a", ["-"]), outputs("a", [str(tmp_path / "a.ics"), "-"]), outputs("a", ["-", gone]))
    assert results(*checks) == [("ok", "none"), ("ok", "well"), ("error", "no-folder")]


@for_each(
    ("codes", "expected"),
    [
        ((), ("ok", "never")), ((5, 0), ("ok", "well")), ((0, 5), ("warning", "failed")), ((0, 6), ("error", "failed")),
        ((0, 3), ("error", "blocked")),
    ],
)  # fmt: skip
def test_last_run(tmp_path: Path, codes: tuple[int, ...], expected: tuple[str, str]) -> None:
    """A temporary failure is a warning, any other an error; a refused login is blocked."""
    runs = Runs(tmp_path / f"state{codes}", "a")
    for code in codes:
        runs.add(Run(at=AT, exit_code=code, error="X" if code else ""))
    check = last_run("a", runs, UTC)
    assert results(check) == [expected]
    assert not codes or check.facts["at"] == AT


def test_new_password_ends_the_problem_of_the_last_run(tmp_path: Path) -> None:
    """An older failure does not apply to the next run."""
    runs = Runs(tmp_path, "a")
    runs.add(Run(at=AT, exit_code=3, error="WrongCredentials"))
    runs.unblock()
    assert results(last_run("a", runs, UTC)) == [("ok", "account-changed")]
