"""`aurion hosting`: the service of an association. Each command imports the service only when it runs."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from scraper.cli.options import option
from scraper.cli.output import user_words, write_line
from scraper.errors import SettingsError

if TYPE_CHECKING:
    from scraper.hosting.settings import HostingSettings

DEFAULT_FILE = "/etc/aurion-hosting/settings.toml"
LIBRARIES = ("alembic", "procrastinate", "prometheus_client", "psycopg")
SettingsFile = Annotated[str, option("--settings", key="hosting_settings", value="file")]


def init(settings: SettingsFile = DEFAULT_FILE) -> None:
    """Write the settings file; where it exists, create keys, and create or change the tables."""
    require_hosting()
    from scraper.hosting.database.engine import create_database_engine
    from scraper.hosting.database.migrate import upgrade_database
    from scraper.hosting.keys import create_keys
    from scraper.hosting.settings import write_example

    words = user_words()
    if write_example(Path(settings)):
        write_line(words("hosting.init.settings", path=settings))
        return
    loaded = load_settings_file(settings)
    if create_keys(loaded.keys):
        write_line(words("hosting.init.keys", path=str(loaded.keys)))
    changed = upgrade_database(create_database_engine(loaded.database))
    write_line(words("hosting.init.upgraded" if changed else "hosting.init.up_to_date"))


def load_settings_file(settings: str) -> "HostingSettings":
    """Return the service's settings. Raise SettingsError."""
    require_hosting()
    from scraper.hosting.settings import load_hosting_settings

    return load_hosting_settings(Path(settings))


def require_hosting() -> None:
    """Raise SettingsError where the extra is not installed."""
    try:
        for name in LIBRARIES:
            import_module(name)
    except ImportError as missing:
        raise SettingsError("hosting-extra", name=missing.name or "psycopg") from None


COMMANDS = {"init": init}
