"""Errors of this machine that are found before the portal is asked."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scraper.config.configuration import Config
from scraper.config.portal_account import Account, build_account
from scraper.config.schools.school_files import school_at
from scraper.demo import LOGIN, PASSWORD, Demo
from scraper.domain.sink_kind import Destination
from scraper.publishing.feed_calendars import feed_key
from scraper.publishing.feeds.feed_files import AS_THE_FILE, calendar_file
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.publishing.ledgers import ledger_of_account
from scraper.system.paths import settings_file, state_folder
from scraper.system.platforms import runs_as_root
from tests.cases import for_each
from tests.commands import run_here
from tests.paths import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]

PORTAL = "http://127.0.0.1:9"
SERVER, USER = "http://127.0.0.1:9/plan/", "me"
OUTPUTS = '[[outputs]]\npath = "a.ics"\n[[outputs]]\npath = "{}"\n'
UNSHARE = shutil.which("unshare") or ""


def mounts_refused() -> str:
    """Return the system's message where no process may have mounts of its own, as in a chroot; else ""."""
    if sys.platform != "linux" or not runs_as_root() or not UNSHARE:
        return "only root may mount on Linux, with `unshare`"
    done = subprocess.run([UNSHARE, "--mount", "true"], capture_output=True, encoding="utf-8", check=False, timeout=60)
    return done.stderr.strip() if done.returncode else ""


NO_MOUNTS = mounts_refused()


@pytest.fixture
def silent_portal(demo: Demo) -> Iterator[Demo]:
    """Check that the portal gets no request."""
    yield demo
    assert list(demo.log) == []


@pytest.fixture
def aurion(home: Path) -> Run:
    """Return a function that runs the command without a browser."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        given = {"AURION_URL": PORTAL, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
        return run_here(*arguments, cwd=home, **given, **variables)

    return run


def settings(text: str) -> None:
    """Write the settings file."""
    settings_file().parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    settings_file().write_text(text, encoding="utf-8")


def failure(done: subprocess.CompletedProcess[Any]) -> tuple[int, str, str]:
    """Return the exit code, the error's class and its reason."""
    reported = json.loads(done.stdout)
    assert (reported["exit_code"], "{" in reported["message"] + reported["hint"]) == (done.returncode, False)
    return done.returncode, reported["error"], reported["reason"]


def account() -> Account:
    """Return the account of the command."""
    return build_account(Config().settings(), school_at(PORTAL), state_folder(), login=LOGIN)


def runs_is_a_folder() -> None:
    """Create a folder in place of the history of runs."""
    name = hashlib.sha256(LOGIN.encode()).hexdigest()[:16]
    (state_folder() / "runs" / f"{name}.json").mkdir(parents=True)


def runs_folder_is_a_file() -> None:
    """Create a file in place of the folder of all histories."""
    state_folder().mkdir(parents=True)
    (state_folder() / "runs").touch()


def ledger_is_a_folder() -> None:
    """Create a folder in place of the ledger."""
    ledger_of_account(account()).path.mkdir(parents=True)


def ledger_is_garbage() -> None:
    """Write a ledger that is no database."""
    path = ledger_of_account(account()).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage" * 1000)


def feed_is_a_folder() -> None:
    """Create a folder in place of a subscriber's calendar."""
    key = feed_key(account())
    Subscribers(state_folder()).add("phone", account=LOGIN, key=key, calendar=AS_THE_FILE, name="planning")
    calendar_file(state_folder(), key, AS_THE_FILE).mkdir(parents=True)


def caldav_state_is_a_folder() -> None:
    """Create a folder in place of the state of a CalDAV calendar."""
    settings(f'[[outputs]]\ncaldav = "{SERVER}"\nuser = "{USER}"\n')
    Destination(kind="caldav", address=SERVER, user=USER).state_file(state_folder()).mkdir(parents=True)


STATE: dict[Callable[[], None], tuple[int, str, str]] = {
    runs_is_a_folder: (8, "StateError", "is-folder"),
    runs_folder_is_a_file: (8, "StateError", "not-a-folder"),
    ledger_is_a_folder: (8, "StateError", "is-folder"),
    ledger_is_garbage: (2, "LedgerDamaged", ""),
    feed_is_a_folder: (8, "StateError", "is-folder"),
    caldav_state_is_a_folder: (8, "SinkRefused", "caldav-no-password"),
}


@pytest.mark.parametrize("spoil", STATE)
def test_damaged_state_is_found_before_the_login(aurion: Run, spoil: Callable[[], None]) -> None:
    """A folder in place of a file, a damaged ledger or a missing password of a server prevents the login."""
    spoil()
    assert failure(aurion("export", "--json")) == STATE[spoil]


