"""The files of the calendars' addresses, which nginx serves: written from the ledgers, on the machine with nginx."""

import gzip
import os
import secrets
import shutil
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event, Lock
from time import monotonic, time
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, Row, select, text
from sqlalchemy.exc import SQLAlchemyError

from scraper.config.schools.school_files import load_school
from scraper.errors import LedgerMissing
from scraper.hosting.connection_times import CONNECTION
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.service_tables import student, subscription
from scraper.hosting.keys import WebKeys
from scraper.hosting.logs import log_failure
from scraper.hosting.published_copies import is_newer, store_copy
from scraper.hosting.student_calendars import calendar_from_row
from scraper.system.files import replace_file, temporary_beside
from scraper.system.os_errors import translate_state_errors
from scraper.system.repeat import repeat

CHANNEL = "feed_changed"
"""The channel of PostgreSQL that gets a student's id when a calendar or an address of the student has changed."""
NAME = "planning"
"""The name of every calendar file: an address contains no name of a student."""
FOLDER, FILE = 0o2750, 0o640
"""Rights of folders and files: the group is the web server's, and new folders inherit it."""
RETRY_SECONDS = 30.0
"""Seconds until a file that could not be written, or a database that was lost, is tried again."""
REBUILD_SECONDS = 3600.0
"""Seconds until all files are compared again: an address may have ended, or a notice may be lost."""
GONE = ".gone-"


def feed_secret(keys: WebKeys, subscription_id: UUID, generation: int) -> str:
    """Return the secret in the address of a subscription; each generation has another one."""
    return urlsafe_b64encode(keys.digest("feed", f"{subscription_id} {generation}")).rstrip(b"=").decode()


def feed_path(secret: str) -> str:
    """Return the path of the calendar with that secret, below the service's address."""
    return f"/c/{secret}/{NAME}.ics"


def notify_feeds(connection: Connection, student_id: UUID) -> None:
    """Make the feed writer update the student's files as soon as this transaction is committed."""
    connection.execute(text("SELECT pg_notify(:channel, :student)"), {"channel": CHANNEL, "student": str(student_id)})


