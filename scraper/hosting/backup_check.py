"""Restore a backup of the database into a temporary database, and check that the service could go on from it."""

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import ProgrammingError

from scraper.errors import SettingsError
from scraper.hosting.database.engine import open_database, translate_database_errors
from scraper.hosting.database.migrate import upgrade_database
from scraper.hosting.database.service_tables import student, turn
from scraper.hosting.keys import IDENTITIES, WEB_KEY, load_web_keys
from scraper.hosting.rotation import sealed_rows
from scraper.hosting.sealing import Opener, credentials_from
from scraper.hosting.service_settings import HostingSettings

SECONDS = 3600
"""The time that pg_restore may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup contains. `read_at` is when the newest planning in it was read.

    `opened` and `unopened` count sealed values; both are None on a machine without the workers' key. `fits_web_key` is
    None where one of the keys is missing, or there is no student.
    """

    students: int
    read_at: datetime | None
    opened: int | None
    unopened: int | None
    fits_web_key: bool | None


def check_backup(dump: Path, settings: HostingSettings) -> BackupReport:
    """Restore the dump of pg_dump into a temporary database, upgrade it, try the keys, and drop it.

    Raise SettingsError where it cannot be restored, StateTooNew where a later version of the program wrote it, or
    DatabaseUnavailable.
    """
    with _restore_dump(dump, settings.database) as engine:
        upgrade_database(engine)
        with translate_database_errors(), engine.connect() as connection:
            students = connection.scalar(select(func.count()).select_from(student)) or 0
            read_at = connection.scalar(select(func.max(turn.c.succeeded_at)))
        opened, unopened, fits = _try_keys(engine, settings.keys)
    return BackupReport(students=students, read_at=read_at, opened=opened, unopened=unopened, fits_web_key=fits)


def _try_keys(engine: Engine, keys: Path) -> tuple[int | None, int | None, bool | None]:
    """Open every sealed value, and compare the digests of the logins in them."""
    if not (keys / IDENTITIES).exists():
        return None, None, None
    web = load_web_keys(keys) if (keys / WEB_KEY).exists() else None
    opener, opened, unopened, fits = Opener(keys), 0, 0, None
    with translate_database_errors(), engine.connect() as connection:
        logins = select(student.c.id, student.c.school, student.c.login_digest)
        digests = {row.id: (row.school, row.login_digest) for row in connection.execute(logins)}
        for table, owner, sealed in sealed_rows(connection):
            if (plain := opener.try_to_open(owner, sealed)) is None:
                unopened += 1
                continue
            opened += 1
            if web and table is student and fits is not False:
                school, digest = digests[owner]
                fits = web.login_digest(school, credentials_from(plain).login) == digest
    return opened, unopened, fits


@contextmanager
def _restore_dump(dump: Path, address: str) -> Iterator[Engine]:
    """Restore the dump into a temporary database of the same server, and drop it afterwards."""
    if (program := shutil.which("pg_restore")) is None:
        raise SettingsError("hosting-pg-restore")
    name = f"aurion_check_{secrets.token_hex(4)}"
    with open_database(address) as server:
        temporary = server.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        _administer(server, f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            _restore(program, dump, temporary)
            with open_database(temporary) as engine:
                yield engine
        finally:
            _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: Engine, statement: str) -> None:
    with translate_database_errors(), server.connect() as connection:
        administering = connection.execution_options(isolation_level="AUTOCOMMIT")
        role = administering.scalar(select(func.current_user()))
        try:
            administering.execute(text(statement))
        except ProgrammingError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            raise SettingsError("hosting-createdb", role=role) from None


def _restore(program: str, dump: Path, address: str) -> None:
    options = ("--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={address}", str(dump))
    result = subprocess.run(  # noqa: S603 - a fixed program; the address has no password
        [program, *options], check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS
    )
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines()
        raise SettingsError("hosting-dump", path=str(dump), detail=lines[0] if lines else "")
