"""What a person does beside the runs by themselves: publishes what was kept back."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from scraper.account import Account, ledger_of
from scraper.errors import AurionError
from scraper.held import publish_held
from scraper.progress import Progress
from scraper.publish import Outcome
from scraper.runs import Runs
from scraper.target import Target
from scraper.unattended.told import Told


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
    was refused since stays refused. Raises what `publish_held` raises.
    """
    outcome = publish_held(ledger_of(account), account.school, targets, progress, now=now, before_commit=before_commit)
    if outcome is not None:
        with suppress(AurionError):
            Runs(account.state, account.runs).settle()
            Told(account.state, account.runs).news_told(now + timedelta(microseconds=1))
    return outcome
