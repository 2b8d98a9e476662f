"""What is known of one account without asking its portal: its calendars' places, and how its last run ended."""

from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path

from scraper.doctor.check import Check, State, failed, ok, wrong
from scraper.errors import DeliveryError
from scraper.runs import Runs
from scraper.sinks.file import FileSink
from scraper.unattended.backoff import INTERRUPTED, LATER

PASSING = LATER | {INTERRUPTED}
"""Exit codes of what may go well the next time."""


def outputs(account: str, paths: Iterable[str]) -> Check:
    """Whether each calendar can be written where it belongs; the first that cannot is told."""
    files = [path for path in paths if path != "-"]
    for path in files:
        try:
            FileSink(path=Path(path)).check()
        except DeliveryError as error:
            return failed("output", error, account)
    return ok("output", "well" if files else "none", account, paths=", ".join(files))


def last_run(account: str, runs: Runs, zone: tzinfo | None = None) -> Check:
    """How the last run ended, at which time of that zone, the machine's unless given."""
    run = runs.last()
    if run is None:
        return ok("run", "never", account)
    at = run.at.astimezone(zone)
    if runs.is_blocked():
        return wrong("run", "blocked", account, at=at)
    if run.exit_code == 0:
        return ok("run", account=account, at=at)
    if runs.is_fresh():
        return ok("run", "anew", account, at=at)
    good = runs.last_good()
    since = good.at.astimezone(zone) if good else ""
    state = State.WARNING if run.exit_code in PASSING else State.ERROR
    facts = {"at": at, "code": run.exit_code, "error": run.error, "good": since}
    return Check(name="run", state=state, reason="failed", facts=facts, account=account)
