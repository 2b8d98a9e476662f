"""File sink: a calendar replaces the file as a whole or leaves it as it was, without other files beside it."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scraper.errors import DeliveryError, SinkRefused, SinkUnavailable, StateError
from scraper.sinks.file import FileSink
from scraper.sinks.file_kind import RECORDING
from scraper.sinks.sink import Sink
from tests.cases import for_each

OLD, NEW = b"BEGIN:VCALENDAR old\r\n", b"BEGIN:VCALENDAR new\r\n"
NO_ONE = 65534


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with an older calendar."""
    path = tmp_path / "planning.ics"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of an unprivileged user, whom the process becomes: root would write anywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder, root = Path(name), os.geteuid() == 0
        if root:
            os.chown(folder, NO_ONE, NO_ONE)
            os.seteuid(NO_ONE)
        try:
            yield folder
        finally:
            folder.chmod(0o700)
            if root:
                os.seteuid(0)


def refusal(sink: Sink, act: Callable[[Sink], object]) -> tuple[type[DeliveryError], str]:
    """Return the class and reason of the error that the act raises."""
    with pytest.raises(DeliveryError) as caught:
        act(sink)
    return type(caught.value), caught.value.reason


def deliver(sink: Sink) -> bool:
    """Deliver the new calendar."""
    return sink.deliver(NEW)


def failing(code: int) -> Callable[..., object]:
    """Return a function of the system that fails with this error."""

    def fail(*_: object, **__: object) -> object:
        raise OSError(code, os.strerror(code))

    return fail


def test_first_delivery_creates_the_file(tmp_path: Path) -> None:
    """The folder has no other file."""
    sink = FileSink(path=tmp_path / "planning.ics")
    assert deliver(sink) is True
    assert [path.name for path in tmp_path.iterdir()] == ["planning.ics"]
    assert sink.path.read_bytes() == NEW


def test_delivery_of_the_same_bytes_does_not_write(file: Path) -> None:
    """The inode and the time of the file stay."""
    before = file.stat()
    assert FileSink(path=file).deliver(OLD) is False
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_reader_of_the_old_file_is_not_disturbed(file: Path) -> None:
    """An open file is readable to its end: the new calendar is another file under its name."""
    with file.open("rb") as reader:
        assert deliver(FileSink(path=file)) is True
        assert reader.read() == OLD
    assert file.read_bytes() == NEW
    assert len([*file.parent.iterdir()]) == 1


@for_each("umask", [0o022, 0o077, 0o002])
def test_new_file_has_the_permissions_of_the_umask(tmp_path: Path, umask: int) -> None:
    """The umask applies as to the new file of any program."""
    path, before = tmp_path / f"{umask}.ics", os.umask(umask)
    try:
        deliver(FileSink(path=path))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_new_recording_is_private(tmp_path: Path) -> None:
    """Only its user can read it: a recording contains a timetable."""
    FileSink(path=tmp_path / "r.json", kind=RECORDING).deliver(b'{"format": 1}')
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o600


@for_each("mode", [0o600, 0o644, 0o664, 0o666])
def test_replaced_file_keeps_its_permissions(file: Path, mode: int) -> None:
    """The umask does not matter."""
    file.write_bytes(OLD)
    file.chmod(mode)
    deliver(FileSink(path=file))
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert file.read_bytes() == NEW


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_replaced_file_keeps_its_owner(file: Path) -> None:
    """The file of a user stays the user's in a run of root."""
    os.chown(file, NO_ONE, NO_ONE)
    deliver(FileSink(path=file))
    assert (file.stat().st_uid, file.stat().st_gid) == (NO_ONE, NO_ONE)
    assert file.read_bytes() == NEW


def test_delivery_through_a_link_replaces_its_target(tmp_path: Path, file: Path) -> None:
    """The target of the link, in another folder, gets the calendar; both folders have no other file."""
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link.ics"
    link.symlink_to(file)
    assert deliver(FileSink(path=link)) is True
    assert link.is_symlink()
    assert file.read_bytes() == NEW
    assert [path.name for path in folder.iterdir()] == ["link.ics"]


def test_delivery_through_a_dangling_link_creates_its_target(tmp_path: Path) -> None:
    """The link stays a link."""
    link, target = tmp_path / "link.ics", tmp_path / "target.ics"
    link.symlink_to(target)
    assert deliver(FileSink(path=link)) is True
    assert link.is_symlink()
    assert target.read_bytes() == NEW


@pytest.fixture
def loop(file: Path) -> Path:
    """A link to itself, beside the file."""
    path = file.parent / "loop"
    path.symlink_to("loop")
    return path


