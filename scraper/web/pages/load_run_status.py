"""Find out the status of an account's runs, from this server's runs and the state folder."""

from dataclasses import replace

from scraper.domain.failure_advice import step_of
from scraper.errors import AurionError, ExitCode, restore_error
from scraper.i18n import Catalogue
from scraper.runs.worker import WorkerResult
from scraper.system.failed_run import failure_of
from scraper.system.run_history import Run, Runs
from scraper.web.pages.active_runs import ActiveRun
from scraper.web.pages.messages import error_message, page_message
from scraper.web.pages.pending_pages import find_pending
from scraper.web.pages.request import PageRequest
from scraper.web.pages.run_status import Kind, RunStatus


def load_run_status(request: PageRequest, account: str) -> RunStatus:
    """Return the account's status, from this server's runs and the state folder that all processes share."""
    state, words = request.state, request.words
    runs, run = Runs(state.folder, account).read_once(), state.runs.get(account)
    last, last_success = runs.last(), runs.last_good()
    known = RunStatus(account=account, kind="never", last_success=last_success.at if last_success else None, run=run)
    if run and run.result is None:
        return replace(known, kind="going", since=run.started)
    if runs.is_running():
        return replace(known, kind="elsewhere", since=runs.started_at(), run=None)
    if run and run.result and _is_last(run, run.result, last):
        status = _finished_status(known, run, run.result, words)
    else:
        status = _stored_status(replace(known, run=None), runs, words)
    if status.kind != "held" and status.next_step != "waiting":
        return status
    if (pending := find_pending(request, account)) is None:  # they were discarded meanwhile
        return replace(status, kind="dropped")
    return replace(status, pending=pending)


def _is_last(run: ActiveRun, result: WorkerResult, last: Run | None) -> bool:
    """Return whether no later run exists and the run's pending changes are still there.

    A run that failed because another one was under way does not count as the last.
    """
    if last is None or run.ended_at is None:
        return True
    return last.at <= run.ended_at and last.held == result.held and result.error != "AnotherRun"


def _finished_status(known: RunStatus, run: ActiveRun, result: WorkerResult, words: Catalogue) -> RunStatus:
    """Return the status after a run that this server has seen to its end."""
    if result.exit_code in {0, ExitCode.INTERRUPTED}:
        kind: Kind = "stopped" if result.exit_code else "held" if result.held else "done"
        return replace(known, kind=kind, since=run.started, facts=result.output)
    message, hint = page_message(result.error, result.reason, (result.message, result.hint), words)
    error = restore_error(result.error, result.reason, result.facts, result.exit_code)
    return replace(_with_advice(known, error), kind="failed", since=run.started, message=message, hint=hint)


def _stored_status(known: RunStatus, runs: Runs, words: Catalogue) -> RunStatus:
    """Return the status from the state folder alone."""
    last, begun = runs.last(), runs.started_at()
    if begun is not None:
        return replace(known, kind="cut", since=begun)
    if last is None:
        return known
    if last.exit_code in {ExitCode.OK, ExitCode.INTERRUPTED}:
        kind: Kind = "stopped" if last.exit_code else "held" if last.held else "done"
        return replace(known, kind=kind, since=last.at)
    error = failure_of(last, known.account)
    message, hint = error_message(error, words)
    known = replace(known, kind="failed", since=last.at, message=message, hint=hint)
    return known if runs.is_fresh() else _with_advice(known, error)


def _with_advice(known: RunStatus, error: AurionError) -> RunStatus:
    """Add the next step after an error, with what the portal offered; settings where it offered nothing."""
    step, labels, host = step_of(error), error.facts.get("labels"), str(error.facts.get("host") or "")
    if step == "menu":
        labels = tuple(map(str, labels)) if isinstance(labels, list | tuple) else ()
        return replace(known, next_step="menu" if labels else "settings", labels=labels)
    if step == "host":
        return replace(known, next_step="host" if "." in host else "window", host=host if "." in host else "")
    return replace(known, next_step=step)
