"""Rotation of keys while the service runs, and the check of a backup."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text, update

from scraper.domain.credentials import Credentials
from scraper.errors import SettingsError, StateTooNew
from scraper.hosting import rotation
from scraper.hosting.backup_check import BackupReport, check_backup
from scraper.hosting.database.service_tables import student
from scraper.hosting.keys import IDENTITIES, WEB_KEY, add_identity, create_keys
from scraper.hosting.rotation import Rotation, reseal_rows
from scraper.hosting.sealing import Opener, Sealer
from scraper.hosting.students import Students
from tests.hosting.hosted import add_student, hosting_settings
from tests.hosting.postgres import ADMIN, OWNER, PostgresServer

Dump = Callable[[], Path]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The keys of a new service."""
    create_keys(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def dump(postgres: PostgresServer, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Dump:
    """A function that dumps the database as its administrator does; the service's role may create databases."""
    monkeypatch.setenv("PATH", f"{postgres.programs}{os.pathsep}{os.environ['PATH']}")
    file, name = postgres.folder / f"{uuid4().hex}.dump", str(engine.url.database)
    allow(postgres, "CREATEDB")

    def dumped() -> Path:
        postgres.run("pg_dump", "--format=custom", f"--file={file}", postgres.address(name, ADMIN))
        return file

    return dumped


def allow(postgres: PostgresServer, right: str) -> None:
    """Give the service's role a right, or take it."""
    statement = f"--command=ALTER ROLE {OWNER} {right}"
    postgres.run("psql", "--no-psqlrc", statement, f"--dbname={postgres.address('postgres', ADMIN)}")


def credentials(number: int) -> Credentials:
    """The login and password of a student."""
    return Credentials(login=f"student{number}", password=f"password {number}")


def add(engine: Engine, keys: Path, number: int) -> UUID:
    """Add a student."""
    return add_student(engine, keys, credentials(number))


def open_credentials(engine: Engine, keys: Path, one: UUID) -> Credentials:
    """Open the credentials of a student as a worker does."""
    found = Students(engine).get(one)
    assert found
    return Opener(keys).open_credentials(one, found.sealed)


def versions(engine: Engine) -> set[int]:
    """The versions of the keys in use."""
    with engine.connect() as connection:
        return set(connection.scalars(select(student.c.key_version)))


def test_rotation_seals_every_row_with_the_new_key(engine: Engine, keys: Path) -> None:
    """A second rotation finds nothing to do, and new rows have the new key."""
    students = [add(engine, keys, n) for n in range(3)]
    before = add_identity(keys)
    assert reseal_rows(engine, keys) == Rotation(version=before, resealed=3, unopened=0)
    assert reseal_rows(engine, keys).resealed == 0
    students.append(add(engine, keys, 3))
    assert versions(engine) == {2}
    assert [open_credentials(engine, keys, one) for one in students] == [credentials(n) for n in range(4)]


def test_password_changed_during_a_rotation_is_kept(
    engine: Engine, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A web process may still have the old public key."""
    one, new = add(engine, keys, 1), credentials(2)
    changed = Sealer(keys).seal_credentials(one, new)
    add_identity(keys)
    begun = Event()

    class SlowOpener(Opener):
        """Opens after the page has started to write."""

        def open(self, *arguments: object) -> bytes:
            writer.start()
            begun.wait(10)
            return super().open(*arguments)  # type: ignore[arg-type]

    def write() -> None:
        begun.set()
        Students(engine).save_password(one, changed)

    writer = Thread(target=write)
    monkeypatch.setattr(rotation, "Opener", SlowOpener)
    reseal_rows(engine, keys)
    writer.join(30)
    assert open_credentials(engine, keys, one) == new


def test_worker_goes_on_during_a_rotation(engine: Engine, keys: Path) -> None:
    """It opens rows that it read before the rotation and after it."""
    one, worker = add(engine, keys, 1), Opener(keys)
    read = Students(engine).get(one)
    assert read
    add_identity(keys)
    reseal_rows(engine, keys)
    again = Students(engine).get(one)
    assert again
    assert worker.open_credentials(one, read.sealed) == worker.open_credentials(one, again.sealed) == credentials(1)


def test_rows_that_no_key_opens_are_counted_and_left(engine: Engine, keys: Path) -> None:
    """A row of another key, and a row copied from another student."""
    one, other = add(engine, keys, 1), add(engine, keys, 2)
    found = Students(engine).get(other)
    assert found
    with engine.begin() as connection:
        connection.execute(update(student).where(student.c.id == one).values(sealed=found.sealed.body))
    add_identity(keys)
    assert reseal_rows(engine, keys) == Rotation(version=2, resealed=1, unopened=1)
    assert versions(engine) == {1, 2}


def test_backup_is_restored_and_checked(engine: Engine, keys: Path, dump: Dump) -> None:
    """Every value is opened; nothing of the backup stays on the server."""
    add(engine, keys, 1)
    settings = hosting_settings(database=engine.url.set(drivername="postgresql").render_as_string(), keys=keys)
    report = check_backup(dump(), settings)
    assert report == BackupReport(students=1, read_at=None, opened=1, unopened=0, fits_web_key=True)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname LIKE 'aurion_check_%'")) == 0


def test_backup_of_other_keys_is_reported(engine: Engine, keys: Path, dump: Dump, tmp_path: Path) -> None:
    """Keys of the web server, keys of the workers, no keys at all."""
    add(engine, keys, 1)
    file, other = dump(), tmp_path / "other"
    create_keys(other)
    settings = hosting_settings(database=engine.url.set(drivername="postgresql").render_as_string(), keys=keys)
    (keys / WEB_KEY).write_bytes((other / WEB_KEY).read_bytes())
    report = check_backup(file, settings)
    assert (report.opened, report.fits_web_key) == (1, False)
    (keys / IDENTITIES).write_bytes((other / IDENTITIES).read_bytes())
    report = check_backup(file, settings)
    assert (report.opened, report.unopened, report.fits_web_key) == (0, 1, None)
    (keys / IDENTITIES).unlink()
    report = check_backup(file, settings)
    assert (report.students, report.opened, report.fits_web_key) == (1, None, None)


def test_unusable_backup_is_refused(
    engine: Engine, keys: Path, dump: Dump, postgres: PostgresServer, tmp_path: Path
) -> None:
    """Another file, a later version, and a role that may not create databases."""
    settings = hosting_settings(database=engine.url.set(drivername="postgresql").render_as_string(), keys=keys)
    bad = tmp_path / "bad.dump"
    bad.write_bytes(b"no dump")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    later = dump()
    with pytest.raises(SettingsError, match="hosting-dump"):
        check_backup(bad, settings)
    with pytest.raises(StateTooNew):
        check_backup(later, settings)
    allow(postgres, "NOCREATEDB")
    in_query = f"{settings.database.replace(f'//{OWNER}@', '//')}&user={OWNER}"
    with pytest.raises(SettingsError, match="hosting-createdb") as caught:
        check_backup(later, settings.model_copy(update={"database": in_query}))
    assert caught.value.facts["role"] == OWNER
