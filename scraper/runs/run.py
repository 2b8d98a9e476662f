"""A run of an account: locked against others, marked as started, and stored with its result."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import datetime
from typing import Protocol, TypeVar

from scraper.errors import AurionError, Interrupted, LoginRefused, facts_to_json
from scraper.i18n import Catalogue
from scraper.runs.worker import WorkerResult
from scraper.system.failed_run import failed_run
from scraper.system.run_history import Run, Runs
from scraper.system.signals import defer_signals


class RunResult(Protocol):
    """The result of a run; `held` is true if its changes wait for the user's approval."""

    @property
    def held(self) -> bool:
        """Whether the changes wait for approval."""


Result = TypeVar("Result", bound=RunResult)


def record_run(
    runs: Runs,
    work: Callable[[], Result],
    clock: Callable[[], datetime],
    *,
    unattended: bool = False,
    retry_blocked: bool = False,
    may_overlap: bool = False,
    must_store: bool = True,
    on_cut_off: Callable[[datetime], None] = lambda _: None,
) -> Result:
    """Do the work as a run of the account, and store how it ends. Its start is stored first.

    So a refused login that cannot be stored is never tried. `on_cut_off` gets the start of an earlier run that was cut
    off. Unless `must_store`, a result that cannot be stored is ignored. Raise the errors of `work`;
    LoginRefused("blocked") if the portal refused the last login, unless `retry_blocked`; AnotherRun if the account is
    being exported, unless runs `may_overlap`; DeliveryError if the run cannot be stored.
    """
    with nullcontext() if may_overlap else runs.lock():
        if runs.is_blocked() and not retry_blocked:
            raise LoginRefused("blocked", name=runs.account)
        if cut_off := runs.started_at():
            on_cut_off(cut_off)
        started = clock()
        runs.mark_started(started)

        def store(run: Run) -> None:
            with nullcontext() if must_store else suppress(AurionError):
                runs.add(run)

        def store_failure(error: AurionError) -> None:
            store(failed_run(started, error, (clock() - started).total_seconds(), unattended=unattended))

        try:
            result = work()
        except AurionError as error:
            store_failure(error)
            raise
        except KeyboardInterrupt:
            with defer_signals():  # a second signal would leave the run without a stored end
                store_failure(Interrupted("stopped"))
            raise
        store(_run_of(result, started, (clock() - started).total_seconds(), unattended=unattended))
        return result


def _run_of(result: RunResult, started: datetime, seconds: float, *, unattended: bool) -> Run:
    if not isinstance(result, WorkerResult):
        return Run(at=started, exit_code=0, seconds=round(seconds, 2), unattended=unattended, held=result.held)
    return Run(
        at=started, exit_code=result.exit_code, error=result.error, reason=result.reason, facts=result.facts,
        seconds=round(result.seconds, 2), unattended=unattended, held=result.held,
    )  # fmt: skip


def failed_result(error: AurionError, words: Catalogue) -> WorkerResult:
    """Return the result of an export that ended with this error."""
    message, hint = words.error(error)
    return WorkerResult(
        exit_code=error.exit_code, error=type(error).__name__, reason=error.reason, facts=facts_to_json(error),
        message=message, hint=hint, details=error.details,
    )  # fmt: skip
