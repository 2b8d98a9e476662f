"""A simulated clock, portal and reader of notifications."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scraper.i18n import Catalogue
from scraper.runs.unattended import RunContext, ScheduledAccount, TurnResult, run_unattended
from scraper.runs.worker import OnStep, WorkerResult
from scraper.system.run_history import Runs

NAME = "camille"


@dataclass(slots=True)
class Reader:
    """A person who reads notifications; `there` is whether a desktop shows them."""

    reported: list[tuple[str, str]] = field(default_factory=list)
    there: bool = True

    def send(self, title: str, text: str) -> bool:
        """Record the notification."""
        if self.there:
            self.reported.append((title, text))
        return self.there

    @property
    def titles(self) -> list[str]:
        """The kinds of the notifications: a problem, or its end."""
        return ["resolved" if "de nouveau" in title else "problem" for title, _ in self.reported]


def failed(code: int, reason: str = "") -> WorkerResult:
    """Return the result of an export with that exit code."""
    return WorkerResult(
        exit_code=code, error=f"Error{code}", reason=reason, message=f"Message {code}.", hint="Faire ceci."
    )


@dataclass(slots=True)
class World:
    """Everything around the runs of one account; `portal` returns the result of an export at a time."""

    state: Path
    now: datetime = datetime(2026, 11, 24, 12, tzinfo=UTC)
    portal: Callable[[datetime], WorkerResult] = lambda _: WorkerResult(exit_code=0)
    reader: Reader = field(default_factory=Reader)
    asked: list[datetime] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    words: Catalogue = field(default_factory=lambda: Catalogue("fr"))

    @property
    def runs(self) -> Runs:
        """The runs of the account."""
        return Runs(self.state, NAME)

    def turn(self, **hours: float) -> TurnResult:
        """Let the hours pass and the timer start a run."""
        self.now += timedelta(**hours)
        account = ScheduledAccount(name=NAME, label="ca•••", login="camille.durand", notifier=self.reader)
        (standing,) = run_unattended([account], self._export, self.context)
        return standing

    @property
    def context(self) -> RunContext:
        """The context of a run."""
        return RunContext(
            state=self.state, clock=lambda: self.now, words=self.words, log=self.lines.append, sleep=self._sleep
        )

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _export(self, _: ScheduledAccount, on_step: OnStep) -> WorkerResult:
        self.asked.append(self.now)
        on_step("portal", 0.5)
        return self.portal(self.now)
