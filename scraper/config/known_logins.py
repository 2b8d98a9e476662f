"""The logins in the settings file, also in an invalid one: a report hides them."""

import tomllib
from collections.abc import Iterator

from scraper.config.configuration import Config
from scraper.domain.decoding import decode_text
from scraper.system.paths import settings_file


def known_logins(config: Config) -> Iterator[str]:
    """Yield every login in settings and environment, even if the settings are invalid."""
    yield from (value for name, value in config.environment.items() if name == "AURION_LOGIN" and value)
    try:
        tables: list[object] = [tomllib.loads(decode_text(settings_file().read_bytes()))]
    except (OSError, ValueError):
        return
    while tables:
        match tables.pop():
            case dict() as table:
                yield from (str(value) for name, value in table.items() if name == "login")
                tables += table.values()
            case list() as several:
                tables += several
