"""The status of an account, from its stored runs. Pure apart from reading the state folder."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scraper.errors import ExitCode
from scraper.runs.backoff import next_attempt
from scraper.system.run_history import Run, Runs

OLD = timedelta(days=2)
"""A calendar older than this is a problem if a timer is installed."""
NEVER, TOO_OLD = ExitCode.SETTINGS, ExitCode.UNAVAILABLE
"""The exit codes of an account without runs, and of a calendar that is old although no run failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """The state of one account. `problem` is "never", "blocked", "old", a failed run's exit code, or "" (none).

    `failed` is the run that caused the problem; `changed` is true if the account was changed since then. The run in
    progress started at `running_since`, one that was cut off at `cut_off_at`. The portal is not asked before `until`.
    """

    account: str
    last: Run | None
    good: Run | None
    running_since: datetime | None = None
    cut_off_at: datetime | None = None
    until: datetime | None = None
    failed: Run | None = None
    changed: bool = False
    problem: str = ""
    exit_code: int = 0

    def age(self, now: datetime) -> timedelta | None:
        """Return the age of the last successful export, never negative; None if there is none."""
        return None if self.good is None else max(now - self.good.at, timedelta())


def status_of(runs: Runs, now: datetime, *, has_timer: bool) -> AccountStatus:
    """Return the status of an account; `has_timer` is true if a timer is installed."""
    runs = runs.read_once()
    known = runs.all()
    last = next((run for run in reversed(known) if run.exit_code != ExitCode.INTERRUPTED), runs.last())
    started, is_running = runs.started_at(), runs.is_running()
    blocked = runs.is_blocked()
    problem, code = _problem(last, runs.last_good(), now, blocked=blocked, has_timer=has_timer)
    refused = next((run for run in reversed(known) if run.exit_code == ExitCode.LOGIN_REFUSED), None)
    return AccountStatus(
        account=runs.account,
        last=last,
        good=runs.last_good(),
        running_since=started if is_running else None,
        cut_off_at=None if is_running else started,
        until=next_attempt(runs, now),
        failed=refused or last if blocked else last if last and last.exit_code else None,
        changed=runs.is_fresh(),
        problem=problem,
        exit_code=code,
    )


def _problem(last: Run | None, good: Run | None, now: datetime, *, blocked: bool, has_timer: bool) -> tuple[str, int]:
    if blocked:
        return "blocked", ExitCode.LOGIN_REFUSED
    if last is None:
        return "never", NEVER
    if last.exit_code:
        code = ExitCode(last.exit_code)
        return str(int(code)), code
    if has_timer and good and now - good.at > OLD and not last.held:
        return "old", TOO_OLD
    return "", 0
