"""A clock that is set, a portal that is made up, and someone who counts what is reported."""

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
class Someone:
    """Reads notifications, where there is a desktop to read them on."""

    reported: list[tuple[str, str]] = field(default_factory=list)
    there: bool = True

    def send(self, title: str, text: str) -> bool:
        """Notes it."""
        if self.there:
            self.reported.append((title, text))
        return self.there

    @property
    def titles(self) -> list[str]:
        """What the notifications were about: the last words of their titles."""
        return ["resolved" if "de nouveau" in title else "problem" for title, _ in self.reported]


def failed(code: int, reason: str = "") -> WorkerResult:
    """An export that ended with that code."""
    return WorkerResult(
        exit_code=code, error=f"Error{code}", reason=reason, message=f"Message {code}.", hint="Faire ceci."
    )


@dataclass(slots=True)
class World:
    """Everything around the runs of one account; `portal` says what an export at that time comes to."""

    state: Path
    now: datetime = datetime(2026, 11, 24, 12, tzinfo=UTC)
    portal: Callable[[datetime], WorkerResult] = lambda _: WorkerResult(exit_code=0)
    someone: Someone = field(default_factory=Someone)
    asked: list[datetime] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    words: Catalogue = field(default_factory=lambda: Catalogue("fr"))

    @property
    def runs(self) -> Runs:
        """The account's."""
        return Runs(self.state, NAME)

    def turn(self, **hours: float) -> TurnResult:
        """The timer fires, so much later."""
        self.now += timedelta(**hours)
        account = ScheduledAccount(name=NAME, label="ca•••", login="camille.durand", notifier=self.someone)
        (standing,) = run_unattended([account], self._export, self.context)
        return standing

    @property
    def context(self) -> RunContext:
        """What a run needs."""
        return RunContext(
            state=self.state, clock=lambda: self.now, words=self.words, log=self.lines.append, sleep=self._sleep
        )

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _export(self, _: ScheduledAccount, on_step: OnStep) -> WorkerResult:
        self.asked.append(self.now)
        on_step("portal", 0.5)
        return self.portal(self.now)
