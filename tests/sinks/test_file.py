"""A file is swapped in whole or stays as it was; nothing of ours is ever left beside it."""

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

OLD, NEW = b"BEGIN:VCALENDAR old\r\n", b"BEGIN:VCALENDAR new\r\n"
NO_ONE = 65534


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A calendar that is there already."""
    path = tmp_path / "planning.ics"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of our own, and no right to pass over permissions: root would write anywhere."""
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
    """The class and reason of the error that the act ends in."""
    with pytest.raises(DeliveryError) as caught:
        act(sink)
    return type(caught.value), caught.value.reason


def deliver(sink: Sink) -> bool:
    """Deliver the new calendar."""
    return sink.deliver(NEW)


def failing(code: int) -> Callable[..., object]:
    """What the system does when it fails in that way."""

    def fail(*_: object, **__: object) -> object:
        raise OSError(code, os.strerror(code))

    return fail


def test_a_new_file(tmp_path: Path) -> None:
    """Where nothing was, the calendar is, and nothing else."""
    sink = FileSink(path=tmp_path / "planning.ics")
    assert deliver(sink) is True
    assert [path.name for path in tmp_path.iterdir()] == ["planning.ics"]
    assert sink.path.read_bytes() == NEW


def test_the_same_bytes_are_not_written_again(file: Path) -> None:
    """False, and the file is the very one it was: same inode, same time."""
    before = file.stat()
    assert FileSink(path=file).deliver(OLD) is False
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_reader_keeps_the_old_file(file: Path) -> None:
    """Who has the old file open reads it to its end: the new one is another file under its name."""
    with file.open("rb") as reader:
        assert deliver(FileSink(path=file)) is True
        assert reader.read() == OLD
    assert file.read_bytes() == NEW
    assert len([*file.parent.iterdir()]) == 1


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_s_permissions_are_the_umask_s(tmp_path: Path, umask: int) -> None:
    """As any program's new file."""
    before = os.umask(umask)
    try:
        deliver(FileSink(path=tmp_path / "planning.ics"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "planning.ics").stat().st_mode) == 0o666 & ~umask


def test_a_new_recording_is_private(tmp_path: Path) -> None:
    """Only its user can read it: it contains a timetable."""
    FileSink(path=tmp_path / "r.json", kind=RECORDING).deliver(b'{"format": 1}')
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o666])
def test_permissions_stay(file: Path, mode: int) -> None:
    """The new file has the old one's, whatever the umask."""
    file.chmod(mode)
    deliver(FileSink(path=file))
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert file.read_bytes() == NEW


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_the_owner_stays(file: Path) -> None:
    """Root's run leaves a user's file the user's."""
    os.chown(file, NO_ONE, NO_ONE)
    deliver(FileSink(path=file))
    assert (file.stat().st_uid, file.stat().st_gid) == (NO_ONE, NO_ONE)
    assert file.read_bytes() == NEW


def test_a_link_stays_a_link(tmp_path: Path, file: Path) -> None:
    """Its target, in another folder, gets the calendar; nothing is left in either."""
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link.ics"
    link.symlink_to(file)
    assert deliver(FileSink(path=link)) is True
    assert link.is_symlink()
    assert file.read_bytes() == NEW
    assert [path.name for path in folder.iterdir()] == ["link.ics"]


def test_a_link_to_nothing_yet(tmp_path: Path) -> None:
    """The file is made where the link points."""
    link, target = tmp_path / "link.ics", tmp_path / "target.ics"
    link.symlink_to(target)
    assert deliver(FileSink(path=link)) is True
    assert link.is_symlink()
    assert target.read_bytes() == NEW


