"""How it stands with an account's runs: what goes on, what came of the last one, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from scraper.domain.changes import counts
from scraper.errors import Interrupted, error_of
from scraper.i18n import Catalogue
from scraper.publishing.pending import PendingChanges
from scraper.runs.failures import failure_of, step_of
from scraper.runs.worker import WorkerResult
from scraper.system.run_history import Run, Runs
from scraper.web.pages.active_runs import ActiveRun
from scraper.web.pages.messages import error_message, on_the_page
from scraper.web.pages.pending import what_waits
from scraper.web.pages.server_state import ServerState

Kind = Literal["going", "elsewhere", "done", "held", "dropped", "failed", "stopped", "cut", "never"]
UNDER_WAY = frozenset({"going", "elsewhere"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """`since` is when the run that goes on, or the last one, began; `good`, when the last good one did.

    `next` is what the page offers after a failure, a key of the words under `page.runs.next`. `error_message` is the
    command's message about a finished run, where this server saw it. `held` are the changes that wait for approval.
    """

    account: str
    kind: Kind
    since: datetime | None = None
    good: datetime | None = None
    live: ActiveRun | None = None
    message: str = ""
    hint: str = ""
    next: str = "again"
    told: Mapping[str, Any] = field(default_factory=dict)
    held: PendingChanges | None = None

    @property
    def waits(self) -> list[tuple[str, int]]:
        """How many changes of each kind wait for a person's word."""
        return [(kind, count) for kind, count in counts(self.held.changes if self.held else ()).items() if count]

    @property
    def is_under_way(self) -> bool:
        """Whether a run goes on, here or elsewhere."""
        return self.kind in UNDER_WAY


def standing_of(desk: ServerState, account: str, words: Catalogue) -> RunStatus:
    """The account's, by what this server sees and what all processes remember."""
    runs, live = Runs(desk.state, account), desk.underway.of(account)
    last, good = runs.last(), runs.last_good()
    known = RunStatus(account=account, kind="never", good=good.at if good else None, live=live)
    if live and live.result is None:
        return replace(known, kind="going", since=live.began)
    if runs.is_running():
        return replace(known, kind="elsewhere", since=runs.started_at(), live=None)
    if live and live.result and _is_last(live, live.result, last):
        found = _ended(known, live, live.result, words)
    else:
        found = _remembered(replace(known, live=None), runs, words)
    if found.kind != "held" and found.next != "waiting":
        return found
    return _with_held(found, what_waits(desk, account))


def _is_last(live: ActiveRun, result: WorkerResult, last: Run | None) -> bool:
    """Whether nobody ran after it, or published what it kept back; one that only met another tells nothing."""
    if last is None or live.ended is None:
        return True
    return last.at <= live.ended and last.held == result.held and result.error != "AnotherRun"


def _ended(known: RunStatus, live: ActiveRun, result: WorkerResult, words: Catalogue) -> RunStatus:
    if result.exit_code in {0, Interrupted.exit_code}:
        kind: Kind = "stopped" if result.exit_code else "held" if result.held else "done"
        return replace(known, kind=kind, since=live.began, told=result.said)
    message, hint = on_the_page(result.error, result.reason, (result.message, result.hint), words)
    step = step_of(error_of(result.error, result.reason, result.facts, result.exit_code))
    return replace(known, kind="failed", since=live.began, message=message, hint=hint, next=step)


def _remembered(known: RunStatus, runs: Runs, words: Catalogue) -> RunStatus:
    last, begun = runs.last(), runs.started_at()
    if begun is not None:
        return replace(known, kind="cut", since=begun)
    if last is None:
        return known
    if last.exit_code in {0, Interrupted.exit_code}:
        kind: Kind = "stopped" if last.exit_code else "held" if last.held else "done"
        return replace(known, kind=kind, since=last.at)
    error = failure_of(last, known.account)
    message, hint = error_message(error, words)
    step = "again" if runs.is_fresh() else step_of(error)
    return replace(known, kind="failed", since=last.at, message=message, hint=hint, next=step)


def _with_held(known: RunStatus, held: PendingChanges | None) -> RunStatus:
    """With what waits; where nothing does any more, somebody dropped it."""
    if held is not None:
        return replace(known, held=held)
    return replace(known, kind="dropped")
