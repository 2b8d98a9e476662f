"""The files at the addresses of the calendars, and nginx that serves them."""

import errno
import gzip
import resource
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from threading import Event, Thread
from unittest.mock import patch
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, text, update

from scraper.errors import StateError
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.service_tables import student, subscription
from scraper.hosting.feeds import NAME, FeedWriter, feed_path, feed_secret, notify_feeds
from scraper.hosting.keys import WebKeys
from scraper.hosting.student_calendars import calendar_to_row
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from tests.hosting.nginx import fetch, free_port, running_nginx, write_configuration
from tests.waiting import wait_until

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
END_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = current_user AND pid <> pg_backend_pid()"""


KEYS = WebKeys(b"key")


@pytest.fixture
def writer(engine: Engine, tmp_path: Path) -> FeedWriter:
    """A writer of feed files."""
    return FeedWriter(engine=engine, keys=KEYS, folder=tmp_path)


def calendar(words: str) -> bytes:
    """A calendar with these words."""
    return f"BEGIN:VCALENDAR\r\nX-WORDS:{words}\r\nEND:VCALENDAR\r\n".encode()


def add_student(engine: Engine) -> UUID:
    """Add a student with one address; return the student's id."""
    number = uuid4()
    row = {
        "id": number, "school": "junia", "login_digest": number.bytes, "sealed": b"sealed", "key_version": 1,
        "state": "active", "language": "fr", "created_at": NOW, "used_at": NOW,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(student).values(row))
    add_address(engine, number)
    return number


def add_address(engine: Engine, owner: UUID, until: date | None = None) -> None:
    """Add an address for the student."""
    row = {
        "id": uuid4(), "student": owner, "label": "Phone", "calendar": calendar_to_row(AS_THE_FILE), "created_at": NOW,
        "until": until,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(subscription).values(row))


def publish(engine: Engine, owner: UUID, words: str) -> bytes:
    """Put a calendar into the student's ledger; return its bytes."""
    body = calendar(words)
    with HostedLedger(engine, owner, PARIS).writing() as transaction:
        transaction.record_calendar(AS_THE_FILE.file_name, body, 1, {}, NOW)
        transaction.commit()
    return body


def secrets_of(engine: Engine, owner: UUID) -> list[str]:
    """The secrets of the student's addresses."""
    wanted = select(subscription.c.id, subscription.c.generation).where(subscription.c.student == owner)
    with engine.connect() as connection:
        return [feed_secret(KEYS, *row) for row in connection.execute(wanted.order_by(subscription.c.created_at))]


def files(folder: Path) -> dict[str, bytes]:
    """The calendars at all addresses, by their secret."""
    return {path.parent.name: path.read_bytes() for path in folder.glob(f"c/*/{NAME}.ics")}


def test_calendars_are_written_to_the_folders_of_their_addresses(engine: Engine, writer: FeedWriter) -> None:
    """They are plain and compressed, and readable for the group only."""
    owners = [add_student(engine) for _ in range(3)]
    bodies = [publish(engine, owner, str(n)) for n, owner in enumerate(owners)]
    for owner in owners:
        writer.update(owner)
    addresses = [secrets_of(engine, owner)[0] for owner in owners]
    assert files(writer.folder) == dict(zip(addresses, bodies, strict=True))
    for secret, body in zip(addresses, bodies, strict=True):
        packed = writer.folder / "c" / secret / f"{NAME}.ics.gz"
        assert gzip.decompress(packed.read_bytes()) == body
        assert packed.stat().st_mode & 0o777 == 0o640
        assert packed.parent.stat().st_mode & 0o777 == 0o750


def test_changed_address_is_removed_at_once(engine: Engine, writer: FeedWriter) -> None:
    """A renewed address moves; an ended or revoked one is removed, and all of a deleted student."""
    owner = add_student(engine)
    add_address(engine, owner, until=datetime.now(PARIS).date())
    publish(engine, owner, "lessons")
    writer.update(owner)
    first, second = secrets_of(engine, owner)
    assert set(files(writer.folder)) == {first, second}

    with engine.begin() as connection:
        connection.execute(update(subscription).where(subscription.c.until.is_(None)).values(generation=2))
    writer.update(owner)
    renewed = next(secret for secret in secrets_of(engine, owner) if secret != second)
    assert set(files(writer.folder)) == {renewed, second}
    assert renewed != first

    with engine.begin() as connection:
        ended = datetime.now(PARIS).date() - timedelta(days=1)
        connection.execute(update(subscription).where(subscription.c.until.is_not(None)).values(until=ended))
    writer.update(owner)
    assert set(files(writer.folder)) == {renewed}

    with engine.begin() as connection:
        connection.execute(delete(student))
    writer.update(owner)
    assert not list((writer.folder / "c").iterdir())


