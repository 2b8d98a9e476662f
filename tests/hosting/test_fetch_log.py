"""The log of fetches: written by a real nginx, and read also when it is rotated, cut off or damaged."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Engine, literal, select

from scraper.errors import StateError
from scraper.hosting.database.service_tables import MOMENT, student, subscription
from scraper.hosting.feeds import FeedWriter, feed_path
from scraper.hosting.fetch_log import LONGEST, START, FetchLog
from scraper.hosting.housekeeping import Housekeeping
from scraper.hosting.students import FORGOTTEN_AFTER
from tests.hosting.nginx import fetch, free_port, running_nginx, write_configuration
from tests.hosting.test_feeds import KEYS, NOW, add_address, add_student, publish, secrets_of

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


def noted(log: FetchLog) -> tuple[datetime | None, datetime]:
    """The last fetch of the only address and the last use by its student, after the log was read."""
    log.note_fetches()
    with log.engine.connect() as connection:
        row = connection.execute(select(subscription.c.fetched_at, student.c.used_at).join(student)).one()
        return row.fetched_at, row.used_at


def test_a_fetch_is_noted(log: FetchLog, start: str) -> None:
    """The last one counts, for the address and for the student; a visit that was later stays."""
    assert noted(log) == (None, NOW)
    append(log, line(NOW - timedelta(days=1), start))
    assert noted(log) == (NOW - timedelta(days=1), NOW)
    append(log, line(LATER[1], start), line(LATER[0], start))
    assert noted(log) == (LATER[1],) * 2
    append(log, line(LATER[0], start))
    assert noted(log) == (LATER[1],) * 2


def rotate(log: FetchLog) -> Path:
    """Rotate the log as logrotate does; return the old file."""
    old = log.path.with_name(f"{log.path.name}.1")
    log.path.rename(old)
    return old


def test_a_rotation_loses_no_line(log: FetchLog, start: str) -> None:
    """What was logged before it is read from the old file; the new one may come later."""
    append(log, line(LATER[0], start))
    assert noted(log)[0] == LATER[0]
    append(log, line(LATER[1], start))
    rotate(log)
    assert noted(log)[0] == LATER[1]
    append(log, line(LATER[2], start))
    assert noted(log)[0] == LATER[2]


def test_the_web_server_may_go_on_in_the_old_file(log: FetchLog, start: str) -> None:
    """It opens the new one when it is asked to, which is after the rotation and perhaps after a look at the log."""
    append(log, line(LATER[0], start))
    noted(log)
    old = rotate(log)
    log.path.touch()
    assert noted(log)[0] == LATER[0]
    with old.open("ab") as opened:
        opened.write(line(LATER[1], start))
    assert noted(log)[0] == LATER[1]
    append(log, line(LATER[2], start))
    with old.open("ab") as opened:
        opened.write(line(LATER[3], start))
    rotate(log)
    assert noted(log)[0] == LATER[3]
    assert len(log._opened) == 1
    log.path.touch()
    noted(log)
    assert len(log._opened) == 2


def test_what_was_logged_while_no_process_ran_is_read(log: FetchLog, start: str) -> None:
    """The log was rotated between the end of the web process and its next start."""
    append(log, line(LATER[0], start))
    rotate(log)
    log.path.touch()
    with closing(FetchLog(engine=log.engine, keys=log.keys, path=log.path)) as restarted:
        assert noted(restarted)[0] == LATER[0]


def test_a_log_that_was_cut_off_is_read_from_its_start(log: FetchLog, start: str) -> None:
    """As `copytruncate` of logrotate does it."""
    append(log, line(LATER[0], start), line(LATER[1], start))
    noted(log)
    log.path.write_bytes(line(LATER[2], start))
    assert noted(log)[0] == LATER[2]


def test_a_line_is_read_when_it_is_complete(log: FetchLog, start: str) -> None:
    """Until then its first half waits."""
    whole = line(LATER[0], start)
    append(log, whole[:20])
    assert noted(log)[0] is None
    append(log, whole[20:])
    assert noted(log)[0] == LATER[0]


@pytest.mark.parametrize(
    "garbage",
    [b"\n", b"\x00" * 3 * LONGEST + b"\n", b"x" * LONGEST + b"\n", b"2026-13-40T25:00:00+00:00 AAAAAAAA\n", b"\xff \n"],
    ids=["empty", "zeros", "long", "no-time", "bytes"],
)
def test_garbage_is_passed_over(log: FetchLog, start: str, garbage: bytes) -> None:
    """The line after it counts."""
    append(log, garbage, line(LATER[0], start))
    assert noted(log)[0] == LATER[0]


def test_a_start_of_two_addresses_counts_for_both(log: FetchLog, engine: Engine) -> None:
    """No student is forgotten too early."""
    for owner in (add_student(engine), add_student(engine)):
        add_address(engine, owner)
    append(log, line(LATER[0], "the-same"))
    with patch("scraper.hosting.fetch_log.feed_secret", return_value="the-same-and-more"):
        log.note_fetches()
    with engine.connect() as connection:
        assert set(connection.scalars(select(subscription.c.fetched_at))) == {LATER[0]}
        assert set(connection.scalars(select(student.c.used_at))) == {LATER[0]}


def test_without_a_log_no_student_is_deleted(log: FetchLog, start: str, tmp_path: Path) -> None:
    """The error names it; when it is there again, the student who did not fetch is forgotten."""
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
def test_nginx_logs_the_fetches_alone(log: FetchLog, engine: Engine, tmp_path: Path) -> None:
    """Also those that are answered with 304; nothing of a page, of an unknown address or of the rest of a secret."""
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
    fetched, used = noted(log)
    assert fetched
    assert fetched == used >= before
    assert not [file for file in own.rglob("*") if file.is_file() and secret[: START + 1] in file.read_text()]
