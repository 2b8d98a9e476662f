"""What a person does beside the runs by themselves: has an export run now, publishes what was kept back."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from scraper.account import Account, ledger_of
from scraper.errors import AurionError, DeliveryError, LoginRefused
from scraper.held import publish_held, waiting
from scraper.progress import Progress
from scraper.publish import Outcome
from scraper.runs import Runs, failed_run
from scraper.target import Target
from scraper.unattended.child import Result, of_error, run_of
from scraper.unattended.told import Told
from scraper.words import Words

Clock = Callable[[], datetime]
"""Aware."""


def run_now(runs: Runs, export: Callable[[], Result], clock: Clock, words: Words, *, anew: bool = False) -> Result:
    """An export that a person asked for, remembered as any: it waits for nothing, and its end is told by nobody else.

    A login that was refused is tried only with a password that is given `anew`: else it raises LoginRefused("blocked").
    Raises AnotherRun where one of this account goes on, DeliveryError where it could not be remembered.
    """
    with runs.going():
        if runs.is_blocked() and not anew:
            raise LoginRefused("blocked", name=runs.account)
        began = clock()
        runs.begin(began)
        try:
            result = export()
        except AurionError as error:
            result = of_error(error, words, (clock() - began).total_seconds())
        runs.add(run_of(result, began))
    return result


def publish_now(
    account: Account,
    targets: Sequence[Target],
    progress: Progress,
    now: datetime,
    *,
    before_commit: Callable[[], None] = lambda: None,
) -> Outcome | None:
    """Publishes what waits of that account; None where nothing does.

    The run that read it counts as a good one from now on, and nobody is told of its changes once more; a login that
    was refused since stays refused. Raises what `publish_held` raises, AnotherRun while a run of the account goes on.
    """
    with Runs(account.state, account.runs).going():
        return _publish(account, targets, progress, now, before_commit)


def _publish(
    account: Account, targets: Sequence[Target], progress: Progress, now: datetime, before_commit: Callable[[], None]
) -> Outcome | None:
    ledger = ledger_of(account)
    try:
        outcome = publish_held(ledger, account.school, targets, progress, now=now, before_commit=before_commit)
    except DeliveryError as error:
        with suppress(AurionError):
            if waiting(ledger, now) is None:  # it is published for good, but not everywhere delivered
                Runs(account.state, account.runs).add(failed_run(now, error))
        raise
    if outcome is not None:
        with suppress(AurionError):
            Runs(account.state, account.runs).settle()
            Told(account.state, account.runs).news_told(now + timedelta(microseconds=1))
    return outcome
