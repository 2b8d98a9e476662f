"""Private folders and files: their modes are right from the beginning, with any umask and many processes."""

import errno
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from scraper.config.settings.settings_file import account_table, change_account, read_settings_file, rewrite_settings
from scraper.config.vault.age_file import AgeFile
from scraper.errors import StateError
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.publishing.ledger.ledger_file import LedgerFile, connect
from scraper.system.files import (
    STALE_SECONDS,
    _create_folder,
    create_folders,
    create_private,
    private_folder,
    write_private,
)
from scraper.system.json_store import JsonFile
from scraper.system.locks import private_lock
from scraper.system.run_history import Run, Runs
from scraper.system.session_file import SavedSession, SessionFile
from tests.cases import for_each
from tests.processes import CONTEXT, new_process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions are the folder's there")

PARIS = ZoneInfo("Europe/Paris")
UMASKS = (0o000, 0o022, 0o077, 0o777)
ROUNDS = 10
SECONDS = 120


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Set the umask of the process."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    """Return the permissions of a path, with the bits of group and others."""
    return stat.S_IMODE(path.stat().st_mode)


@for_each("mask", UMASKS)
def test_private_folder_has_mode_0700_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    """Missing folders above it have it, too; existing ones keep their mode."""
    tmp_path = tmp_path / f"{mask}"
    tmp_path.mkdir()
    tmp_path.chmod(0o755)
    with umask(mask):
        private_folder(tmp_path / "a" / "b")
        create_folders(tmp_path / "c" / "d")
    made = [tmp_path / name for name in ("a", "a/b", "c", "c/d")]
    assert {mode(path) for path in made} == {0o700}
    assert mode(tmp_path) == 0o755
    assert [*tmp_path.glob("**/.*")] == []


@for_each("mask", UMASKS)
def test_private_file_has_mode_0600_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    """Create it empty, write it, or create it as a lock."""
    tmp_path = tmp_path / f"{mask}"
    tmp_path.mkdir()
    with umask(mask):
        create_private(tmp_path / "empty")
        write_private(tmp_path / "whole", b"new")
        with private_lock(tmp_path / "lock", 0):
            pass
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "whole", "lock"}


def test_set_group_bit_of_the_parent_opens_nothing(tmp_path: Path) -> None:
    """The new folder is private."""
    tmp_path.chmod(0o2775)
    private_folder(tmp_path / "a" / "b")
    assert {mode(tmp_path / "a") & 0o777, mode(tmp_path / "a" / "b")} == {0o700}


def test_existing_open_folder_is_made_private(tmp_path: Path) -> None:
    """Keep the content of the folder."""
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "file").write_text("x")
    private_folder(folder)
    assert mode(folder) == 0o700
    assert (folder / "file").read_text() == "x"


@for_each("make", [lambda path: path.write_text("x"), lambda path: path.symlink_to("nowhere")])
def test_file_is_not_replaced_by_a_folder(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """A link to nothing is not replaced either, and the folder above has no other entry."""
    (tmp_path / "a").unlink(missing_ok=True)
    make(tmp_path / "a")
    for call in (private_folder, create_folders):
        with pytest.raises(OSError, match="a"):
            call(tmp_path / "a")
        with pytest.raises(OSError, match="a"):
            call(tmp_path / "a" / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_empty_file_is_created_once(tmp_path: Path) -> None:
    """An existing one keeps its bytes."""
    create_private(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"old")
    create_private(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"


def test_empty_file_is_created_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT has none."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with umask(0o777):
        create_private(tmp_path / "a")
    assert {path.name: mode(path) for path in tmp_path.iterdir()} == {"a": 0o600}


def test_old_temporary_file_is_deleted(tmp_path: Path) -> None:
    """A new one may be another run's and stays."""
    old, young, foreign = tmp_path / f".{'0' * 16}.tmp", tmp_path / f".{'1' * 16}.tmp", tmp_path / ".notes.tmp"
    write_private(tmp_path / "file", b"new")
    for path in (old, young, foreign):
        path.touch()
    since = (tmp_path / "file").stat().st_mtime - STALE_SECONDS - 60
    for path in (old, foreign):
        os.utime(path, (since, since))
    write_private(tmp_path / "file", b"newer")
    assert {path.name for path in tmp_path.iterdir()} == {"file", young.name, foreign.name}


@pytest.mark.skipif(sys.platform == "win32", reason="there a folder is never replaced by a rename")
def test_empty_folder_is_not_replaced(tmp_path: Path) -> None:
    """Another run may be creating its first file in it."""
    folder = tmp_path / "state"
    folder.mkdir()
    first = folder.stat().st_ino
    _create_folder(folder)
    assert (folder.stat().st_ino, list(tmp_path.iterdir())) == (first, [folder])


# ---- many processes at once


def _run(work: Callable[..., None], barrier: Any, mask: int, arguments: Sequence[object]) -> None:  # noqa: ANN401
    os.umask(mask)
    barrier.wait(SECONDS)
    work(*arguments)