@pytest.mark.parametrize("act", [FileSink.check, deliver], ids=["check", "deliver"])
@pytest.mark.parametrize(
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
def test_impossible_places(
    file: Path, place: str, kind: type[DeliveryError], reason: str, act: Callable[[Sink], object]
) -> None:
    """They are reported before anything is fetched, and again on delivery; nothing is made."""
    (file.parent / "loop").symlink_to("loop")
    assert refusal(FileSink(path=file.parent / place), act) == (kind, reason)
    assert sorted(path.name for path in file.parent.iterdir()) == ["loop", "planning.ics"]
    assert file.read_bytes() == OLD


def test_the_longest_name(tmp_path: Path) -> None:
    """A name as long as the system allows is written: the temporary name is not made of it."""
    assert deliver(FileSink(path=tmp_path / ("n" * 255))) is True


@pytest.mark.parametrize("act", [FileSink.check, deliver], ids=["check", "deliver"])
@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o500, 0o600), (0o700, 0o400), (0o000, 0o600)])
def test_no_right_to_write(unprivileged: Path, folder_mode: int, file_mode: int, act: Callable[[Sink], object]) -> None:
    """A folder or a file that is read-only for us is refused, and the file stays."""
    path = unprivileged / "planning.ics"
    path.write_bytes(OLD)
    path.chmod(file_mode)
    unprivileged.chmod(folder_mode)
    assert refusal(FileSink(path=path), act) == (SinkRefused, "forbidden")
    unprivileged.chmod(0o700)
    assert path.read_bytes() == OLD
    assert [entry.name for entry in unprivileged.iterdir()] == ["planning.ics"]


def test_check_changes_nothing(tmp_path: Path, file: Path) -> None:
    """It makes no file, touches none, and says nothing where all is well."""
    before = file.stat()
    FileSink(path=file).check()
    FileSink(path=tmp_path / "other.ics").check()
    assert [path.name for path in tmp_path.iterdir()] == ["planning.ics"]
    assert file.stat().st_mtime_ns == before.st_mtime_ns


FAULTS = [
    (errno.ENOSPC, SinkUnavailable, "full"),
    (errno.EDQUOT, SinkUnavailable, "full"),
    (errno.EACCES, SinkRefused, "forbidden"),
    (errno.EROFS, SinkRefused, "forbidden"),
    (errno.EPERM, SinkRefused, "forbidden"),
    (errno.EIO, SinkUnavailable, "os"),
    (errno.EBUSY, SinkUnavailable, "os"),
]


@pytest.mark.parametrize(
    ("there", "where"),
    [
        *((True, where) for where in ("open", "fchmod", "fsync", "replace")),
        *((False, where) for where in ("open", "fsync", "replace")),
    ],
)
@pytest.mark.parametrize(("code", "kind", "reason"), FAULTS)
def test_a_fault_wherever_it_strikes(
    monkeypatch: pytest.MonkeyPatch,
    file: Path,
    *,
    there: bool,
    where: str,
    code: int,
    kind: type[DeliveryError],
    reason: str,
) -> None:
    """The old file is byte for byte as it was, the same file even, and alone in its folder."""
    if not there:
        file.unlink()
    before = file.stat().st_ino if there else None
    monkeypatch.setattr(os, where, failing(code))
    got = refusal(FileSink(path=file), deliver)
    monkeypatch.undo()
    assert got == (kind, reason)
    assert [path.name for path in file.parent.iterdir()] == (["planning.ics"] if there else [])
    if there:
        assert (file.read_bytes(), file.stat().st_ino) == (OLD, before)


