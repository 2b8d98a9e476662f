"""Students: deletion with all data, accounts that are no longer used, settings."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, insert, literal, select, text

from scraper.config.schools.school_files import load_school
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.ledger_tables import ledger_tables
from scraper.hosting.database.service_tables import (
    MOMENT,
    notification_channel,
    portal_session,
    refused_password,
    sign_in,
    student,
    turn,
    web_session,
)
from scraper.hosting.feeds import FeedWriter, feed_secret
from scraper.hosting.fetch_log import START, FetchLog
from scraper.hosting.housekeeping import Housekeeping
from scraper.hosting.keys import WebKeys
from scraper.hosting.published_copies import store_copy
from scraper.hosting.sealing import Sealed
from scraper.hosting.student_addresses import Subscriptions
from scraper.hosting.student_calendars import calendar_targets, student_settings
from scraper.hosting.students import FORGOTTEN_AFTER, Students
from scraper.parsing.read import read
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.publishing.publish import PublishOptions, publish
from tests.cases import for_each
from tests.hosting.postgres import ADMIN, PostgresServer
from tests.publishing.ledger.runs import NOW, lesson, recorded

KEYS, SCHOOL = WebKeys(b"key"), load_school("junia")
SEALED = Sealed(body=b"sealed", key_version=1)
DAY = timedelta(days=1)


@pytest.fixture
def writer(engine: Engine, tmp_path: Path) -> FeedWriter:
    """A writer of feed files."""
    return FeedWriter(engine=engine, keys=KEYS, folder=tmp_path)


def add_everything(engine: Engine, writer: FeedWriter, name: str) -> UUID:
    """Add a student with a row in every table, a published calendar and its file; all have the name in them."""
    digest = f"login of {name}".encode()
    one = Students(engine).add(school=SCHOOL.id, login_digest=digest, sealed=SEALED, language="fr", now=NOW)
    sealed = {"sealed": name.encode(), "key_version": 1}
    with engine.begin() as connection:
        connection.execute(insert(portal_session).values(student=one, **sealed, saved_at=NOW))
        moments = {"sent_until": NOW, "due_at": NOW}
        connection.execute(insert(notification_channel).values(student=one, kind="ntfy", **sealed, **moments))
        connection.execute(insert(web_session).values(digest=name.encode(), student=one, created_at=NOW, seen_at=NOW))
        connection.execute(insert(turn).values(student=one, portal=SCHOOL.id, due_at=NOW, reason="click"))
        of_login = {"login_digest": digest, "at": NOW}
        connection.execute(insert(refused_password).values(digest=f"refused {name}".encode(), **of_login))
        for owner in (one, None):
            row = {"id": uuid4(), "school": SCHOOL.id, **sealed, "language": "fr", "state": "failed", "student": owner}
            connection.execute(insert(sign_in).values(**row, **of_login))
    Subscriptions(engine).add(one, f"Phone of {name}", AS_THE_FILE, None, NOW)
    ledger = HostedLedger(engine, one, SCHOOL.zone)
    targets = calendar_targets(SCHOOL, student_settings(SCHOOL, "fr", 1, {}), [AS_THE_FILE])
    for room in ("IC1_222", "IC1_333"):
        lessons = [lesson(number, subject=f"Cours de {name}", room=room) for number in range(3)]
        planning = read(recorded(lessons, school=SCHOOL))
        publish(planning, SCHOOL, targets, ledger, PublishOptions(now=NOW))
    with ledger.writing() as transaction:
        transaction.store_pending(planning, SCHOOL.namespace, NOW)
        transaction.commit()
    writer.update(one)
    store_copy(ledger, "other.ics", name.encode())
    return one


def everything_stored(postgres: PostgresServer, engine: Engine, writer: FeedWriter) -> list[bytes]:
    """The rows of all tables, as in a dump, and the files."""
    file = postgres.folder / "everything.sql"
    name = str(engine.url.database)
    postgres.run("pg_dump", "--data-only", "--inserts", f"--file={file}", postgres.address(name, ADMIN))
    return [*file.read_bytes().splitlines(), *(one.read_bytes() for one in writer.folder.rglob("*.ics"))]


def test_deletion_removes_every_row_and_file_of_a_student(
    engine: Engine, writer: FeedWriter, postgres: PostgresServer
) -> None:
    """Also the rows with the login's digest only; another student keeps everything."""
    alix, noa = (add_everything(engine, writer, name) for name in ("alix", "noa"))
    words = [str(alix).encode(), b"alix", b"alix".hex().encode()]
    before = everything_stored(postgres, engine, writer)
    tables = {line.split()[2] for line in before if any(word in line for word in words) and line.startswith(b"INSERT")}
    assert len(tables) == 8 + len(ledger_tables) + 1  # with the copies of published calendars
    others = [line for line in before if str(noa).encode() in line or b"noa" in line]
    Students(engine).delete(alix)
    writer.update(alix)
    after = everything_stored(postgres, engine, writer)
    assert not [line for line in after if any(word in line for word in words)]
    assert [line for line in after if str(noa).encode() in line or b"noa" in line] == others
    assert Students(engine).get(alix) is None


