"""`aurion account list`, `remove` and `password`; `add` and the commands of the sinks have modules of their own."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

from pydantic import SecretStr

from scraper.cli import options, prompts
from scraper.cli.answers import ask_password, can_ask, read_password
from scraper.cli.console_tables import bare_table, draw
from scraper.cli.options import option
from scraper.cli.output import user_words, write_json, write_line
from scraper.cli.passphrase import passphrase_prompt
from scraper.config.account_list import list_accounts
from scraper.config.account_passwords import store_password
from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault.vaults import Place, vaults
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.local_times import format_local_time

if TYPE_CHECKING:
    from rich.table import Table

_Yes = Annotated[bool, option("--yes", "-y", key="yes")]
Where = Annotated[bool, option("--show-location", key="where")]
Move = Annotated[str | None, option("--move", key="move", value="keyring|age")]


def print_accounts(*, json_output: options.Json = False) -> None:
    """List the accounts as a table or as JSON."""
    words = user_words()
    rows = list_accounts(Config.from_environment())
    if json_output:
        data = [{key: value for key, value in row.items() if key not in {"locked", "zone"}} for row in rows]
        write_json(data, indent=2)
    elif not rows:
        write_line(words("account.none"))
    else:
        draw(_table(rows, words))


def remove(name: options.AccountName, yes: _Yes = False) -> None:
    """Delete an account after a confirmation; its calendars stay."""
    from scraper.publishing.feeds.subscribers import Subscribers
    from scraper.runs.forget_account import delete_account

    words, config = user_words(), Config.from_environment()
    config.settings(name)
    if not yes:
        if not can_ask():
            raise SettingsError("remove-unasked", name=name)
        if not prompts.confirm(words("account.remove", name=name), words):
            write_line(words("account.not_removed"))
            return
    outputs = delete_account(name, config, vaults(passphrase_prompt(words)))
    Subscribers(config.state).revoke_all(name)  # only now: an account that cannot be deleted keeps them
    write_line(words("account.removed", name=name))
    for path in (path for path in outputs if path != "-" and ("://" in path or Path(path).exists())):
        write_line(words("account.calendar_stays", path=path))


def password(
    name: options.AccountName,
    password_stdin: options.PasswordStdin = False,
    where: Where = False,
    move: Move = None,
    passphrase: options.Passphrase = False,
) -> None:
    """Change an account's password, print where it is stored, or move it."""
    words, config = user_words(), Config.from_environment()
    named = load_account(name, config)
    places = vaults(passphrase_prompt(words), seal="passphrase" if passphrase else None)
    if move is not None:
        if move not in get_args(Place):
            raise SettingsError("move", given=move)
        secrets = (name, *(one.secret for one in named.destinations))
        moved = [places.move(secret, cast("Place", move)) for secret in secrets]
        if not any(moved):
            raise SettingsError("no-password", name=name)
    elif not where:
        typed = read_password() if password_stdin else ask_password(named.school, words)
        store_password(name, SecretStr(typed), places.home(name).vault, config.state)
    home, stored = places.home(name), places.find(name)
    location = words(f"vault.where.{home.why}", **home.facts)
    write_line(words("account.password_is" if stored else "account.password_would_be", where=location))


COMMANDS = {
    "add": "account_add:add_account",
    "list": print_accounts,
    **{name: f"account_sink:{name}" for name in SINK_KINDS},
    "remove": remove,
    "password": password,
}


def _table(rows: list[dict[str, Any]], words: Catalogue) -> "Table":
    from rich.markup import escape

    columns = ("name", "school", "password", "outputs", "last_run")
    table = bare_table(*(words(f"account.columns.{column}") for column in columns))
    for row in rows:
        last, last_run = row["last_run"], words("account.no_run")
        if last:
            at = format_local_time(datetime.fromisoformat(last["at"]), words, row["zone"])
            last_run = words("account.run", at=at, code=last["exit_code"])
        place = words(f"account.places.{row['password'].removesuffix(' file')}")
        if row["locked"]:
            place = words("account.places.locked", place=place)
        school = f"{row['school'] or row['url']}\n{row['login']}"
        table.add_row(*map(escape, (row["name"], school, place, "\n".join(row["outputs"]), last_run)))
    return table
