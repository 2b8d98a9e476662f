"""`aurion hosting`: the service of an association. Each command imports the service only when it runs."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from scraper.cli import options
from scraper.cli.options import argument, option
from scraper.cli.output import user_words, write_at_once, write_json, write_line
from scraper.errors import DatabaseUnavailable, SettingsError
from scraper.publishing.local_times import format_local_time

if TYPE_CHECKING:
    from scraper.hosting.service_settings import HostingSettings

DEFAULT_FILE = "/etc/aurion-hosting/settings.toml"
LIBRARIES = ("alembic", "procrastinate", "prometheus_client", "psycopg")
WEB_PORT = 8766
"""The port that the web server in front passes requests on to."""
WebHost = Annotated[str, option("--host", key="hosting_host", value="address")]
WebPort = Annotated[int, option("--port", key="hosting_port", value="port", most=65535)]
_Dump = Annotated[str, argument("hosting_dump", "file")]
_Step = Annotated[Literal["key", "rows", "both"], option("--step", key="hosting_step", value="key|rows")]
SettingsFile = Annotated[str, option("--settings", key="hosting_settings", value="file")]


def init(settings: SettingsFile = DEFAULT_FILE) -> None:
    """Write the settings file; where it exists, create keys, and create or change the tables."""
    require_hosting()
    from scraper.hosting.database.engine import open_database
    from scraper.hosting.database.migrate import upgrade_database
    from scraper.hosting.keys import create_keys
    from scraper.hosting.service_settings import write_example

    words = user_words()
    if write_example(Path(settings)):
        write_line(words("hosting.init.settings", path=settings))
        return
    loaded = load_settings_file(settings)
    if create_keys(loaded.keys):
        write_line(words("hosting.init.keys", path=str(loaded.keys)))
    with open_database(loaded.database) as engine:
        changed = upgrade_database(engine)
    write_line(words("hosting.init.upgraded" if changed else "hosting.init.up_to_date"))


def rotate_keys(settings: SettingsFile = DEFAULT_FILE, step: _Step = "both") -> None:
    """Make a new key and seal every row with it, while the service runs; `step` does one of the two."""
    loaded = load_settings_file(settings)
    from scraper.hosting.database.engine import open_database
    from scraper.hosting.keys import add_identity
    from scraper.hosting.rotation import reseal_rows

    words = user_words()
    if step != "rows":
        write_line(words("hosting.rotate.key", version=add_identity(loaded.keys), path=str(loaded.keys)))
    if step != "key":
        with open_database(loaded.database) as engine:
            done = reseal_rows(engine, loaded.keys)
        write_line(words("hosting.rotate.rows", count=done.resealed, version=done.version))
        if done.unopened:
            raise SettingsError("hosting-unopened", count=done.unopened)


def backup_check(dump: _Dump, settings: SettingsFile = DEFAULT_FILE) -> None:
    """Restore a backup into a temporary database, and check that the service could go on from it."""
    loaded = load_settings_file(settings)
    from scraper.hosting.backup_check import check_backup
    from scraper.hosting.keys import WEB_KEY

    words = user_words()
    found = check_backup(Path(dump), loaded)
    write_line(words("hosting.backup.students", count=found.students))
    if found.read_at:
        write_line(words("hosting.backup.read_at", at=format_local_time(found.read_at, words)))
    if found.opened is None:
        write_line(words("hosting.backup.no_key"))
    else:
        write_line(words("hosting.backup.opened", count=found.opened))
    if found.fits_web_key:
        write_line(words("hosting.backup.fits"))
    if found.unopened:
        raise SettingsError("hosting-unopened", count=found.unopened)
    if found.fits_web_key is False:
        raise SettingsError("hosting-web-key", path=str(loaded.keys / WEB_KEY))


def load_settings_file(settings: str) -> "HostingSettings":
    """Return the service's settings. Raise SettingsError."""
    require_hosting()
    from scraper.hosting.service_settings import load_hosting_settings

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
    from scraper.config.configuration import Config
    from scraper.hosting.memory import restart_with_wiped_memory

    restart_with_wiped_memory(Config.from_environment().environment)
    from scraper.hosting.hosted_worker import run_hosted_worker

    run_hosted_worker(loaded, Config.from_environment().environment)


def web(settings: SettingsFile = DEFAULT_FILE, host: WebHost = "127.0.0.1", port: WebPort = WEB_PORT) -> None:
    """Serve the pages, and write the calendars' files, until a signal. Raise AurionError."""
    loaded = load_settings_file(settings)
    from scraper.config.configuration import Config
    from scraper.hosting.memory import restart_with_wiped_memory

    restart_with_wiped_memory(Config.from_environment().environment)
    from scraper.hosting.database.engine import open_database
    from scraper.hosting.database.migrate import check_database
    from scraper.hosting.logs import configure_logs
    from scraper.hosting.queue import Queue
    from scraper.hosting.web.hosted_server import create_state, serve_pages

    configure_logs()
    with open_database(loaded.database) as engine, suppress(KeyboardInterrupt):  # a signal stops the server cleanly
        state = create_state(loaded, engine, Queue(loaded.database), lambda: datetime.now(UTC))
        with suppress(DatabaseUnavailable):  # until it is there, the pages say so
            check_database(engine)
        serve_pages(state, host, port, ready=lambda address: write_at_once(f"ready {address}"))


def show_service_status(settings: SettingsFile = DEFAULT_FILE, *, json_output: options.Json = False) -> None:
    """Show the state of the service in numbers. Raise SettingsError, DatabaseUnavailable."""
    loaded = load_settings_file(settings)
    from scraper.cli.service_summary import status_lines, status_to_json
    from scraper.hosting.database.engine import open_database
    from scraper.hosting.service_status import read_status

    with open_database(loaded.database) as engine:
        found = read_status(engine, loaded)
    if json_output:
        write_json(status_to_json(found))
    else:
        write_line("\n".join(status_lines(found, user_words())))


COMMANDS: dict[str, Callable[..., None]] = {
    "status": show_service_status, "init": init, "web": web, "worker": worker, "rotate": rotate_keys,
    "backup-check": backup_check,
}  # fmt: skip