def test_the_system_s_reason_is_reported(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """A fault without a reason of its own carries the system's words and the path."""
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(SinkUnavailable) as caught:
        deliver(FileSink(path=file))
    assert caught.value.facts == {"path": str(file), "detail": os.strerror(errno.EIO)}
    assert caught.value.transient


@pytest.mark.parametrize("where", ["fsync", "replace"])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interruption(
    monkeypatch: pytest.MonkeyPatch, file: Path, where: str, interruption: type[BaseException]
) -> None:
    """It goes on as what it is, and leaves the old file alone in its folder."""

    def interrupted(*_: object) -> None:
        raise interruption

    monkeypatch.setattr(os, where, interrupted)
    with pytest.raises(interruption):
        deliver(FileSink(path=file))
    monkeypatch.undo()
    assert [path.name for path in file.parent.iterdir()] == ["planning.ics"]
    assert file.read_bytes() == OLD


def test_a_folder_that_cannot_be_synced(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """The calendar is in place by then: that is no failure."""
    real = os.fsync

    def only_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    assert deliver(FileSink(path=file)) is True
    assert file.read_bytes() == NEW


def test_synced_before_it_is_swapped_in(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """The bytes are on the disk before they have the name, then the name is."""
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


def test_a_real_limit_strikes_in_the_middle(file: Path) -> None:
    """With room for 4096 octets only, a longer calendar is not half written."""
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


def test_what_a_killed_run_left_is_swept(file: Path) -> None:
    """Our temporary files older than an hour go with the next delivery; younger ones, other names and links stay."""
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


def test_what_cannot_be_swept_does_no_harm(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """The calendar is in place by then: that is no failure."""
    monkeypatch.setattr(os, "listdir", failing(errno.EACCES))
    assert deliver(FileSink(path=file)) is True
    assert file.read_bytes() == NEW


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_device_is_written_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """/dev/full says that it is full; it is neither read, which would never end, nor replaced."""
    monkeypatch.setattr(os, "replace", pytest.fail)
    monkeypatch.setattr(Path, "read_bytes", pytest.fail)
    assert refusal(FileSink(path=Path("/dev/full")), deliver) == (SinkUnavailable, "full")
    assert deliver(FileSink(path=Path("/dev/null"))) is True


def test_a_pipe_is_written_into(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who reads the pipe gets the calendar; it stays a pipe."""
    monkeypatch.setattr(os, "replace", pytest.fail)
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert deliver(FileSink(path=pipe)) is True
    reader.join(10)
    assert read == [NEW]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_pipe_that_nothing_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is reported after some tries; an ordinary `open` would wait forever."""
    monkeypatch.setattr("scraper.sinks.file.READER_TRIES", 2)
    monkeypatch.setattr("scraper.sinks.file.READER_PAUSE", 0)
    os.mkfifo(tmp_path / "pipe")
    assert refusal(FileSink(path=tmp_path / "pipe"), deliver) == (SinkUnavailable, "closed")


def test_dev_stdout() -> None:
    """The calendar goes to the reader of our standard output."""
    script = (
        "from pathlib import Path; from scraper.sinks.file import FileSink; "
        "FileSink(path=Path('/dev/stdout')).deliver(b'B')"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert ended.stdout == b"B"


def test_a_mount_of_its_own(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docker makes one of a single file: it cannot be replaced, which is reported at once, with its folder."""
    monkeypatch.setattr("scraper.sinks.file.is_mounted", lambda path: path == file)
    with pytest.raises(SinkRefused) as caught:
        FileSink(path=file).check()
    assert (caught.value.reason, caught.value.facts) == ("mounted", {"path": str(file), "folder": str(file.parent)})
    FileSink(path=file.with_name("new.ics")).check()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_another_user_s_file_in_a_shared_folder() -> None:
    """It could be written into, but not replaced: found by the check, and so is nothing where it is ours."""
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


@pytest.mark.parametrize("body", [None, OLD])
def test_the_check_leaves_no_trace(tmp_path: Path, body: bytes | None) -> None:
    """What it tries is not to be seen: neither a file nor a time has changed."""
    file = tmp_path / "planning.ics"
    if body is not None:
        file.write_bytes(body)
    before = [(path.name, path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.iterdir()]
    FileSink(path=file).check()
    assert [(path.name, path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.iterdir()] == before


def test_what_is_wrong_with_a_file_of_our_own(tmp_path: Path) -> None:
    """No user chose its place: it is the program's state."""
    for path, reason in ((tmp_path, "is-folder"), (tmp_path / "none" / "a", "no-folder")):
        for act in (FileSink.check, deliver):
            with pytest.raises(StateError) as caught:
                act(FileSink(path=path, own=True))  # type: ignore[operator]
            assert caught.value.reason == reason