def test_rebuild_writes_all_files_and_removes_old_ones(engine: Engine, writer: FeedWriter) -> None:
    """A new process does it: addresses may have been revoked while no process ran."""
    owners = [add_student(engine) for _ in range(2)]
    for owner in owners:
        publish(engine, owner, "lessons")
        writer.update(owner)
    left = writer.folder / ".gone-0123456789abcdef"
    left.mkdir()
    with engine.begin() as connection:
        connection.execute(delete(subscription).where(subscription.c.student == owners[0]))
    shutil.rmtree(writer.folder / "c" / secrets_of(engine, owners[1])[0])
    FeedWriter(engine=engine, keys=KEYS, folder=writer.folder).rebuild()
    assert set(files(writer.folder)) == set(secrets_of(engine, owners[1]))
    assert not left.exists()


def test_failure_with_one_address_does_not_stop_the_others(
    engine: Engine, writer: FeedWriter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A calendar that a bug prevents, a folder that cannot be removed: the log has them, and not their names."""
    owners = [add_student(engine) for _ in range(3)]
    bodies = [publish(engine, owner, "lessons") for owner in owners]
    (writer.folder / "c" / "canary").mkdir(parents=True)
    update, broken = FeedWriter.update, {owners[0]: ValueError("canary"), owners[1]: StateError("full")}

    def fail(*_: object) -> None:
        raise StateError("full")

    def update_unless_broken(self: FeedWriter, one: UUID) -> None:
        if error := broken.get(one):
            raise error
        update(self, one)

    monkeypatch.setattr(FeedWriter, "update", update_unless_broken)
    monkeypatch.setattr(FeedWriter, "_remove", fail)
    writer.rebuild()
    assert files(writer.folder) == {secrets_of(engine, owners[2])[0]: bodies[2]}
    assert caplog.text.count("StateError full") == 2
    assert "ValueError" in caplog.text
    assert "canary" not in caplog.text


def test_unchanged_calendar_keeps_its_modification_time(engine: Engine, writer: FeedWriter) -> None:
    """Another calendar has a time that is later by a second at least: nginx derives the ETag from it."""
    owner = add_student(engine)
    publish(engine, owner, "one")
    writer.update(owner)
    file = writer.folder / "c" / secrets_of(engine, owner)[0] / f"{NAME}.ics"
    first = file.stat()
    writer.update(owner)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    publish(engine, owner, "two")
    writer.update(owner)
    assert int(file.stat().st_mtime) > int(first.st_mtime)


def test_full_disk_keeps_the_old_calendar(engine: Engine, writer: FeedWriter) -> None:
    """The error names no secret; the new calendar is written as soon as there is room."""
    owner = add_student(engine)
    old = publish(engine, owner, "old")
    writer.update(owner)
    new = publish(engine, owner, token_hex(500_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StateError) as caught:
            writer.update(owner)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    secret = secrets_of(engine, owner)[0]
    assert caught.value.reason == "full"
    assert secret not in repr(caught.value)
    assert files(writer.folder) == {secret: old}
    assert not list(writer.folder.rglob("*.tmp"))
    writer.update(owner)
    assert files(writer.folder) == {secret: new}


@pytest.fixture
def listening(writer: FeedWriter, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A thread that follows the database."""
    monkeypatch.setattr("scraper.hosting.feeds.RETRY_SECONDS", 0.1)
    stop = Event()
    thread = Thread(target=writer.listen, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join()


def wait_for(folder: Path, expected: dict[str, bytes]) -> None:
    """Wait until these are the calendars."""
    wait_until(lambda: files(folder) == expected, "the calendars")


@pytest.mark.usefixtures("listening")
def test_commit_updates_the_files(engine: Engine, writer: FeedWriter) -> None:
    """A lost connection makes the process compare everything again."""
    owner = add_student(engine)
    body = publish(engine, owner, "one")
    with engine.begin() as connection:
        connection.execute(text("NOTIFY feed_changed, 'nobody'"))
        notify_feeds(connection, owner)
    secret = secrets_of(engine, owner)[0]
    wait_for(writer.folder, {secret: body})
    body = publish(engine, owner, "two")
    with engine.begin() as connection:
        connection.execute(text(END_OTHERS))
    wait_for(writer.folder, {secret: body})


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx checks its own configuration")
def test_nginx_serves_calendars_with_etag_and_gzip(engine: Engine, writer: FeedWriter, tmp_path: Path) -> None:
    """A revoked address answers 404 at once, and no file of nginx contains an address."""
    owner = add_student(engine)
    body = publish(engine, owner, "lessons " * 100)
    writer.update(owner)
    secret = secrets_of(engine, owner)[0]
    path, port = feed_path(secret), free_port()
    own = tmp_path / "nginx"
    own.mkdir()
    with running_nginx(write_configuration(own, writer.folder, port), port):
        answer, received = fetch(port, path)
        assert (answer.status, received) == (200, body)
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        same, nothing = fetch(port, path, If_None_Match=answer.headers["ETag"])
        assert (same.status, nothing) == (304, b"")
        packed, received = fetch(port, path, Accept_Encoding="gzip")
        assert (packed.headers["Content-Encoding"], gzip.decompress(received)) == ("gzip", body)
        again, _ = fetch(port, path, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
        assert again.status == 304
        assert fetch(port, path, "HEAD")[0].status == 200
        assert fetch(port, path, "POST")[0].status == 404
        for other in ("/c/", f"/c/{secret}", f"/c/{secret}/", "/c/../ledgers", f"{path}.tmp"):
            assert fetch(port, other)[0].status in {301, 404, 502}, other
        assert fetch(port, "/metrics")[0].status == 404
        publish(engine, owner, "changed")
        writer.update(owner)
        assert fetch(port, path, If_None_Match=answer.headers["ETag"])[1] == calendar("changed")
        with engine.begin() as connection:
            connection.execute(delete(subscription))
        writer.update(owner)
        assert fetch(port, path)[0].status == 404
        assert fetch(port, path, Accept_Encoding="gzip")[0].status == 404
    written = [file.read_bytes() for file in own.rglob("*") if file.is_file()]
    assert not [text for text in written if secret.encode() in text]


STEPS = st.lists(
    st.tuples(st.sampled_from(["publish", "add", "renew", "revoke", "delete", "rebuild", "full"]), st.integers(0, 2)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(steps=STEPS)
def test_address_has_the_calendar_of_its_own_student(
    engine: Engine, tmp_path: Path, steps: list[tuple[str, int]]
) -> None:
    """After any steps exactly the current addresses exist."""
    with TemporaryDirectory(dir=tmp_path) as name:
        writer = FeedWriter(engine=engine, keys=KEYS, folder=Path(name))
        owners = [add_student(engine) for _ in range(3)]
        bodies = dict[UUID, bytes]()
        for number, (step, index) in enumerate(steps):
            run_step(writer, owners[index], step, bodies, f"{index} {number}")
            expected = {
                secret: bodies[owner] for owner in owners if owner in bodies for secret in secrets_of(engine, owner)
            }
            assert files(writer.folder) == expected
        with engine.begin() as connection:
            connection.execute(delete(student))


def run_step(writer: FeedWriter, owner: UUID, step: str, bodies: dict[UUID, bytes], words: str) -> None:
    """Run a step, as web pages, workers and a full disk do, and update the files."""
    engine, own = writer.engine, subscription.c.student == owner
    with engine.begin() as connection:
        exists = connection.scalar(select(student.c.id).where(student.c.id == owner)) is not None
        match step:
            case "renew":
                connection.execute(update(subscription).where(own).values(generation=subscription.c.generation + 1))
            case "revoke":
                connection.execute(delete(subscription).where(own))
            case "delete":
                connection.execute(delete(student).where(student.c.id == owner))
                bodies.pop(owner, None)
    if step == "add" and exists:
        add_address(engine, owner)
    if step in {"publish", "full"} and exists:
        bodies[owner] = publish(engine, owner, words)
    if step == "full":
        with patch("scraper.hosting.feeds.os.fsync", side_effect=OSError(errno.ENOSPC, "full")), suppress(StateError):
            writer.update(owner)
    if step == "rebuild":
        writer.rebuild()
    writer.update(owner)
