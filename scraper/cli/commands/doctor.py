"""`aurion doctor`: what works on this machine and what does not, each with its next step."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import typer

from scraper.cli import options
from scraper.cli.tables import bare_table, draw, wide_console
from scraper.i18n import Catalogue, language_of

if TYPE_CHECKING:
    from scraper.diagnostics.doctor import Check

COLOURS = {"ok": "green", "warning": "yellow", "error": "bold red"}


def doctor(
    school: options.SchoolId = None,
    url: options.Url = None,
    login: options.Login = None,
    browser: options.Browser = None,
    sandbox: options.Sandbox = None,
    json_output: options.Json = False,
) -> None:
    """Tells what was seen: a table, or one JSON object; exit 1 where anything is an error. No login is tried."""
    from scraper.diagnostics.doctor import examine

    words = Catalogue(language_of(os.environ))
    given = {"school": school, "url": url, "login": login, "browser": browser, "sandbox": sandbox}
    console = wide_console()
    waiting = console.status(words("doctor.working")) if sys.stdout.isatty() and not json_output else nullcontext()
    with waiting:
        checks = tuple(examine(given, os.environ))
    well = all(check.state != "error" for check in checks)
    if json_output:
        told = {"checks": [_as_data(check, words) for check in checks], "ok": well}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        _draw(checks, words)
    if not well:
        raise typer.Exit(1)


def sentences(check: "Check", words: Catalogue) -> tuple[str, str]:
    """What was seen, and the next step; no step where all is well."""
    facts = {name: _shown(value, words) for name, value in check.facts.items()}
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


def _shown(value: object, words: Catalogue) -> object:
    """The fact; a run's time, in its school's zone, as people read it."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from scraper.publishing.times import time_here

    if not isinstance(value, datetime):
        return value
    return time_here(value, words, value.tzinfo if isinstance(value.tzinfo, ZoneInfo) else None)


def _as_data(check: "Check", words: Catalogue) -> dict[str, str]:
    message, hint = sentences(check, words)
    whose = f"{check.account}: " if check.account else ""
    told = {"name": check.name, "reason": check.reason, "account": check.account, "state": str(check.state)}
    return told | {"message": f"{whose}{message}", "hint": hint}


def _draw(checks: "Sequence[Check]", words: Catalogue) -> None:
    from rich.markup import escape

    table = bare_table()
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        message, hint = sentences(check, words)
        whose = f"[bold]{escape(check.account)}[/]: " if check.account else ""
        step = f"\n[dim]→[/] {escape(hint)}" if hint else ""
        state = words(f"doctor.states.{check.state}")
        label = words(f"doctor.labels.{check.name}")
        table.add_row(f"[{COLOURS[check.state]}]{state}[/]", label, f"{whose}{escape(message)}{step}")
    draw(table)
    bad = {state: sum(check.state == state for check in checks) for state in ("error", "warning")}
    key = next((state for state, count in bad.items() if count), "ok")
    counts = {f"{state}s": words(f"doctor.summary.{state}s", count=count) for state, count in bad.items()}
    sys.stdout.write(f"\n{words(f'doctor.summary.{key}', **counts)}\n")