def test_missing_library_is_found_before_the_login(aurion: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `caldav` a calendar at a server is neither written nor added, but it can be removed."""
    monkeypatch.setitem(sys.modules, "caldav", None)
    output = f'[[accounts.me.outputs]]\ncaldav = "{SERVER}"\nuser = "{USER}"\n'
    settings(f'[accounts.me]\nschool = "{PORTAL}"\nlogin = "me"\n{output}')
    missing = (8, "SinkRefused", "caldav-extra")
    assert failure(aurion("export", "me", "--json")) == missing
    assert "aurion-planning[caldav]" in aurion("account", "caldav", "me").stderr
    assert aurion("account", "caldav", "me", "--remove").returncode == 0


@for_each(
    ("last", "expected"),
    [("folder", (8, "SinkRefused", "is-folder")), ("none/a.ics", (8, "SinkUnavailable", "no-folder"))],
)
def test_every_output_is_checked_before_the_login(
    aurion: Run, home: Path, last: str, expected: tuple[int, str, str]
) -> None:
    """The second output is checked before the first is written."""
    (home / "folder").mkdir(exist_ok=True)
    settings(OUTPUTS.format(last))
    assert failure(aurion("export", "--json")) == expected
    assert not (home / "a.ics").exists()


@for_each("option", ["--record", "--debug"])
def test_paths_of_debug_files_are_checked_before_the_login(aurion: Run, home: Path, option: str) -> None:
    """The paths of the recording and of the screenshots are checked: exit code 2."""
    (home / "file").touch()
    assert failure(aurion("export", "--json", option, "file/inside"))[:2] == (2, "SettingsError")


def test_session_folder_is_checked_before_the_login(aurion: Run) -> None:
    """`aurion login` fails if the session cannot be saved."""
    state_folder().mkdir(parents=True)
    (state_folder() / "sessions").touch()
    assert failure(aurion("login", "--json")) == (8, "StateError", "not-a-folder")


@pytest.mark.parametrize(
    ("output", "vault", "expected"),
    [("none/a.ics", False, (8, "SinkUnavailable", "no-folder")), ("a.ics", True, (2, "VaultLocked", "os"))],
)
def test_account_add_checks_output_and_vault_before_the_login(
    aurion: Run, home: Path, output: str, *, vault: bool, expected: tuple[int, str, str]
) -> None:
    """The password is not sent if the calendar or the password could not be stored."""
    if vault:
        (home / ".local" / "share").mkdir(parents=True)
        (home / ".local" / "share" / "aurion-planning").touch()
    command = ("account", "add", "--name", "me", "--url", PORTAL, "--login", LOGIN, "--output", output, "--json")
    done = aurion(*command, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert failure(done) == expected


@pytest.fixture
def read_only(home: Path) -> Iterator[list[str]]:
    """Return the start of a command that may not write to its home: by a mount for root, else by permissions."""
    if not NO_MOUNTS:
        yield [UNSHARE, "--mount", "sh", "-c", f'mount --bind -o ro {home} {home}; exec "$@"', "-"]
        return
    if runs_as_root():
        pytest.skip(f"rights do not stop root, and this machine refuses a mount: {NO_MOUNTS}")
    home.chmod(0o500)
    yield []
    home.chmod(0o700)


def test_read_only_home_is_reported(demo: Demo, home: Path, read_only: list[str], tmp_path: Path) -> None:
    """The error names the state folder; with the variable of the hint the export succeeds."""
    given = {
        "AURION_URL": demo.url,
        "AURION_LOGIN": LOGIN,
        "AURION_PASSWORD": PASSWORD,
        "LANG": "en_GB.UTF-8",
        "AURION_MONTHS": "1",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | given

    def export(**variables: str) -> subprocess.CompletedProcess[str]:
        command = [*read_only, sys.executable, "-m", "scraper", "export", "--output", "-"]
        return subprocess.run(
            command, env=environment | variables, cwd=ROOT, capture_output=True, check=False,
            encoding="utf-8", timeout=100, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    done = export()
    assert (done.returncode, list(demo.log)) == (8, [])
    assert str(home) in done.stderr
    assert "XDG_STATE_HOME" in done.stderr
    assert "--output" not in done.stderr
    assert export(XDG_STATE_HOME=str(tmp_path / "state")).stdout.startswith("BEGIN:VCALENDAR")


@pytest.mark.skipif(bool(NO_MOUNTS), reason=f"no mounts here: {NO_MOUNTS}")
@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        ("touch a b/a.ics; mount --bind a b/a.ics", (8, "SinkRefused", "mounted")),
        ("mount -t tmpfs -o ro none b", (8, "SinkRefused", "forbidden")),
        (
            "mount -t tmpfs -o size=16k none b; (echo BEGIN:VCALENDAR; head -c 12000 /dev/zero) >b/a.ics",
            (8, "SinkUnavailable", "full"),
        ),
    ],
    ids=["bind", "read-only", "full"],
)
def test_output_on_an_unsuitable_mount_is_reported(
    silent_portal: Demo, home: Path, mount: str, expected: tuple[int, str, str]
) -> None:
    """The calendar is a mount of its own, or its folder is read-only or full."""
    (home / "b").mkdir()
    given = {"AURION_URL": silent_portal.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
    export = [sys.executable, "-m", "scraper", "export", "--output", "b/a.ics", "--json"]
    done = subprocess.run(
        [UNSHARE, "--mount", "sh", "-c", f'{mount}; exec "$@"', "-", *export],
        env=os.environ | given, cwd=home, capture_output=True, check=False, timeout=100, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert failure(done) == expected
