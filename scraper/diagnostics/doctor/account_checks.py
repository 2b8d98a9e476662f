"""Checks of an account that do not ask its portal: its calendars' files and its last run."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path

from scraper.diagnostics.doctor.check_result import Check, State, ok, result_of_error
from scraper.domain.failure_advice import step_of
from scraper.errors import DeliveryError, ExitCode, LoginRefused
from scraper.sinks.file import FileSink
from scraper.system.failed_run import failure_of
from scraper.system.run_history import Runs

_PASSING = frozenset({"again", "later"})
"""Next steps after which a run may succeed without any change on this machine."""


def outputs(account: str, paths: Iterable[str]) -> Check:
    """Check that each calendar can be written; report the first that cannot."""
    files = [path for path in paths if path != "-"]
    for path in files:
        try:
            FileSink(path=Path(path)).check()
        except DeliveryError as error:
            return result_of_error("output", error, account)
    return ok("output", "well" if files else "none", account, paths=", ".join(files))


def last_run(account: str, runs: Runs, zone: tzinfo | None = None, *, has_pending: bool = True) -> Check:
    """Check the last run; its time is in `zone`, by default the machine's.

    `has_pending` is true if changes wait to be published.
    """
    run = runs.last()
    if run is None:
        blocked = result_of_error("run", LoginRefused(account=account), account)
        return blocked if runs.is_blocked() else ok("run", "never", account)
    at = run.at.astimezone(zone)
    if runs.is_blocked():
        refused = next((one for one in reversed(runs.all()) if one.exit_code == ExitCode.LOGIN_REFUSED), run)
        return replace(
            result_of_error("run", failure_of(refused, account), account), reason="blocked", facts={"at": at}
        )
    if run.exit_code == ExitCode.OK:
        return ok("run", account=account, at=at)
    if runs.is_fresh():
        return ok("run", "account-changed", account, at=at)
    good, error = runs.last_good(), failure_of(run, account, has_pending=has_pending)
    state = State.WARNING if step_of(error) in _PASSING else State.ERROR
    facts = {"at": at, "good": good.at.astimezone(zone)} if good else {"at": at}
    return replace(result_of_error("run", error, account, state), reason="failed", facts=facts)