@dataclass(slots=True, kw_only=True)
class FeedWriter:
    """The writer of the files below `folder`. Any thread may call any method."""

    engine: Engine
    keys: WebKeys = field(repr=False)
    folder: Path
    _addresses: defaultdict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False)
    _failed: set[UUID] = field(default_factory=set, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def update(self, student_id: UUID) -> None:
        """Write the student's calendars at their current addresses, and remove the student's other addresses.

        Call it after the transaction that creates, renews or revokes an address, or deletes the student: when it
        returns, an address that has gone is not found. Raise StateError where a file cannot be written or removed, and
        LedgerError; `listen` tries it again.
        """
        with self._lock:
            self._failed.add(student_id)
            rows = self._rows(student_id)
            current = {self._secret(row): row for row in rows}
            for gone in self._addresses[student_id] - current.keys():
                self._remove(gone)
            self._addresses[student_id] = set(current)
            for secret, row in current.items():
                if (body := self._body(row, self._file(secret))) is not None:
                    self._write(secret, body)
            self._failed.discard(student_id)
            if not current:
                del self._addresses[student_id]

    def rebuild(self) -> None:
        """Remove the files of all unknown addresses, then update all students; a failure of one is logged."""
        with self._lock:
            addresses = defaultdict(set)
            for row in self._rows():
                addresses[row.student].add(self._secret(row))
            self._addresses = addresses
            known = {secret for secrets_of_one in addresses.values() for secret in secrets_of_one}
            for folder in (*self._names(self._root), *self._names(self.folder, GONE)):
                if folder.name not in known:
                    self._try(self._remove, folder.name)
        for student_id in list(addresses):
            self._try(self.update, student_id)

    def listen(self, stop: Event) -> None:
        """Update what changes until `stop` is set; after a failure, such as a lost database, update all files."""
        repeat(lambda: self._follow(stop), RETRY_SECONDS, stop, partial(log_failure, "feeds"))

    # ---- following the database

    @contextmanager
    def _listen(self) -> Iterator[psycopg.Connection]:
        address = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True, **CONNECTION) as listener:
            listener.execute(f"LISTEN {CHANNEL}")
            yield listener

    def _follow(self, stop: Event) -> None:
        rebuilt = retried = -REBUILD_SECONDS
        with self._listen() as listener:
            while not stop.is_set():
                if monotonic() - rebuilt > REBUILD_SECONDS:
                    rebuilt = monotonic()
                    self.rebuild()
                if monotonic() - retried > RETRY_SECONDS:
                    retried = monotonic()
                    for student_id in list(self._failed):
                        self._try(self.update, student_id)
                for notice in listener.notifies(timeout=1, stop_after=1):
                    with suppress(ValueError):  # any program with access to the database may send any text
                        self._try(self.update, UUID(notice.payload))

    @staticmethod
    def _try(work: Callable[[Any], None], one: Any) -> None:  # noqa: ANN401 - an id or a name
        """Update or remove one of many; a failure is logged, unless the database is away."""
        try:
            work(one)
        except (psycopg.Error, SQLAlchemyError):
            raise
        except Exception as error:  # noqa: BLE001 - a bug with one must not stop the others
            log_failure("feeds", error)

    # ---- the database

    def _rows(self, student_id: UUID | None = None) -> list[Row[Any]]:
        """Return the addresses that work today, of one student or of all."""
        rows = select(subscription, student.c.school).join(student, student.c.id == subscription.c.student)
        with self.engine.connect() as connection:
            found = connection.execute(rows if student_id is None else rows.where(student.c.id == student_id)).all()
        return [row for row in found if _is_valid_today(row)]

    def _secret(self, row: Row[Any]) -> str:
        return feed_secret(self.keys, row.id, row.generation)

    def _body(self, row: Row[Any], file: Path) -> bytes | None:
        """Return what to write for an address: the calendar that was published last.

        None where there is none yet, or where the file is newer than the ledger: a copy of it is stored.
        """
        ledger = HostedLedger(self.engine, row.student, load_school(row.school).zone)
        output = calendar_from_row(row.calendar).file_name
        with translate_state_errors(str(self.folder)), _without_file_names():
            published = _read(file)
        with suppress(LedgerMissing), ledger.reading() as transaction:
            body = transaction.last_body(output)
            if published in {None, body} or not is_newer(published or b"", transaction, output):
                return body
        if published is not None:
            store_copy(ledger, output, published)
        return None

    # ---- the files

    @property
    def _root(self) -> Path:
        return self.folder / "c"

    def _file(self, secret: str) -> Path:
        return self._root / secret / f"{NAME}.ics"

    def _names(self, folder: Path, prefix: str = "") -> list[Path]:
        try:
            return [path for path in folder.iterdir() if path.name.startswith(prefix)]
        except FileNotFoundError:
            return []

    def _write(self, secret: str, body: bytes) -> None:
        """Write the plain and the compressed file; their time rises by a second, because nginx's ETag consists of it.

        An error does not name the file, because its name is the secret.
        """
        file = self._file(secret)
        packed = file.with_name(f"{file.name}.gz")
        with translate_state_errors(str(self.folder)), _without_file_names():
            before = _read(file)
            if before == body and packed.exists():
                return
            for folder in (self._root, file.parent):
                folder.mkdir(exist_ok=True)
                folder.chmod(FOLDER)
            at = int(time()) if before is None else max(int(time()), int(file.stat().st_mtime) + 1)
            _replace(packed, gzip.compress(body, 6, mtime=0), at)
            _replace(file, body, at)  # the last one: it decides whether the next update writes again

    def _remove(self, name: str) -> None:
        """Remove an address at once, by renaming its folder, then delete the files."""
        gone = self.folder / f"{GONE}{secrets.token_hex(8)}"
        with translate_state_errors(str(self.folder)), _without_file_names():
            with suppress(FileNotFoundError):
                (self.folder / name if name.startswith(GONE) else self._root / name).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)


def _is_valid_today(row: Row[Any]) -> bool:
    """Return whether the address works today: its last day, in the school's zone, is not over."""
    return row.until is None or bool(row.until >= datetime.now(load_school(row.school).zone).date())


@contextmanager
def _without_file_names() -> Iterator[None]:
    """Remove the file's name from system errors."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror) from None


def _read(file: Path) -> bytes | None:
    """Return the file's bytes; None where it is missing."""
    with suppress(FileNotFoundError):
        return file.read_bytes()
    return None


def _replace(file: Path, body: bytes, at: int) -> None:
    """Replace the file atomically, with that time."""
    with temporary_beside(file) as temporary:
        with temporary.open("xb") as opened:
            opened.write(body)
            opened.flush()
            os.fchmod(opened.fileno(), FILE)
            os.fsync(opened.fileno())
        os.utime(temporary, (at, at))
        replace_file(temporary, file)