def test_feed_writer_removes_files_with_the_commit_of_a_deletion(engine: Engine, writer: FeedWriter) -> None:
    """The writer is another process, which gets a notice of the database."""
    one = add_everything(engine, writer, "alix")
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw
        raw.execute("LISTEN feed_changed")
        raw.commit()
        Students(engine).delete(one)
        notices = [UUID(notice.payload) for notice in raw.notifies(timeout=20, stop_after=1)]
    assert notices == [one]


def test_unused_accounts_are_deleted_after_180_days(engine: Engine, writer: FeedWriter) -> None:
    """A visit or a fetch counts as use."""
    students = {name: add_everything(engine, writer, name) for name in ("visits", "fetches", "left", "limit")}
    later = NOW + FORGOTTEN_AFTER + DAY
    used = {"visits": later - DAY, "fetches": NOW, "left": NOW, "limit": later - FORGOTTEN_AFTER}
    with engine.begin() as connection:
        for name, at in used.items():
            connection.execute(student.update().where(student.c.id == students[name]).values(used_at=at))
        sealed = connection.execute(text("SELECT id, generation, student FROM subscription")).all()
    fetched = next(row for row in sealed if row.student == students["fetches"])
    start = feed_secret(KEYS, fetched.id, fetched.generation)[:START]
    log = FetchLog(engine=engine, keys=KEYS, path=writer.folder / "fetches.log")
    log.path.write_text(f"{later - DAY:%Y-%m-%dT%H:%M:%S}+00:00 {start}\n")
    house = Housekeeping(engine, writer, log, lambda: literal(later, MOMENT))
    assert house.clean() == (students["left"],)
    assert house.clean() == ()
    log.close()
    assert len(list(writer.folder.glob("c/*"))) == 3
    with engine.connect() as connection:
        assert set(connection.scalars(select(student.c.id))) == set(students.values()) - {students["left"]}


def test_settings_and_password_are_stored_for_one_student(engine: Engine) -> None:
    """A new password makes a student with a refused one active."""
    students = Students(engine)
    one, other = (
        students.add(school="junia", login_digest=name, sealed=SEALED, language="fr", now=NOW) for name in (b"a", b"b")
    )
    before = students.get(other)
    students.save_settings(one, {"rules": [{"do": "drop", "subject": "Sport"}]})
    students.save_language(one, "en")
    with engine.begin() as connection:
        connection.execute(student.update().where(student.c.id == one).values(state="refused"))
    found = students.find_by_digest(b"a")
    assert found
    assert (found.id, found.state, found.language) == (one, "refused", "en")
    assert found.settings == {"rules": [{"do": "drop", "subject": "Sport"}]}
    students.save_password(one, Sealed(body=b"new", key_version=2))
    found = students.get(one)
    assert found
    assert (found.state, found.sealed) == ("active", Sealed(body=b"new", key_version=2))
    assert "sealed" not in repr(found)
    assert students.get(other) == before
    assert students.find_by_digest(b"c") is None


@for_each("call", [Students.delete, lambda students, one: students.save_language(one, "en")])
def test_change_of_a_deleted_student_does_nothing(engine: Engine, call: Callable[[Students, UUID], None]) -> None:
    """Another process may have deleted the student meanwhile."""
    call(Students(engine), uuid4())
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM student")) == 0
