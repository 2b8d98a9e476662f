"""Isolation of the ledgers: no transaction reads or writes the data of another student."""

import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, create_engine, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from scraper.domain.planning import DAY
from scraper.errors import AnotherRun, DatabaseUnavailable, LedgerMissing, SettingsError
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.ledger_tables import ledger_tables, published_copy
from scraper.hosting.feeds import FeedWriter
from scraper.hosting.keys import WebKeys
from scraper.hosting.student_addresses import Subscriptions
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.publishing.ledger import tables
from scraper.publishing.ledger.ledger import LedgerTransaction
from scraper.publishing.ledger.revisions import Revision
from tests.effort import examples
from tests.hosting.postgres import ADMIN, PostgresServer
from tests.publishing.ledger.hosted_runs import add_student
from tests.publishing.ledger.runs import NOW, PARIS

OUTPUT = AS_THE_FILE.file_name
STUDENTS = 2
DAYS = next(table for table in ledger_tables if table.name == tables.days.name)
one_of = st.integers(0, STUDENTS - 1)
HOLDER = """
import sys
from uuid import UUID
from zoneinfo import ZoneInfo
from scraper.hosting.database.engine import create_database_engine
from scraper.hosting.database.hosted_ledger import HostedLedger
engine = create_database_engine(sys.argv[1])
with HostedLedger(engine, UUID(sys.argv[2]), ZoneInfo("Europe/Paris")).writing() as transaction:
    transaction.commit()
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


class TwoStudents(RuleBasedStateMachine):
    """Transactions of two students begin and end in any order, on connections that all share."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        super().__init__()
        self.engine, self.folder = engine, folder
        self.open: dict[int, tuple[ExitStack, LedgerTransaction, str | None]] = {}
        self.committed: dict[int, str | None] = dict.fromkeys(range(STUDENTS))
        self.written = 0

    @initialize()
    def begin(self) -> None:
        """Two new students with an address each."""
        self.students = [add_student(self.engine, school="junia") for _ in range(STUDENTS)]
        for one in self.students:
            Subscriptions(self.engine).add(one, "Phone", AS_THE_FILE, None, NOW)
        self.writer = FeedWriter(engine=self.engine, keys=WebKeys(b"key"), folder=self.folder / str(self.students[0]))
        self.writer.folder.mkdir()

    def teardown(self) -> None:
        """Ends all transactions."""
        for stack, *_ in self.open.values():
            stack.close()

    def ledger(self, one: int) -> HostedLedger:
        """The student's ledger."""
        return HostedLedger(self.engine, self.students[one], PARIS)

    @rule(one=one_of)
    def open_writing(self, one: int) -> None:
        """A run of the student begins."""
        if one not in self.open:
            stack = ExitStack()
            self.open[one] = stack, stack.enter_context(self.ledger(one).writing()), self.committed[one]

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        """The run writes into every table, without naming the account of the rows."""
        one = data.draw(st.sampled_from(sorted(self.open)))
        stack, transaction, _ = self.open[one]
        self.written += 1
        word = f"{one}-{self.written}"
        revision = Revision(fingerprint=word, sequence=self.written, revised=NOW)
        transaction.record_revisions(OUTPUT, {"the same uid": revision})
        transaction.record_calendar(OUTPUT, f"X-WORD:{word}".encode(), 1, {}, NOW)
        transaction.record_events((), [NOW.date()], (), NOW)
        transaction.connection.execute(delete(published_copy))
        transaction.connection.execute(insert(published_copy).values(output=OUTPUT, body=word.encode()))
        self.open[one] = stack, transaction, word

    @precondition(lambda self: self.open)
    @rule(data=st.data(), commit=st.booleans())
    def end(self, data: st.DataObject, *, commit: bool) -> None:
        """The run commits, or not; what comes after its commit is again the student's."""
        one = data.draw(st.sampled_from(sorted(self.open)))
        stack, transaction, word = self.open.pop(one)
        if commit:
            transaction.commit()
            self.committed[one] = word
        self.check(transaction, one, self.committed[one] if commit else word)
        stack.close()

    @rule(one=one_of)
    def look(self, one: int) -> None:
        """A page of the student reads beside all runs."""
        with suppress(LedgerMissing), self.ledger(one).reading() as transaction:
            self.check(transaction, one, self.committed[one])

    @rule(one=one_of)
    def feed(self, one: int) -> None:
        """The feed writer writes the student's file."""
        self.writer.update(self.students[one])
        bodies = {path.read_bytes() for path in self.writer.folder.glob("c/*/planning.ics")}
        assert bodies <= {f"X-WORD:{word}".encode() for word in self.seen()}

    def seen(self) -> list[str]:
        """All words of all students."""
        return [f"{one}-{number}" for one in range(STUDENTS) for number in range(self.written + 1)]

    def check(self, transaction: LedgerTransaction, one: int, word: str | None) -> None:
        """All that the transaction sees is what this student wrote last."""
        body = f"X-WORD:{word}".encode() if word else None
        assert transaction.last_body(OUTPUT) == body
        assert {known.fingerprint for known in transaction.revisions(OUTPUT).values()} == ({word} if word else set())
        assert len(transaction.covered_days()) == bool(word)
        copies = transaction.connection.scalars(select(published_copy.c.body)).all()
        assert copies == ([word.encode()] if word else [])
        for table in ledger_tables:
            owners = set(transaction.connection.scalars(select(table.c.account)))
            assert owners <= {self.students[one]}


