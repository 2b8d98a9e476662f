"""Set-ups of calendars at services: a slow server would keep a form waiting, so each goes on in a thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock, Thread
from typing import Literal

from scraper.errors import AurionError
from scraper.sinks.push_state import load_state
from scraper.system.crash_report import save_crash_report

SHOWN = timedelta(minutes=10)
"""How long the result of a set-up is shown."""
Result = Literal["sent", "later", "empty"]
"""Whether the lessons were sent, will be sent by the next update, or are not known yet."""


@dataclass(slots=True, kw_only=True)
class ServiceJob:
    """A set-up under way, or its result; `typed` are the values of its form except secrets.

    `state_file` is the file of a push in progress, None while the server is searched for the calendar.
    """

    typed: Mapping[str, str] = field(repr=False)
    state_file: Path | None = None
    ended_at: datetime | None = None
    result: Result | None = None
    error: AurionError | None = None

    @property
    def progress(self) -> tuple[int, int] | None:
        """How many of how many events were sent; None before the push."""
        state = load_state(self.state_file) if self.state_file else None
        return (len(state.events), len({*state.events, *state.offered})) if state and state.offered else None


@dataclass(slots=True)
class ServiceJobs:
    """The last set-up of each account and way."""

    clock: Callable[[], datetime]
    _last: dict[tuple[str, str], ServiceJob] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock)

    def last(self, account: str, way: str) -> ServiceJob | None:
        """Return the set-up under way, else the last one if it ended a short time ago."""
        job = self._last.get((account, way))
        return None if job and job.ended_at and self.clock() - job.ended_at > SHOWN else job

    def start(self, account: str, way: str, typed: Mapping[str, str], work: Callable[[ServiceJob], Result]) -> None:
        """Start the work unless a set-up of this account and way is under way."""
        with self._lock:
            previous = self._last.get((account, way))
            if previous and not previous.ended_at:
                return
            self._last[account, way] = job = ServiceJob(typed=typed)
        Thread(target=self._run, args=(job, work), daemon=True).start()

    def _run(self, job: ServiceJob, work: Callable[[ServiceJob], Result]) -> None:
        try:
            job.result = work(job)
        except AurionError as error:
            job.error = error
        except Exception as raised:  # noqa: BLE001 - a bug is shown on the page like any error
            job.error = save_crash_report(raised)
        finally:
            job.ended_at = self.clock()
