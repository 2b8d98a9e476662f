"""`aurion config show`: show the settings and the origin of each value."""

import json
from typing import Any

from scraper.cli import options
from scraper.cli.console_tables import bare_table, draw
from scraper.cli.output import user_words, write_json, write_line
from scraper.config.configuration import Config
from scraper.config.effective import effective_settings
from scraper.config.settings.settings_file import account_header
from scraper.i18n import Catalogue
from scraper.system.paths import settings_file


def show_config(account: options.Account = None, json_output: options.Json = False) -> None:
    """Show each setting of a run with its value and origin; for a secret, only whether it is set."""
    words = user_words()
    rows = effective_settings(account, Config.from_environment())
    if json_output:
        data = [{"name": row.name, "value": row.value, "origin": row.origin} for row in rows]
        whole = {"file": str(settings_file()), "account": account, "settings": data}
        write_json(whole, indent=2)
        return
    from rich.markup import escape

    table = bare_table(*(words(f"config.{column}") for column in ("name", "value", "origin")))
    for row in rows:
        table.add_row(row.name, escape(_format_value(row.value, words)), escape(_format_origin(row.origin, words)))
    draw(table)
    write_line(words("config.file", path=settings_file()))


COMMANDS = {"show": show_config}


def _format_value(value: Any, words: Catalogue) -> str:  # noqa: ANN401 - any JSON
    if value in (None, "", []):
        return words("config.unset")
    if value in {"present", "absent"} if isinstance(value, str) else False:
        return words(f"config.{value}")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _format_origin(origin: Any, words: Catalogue) -> str:  # noqa: ANN401 - any JSON
    facts = {"path": "", "line": "", "table": account_header(origin.get("name", "")), "name": "", **origin}
    return words(
        f"config.origins.{origin['kind'].removesuffix(' file')}", **{k: v for k, v in facts.items() if k != "kind"}
    )
