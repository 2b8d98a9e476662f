"""`aurion status`: show the age of each calendar, the next run, and the problems with their next steps."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import typer

from scraper.cli import options
from scraper.cli.output import time_to_json, user_words, write_json, write_line
from scraper.config.configuration import Config
from scraper.domain.changes import counts
from scraper.errors import ExitCode
from scraper.i18n import Catalogue
from scraper.publishing.describe import format_counts
from scraper.publishing.local_times import format_age, format_local_hour, local_time_facts
from scraper.runs.account_status import AccountStatus
from scraper.runs.overview import Overview, describe_problem, overview


def status(*, json_output: options.Json = False) -> None:
    """Show the status; exit with the code of the worst problem, 0 if there is none. Raise SettingsError."""
    words, now = user_words(), datetime.now(UTC)
    found = overview(Config.from_environment(), now)
    if json_output:
        data = {
            "well": found.exit_code == ExitCode.OK,
            "exit_code": found.exit_code,
            "next": time_to_json(found.next_run),
            "log": str(found.log) if found.log else None,
            "accounts": [_data(one, found, words, now) for one in found.accounts],
        }
        write_json(data)
        raise typer.Exit(found.exit_code)
    lines = [line for one in found.accounts for line in _lines(one, found, words, now)]
    if not found.accounts:
        lines.append(words("status.none"))
    elif found.exit_code == ExitCode.OK:
        lines.append(words("status.well_held" if found.held else "status.well"))
    lines += [words("status.next", **local_time_facts(found.next_run, words))] if found.next_run else []
    lines += [] if found.has_timer else [words("status.no_timer")]
    lines += [words("status.log", path=found.log)] if found.log else []
    write_line("\n".join(lines))
    raise typer.Exit(found.exit_code)


def _lines(one: AccountStatus, found: Overview, words: Catalogue, now: datetime) -> Iterator[str]:
    """Yield lines about the account's calendar, its problem and its pending changes."""
    zone = found.zones.get(one.account)
    states = [words("status.never")]
    if one.good is not None:
        age = format_age(one.age(now) or timedelta(), words)
        states = [words("status.good", **local_time_facts(one.good.at, words, zone), age=age)]
    if one.running_since is not None:
        states.append(words("status.running", hour=format_local_hour(one.running_since, zone)))
    if one.cut_off_at is not None:
        states.append(words("status.cut", hour=format_local_hour(one.cut_off_at, zone)))
    yield words("status.account", account=one.account or words("unattended.alone"), state=", ".join(states))
    if one.problem:
        for part, sentence in zip(("problem", "hint"), _problem(one, found, words), strict=True):
            yield words(f"status.{part}", detail=sentence)
    for push in found.pushes.get(one.account, ()):
        yield words("status.pushed", path=push.address, **local_time_facts(push.at, words, zone))
    if held := found.held.get(one.account):
        name = one.account if found.has_accounts else ""
        changes = format_counts(counts(held.changes), words)
        yield words("status.held", **local_time_facts(held.at, words, zone), changes=changes)
        yield words("status.hint", detail=words("status.held_hint", account=name))
    if one.until is not None:
        yield words("status.try", **local_time_facts(one.until, words, zone))


def _problem(one: AccountStatus, found: Overview, words: Catalogue) -> tuple[str, str]:
    return describe_problem(one, words, has_accounts=found.has_accounts, has_pending=one.account in found.held)


def _data(one: AccountStatus, found: Overview, words: Catalogue, now: datetime) -> dict[str, object]:
    age, last, held = one.age(now), one.last, found.held.get(one.account)
    message, hint = _problem(one, found, words)
    return {
        "name": one.account,
        "last_good": time_to_json(one.good.at if one.good else None),
        "age_seconds": None if age is None else round(age.total_seconds()),
        "last_run": None
        if last is None
        else {"at": time_to_json(last.at), "exit_code": last.exit_code, "error": last.error, "reason": last.reason},
        "running_since": time_to_json(one.running_since),
        "not_before": time_to_json(one.until),
        "held": {"at": time_to_json(held.at), "changes": counts(held.changes), "suspicious": held.suspicious}
        if held
        else None,
        "pushes": [
            {"address": push.address, "at": time_to_json(push.at)} for push in found.pushes.get(one.account, ())
        ],
        "exit_code": one.exit_code,
        "problem": {"kind": one.problem, "message": message, "hint": hint} if one.problem else None,
    }
