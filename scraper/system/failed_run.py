"""A failed run in the history: stored from its error, and restored as the error to explain."""

from datetime import datetime

from scraper.errors import AurionError, SuspiciouslyEmpty, facts_to_json, restore_error
from scraper.system.run_history import Run


def failed_run(at: datetime, error: AurionError, seconds: float = 0, *, unattended: bool = False) -> Run:
    """Return the run that ended with this error."""
    return Run(
        at=at, exit_code=error.exit_code, error=type(error).__name__, reason=error.reason, facts=facts_to_json(error),
        seconds=round(seconds, 2), unattended=unattended, held=isinstance(error, SuspiciouslyEmpty),
    )  # fmt: skip


def failure_of(run: Run, account: str = "", *, has_pending: bool = True) -> AurionError:
    """Return the error that ended the run; `account` is the name for commands, "" if the settings have no accounts.

    `has_pending` is false if no changes are pending: the suspicious ones were discarded since.
    """
    error = restore_error(run.error, run.reason, run.facts, run.exit_code)
    error.facts |= {"account": account}
    if isinstance(error, SuspiciouslyEmpty) and not has_pending:
        error.reason = "dropped"
    return error
