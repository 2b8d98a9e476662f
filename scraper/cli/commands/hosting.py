"""`aurion hosting`: the service of an association. Each command imports the service only when it runs."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
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
WEB_PORT = 8766
"""The port that the web server in front passes requests on to."""
WebHost = Annotated[str, option("--host", key="hosting_host", value="address")]
WebPort = Annotated[int, option("--port", key="hosting_port", value="port", most=65535)]
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


def worker(settings: SettingsFile = DEFAULT_FILE) -> None:
    """Read plannings until the process is asked to end. Raise AurionError."""
    loaded = load_settings_file(settings)
    from scraper.hosting.hosted_worker import run_worker

    run_worker(loaded, os.environ)


def web(settings: SettingsFile = DEFAULT_FILE, host: WebHost = "127.0.0.1", port: WebPort = WEB_PORT) -> None:
    """Serve the pages, and write the calendars' files, until a signal. Raise AurionError."""
    loaded = load_settings_file(settings)
    from scraper.hosting.database.engine import create_database_engine
    from scraper.hosting.logs import configure_logs
    from scraper.hosting.queue import Queue
    from scraper.hosting.web.hosted_server import create_state, serve_pages

    configure_logs()
    engine = create_database_engine(loaded.database)
    try:
        state = create_state(loaded, engine, Queue(loaded.database), lambda: datetime.now(UTC))
        serve_pages(state, host, port, ready=lambda address: write_line(f"ready {address}"))
    except KeyboardInterrupt:
        return  # the server has already stopped cleanly
    finally:
        engine.dispose()


COMMANDS: dict[str, Callable[..., None]] = {"init": init, "web": web, "worker": worker}
