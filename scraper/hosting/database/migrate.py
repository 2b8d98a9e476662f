"""Create and change the tables of the service: alembic's migrations, which are part of the program."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select

from scraper.errors import SettingsError, StateTooNew
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.queue import create_queue_tables

SCRIPTS = "scraper.hosting.database:migrations"
LOCK = 1_635_086_958
"""The key of the lock that one migration holds; it is `auri` in ASCII."""


def upgrade_database(engine: Engine) -> bool:
    """Create or change the tables for this version; return False where they were. Nothing is half done after an error.

    Raise StateTooNew, SettingsError("hosting-role") or DatabaseUnavailable.
    """
    with translate_database_errors(), engine.begin() as connection:
        if connection.scalar(select(func.current_setting("is_superuser"))) == "on":
            raise SettingsError("hosting-role")
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        before = _revision(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        create_queue_tables(engine)
        return before != _newest_revision()


def check_database(engine: Engine) -> None:
    """Raise StateTooNew or SettingsError("hosting-outdated") where the tables are not those of this version."""
    with translate_database_errors(), engine.connect() as connection:
        if _revision(connection) != _newest_revision():
            raise SettingsError("hosting-outdated")


def _revision(connection: Connection) -> str | None:
    """Return the revision of the database, None where it is new. Raise StateTooNew where this version lacks it."""
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {one.revision for one in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise StateTooNew("database", revision=revision)
    return revision


def _newest_revision() -> str | None:
    return _scripts().get_current_head()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    return config
