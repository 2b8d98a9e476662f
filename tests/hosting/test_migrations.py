"""Migrations create the same tables as the code; a database of a later version is refused."""

import subprocess
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from scraper.errors import DatabaseUnavailable, SettingsError, StateTooNew
from scraper.hosting.database.ledger_tables import metadata
from scraper.hosting.database.migrate import check_database, upgrade_database
from scraper.hosting.queue import create_queue_tables
from tests.hosting.postgres import ADMIN, PostgresServer

OpenEngine = Callable[[str], Engine]


@pytest.fixture
def empty(postgres: PostgresServer, open_engine: OpenEngine) -> Engine:
    """A database without tables."""
    return open_engine(postgres.address(postgres.create_database()))


def schema(postgres: PostgresServer, engine: Engine) -> list[str]:
    """The statements that make the database's tables, without alembic's own table, in any order of columns."""
    command = [postgres.programs / "pg_dump", "--schema-only", "--exclude-table=alembic_version"]
    address = engine.url.set(drivername="postgresql").render_as_string()
    dump = subprocess.run([*command, address], check=True, capture_output=True, timeout=60)
    lines = (line.strip().rstrip(",") for line in dump.stdout.decode().splitlines())
    return sorted(line for line in lines if not line.startswith("\\"))


def test_migrations_create_the_tables_of_the_code(
    postgres: PostgresServer, empty: Engine, open_engine: OpenEngine
) -> None:
    """A change of a table, also of its row-level security, keys, indexes or defaults, needs a migration."""
    other = open_engine(postgres.address(postgres.create_database()))
    metadata.create_all(other)
    create_queue_tables(other)
    upgrade_database(empty)
    assert schema(postgres, empty) == schema(postgres, other)
    assert sum("FORCE ROW LEVEL SECURITY" in line for line in schema(postgres, empty)) == 9


def test_database_is_used_after_an_upgrade(empty: Engine) -> None:
    """A second upgrade changes nothing."""
    with pytest.raises(SettingsError) as caught:
        check_database(empty)
    assert (caught.value.reason, caught.value.exit_code) == ("hosting-outdated", 2)
    assert upgrade_database(empty)
    assert not upgrade_database(empty)
    check_database(empty)


def test_concurrent_upgrades_run_once(empty: Engine) -> None:
    """The second one waits for the first."""
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(upgrade_database(empty))) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(results) == [False, True]


def test_database_of_a_later_version_is_refused(empty: Engine) -> None:
    """The start of a process and an upgrade end with exit code 10 and change nothing."""
    upgrade_database(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    for refused in (check_database, upgrade_database):
        with pytest.raises(StateTooNew) as caught:
            refused(empty)
        assert (caught.value.reason, caught.value.exit_code) == ("database", 10)


def test_superuser_is_refused_by_an_upgrade(postgres: PostgresServer, empty: Engine, open_engine: OpenEngine) -> None:
    """It would own the tables, and see the rows of all students."""
    with pytest.raises(SettingsError) as caught:
        upgrade_database(open_engine(postgres.address(str(empty.url.database), ADMIN)))
    assert caught.value.reason == "hosting-role"


def test_missing_database_is_an_error_to_be_tried_again(postgres: PostgresServer, open_engine: OpenEngine) -> None:
    """The exit code is 8."""
    with pytest.raises(DatabaseUnavailable) as caught:
        check_database(open_engine(postgres.address("nowhere")))
    assert (caught.value.exit_code, caught.value.transient) == (8, True)
    assert "nowhere" in str(caught.value.facts["detail"])
