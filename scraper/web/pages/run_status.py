"""The status of an account's runs: what is under way, how the last run ended, and the next step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from scraper.domain.changes import counts
from scraper.publishing.pending import PendingChanges
from scraper.web.pages.active_runs import ActiveRun

Kind = Literal["going", "elsewhere", "done", "held", "dropped", "failed", "stopped", "cut", "never"]
OLD = timedelta(days=1)
RUNNING = frozenset({"going", "elsewhere"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """The status of an account's runs.

    `kind` is a key under `page.runs.kinds`. `since` is when the current or last run started; `last_success` when the
    last successful one did. `run` is set where this server started it. `next_step` is what the page offers after a
    failure, a key under `page.runs.next`. `message` and `hint` are the error of a failed run, `facts` the result of a
    successful one, `pending` the changes that wait for approval. `labels` are the menu entries to choose from where
    none opens a timetable, `host` is the one to allow where the login is on another host.
    """

    account: str
    kind: Kind
    since: datetime | None = None
    last_success: datetime | None = None
    run: ActiveRun | None = None
    message: str = ""
    hint: str = ""
    next_step: str = "again"
    facts: Mapping[str, Any] = field(default_factory=dict)
    pending: PendingChanges | None = None
    labels: tuple[str, ...] = ()
    host: str = ""

    @property
    def pending_counts(self) -> list[tuple[str, int]]:
        """How many changes of each kind wait for approval."""
        return [(kind, count) for kind, count in counts(self.pending.changes if self.pending else ()).items() if count]

    def is_old(self, now: datetime) -> bool:
        """Return whether the last success is more than a day ago."""
        return self.last_success is None or now - self.last_success > OLD

    @property
    def is_running(self) -> bool:
        """Whether a run is under way, in this server or in another process."""
        return self.kind in RUNNING