@for_each("act", [FileSink.check, deliver])
@for_each(
    ("place", "kind", "reason"),
    [
        ("missing/planning.ics", SinkUnavailable, "no-folder"),
        ("planning.ics/planning.ics", SinkRefused, "not-a-folder"),
        (".", SinkRefused, "is-folder"),
        ("n" * 300, SinkRefused, "bad-name"),
        ("nul\0", SinkRefused, "bad-name"),
        ("loop", SinkUnavailable, "os"),
    ],
)
def test_impossible_path_is_reported_by_the_check_and_by_the_delivery(
    file: Path, loop: Path, *, place: str, kind: type[DeliveryError], reason: str, act: Callable[[Sink], object]
) -> None:
    """Nothing is created, and the file beside it stays."""
    assert refusal(FileSink(path=file.parent / place), act) == (kind, reason)
    assert sorted(path.name for path in file.parent.iterdir()) == [loop.name, "planning.ics"]
    assert file.read_bytes() == OLD


def test_longest_possible_name_is_written(tmp_path: Path) -> None:
    """The name of the temporary file does not contain it."""
    assert deliver(FileSink(path=tmp_path / ("n" * 255))) is True


@for_each("act", [FileSink.check, deliver])
@for_each(("folder_mode", "file_mode"), [(0o500, 0o600), (0o700, 0o400), (0o000, 0o600)])
def test_read_only_folder_and_file_are_refused(
    unprivileged: Path, folder_mode: int, file_mode: int, act: Callable[[Sink], object]
) -> None:
    """The file stays, alone in its folder."""
    path = unprivileged / "planning.ics"
    path.unlink(missing_ok=True)
    path.write_bytes(OLD)
    path.chmod(file_mode)
    unprivileged.chmod(folder_mode)
    assert refusal(FileSink(path=path), act) == (SinkRefused, "forbidden")
    unprivileged.chmod(0o700)
    assert path.read_bytes() == OLD
    assert [entry.name for entry in unprivileged.iterdir()] == ["planning.ics"]


def test_check_changes_nothing(file: Path) -> None:
    """The check creates no file, even for a moment, and changes no time."""

    def state() -> list[tuple[str, int, int]]:
        return [(path.name, path.stat().st_mtime_ns, path.stat().st_ino) for path in (file.parent, file)]

    before = state()
    for path in (file, file.with_name("other.ics")):
        FileSink(path=path).check()
        assert state() == before
    assert [path.name for path in file.parent.iterdir()] == ["planning.ics"]


FAULTS = [
    (errno.ENOSPC, SinkUnavailable, "full"),
    (errno.EDQUOT, SinkUnavailable, "full"),
    (errno.EACCES, SinkRefused, "forbidden"),
    (errno.EROFS, SinkRefused, "forbidden"),
    (errno.EPERM, SinkRefused, "forbidden"),
    (errno.EIO, SinkUnavailable, "os"),
    (errno.EBUSY, SinkUnavailable, "os"),
]


@for_each(("code", "kind", "reason"), FAULTS)
@for_each("function", ["open", "fchmod", "fsync", "replace"])
def test_fault_of_any_system_call_leaves_the_old_file(
    file: Path, function: str, code: int, kind: type[DeliveryError], reason: str
) -> None:
    """The file keeps its bytes and its inode, alone in its folder."""
    before = file.stat().st_ino
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, function, failing(code))
        got = refusal(FileSink(path=file), deliver)
    assert got == (kind, reason)
    assert [path.name for path in file.parent.iterdir()] == ["planning.ics"]
    assert (file.read_bytes(), file.stat().st_ino) == (OLD, before)


@for_each(("code", "kind", "reason"), FAULTS)
@for_each("function", ["open", "fsync", "replace"])
def test_fault_of_any_system_call_leaves_no_new_file(
    tmp_path: Path, function: str, code: int, kind: type[DeliveryError], reason: str
) -> None:
    """The folder stays empty."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, function, failing(code))
        got = refusal(FileSink(path=tmp_path / "planning.ics"), deliver)
    assert got == (kind, reason)
    assert list(tmp_path.iterdir()) == []


def test_system_error_is_reported_with_its_text(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """A fault without a reason of its own has the system's text and the path."""
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(SinkUnavailable) as caught:
        deliver(FileSink(path=file))
    assert caught.value.facts == {"path": str(file), "detail": os.strerror(errno.EIO)}
    assert caught.value.transient


@for_each("function", ["fsync", "replace"])
@for_each("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
def test_interruption_is_raised_and_leaves_the_old_file(
    file: Path, function: str, interruption: type[BaseException]
) -> None:
    """The file is alone in its folder."""

    def interrupted(*_: object) -> None:
        raise interruption

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, function, interrupted)
        with pytest.raises(interruption):
            deliver(FileSink(path=file))
    assert [path.name for path in file.parent.iterdir()] == ["planning.ics"]
    assert file.read_bytes() == OLD


