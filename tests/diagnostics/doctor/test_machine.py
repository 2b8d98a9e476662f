"""The machine's checks, each on a machine that has the fault."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
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


def reported(*checks: Check) -> list[tuple[str, str]]:
    """States and reasons."""
    return [(str(check.state), check.reason) for check in checks]


def refusing(error: Exception) -> Callable[..., object]:
    """What fails so."""

    def fail(*_: object) -> object:
        raise error

    return fail


def test_python_and_zone() -> None:
    """Too old a Python is an error, and so is one without the schools' zone."""
    assert reported(machine_checks.python((3, 10, 9)), machine_checks.python((3, 11, 0))) == [
        ("error", "old"),
        ("ok", "well"),
    ]
    without = machine_checks.zone(refusing(ZoneInfoNotFoundError()))
    assert reported(machine_checks.zone(), without) == [("ok", "well"), ("error", "unknown")]


@posix_only
def test_settings(tmp_path: Path) -> None:
    """None yet is fine; wrong ones say what they say; those that others can change come with the command."""
    file = tmp_path / "settings.toml"
    wrong = SettingsError("months", given="x")
    assert reported(machine_checks.settings(file, list)) == [("ok", "none")]
    assert machine_checks.settings(file, refusing(wrong)).error is wrong
    file.touch(0o600)
    assert reported(machine_checks.settings(file, list)) == [("ok", "well")]
    file.chmod(0o622)
    check = machine_checks.settings(file, list)
    assert reported(check) == [("error", "open")]
    assert check.facts["command"] == f"chmod go-w {file}"


def test_disk(tmp_path: Path) -> None:
    """The folder with the least room counts; one that is not there yet is where it will be."""
    rooms = {tmp_path: 50, tmp_path / "full": 5}
    (tmp_path / "full").mkdir()

    def checked(scale: int) -> Check:
        folders = (tmp_path / "not" / "yet", tmp_path / "full")
        return machine_checks.disk(folders, lambda path: rooms[path] * scale * MEGABYTE)

    assert reported(checked(100), checked(10), checked(1)) == [("ok", "well"), ("warning", "little"), ("error", "full")]
    assert checked(1).facts == {"free": 5, "path": str(tmp_path / "full")}


@posix_only
def test_permissions(tmp_path: Path) -> None:
    """What others may read is a warning, what they may change an error; each with the command that repairs it."""
    state = tmp_path / "state"
    assert reported(*machine_checks.permissions(state)) == [("ok", "none")]
    state.mkdir(0o700)
    (state / "sessions").mkdir(0o700)
    session = state / "sessions" / "a.json"
    session.touch(0o600)
    assert reported(*machine_checks.permissions(state)) == [("ok", "well")]
    session.chmod(0o644)
    (check,) = machine_checks.permissions(state)
    assert reported(check) == [("warning", "open")]
    assert check.facts == {"path": str(session), "command": f"chmod go-rwx {session}"}
    state.chmod(0o777)
    assert reported(*machine_checks.permissions(state)) == [("error", "open"), ("warning", "open")]


def test_the_password_of_a_calendar_at_a_server(tmp_path: Path) -> None:
    """One that is kept is well, one that is not a warning; the place it would go to is reported, with its account."""
    places = Vaults(AgeFile(tmp_path / "data" / "vault"), Detected(None, "none"))
    calendar = Destination(kind="caldav", address="https://cloud.test/a/", user="anna")
    absent = machine_checks.destination("anna", calendar, places, Config.from_environment())
    assert (reported(absent), absent.facts["name"]) == ([("warning", "absent")], "anna")
    places.age.put("caldav anna https://cloud.test/a/", SecretStr("x"))
    kept = machine_checks.destination("anna", calendar, places, Config.from_environment())
    assert (reported(kept), kept.facts["path"]) == ([("ok", "well")], "https://cloud.test/a/")


def test_vault_and_password(tmp_path: Path) -> None:
    """Where passwords go and why; one that is absent is a warning, a place that cannot be opened an error."""
    places = Vaults(AgeFile(tmp_path / "data" / "vault"), Detected(None, "fail"))
    assert reported(machine_checks.vault(places)) == [("ok", "no-keyring-key")]
    assert reported(machine_checks.password_presence("a", places)) == [("warning", "absent")]
    places.age.put("a", SecretStr("x"))
    assert reported(machine_checks.password_presence("a", places)) == [("ok", "age-file")]
    places.age.path.write_bytes(b"cut")
    assert (
        reported(machine_checks.password_presence("a", places), machine_checks.vault(places))
        == [("error", "damaged")] * 2
    )
    places.age.path.write_bytes(b"age-encryption.org/v1\n-> scrypt x")
    assert (
        reported(machine_checks.password_presence("a", places), machine_checks.vault(places))
        == [("warning", "passphrase-missing")] * 2
    )


def test_a_keyring_that_hangs_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the place as for the password in it."""
    hangs = VaultLocked("keyring-hangs", seconds=8)
    module = import_module("scraper.config.vault.vaults")  # the package has a function of the same name
    monkeypatch.setattr(module, "system_keyring", refusing(hangs))
    places = Vaults(AgeFile(tmp_path / "vault"))
    assert (
        reported(machine_checks.vault(places), machine_checks.password_presence("a", places))
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
    """None for root; else by the arguments of the running process, from any source."""
    assert reported(sandbox(arguments, **how)) == [expected]


def test_outputs(tmp_path: Path) -> None:
    """A calendar without its folder is an error, the house's own; standard output is always there."""
    gone = str(tmp_path / "gone" / "planning.ics")
    checks = (outputs("a", ["-"]), outputs("a", [str(tmp_path / "a.ics"), "-"]), outputs("a", ["-", gone]))
    assert reported(*checks) == [("ok", "none"), ("ok", "well"), ("error", "no-folder")]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((), ("ok", "never")), ((5, 0), ("ok", "well")), ((0, 5), ("warning", "failed")), ((0, 6), ("error", "failed")),
        ((0, 3), ("error", "blocked")),
    ],
)  # fmt: skip
def test_last_run(tmp_path: Path, codes: tuple[int, ...], expected: tuple[str, str]) -> None:
    """What may go well the next time is a warning; a refused login is reported, and not tried again."""
    runs = Runs(tmp_path, "a")
    for code in codes:
        runs.add(Run(at=AT, exit_code=code, error="X" if code else ""))
    check = last_run("a", runs, UTC)
    assert reported(check) == [expected]
    assert not codes or check.facts["at"] == AT


def test_a_password_set_again_ends_what_was_wrong(tmp_path: Path) -> None:
    """What failed before says nothing of the next run."""
    runs = Runs(tmp_path, "a")
    runs.add(Run(at=AT, exit_code=3, error="WrongCredentials"))
    runs.unblock()
    assert reported(last_run("a", runs, UTC)) == [("ok", "account-changed")]