def test_interleaved_transactions_are_isolated(students: Engine, tmp_path: Path) -> None:
    """Each transaction reads the rows of its own student only."""
    tried = settings(max_examples=examples(12), stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: TwoStudents(students, tmp_path), settings=tried)


@pytest.fixture
def pair(students: Engine) -> tuple[UUID, UUID]:
    """Two students, each with a day in the ledger."""
    pair = add_student(students), add_student(students)
    for one in pair:
        with HostedLedger(students, one, PARIS).writing() as transaction:
            transaction.record_events((), [NOW.date()], (), NOW)
            transaction.commit()
    return pair


def test_statement_for_another_student_changes_nothing(students: Engine, pair: tuple[UUID, UUID]) -> None:
    """Row-level security holds for reads, changes and inserts, even if the code is wrong."""
    one, other = pair
    for table in ledger_tables:
        with HostedLedger(students, one, PARIS).writing() as transaction:
            connection, of_other = transaction.connection, table.c.account == other
            assert connection.execute(select(table).where(of_other)).all() == []
            assert connection.execute(delete(table).where(of_other)).rowcount == 0
            assert connection.execute(update(table).where(of_other).values(account=one)).rowcount == 0
    with HostedLedger(students, one, PARIS).writing() as transaction:
        for statement in (
            insert(published_copy).values(account=other, output="x", body=b"x"),
            update(DAYS).values(account=other),
        ):
            with pytest.raises(DBAPIError, match="row-level security"):
                transaction.connection.execute(statement)
            transaction.connection.rollback()


def test_connection_without_an_account_reads_nothing(students: Engine, pair: tuple[UUID, UUID]) -> None:
    """A connection that another student has just used is no exception."""
    for one in pair:
        with HostedLedger(students, one, PARIS).reading() as transaction:
            transaction.covered_days()
        with students.connect() as connection:
            for table in ledger_tables:
                with pytest.raises(DBAPIError):
                    connection.execute(select(table))
                connection.rollback()


def test_superuser_is_refused_by_the_ledger(
    students: Engine, pair: tuple[UUID, UUID], postgres: PostgresServer
) -> None:
    """Row-level security does not hold for a superuser."""
    address = postgres.address(str(students.url.database), ADMIN).replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(address)
    with pytest.raises(SettingsError, match="hosting-role"), HostedLedger(engine, pair[0], PARIS).reading():
        pass
    engine.dispose()


def test_lock_ends_with_its_process(students: Engine, pair: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed blocks no other; one that runs does."""
    monkeypatch.setattr(tables, "PATIENCE", 0.2)
    ledger = HostedLedger(students, pair[0], PARIS)
    address = students.url.set(drivername="postgresql").render_as_string()
    command = [sys.executable, "-c", HOLDER, address, str(pair[0])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AnotherRun), ledger.writing():
            pass
        holder.kill()
    monkeypatch.setattr(tables, "PATIENCE", 30)
    with ledger.writing() as transaction:
        assert transaction.covered_days() == {NOW.date()}


def test_restart_of_the_database_ends_a_run_with_an_error(students: Engine, pair: tuple[UUID, UUID]) -> None:
    """Nothing of the run is stored, its lock is free, and it can be tried again."""
    ledger = HostedLedger(students, pair[0], PARIS)

    def interrupted() -> None:
        with ledger.writing() as transaction:
            transaction.record_events((), [NOW.date() + DAY], (), NOW)
            own = transaction.connection.scalar(select(func.pg_backend_pid()))
            with students.connect() as other:
                other.execute(select(func.pg_terminate_backend(own, 10_000)))
            transaction.commit()

    with pytest.raises(DatabaseUnavailable) as caught:
        interrupted()
    assert (caught.value.exit_code, caught.value.transient) == (8, True)
    with ledger.writing() as transaction:
        assert transaction.covered_days() == {NOW.date()}