def test_delivery_succeeds_in_a_folder_that_cannot_be_synced(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """The calendar is in place by then."""
    real = os.fsync

    def only_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    assert deliver(FileSink(path=file)) is True
    assert file.read_bytes() == NEW


def test_file_is_synced_before_it_is_replaced(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """The new file is synced before it gets the name, and the folder after that."""
    steps: list[str] = []
    sync, swap = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("folder" if folder else f"file of {os.fstat(descriptor).st_size}")
        sync(descriptor)

    def swapped(source: Path, target: Path) -> None:
        steps.append("swap")
        assert Path(source).parent == Path(target).parent
        assert Path(source).name.startswith(".")
        swap(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", swapped)
    deliver(FileSink(path=file))
    assert steps == [f"file of {len(NEW)}", "swap", "folder"]


def test_file_size_limit_leaves_the_old_file(file: Path) -> None:
    """A calendar that is longer than the limit of the process leaves the old file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        got = refusal(FileSink(path=file), lambda sink: sink.deliver(b"x" * 10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert got == (SinkUnavailable, "full")
    assert [path.name for path in file.parent.iterdir()] == ["planning.ics"]
    assert file.read_bytes() == OLD


def test_temporary_files_of_killed_runs_are_deleted(file: Path) -> None:
    """A delivery deletes temporary files older than an hour; younger files, other names and links stay."""
    ours, hour = f".{'0a' * 8}.tmp", 3600
    others = [f".{'0b' * 8}.tmp", ".0a.tmp", f".{'0G' * 8}.tmp", f"{'0a' * 8}.tmp", f"{ours}.bak", f".{'0c' * 8}.tmp"]
    for name in (ours, *others[:-1]):
        (file.parent / name).write_bytes(OLD)
        os.utime(file.parent / name, times=(0, 0))
    young = (file.parent / others[0]).stat().st_ctime - hour + 60
    os.utime(file.parent / others[0], times=(young, young))
    (file.parent / others[-1]).symlink_to(ours)
    os.utime(file.parent / others[-1], times=(0, 0), follow_symlinks=False)
    FileSink(path=file).check()
    assert (file.parent / ours).exists()
    assert deliver(FileSink(path=file)) is True
    assert sorted(path.name for path in file.parent.iterdir()) == sorted([*others, "planning.ics"])


def test_delivery_succeeds_in_a_folder_that_cannot_be_listed(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """The calendar is in place before old temporary files are looked for."""
    monkeypatch.setattr(os, "listdir", failing(errno.EACCES))
    assert deliver(FileSink(path=file)) is True
    assert file.read_bytes() == NEW


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_device_is_written_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device is neither read, which would never end, nor replaced; /dev/full reports that it is full."""
    monkeypatch.setattr(os, "replace", pytest.fail)
    monkeypatch.setattr(Path, "read_bytes", pytest.fail)
    assert refusal(FileSink(path=Path("/dev/full")), deliver) == (SinkUnavailable, "full")
    assert deliver(FileSink(path=Path("/dev/null"))) is True


def test_pipe_is_written_in_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The reader of the pipe gets the calendar; the pipe stays a pipe."""
    monkeypatch.setattr(os, "replace", pytest.fail)
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert deliver(FileSink(path=pipe)) is True
    reader.join(60)
    assert read == [NEW]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_pipe_without_a_reader_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The sink gives up after some tries; an ordinary `open` would wait forever."""
    monkeypatch.setattr("scraper.sinks.file.READER_TRIES", 2)
    monkeypatch.setattr("scraper.sinks.file.READER_PAUSE", 0)
    os.mkfifo(tmp_path / "pipe")
    assert refusal(FileSink(path=tmp_path / "pipe"), deliver) == (SinkUnavailable, "closed")


def test_dev_stdout_is_written_in_place() -> None:
    """The reader of the process's standard output gets the calendar."""
    script = (
        "from pathlib import Path; from scraper.sinks.file import FileSink; "
        "FileSink(path=Path('/dev/stdout')).deliver(b'B')"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert ended.stdout == b"B"


def test_file_that_is_a_mount_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker mounts a single file so: it cannot be replaced, and the error names its folder."""
    monkeypatch.setattr("scraper.sinks.file.is_mounted", lambda path: path == file)
    with pytest.raises(SinkRefused) as caught:
        FileSink(path=file).check()
    assert (caught.value.reason, caught.value.facts) == ("mounted", {"path": str(file), "folder": str(file.parent)})
    FileSink(path=file.with_name("new.ics")).check()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_file_in_a_sticky_folder_of_another_user_is_refused() -> None:
    """The file is writable but cannot be replaced; the check accepts it in a folder of the user's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o1777)
        file = folder / "planning.ics"
        file.write_bytes(OLD)
        file.chmod(0o666)
        FileSink(path=file).check()
        os.chown(folder, NO_ONE - 1, NO_ONE - 1)
        os.seteuid(NO_ONE)
        try:
            assert refusal(FileSink(path=file), FileSink.check) == (SinkRefused, "forbidden")
            FileSink(path=folder / "new.ics").check()
        finally:
            os.seteuid(0)


def test_faults_of_a_state_file_are_state_errors(tmp_path: Path) -> None:
    """The program has chosen the path, not the user."""
    for path, reason in ((tmp_path, "is-folder"), (tmp_path / "none" / "a", "no-folder")):
        for act in (FileSink.check, deliver):
            with pytest.raises(StateError) as caught:
                act(FileSink(path=path, own=True))  # type: ignore[operator]
            assert caught.value.reason == reason
