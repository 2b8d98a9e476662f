"""What this machine alone decides is found before the portal is asked; each advice leads on."""

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
from scraper.system.find_browser import runs_as_root
from scraper.system.paths import settings_file, state_folder
from tests.commands import run_here
from tests.paths import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]

PORTAL = "http://127.0.0.1:9"
SERVER, USER = "http://127.0.0.1:9/plan/", "me"
OUTPUTS = '[[outputs]]\npath = "a.ics"\n[[outputs]]\npath = "{}"\n'
UNSHARE = shutil.which("unshare") or ""


def mounts_refused() -> str:
    """The machine's own words where it lets no process have mounts of its own, as in a chroot; empty where it does."""
    if sys.platform != "linux" or not runs_as_root() or not UNSHARE:
        return "only root may mount on Linux, with `unshare`"
    done = subprocess.run([UNSHARE, "--mount", "true"], capture_output=True, encoding="utf-8", check=False, timeout=60)
    return done.stderr.strip() if done.returncode else ""


REFUSED = mounts_refused()


@pytest.fixture
def silent_portal(demo: Demo) -> Iterator[Demo]:
    """The portal, which no one asks."""
    yield demo
    assert list(demo.log) == []


@pytest.fixture
def aurion(home: Path) -> Run:
    """Run the command without a browser, so that it cannot ask any portal."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        given = {"AURION_URL": PORTAL, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
        return run_here(*arguments, cwd=home, **given, **variables)

    return run


def settings(text: str) -> None:
    """Writes the settings file."""
    settings_file().parent.mkdir(parents=True, mode=0o700)
    settings_file().write_text(text, encoding="utf-8")


def failure(done: subprocess.CompletedProcess[Any]) -> tuple[int, str, str]:
    """The exit code, the error's class and its reason."""
    reported = json.loads(done.stdout)
    assert (reported["exit_code"], "{" in reported["message"] + reported["hint"]) == (done.returncode, False)
    return done.returncode, reported["error"], reported["reason"]


def account() -> Account:
    """As the command has it."""
    return build_account(Config().settings(), school_at(PORTAL), state_folder(), login=LOGIN)


def runs_is_a_folder() -> None:
    """Where the runs of that login are kept."""
    name = hashlib.sha256(LOGIN.encode()).hexdigest()[:16]
    (state_folder() / "runs" / f"{name}.json").mkdir(parents=True)


def runs_folder_is_a_file() -> None:
    """Where they all are."""
    state_folder().mkdir(parents=True)
    (state_folder() / "runs").touch()


def ledger_is_a_folder() -> None:
    """The account's."""
    ledger_of_account(account()).path.mkdir(parents=True)


def ledger_is_garbage() -> None:
    """A file that no database wrote."""
    path = ledger_of_account(account()).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage" * 1000)


def shelf_is_a_folder() -> None:
    """The calendar that a subscriber fetches."""
    key = feed_key(account())
    Subscribers(state_folder()).add("phone", account=LOGIN, key=key, calendar=AS_THE_FILE, name="planning")
    calendar_file(state_folder(), key, AS_THE_FILE).mkdir(parents=True)


def pushed_is_a_folder() -> None:
    """What was pushed to a server."""
    settings(f'[[outputs]]\ncaldav = "{SERVER}"\nuser = "{USER}"\n')
    Destination(kind="caldav", address=SERVER, user=USER).state_file(state_folder()).mkdir(parents=True)


STATE: dict[Callable[[], None], tuple[int, str, str]] = {
    runs_is_a_folder: (8, "StateError", "is-folder"),
    runs_folder_is_a_file: (8, "StateError", "not-a-folder"),
    ledger_is_a_folder: (8, "StateError", "is-folder"),
    ledger_is_garbage: (2, "LedgerDamaged", ""),
    shelf_is_a_folder: (8, "StateError", "is-folder"),
    pushed_is_a_folder: (8, "SinkRefused", "caldav-no-password"),
}


@pytest.mark.parametrize("spoil", STATE)
def test_what_the_program_keeps(aurion: Run, spoil: Callable[[], None]) -> None:
    """A folder in a file's place, a damaged ledger, no password for a server: no login is tried."""
    spoil()
    assert failure(aurion("export", "--json")) == STATE[spoil]


