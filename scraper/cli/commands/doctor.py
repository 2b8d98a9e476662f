"""`aurion doctor`: check the machine, the settings and the portals, and show the next step for each problem."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from scraper.cli import options
from scraper.cli.console_tables import bare_table, draw, wide_console
from scraper.cli.output import user_words, write_json
from scraper.cli.setting_options import NONE, Given, with_settings
from scraper.config.configuration import Config
from scraper.config.settings.model import IDENTITY
from scraper.i18n import Catalogue
from scraper.publishing.local_times import format_local_time

if TYPE_CHECKING:
    from scraper.diagnostics.doctor.check_result import Check

COLOURS = {"ok": "green", "warning": "yellow", "error": "bold red"}


@with_settings
def doctor(
    given: Annotated[Given, (*IDENTITY, "browser", "sandbox")] = NONE,
    json_output: options.Json = False,
) -> None:
    """Write the checks as a table or as JSON, without a login; exit with 1 if there is an error."""
    from scraper.diagnostics.doctor.examine import examine

    words = user_words()
    console = wide_console()
    spinner = console.status(words("doctor.working")) if sys.stdout.isatty() and not json_output else nullcontext()
    with spinner:
        checks = tuple(examine(Config.from_environment(given)))
    is_ok = all(check.state != "error" for check in checks)
    if json_output:
        data = {"checks": [_as_data(check, words) for check in checks], "ok": is_ok}
        write_json(data)
    else:
        _draw(checks, words)
    if not is_ok:
        raise typer.Exit(1)


def sentences(check: "Check", words: Catalogue) -> tuple[str, str]:
    """Return the message and the next step of a check, "" if there is none."""
    facts = {name: _format_fact(value, words) for name, value in check.facts.items()}
    if check.name == "run" and check.error:
        problem, hint = words.error(check.error)
        reason = "never-good" if check.reason == "failed" and "good" not in check.facts else check.reason
        return words(f"doctor.run.{reason}.message", problem=problem, **facts), hint
    if check.error is not None:
        return words.error(check.error)
    if check.name == "vault":
        return words(f"vault.where.{check.reason}", **check.facts), ""
    key = f"doctor.{check.name}.{check.reason}"
    facts = {"NAME": check.account or words("places.NAME"), **facts}
    message = words(f"{key}.message", **facts)
    return message, words(f"{key}.hint", **facts) if words.has(f"{key}.hint") else ""


def _format_fact(value: object, words: Catalogue) -> object:
    """Return the fact; a time is formatted in its own zone."""
    if not isinstance(value, datetime):
        return value
    return format_local_time(value, words, value.tzinfo if isinstance(value.tzinfo, ZoneInfo) else None)


def _as_data(check: "Check", words: Catalogue) -> dict[str, str]:
    message, hint = sentences(check, words)
    if check.account:
        message = words("doctor.of_account", account=check.account, message=message)
    data = {"name": check.name, "reason": check.reason, "account": check.account, "state": str(check.state)}
    return data | {"message": message, "hint": hint}


def _draw(checks: "Sequence[Check]", words: Catalogue) -> None:
    from rich.markup import escape

    table = bare_table()
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        message, hint = sentences(check, words)
        text = escape(message)
        if check.account:
            text = words("doctor.of_account", account=f"[bold]{escape(check.account)}[/]", message=text)
        step = f"\n[dim]→[/] {escape(hint)}" if hint else ""
        state = words(f"doctor.states.{check.state}")
        label = words(f"doctor.labels.{check.name}")
        table.add_row(f"[{COLOURS[check.state]}]{state}[/]", label, f"{text}{step}")
    draw(table)
    bad = {state: sum(check.state == state for check in checks) for state in ("error", "warning")}
    key = next((state for state, count in bad.items() if count), "ok")
    counts = {f"{state}s": words(f"doctor.summary.{state}s", count=count) for state, count in bad.items()}
    sys.stdout.write(f"\n{words(f'doctor.summary.{key}', **counts)}\n")
