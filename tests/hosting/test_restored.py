"""A database restored from an old dump: no lesson is lost, doubled or turned back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from scraper.config.schools.school_files import load_school
from scraper.domain.planning import DAY
from scraper.domain.sharing import Sharing
from scraper.hosting import reading
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.feeds import FeedWriter
from scraper.hosting.keys import WebKeys
from scraper.hosting.reading import PlanningReader
from scraper.hosting.student_addresses import Subscriptions
from scraper.hosting.student_calendars import render_again, student_settings
from scraper.hosting.students import Students
from scraper.parsing.read import read
from scraper.publishing.feeds.feed_files import AS_THE_FILE, FeedCalendar
from tests.hosting.hosted import hosting_settings
from tests.hosting.postgres import ADMIN, PostgresServer
from tests.publishing.ledger.hosted_runs import add_student
from tests.publishing.ledger.runs import NOW, Lesson, lesson, recorded, vevents, week

SCHOOL = load_school("junia")
FULL = (*week(6), lesson(900))
BUSY = FeedCalendar(sharing=Sharing(content="busy"))


@dataclass
class StudentTurns:
    """The turns of one student, and the files of the student's two addresses."""

    engine: Engine
    writer: FeedWriter
    student: UUID
    clock: datetime = NOW

    def __call__(self, lessons: Iterable[Lesson]) -> list[str]:
        """Publish these lessons an hour later; return the kinds of changes found."""
        self.clock += timedelta(hours=1)
        owner = Students(self.engine).get(self.student)
        assert owner
        nothing: Any = None
        reader = PlanningReader(
            engine=self.engine, settings=hosting_settings(), turns=nothing, sessions=nothing, visits=nothing
        )
        planning = read(recorded(lessons, school=SCHOOL, at=self.clock))
        result = reader._publish(owner, SCHOOL, planning)
        self.writer.update(self.student)
        return [type(change).__name__ for change in result.changes or ()]

    @property
    def files(self) -> list[dict[str, dict[str, str]]]:
        """The events of each file, by UID: the whole timetable, and the busy times."""
        bodies = [path.read_bytes() for path in self.writer.folder.glob("c/*/*.ics")]
        return [vevents(body) for body in sorted(bodies, key=lambda body: b"X-AURION-EVENT-ID" not in body)]

    def sequences(self) -> list[dict[str, int]]:
        """The SEQUENCE of each event in each file."""
        return [{uid: int(event["SEQUENCE"]) for uid, event in events.items()} for events in self.files]


@pytest.fixture
def turns(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudentTurns:
    """A student with two addresses."""
    student = add_student(engine, school=SCHOOL.id)
    for calendar in (AS_THE_FILE, BUSY):
        Subscriptions(engine).add(student, "Phone", calendar, None, NOW)
    made = StudentTurns(engine, FeedWriter(engine=engine, keys=WebKeys(b"key"), folder=tmp_path), student)
    monkeypatch.setattr(reading, "read_clock", lambda _: made.clock)
    return made


class Dump:
    """A dump of the test's database by pg_dump, which pg_restore puts in place of it."""

    def __init__(self, postgres: PostgresServer, engine: Engine) -> None:
        self.postgres, self.engine, self.name = postgres, engine, str(engine.url.database)
        self.file = postgres.folder / f"{self.name}.dump"
        postgres.run("pg_dump", "--format=custom", f"--file={self.file}", postgres.address(self.name, ADMIN))

    def restore(self) -> None:
        """Put the database back as it was, as the administrator of the server does."""
        self.engine.dispose()
        self.postgres.drop_database(self.name)
        self.postgres.create_database(name=self.name)
        options = "--exit-on-error", f"--host={self.postgres.folder / 'socket'}", f"--username={ADMIN}"
        self.postgres.run("pg_restore", *options, f"--dbname={self.name}", str(self.file))
        self.file.unlink()


def test_turn_after_a_restore_goes_on_from_the_files(turns: StudentTurns, postgres: PostgresServer) -> None:
    """The files are newer than the database: no UID is lost, and no SEQUENCE falls."""
    turns(FULL)
    dump = Dump(postgres, turns.engine)
    moved = replace(FULL[-1], start=FULL[-1].start + DAY)
    turns([*week(6), moved])
    turns([*week(5), moved, lesson(901, 20)])
    turns([*week(5), replace(moved, room="X"), lesson(901, 20)])
    before, sequences = turns.files, turns.sequences()
    dump.restore()
    turns.writer.rebuild()
    assert turns.files == before
    turns([*week(5), replace(moved, room="X"), lesson(901, 20)])
    assert turns.files == before
    turns([*week(5), replace(moved, room="Y"), lesson(901, 20)])
    after = turns.sequences()
    assert [events.keys() for events in after] == [events.keys() for events in sequences]
    both = zip(after, sequences, strict=True)
    risen = [{uid: n - old[uid] for uid, n in new.items() if n != old[uid]} for new, old in both]
    assert [list(one.values()) for one in risen] == [[1], []]
    assert turns(FULL[:-1]) != []


def test_ledger_is_rebuilt_from_the_file_after_an_early_dump(turns: StudentTurns, postgres: PostgresServer) -> None:
    """A cancelled lesson stays cancelled, and no lesson is new."""
    dump = Dump(postgres, turns.engine)
    turns(FULL)
    turns(FULL[:-1])
    before = turns.files
    dump.restore()
    turns.writer.rebuild()
    assert turns.files == before
    assert turns(FULL[:-1]) == []
    assert turns.files == before


def test_new_settings_after_a_restore_go_on_from_the_files(turns: StudentTurns, postgres: PostgresServer) -> None:
    """The calendars are rendered at once."""
    turns(FULL)
    dump = Dump(postgres, turns.engine)
    turns([*week(6), replace(FULL[-1], room="X")])
    sequences = turns.sequences()
    dump.restore()
    turns.writer.rebuild()
    ledger = HostedLedger(turns.engine, turns.student, SCHOOL.zone)
    english = student_settings(SCHOOL, "en", 1, {})
    assert render_again(ledger, SCHOOL, english, [AS_THE_FILE, BUSY], turns.clock + timedelta(hours=1))
    turns.writer.update(turns.student)
    both = zip(turns.sequences(), sequences, strict=True)
    assert [new.keys() == old.keys() and all(n >= old[uid] for uid, n in new.items()) for new, old in both] == [
        True
    ] * 2
    assert turns([*week(6), replace(FULL[-1], room="X")]) in ([], ["Edited"])
