"""The log of fetches that nginx writes, also when it is rotated, truncated or damaged."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Engine, delete, literal, select

from scraper.errors import StateError
from scraper.hosting.database.service_tables import MOMENT, student, subscription
from scraper.hosting.feeds import FeedWriter, feed_path
from scraper.hosting.fetch_log import LONGEST, START, FetchLog
from scraper.hosting.housekeeping import Housekeeping
from scraper.hosting.students import FORGOTTEN_AFTER
from scraper.hosting.web.browser_sessions import BrowserSessions
from tests.hosting.hosted import waits_for_a_lock
from tests.hosting.nginx import fetch, free_port, running_nginx, write_configuration
from tests.hosting.test_feeds import KEYS, NOW, add_address, add_student, publish, secrets_of
from tests.waiting import wait_until

INVALID = (
    b"\n", b"\x00" * 3 * LONGEST + b"\n", b"x" * LONGEST + b"\n", b"2026-13-40T25:00:00+00:00 AAAAAAAA\n", b"\xff \n",
)  # fmt: skip
LATER = [NOW + timedelta(days=day) for day in range(1, 5)]


@pytest.fixture
def log(engine: Engine, tmp_path: Path) -> Iterator[FetchLog]:
    """A log without lines."""
    (tmp_path / "fetches.log").touch()
    with closing(FetchLog(engine=engine, keys=KEYS, path=tmp_path / "fetches.log")) as made:
        yield made


@pytest.fixture
def start(engine: Engine) -> str:
    """The start of the address of a student who was last here at NOW."""
    return secrets_of(engine, add_student(engine))[0][:START]


def line(at: datetime, start: str) -> bytes:
    """A line as nginx writes it."""
    return f"{at.isoformat(timespec='seconds')} {start}\n".encode()


def append(log: FetchLog, *lines: bytes) -> None:
    """Add lines to the log."""
    with log.path.open("ab") as opened:
        opened.writelines(lines)


def read_last_fetch(log: FetchLog) -> tuple[datetime | None, datetime]:
    """Read the log; return the last fetch of the only address and the last use by its student."""
    log.note_fetches()
    with log.engine.connect() as connection:
        row = connection.execute(select(subscription.c.fetched_at, student.c.used_at).join(student)).one()
        return row.fetched_at, row.used_at


def test_last_fetch_is_stored_for_address_and_student(log: FetchLog, start: str) -> None:
    """A visit that was later stays."""
    assert read_last_fetch(log) == (None, NOW)
    append(log, line(NOW - timedelta(days=1), start))
    assert read_last_fetch(log) == (NOW - timedelta(days=1), NOW)
    append(log, line(LATER[1], start), line(LATER[0], start))
    assert read_last_fetch(log) == (LATER[1],) * 2
    append(log, line(LATER[0], start))
    assert read_last_fetch(log) == (LATER[1],) * 2


@pytest.mark.parametrize("part", ["fetch", "visit"])
def test_student_is_deleted_while_a_use_is_noted(log: FetchLog, engine: Engine, start: str, part: str) -> None:
    """Neither the deletion nor the other one waits for what the other has locked."""
    sessions = BrowserSessions(engine, KEYS)
    with engine.connect() as connection:
        owner = connection.execute(select(student.c.id)).scalar_one()
    cookie = sessions.create(owner, NOW)
    append(log, line(LATER[1], start))
    with ThreadPoolExecutor(1) as thread:
        with engine.begin() as deletion:
            deletion.execute(select(student.c.id).where(student.c.id == owner).with_for_update())
            work = log.note_fetches if part == "fetch" else partial(sessions.find_student, cookie, LATER[1])
            noting = thread.submit(work)
            wait_until(lambda: waits_for_a_lock(engine))
            deletion.execute(delete(student).where(student.c.id == owner))
        noting.result()


def rotate(log: FetchLog) -> Path:
    """Rotate the log as logrotate does; return the old file."""
    old = log.path.with_name(f"{log.path.name}.1")
    log.path.rename(old)
    return old


def test_rotation_loses_no_line(log: FetchLog, start: str) -> None:
    """The rest of the old file is read first; the new file may appear later."""
    append(log, line(LATER[0], start))
    assert read_last_fetch(log)[0] == LATER[0]
    append(log, line(LATER[1], start))
    rotate(log)
    assert read_last_fetch(log)[0] == LATER[1]
    append(log, line(LATER[2], start))
    assert read_last_fetch(log)[0] == LATER[2]


def test_lines_written_to_the_rotated_file_are_read(log: FetchLog, start: str) -> None:
    """Nginx opens the new file only when it is asked to."""
    append(log, line(LATER[0], start))
    read_last_fetch(log)
    old = rotate(log)
    log.path.touch()
    assert read_last_fetch(log)[0] == LATER[0]
    with old.open("ab") as opened:
        opened.write(line(LATER[1], start))
    assert read_last_fetch(log)[0] == LATER[1]
    append(log, line(LATER[2], start))
    with old.open("ab") as opened:
        opened.write(line(LATER[3], start))
    rotate(log)
    assert read_last_fetch(log)[0] == LATER[3]
    assert len(log._opened) == 1
    log.path.touch()
    read_last_fetch(log)
    assert len(log._opened) == 2


def test_lines_logged_while_no_process_ran_are_read(log: FetchLog, start: str) -> None:
    """The log was rotated meanwhile."""
    append(log, line(LATER[0], start))
    rotate(log)
    log.path.touch()
    with closing(FetchLog(engine=log.engine, keys=log.keys, path=log.path)) as restarted:
        assert read_last_fetch(restarted)[0] == LATER[0]


def test_truncated_log_is_read_from_its_start(log: FetchLog, start: str) -> None:
    """The option `copytruncate` of logrotate truncates it."""
    append(log, line(LATER[0], start), line(LATER[1], start))
    read_last_fetch(log)
    log.path.write_bytes(line(LATER[2], start))
    assert read_last_fetch(log)[0] == LATER[2]


def test_incomplete_line_is_read_later(log: FetchLog, start: str) -> None:
    """It is read once nginx has written the rest."""
    whole = line(LATER[0], start)
    append(log, whole[:20])
    assert read_last_fetch(log)[0] is None
    append(log, whole[20:])
    assert read_last_fetch(log)[0] == LATER[0]


def test_invalid_lines_are_skipped(log: FetchLog, start: str) -> None:
    """The line after each of them counts."""
    for number, invalid in enumerate(INVALID):
        at = NOW + timedelta(days=1, hours=number)
        append(log, invalid, line(at, start))
        assert read_last_fetch(log)[0] == at, invalid[:40]


def test_fetch_counts_for_all_addresses_with_the_same_start(log: FetchLog, engine: Engine) -> None:
    """No student is deleted too early."""
    for owner in (add_student(engine), add_student(engine)):
        add_address(engine, owner)
    append(log, line(LATER[0], "the-same"))
    with patch("scraper.hosting.fetch_log.feed_secret", return_value="the-same-and-more"):
        log.note_fetches()
    with engine.connect() as connection:
        assert set(connection.scalars(select(subscription.c.fetched_at))) == {LATER[0]}
        assert set(connection.scalars(select(student.c.used_at))) == {LATER[0]}


def test_missing_log_prevents_deletions(log: FetchLog, start: str, tmp_path: Path) -> None:
    """The error names the log; once it exists again, unused accounts are deleted."""
    del start
    log.path.unlink()
    feeds = FeedWriter(engine=log.engine, keys=KEYS, folder=tmp_path)
    house = Housekeeping(log.engine, feeds, log, lambda: literal(NOW + 2 * FORGOTTEN_AFTER, MOMENT))
    with pytest.raises(StateError) as caught:
        house.clean()
    assert caught.value.facts["path"] == str(log.path)
    log.path.touch()
    assert len(house.clean()) == 1


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx writes the log")
def test_nginx_logs_fetches_of_calendars_only(log: FetchLog, engine: Engine, tmp_path: Path) -> None:
    """Answers with 304 count; pages, unknown addresses and the rest of a secret are not logged."""
    owner = add_student(engine)
    publish(engine, owner, "lessons")
    FeedWriter(engine=engine, keys=KEYS, folder=tmp_path).update(owner)
    secret = secrets_of(engine, owner)[0]
    path, port, own = feed_path(secret), free_port(), tmp_path / "nginx"
    own.mkdir()
    log.path = own / "fetches.log"
    before = datetime.now(UTC).replace(microsecond=0)
    with running_nginx(write_configuration(own, tmp_path, port), port):
        answer, _ = fetch(port, path)
        assert fetch(port, path, If_None_Match=answer.headers["ETag"])[0].status == 304
        assert fetch(port, path, Accept_Encoding="gzip")[0].status == 200
        for other in (feed_path("x" * len(secret)), f"/c/{secret}/", "/", "/c/", f"/{secret}"):
            assert fetch(port, other)[0].status >= 400, other
    lines = log.path.read_text().splitlines()
    assert [text.split()[1] for text in lines] == [secret[:START]] * 3
    fetched, used = read_last_fetch(log)
    assert fetched
    assert fetched == used >= before
    assert not [file for file in own.rglob("*") if file.is_file() and secret[: START + 1] in file.read_text()]