def test_a_library_that_is_missing(aurion: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that pushes to a server; nor is such a calendar added without it. It is removed without it."""
    monkeypatch.setitem(sys.modules, "caldav", None)
    output = f'[[accounts.me.outputs]]\ncaldav = "{SERVER}"\nuser = "{USER}"\n'
    settings(f'[accounts.me]\nschool = "{PORTAL}"\nlogin = "me"\n{output}')
    missing = (8, "SinkRefused", "caldav-extra")
    assert failure(aurion("export", "me", "--json")) == missing
    assert "aurion-planning[caldav]" in aurion("account", "caldav", "me").stderr
    assert aurion("account", "caldav", "me", "--remove").returncode == 0


@pytest.mark.parametrize(
    ("last", "expected"),
    [("folder", (8, "SinkRefused", "is-folder")), ("none/a.ics", (8, "SinkUnavailable", "no-folder"))],
)
def test_every_output(aurion: Run, home: Path, last: str, expected: tuple[int, str, str]) -> None:
    """Also the second one of the settings; the first is not written either."""
    (home / "folder").mkdir()
    settings(OUTPUTS.format(last))
    assert failure(aurion("export", "--json")) == expected
    assert not (home / "a.ics").exists()


@pytest.mark.parametrize("option", ["--record", "--debug"])
def test_what_is_kept_besides(aurion: Run, home: Path, option: str) -> None:
    """A recording, and pictures: exit 2, as any wrong option."""
    (home / "file").touch()
    assert failure(aurion("export", "--json", option, "file/inside"))[:2] == (2, "SettingsError")


def test_a_login_that_could_not_be_kept(aurion: Run) -> None:
    """A session is all that `aurion login` leaves."""
    state_folder().mkdir(parents=True)
    (state_folder() / "sessions").touch()
    assert failure(aurion("login", "--json")) == (8, "StateError", "not-a-folder")


@pytest.mark.parametrize(
    ("output", "vault", "expected"),
    [("none/a.ics", False, (8, "SinkUnavailable", "no-folder")), ("a.ics", True, (2, "VaultLocked", "os"))],
)
def test_an_account_that_is_added(
    aurion: Run, home: Path, output: str, *, vault: bool, expected: tuple[int, str, str]
) -> None:
    """Neither its calendar nor its password could be put in place: the password is not sent."""
    if vault:
        (home / ".local" / "share").mkdir(parents=True)
        (home / ".local" / "share" / "aurion-planning").touch()
    command = ("account", "add", "--name", "me", "--url", PORTAL, "--login", LOGIN, "--output", output, "--json")
    done = aurion(*command, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert failure(done) == expected


@pytest.fixture
def read_only(home: Path) -> Iterator[list[str]]:
    """Arguments before a command that may not write to its home: a mount for root, else the folder's rights."""
    if not REFUSED:
        yield [UNSHARE, "--mount", "sh", "-c", f'mount --bind -o ro {home} {home}; exec "$@"', "-"]
        return
    if runs_as_root():
        pytest.skip(f"rights do not stop root, and this machine refuses a mount: {REFUSED}")
    home.chmod(0o500)
    yield []
    home.chmod(0o700)


def test_a_home_that_is_read_only(demo: Demo, home: Path, read_only: list[str], tmp_path: Path) -> None:
    """The state's folder is what is wrong, not the output; with the variable that is advised all goes well."""
    given = {"AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD, "LANG": "en_GB.UTF-8"}
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


@pytest.mark.skipif(bool(REFUSED), reason=f"no mounts here: {REFUSED}")
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
def test_mounts(silent_portal: Demo, home: Path, mount: str, expected: tuple[int, str, str]) -> None:
    """A calendar that is a mount of its own, a folder that cannot be written, one without room."""
    (home / "b").mkdir()
    given = {"AURION_URL": silent_portal.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
    export = [sys.executable, "-m", "scraper", "export", "--output", "b/a.ics", "--json"]
    done = subprocess.run(
        [UNSHARE, "--mount", "sh", "-c", f'{mount}; exec "$@"', "-", *export],
        env=os.environ | given, cwd=home, capture_output=True, check=False, timeout=100, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert failure(done) == expected


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_what_a_command_prints(home: Path) -> None:
    """No calendar is written where standard output is full."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scraper", "schools"], env=os.environ | {"LANG": "en_GB.UTF-8"}, stdout=full,
            stderr=subprocess.PIPE, encoding="utf-8", check=False, cwd=home, timeout=100,
        )  # fmt: skip
    assert done.returncode == 8
    assert "Standard output" in done.stderr
    assert "calendar" not in done.stderr
