"""`aurion config`: what is set, and where each value came from."""

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scraper.cli import options
from scraper.cli.table import bare_table, wide_console
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.settings.layers import Origin

Account = Annotated[str | None, typer.Argument(help="account", show_default=False)]


def show(account: Account = None, json_output: options.Json = False) -> None:
    """Each setting of a run (with that account), its value and its origin; of secrets, whether there is one."""
    from scraper.settings.file import settings_file
    from scraper.settings.loading import load_settings, origins
    from scraper.settings.model import name_in_file

    words = Words(language_of(os.environ))
    settings, found = load_settings({}, os.environ, account), origins({}, os.environ, account)
    rows = {name: (getattr(settings, name), origin) for name, origin in found.items() if name != "password"}
    told = [{"name": name_in_file(n), "value": _value(n, v), "origin": _origin(o)} for n, (v, o) in rows.items()]
    told.append({"name": "password", **_password(settings.password is not None, found["password"], account)})
    if json_output:
        whole = {"file": str(settings_file()), "account": account, "settings": told}
        sys.stdout.write(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")
        return
    from rich.markup import escape

    table = bare_table(*(words(f"config.{column}") for column in ("name", "value", "origin")))
    for row in told:
        table.add_row(str(row["name"]), escape(_shown(row["value"], words)), escape(_told(row["origin"], words)))
    console = wide_console()
    console.print(table)
    console.print(words("config.file", path=settings_file()), markup=False, soft_wrap=True)


COMMANDS = {"show": show}


def _password(given: bool, origin: "Origin", account: str | None) -> dict[str, Any]:  # noqa: FBT001 - a fact
    """Whether there is one, and where; nobody is asked for anything, so a place that is locked is taken to have it."""
    from scraper.accounts import place_of
    from scraper.vault import vaults

    if given:
        return {"value": "present", "origin": _origin(origin)}
    place = place_of(account, vaults())[0] if account else "absent"
    if place == "absent":
        return {"value": "absent", "origin": {"kind": "default"}}
    return {"value": "present", "origin": {"kind": place}}


def _origin(origin: "Origin") -> dict[str, object]:
    told = {"kind": origin.kind, "name": origin.name, "path": origin.path, "line": origin.line}
    return {name: value for name, value in told.items() if value}


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - a setting's
    """As JSON has it; of a secret, whether there is one."""
    from scraper.settings.model import SECRET

    return ("present" if value else "absent") if name in SECRET else _plain(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a setting's
    """As JSON has it: tables by the keys that were written, times before the start in words of the file."""
    from datetime import timedelta

    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        return next(
            f"{minutes // size}{unit}" for unit, size in (("d", 1440), ("h", 60), ("m", 1)) if not minutes % size
        )
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_unset=True, by_alias=True)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value if value is None or isinstance(value, int | float | str) else str(value)


def _shown(value: Any, words: Words) -> str:  # noqa: ANN401 - any JSON
    if value in (None, "", []):
        return "—"
    if value in {"present", "absent"} if isinstance(value, str) else False:
        return words(f"config.{value}")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _told(origin: Any, words: Words) -> str:  # noqa: ANN401 - any JSON
    facts = {"name": "", "path": "", "line": "", **origin}
    return words(
        f"config.origins.{origin['kind'].removesuffix(' file')}", **{k: v for k, v in facts.items() if k != "kind"}
    )