def run_at_once(
    work: Callable[..., None], *arguments: Sequence[object], watch: Callable[[], None] = lambda: None
) -> None:
    """Run `work` in a process for each list of arguments, all at once and with different umasks."""
    barrier = CONTEXT.Barrier(len(arguments))
    running: list[BaseProcess] = [
        new_process(_run, work, barrier, UMASKS[number % len(UMASKS)], given) for number, given in enumerate(arguments)
    ]
    for process in running:
        process.start()
    try:
        while any(process.is_alive() for process in running):
            watch()
            for process in running:
                process.join(0.001)
        assert [process.exitcode for process in running] == [0] * len(running)
    finally:
        for process in running:
            process.kill()


def _make_everything(folder: str) -> None:
    for number in range(ROUNDS):
        inside = Path(folder) / f"{number}" / "deep" / "er"
        private_folder(inside)
        for path in (inside, inside.parent, inside.parent.parent):
            assert mode(path) == 0o700
        create_private(inside / "empty")
        write_private(inside / "whole", b"x" * 100_000)
        with private_lock(inside / "lock", SECONDS):
            body = (inside / "whole").read_bytes()
        assert len(body) == 100_000
        for name in ("empty", "whole", "lock"):
            assert mode(inside / name) == 0o600


@pytest.mark.slow
def test_concurrent_processes_create_private_files(tmp_path: Path) -> None:
    """Four processes create the same files; no wrong mode is ever visible, and no other file stays."""
    seen: set[tuple[str, int]] = set()

    def look() -> None:
        for folder, folders, files in os.walk(tmp_path):
            for name in (*folders, *files):
                if not name.startswith("."):
                    with suppress(FileNotFoundError):
                        seen.add(("folder" if name in folders else "file", mode(Path(folder, name))))

    run_at_once(_make_everything, *[[str(tmp_path)]] * 4, watch=look)
    look()
    assert seen == {("folder", 0o700), ("file", 0o600)}
    assert [*tmp_path.glob("**/.*")] == []


def assert_readable() -> None:
    """Read the settings, as another process does."""
    read_settings_file()


def _use_state(state: str, name: str) -> None:
    folder = Path(state)
    for number in range(ROUNDS // 2):
        AgeFile(folder.with_name("vault")).put(f"{name}{number}", SecretStr(name))
        Runs(folder, "shared").add(Run(at=datetime(2026, 11, 24, number, tzinfo=UTC), exit_code=0, reason=name))
        Subscribers(folder).add(f"{name}{number}", account=name, key="0" * 16, calendar=AS_THE_FILE, name="planning")
        SessionFile(folder / "sessions" / "one.json").write(SavedSession(login=name, address="https://a.example"))
        with connect(folder / "ledgers" / "one.sqlite", create=True) if number else _first_ledger(folder):
            pass
        with JsonFile(folder / "kind" / "one.json").change() as kept:
            kept["all"] = kept.get("all", 0) + 1
        change_account(name, {f"key{number}": number})
        with rewrite_settings() as document:
            table = account_table(document, "together")
            table["count"] = table.get("count", 0) + 1


@contextmanager
def _first_ledger(folder: Path) -> Iterator[None]:
    with LedgerFile(folder / "ledgers" / "one.sqlite", PARIS).writing():
        yield


def test_state_that_cannot_be_read_for_a_moment_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a free file, or while a virus scanner has it open, a change must not begin from nothing."""
    state = JsonFile(tmp_path / "kind" / "one.json")
    with state.change() as kept:
        kept["first"] = 1
    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_text", raise_no_file)
        assert state.read() == {}
        with pytest.raises(StateError), state.change() as kept:
            kept["second"] = 2
    assert state.read() == {"first": 1}


def raise_no_file(*_: object, **_values: object) -> str:
    """Read nothing."""
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


@pytest.mark.slow
def test_concurrent_processes_lose_no_change(tmp_path: Path) -> None:
    """Passwords, runs, subscriptions and settings of each are stored, and the session is complete.

    Nor is anybody refused for rights that another process has not set yet.
    """
    state = tmp_path / "home" / "state"
    run_at_once(_use_state, *([str(state), name] for name in "abcd"), watch=assert_readable)
    every = {f"{name}{number}" for name in "abcd" for number in range(ROUNDS // 2)}
    age = AgeFile(state.with_name("vault"))
    assert {name for name in every if age.get(name)} == every
    assert len(Runs(state, "shared").all()) == len(every)
    assert {one.label for one in Subscribers(state).all()} == every
    assert JsonFile(state / "kind" / "one.json").read() == {"all": len(every)}
    accounts = read_settings_file().accounts
    assert {name: len(accounts[name]) for name in "abcd"} == dict.fromkeys("abcd", ROUNDS // 2)
    assert accounts["together"] == {"count": len(every)}
    assert json.loads((state / "sessions" / "one.json").read_text())["login"] in "abcd"
    assert [path for path in state.glob("**/*") if path.is_dir() and mode(path) != 0o700] == []
    assert [path for path in state.glob("**/*") if path.is_file() and mode(path) != 0o600] == []
