"""Private folders and files: right from the first moment, whatever the umask, and however many processes are at it."""

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from scraper.config.settings.settings_file import account_table, change_account, read_settings_file, rewrite_settings
from scraper.config.vault.age_file import AgeFile
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

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions are the folder's there")

PARIS = ZoneInfo("Europe/Paris")
UMASKS = (0o000, 0o022, 0o077, 0o777)
ROUNDS = 10
SECONDS = 120


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """The process's umask while the block goes on."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    """Its rights, with the bits of its group and of others'."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", UMASKS)
def test_a_private_folder_has_its_rights_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    """So have the folders above it that were missing; those that were there keep theirs."""
    tmp_path.chmod(0o755)
    with umask(mask):
        private_folder(tmp_path / "a" / "b")
        create_folders(tmp_path / "c" / "d")
    made = [tmp_path / name for name in ("a", "a/b", "c", "c/d")]
    assert {mode(path) for path in made} == {0o700}
    assert mode(tmp_path) == 0o755
    assert [*tmp_path.glob("**/.*")] == []


@pytest.mark.parametrize("mask", UMASKS)
def test_a_private_file_has_its_rights_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    """However it comes into being: empty, written whole, or as a lock."""
    with umask(mask):
        create_private(tmp_path / "empty")
        write_private(tmp_path / "whole", b"new")
        with private_lock(tmp_path / "lock", 0):
            pass
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "whole", "lock"}


def test_a_folder_that_hands_its_group_on(tmp_path: Path) -> None:
    """A set group bit of the folder above opens nothing."""
    tmp_path.chmod(0o2775)
    private_folder(tmp_path / "a" / "b")
    assert {mode(tmp_path / "a") & 0o777, mode(tmp_path / "a" / "b")} == {0o700}


def test_a_folder_that_is_open_is_closed(tmp_path: Path) -> None:
    """One that is there already, and what is in it stays."""
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "file").write_text("x")
    private_folder(folder)
    assert mode(folder) == 0o700
    assert (folder / "file").read_text() == "x"


@pytest.mark.parametrize(
    "make", [lambda path: path.write_text("x"), lambda path: path.symlink_to("nowhere")], ids=["file", "link"]
)
def test_no_folder_takes_a_file_s_place(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """What has the name already, a file or a link to nothing, stays, and nothing is left beside it."""
    make(tmp_path / "a")
    for call in (private_folder, create_folders):
        with pytest.raises(OSError, match="a"):
            call(tmp_path / "a")
        with pytest.raises(OSError, match="a"):
            call(tmp_path / "a" / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_empty_file_is_created_once(tmp_path: Path) -> None:
    """One that is there keeps its bytes; so it is where the file system knows no links."""
    create_private(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"old")
    create_private(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"


def test_without_links_an_empty_file_is_created_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on FAT."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with umask(0o777):
        create_private(tmp_path / "a")
    assert {path.name: mode(path) for path in tmp_path.iterdir()} == {"a": 0o600}


def test_a_write_that_was_killed_is_swept_away(tmp_path: Path) -> None:
    """The temporary file of another run goes once it is old, never one that may be at work."""
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
def test_an_empty_folder_is_not_replaced(tmp_path: Path) -> None:
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


def at_once(work: Callable[..., None], *arguments: Sequence[object], watch: Callable[[], None] = lambda: None) -> None:
    """Run `work` in a process for each list of arguments, all at once and with another umask each; all end well."""
    context = get_context("spawn")
    barrier = context.Barrier(len(arguments))
    running: list[BaseProcess] = [
        context.Process(target=_run, args=(work, barrier, UMASKS[number % len(UMASKS)], given))
        for number, given in enumerate(arguments)
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
def test_no_one_sees_anything_half_made(tmp_path: Path) -> None:
    """Four processes make the same folders and files; who looks on sees no wrong rights, and nothing is left over."""
    seen: set[tuple[str, int]] = set()

    def look() -> None:
        for folder, folders, files in os.walk(tmp_path):
            for name in (*folders, *files):
                if not name.startswith("."):
                    with suppress(FileNotFoundError):
                        seen.add(("folder" if name in folders else "file", mode(Path(folder, name))))

    at_once(_make_everything, *[[str(tmp_path)]] * 4, watch=look)
    look()
    assert seen == {("folder", 0o700), ("file", 0o600)}
    assert [*tmp_path.glob("**/.*")] == []


def assert_readable() -> None:
    """The settings as another process sees them now."""
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
        with JsonFile(folder / "kind" / "one.json").changing() as kept:
            kept["all"] = kept.get("all", 0) + 1
        change_account(name, {f"key{number}": number})
        with rewrite_settings() as document:
            table = account_table(document, "together")
            table["count"] = table.get("count", 0) + 1


@contextmanager
def _first_ledger(folder: Path) -> Iterator[None]:
    with LedgerFile(folder / "ledgers" / "one.sqlite", PARIS).writing():
        yield


@pytest.mark.slow
def test_no_change_is_lost(tmp_path: Path) -> None:
    """What each process kept of passwords, runs, feeds, settings is there; the session is one process's, whole.

    Nor is anybody refused for rights that another process has not set yet.
    """
    state = tmp_path / "home" / "state"
    at_once(_use_state, *([str(state), name] for name in "abcd"), watch=assert_readable)
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
