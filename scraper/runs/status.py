"""How it stands with each account: what came of its runs, what is wrong. Pure but for reading what is remembered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scraper.runs.backoff import INTERRUPTED, not_before
from scraper.system.run_history import REFUSED, Run, Runs

OLD = timedelta(days=2)
"""A calendar older than this is a problem where runs by themselves are planned."""
NEVER, TOO_OLD = 2, 5
"""The exit codes of an account that never ran, and of a calendar that is old without any run that failed."""
TOLD = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 70})


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of one account. `problem` is "never", "blocked", "old", a failed run's exit code, or "" if all is well.

    `failed` is the run that the problem comes from; `changed` is true if the account was changed since then. `begun`
    is when the run began that is under way, `cut` when one began that was cut off; `until`, how long the portal is left
    alone.
    """

    account: str
    last: Run | None
    good: Run | None
    begun: datetime | None = None
    cut: datetime | None = None
    until: datetime | None = None
    failed: Run | None = None
    changed: bool = False
    problem: str = ""
    exit_code: int = 0

    def age(self, now: datetime) -> timedelta | None:
        """How old the last good export is; never negative, whatever the clock did; None where there is none."""
        return None if self.good is None else max(now - self.good.at, timedelta())


def status_of(runs: Runs, now: datetime, *, timed: bool) -> Status:
    """The status of the account of these runs; `timed` tells that runs by themselves are planned."""
    known = runs.all()
    last = next((run for run in reversed(known) if run.exit_code != INTERRUPTED), runs.last())
    begun, goes_on = runs.started_at(), runs.is_running()
    blocked = runs.is_blocked()
    problem, code = _problem(last, runs.last_good(), now, blocked=blocked, timed=timed)
    refused = next((run for run in reversed(known) if run.exit_code == REFUSED), None)
    return Status(
        account=runs.account,
        last=last,
        good=runs.last_good(),
        begun=begun if goes_on else None,
        cut=None if goes_on else begun,
        until=None if runs.is_fresh() or problem == "blocked" else not_before(known, now),
        failed=refused or last if blocked else last if last and last.exit_code else None,
        changed=runs.is_fresh(),
        problem=problem,
        exit_code=code,
    )


def _problem(last: Run | None, good: Run | None, now: datetime, *, blocked: bool, timed: bool) -> tuple[str, int]:
    if blocked:
        return "blocked", REFUSED
    if last is None:
        return "never", NEVER
    if last.exit_code:
        known = last.exit_code if last.exit_code in {*TOLD, INTERRUPTED} else 70
        return str(known), known
    if timed and good and now - good.at > OLD and not last.held:
        return "old", TOO_OLD
    return "", 0
