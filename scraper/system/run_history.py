"""What became of each run of an account, and whether the next one may ask the portal: kept in the state folder.

A damaged or missing file is no runs, never an error.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from scraper import errors
from scraper.errors import (  # fmt: skip
    AnotherRun,
    AurionError,
    DeliveryError,
    Fact,
    SuspiciouslyEmpty,
    facts_to_keep,
    known_facts,
)
from scraper.system.files import private_folder, private_lock
from scraper.system.json_store import JsonFile, memory_of
from scraper.system.os_errors import translate_state_errors

MOST_RUNS = 50
REFUSED = 3
"""The exit code of a login that was refused."""
LATER = frozenset({5, 8})
"""Exit codes of what may be over by itself: the portal or a place for calendars is not available."""
GOING_PATIENCE = 0.5
"""Seconds that a run waits for whoever only looks whether one goes on."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
WORST = (70, 3, 2, 4, 6, 9, 7, 8, 5)
"""Of several exit codes the first of these is that of all."""


def combined_exit_code(codes: Iterable[int]) -> int:
    """The exit code of several accounts together; 0 where all are done."""
    found = {code for code in codes if code}
    return next((code for code in WORST if code in found), max(found, default=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: when it began (aware), its exit code, how many seconds it took; the error's class, reason and facts.

    `held` is true while what it read waits to be published. Runs that older versions noted have no facts.
    """

    at: datetime
    exit_code: int
    error: str = ""
    reason: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    seconds: float = 0
    unattended: bool = False
    held: bool = False

    @property
    def may_pass(self) -> bool:
        """Whether its failure may be over by itself: of one code there are both, and the error's class tells."""
        kind = getattr(errors, self.error, None)
        if self.exit_code == DeliveryError.exit_code and isinstance(kind, type) and issubclass(kind, AurionError):
            return kind.transient
        return self.exit_code in LATER

    @property
    def is_good(self) -> bool:
        """Whether the calendar is as it read it."""
        return self.exit_code == 0 and not self.held


def failed_run(at: datetime, error: AurionError, seconds: float = 0) -> Run:
    """The run that ended with this error."""
    return Run(
        at=at, exit_code=error.exit_code, error=type(error).__name__, reason=error.reason, facts=facts_to_keep(error),
        seconds=seconds, held=isinstance(error, SuspiciouslyEmpty),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one account, by its name (without an account: the login). `state` is the state folder."""

    state: Path
    account: str

    def all(self) -> tuple[Run, ...]:
        """Those remembered, in the order in which they ended: the last fifty, and the last good one."""
        return _runs(self._memory.read())

    def last(self) -> Run | None:
        """The latest; None where there is none."""
        return next(reversed(self.all()), None)

    def last_good(self) -> Run | None:
        """The latest that was done; None where there is none."""
        return next((run for run in reversed(self.all()) if run.is_good), None)

    def add(self, run: Run) -> None:
        """Remembers it; a refused login is blocked from now on, a good run ends that.

        Raises DeliveryError where the state folder cannot be written, AnotherRun.
        """
        with self._memory.changing() as kept:
            kept["account"] = self.account
            kept["runs"] = [_plain(one) for one in _bounded((*_runs(kept), run))]
            if run.exit_code in {0, REFUSED}:
                kept["blocked"] = run.exit_code == REFUSED
            for name in ("begun", "fresh"):
                kept.pop(name, None)

    def settle(self) -> None:
        """What the last run kept back is published: that run is a good one now. A refused login stays one.

        Raises DeliveryError, AnotherRun.
        """
        with self._memory.changing() as kept:
            runs = list(_runs(kept))
            last = next((number for number in reversed(range(len(runs))) if runs[number].held), None)
            if last is not None:
                runs[last] = replace(runs[last], exit_code=0, error="", reason="", facts={}, held=False)
                kept["runs"] = [_plain(one) for one in runs]

    def begin(self, at: datetime) -> None:
        """Notes that a run begins: what cannot be written now is told before the portal is asked, not after.

        Raises DeliveryError, AnotherRun.
        """
        with self._memory.changing() as kept:
            kept |= {"account": self.account, "begun": at.astimezone(UTC).isoformat()}

    def begun(self) -> datetime | None:
        """When the run began that goes on now, or that was cut off; None where the last one ended."""
        return instant(self._memory.read().get("begun"))

    @contextmanager
    def going(self) -> Iterator[None]:
        """While the block goes on no other run of the account begins. Raises AnotherRun, DeliveryError."""
        with translate_state_errors(str(self._going)):
            private_folder(self.state)
            private_folder(self.state / "runs")
            lock = private_lock(self._going, GOING_PATIENCE)
            try:
                lock.acquire()
            except Timeout:
                raise AnotherRun(path=lock.lock_file) from None
        try:
            yield
        finally:
            lock.release()

    def goes_on(self) -> bool:
        """Whether a run of the account goes on now, in whichever process; nothing is made to find out."""
        try:
            if not self._going.exists():
                return False
            with FileLock(self._going, timeout=0, mode=0o600):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    def note_login(self, *, accepted: bool) -> None:
        """Remember at once what the portal said of a login, whatever becomes of the run.

        A refused one is blocked from now on, an accepted one ends that. Raises DeliveryError, AnotherRun.
        """
        if self.is_blocked() == accepted:
            with self._memory.changing() as kept:
                kept |= {"account": self.account, "blocked": not accepted}

    def is_blocked(self) -> bool:
        """Whether the login was refused and nobody has set the password anew since."""
        return self._memory.read().get("blocked") is True

    def is_fresh(self) -> bool:
        """Whether the account was set anew since the last run: what failed before says nothing of the next one."""
        return self._memory.read().get("fresh") is True

    def allow_again(self) -> None:
        """The password was set anew: the next run may ask the portal, at once. Raises DeliveryError, AnotherRun."""
        with self._memory.changing() as kept:
            kept |= {"account": self.account, "blocked": False, "fresh": True}

    def forget(self) -> None:
        """Forgets them all. Raises DeliveryError."""
        self._memory.forget()

    def try_now(self) -> None:
        """Somebody wants to see a run: the next one waits for nothing, but a block stays.

        Raises DeliveryError, AnotherRun.
        """
        with self._memory.changing() as kept:
            kept |= {"account": self.account, "fresh": True}

    @property
    def _going(self) -> Path:
        return self._memory.path.with_suffix(".going")

    @property
    def _memory(self) -> JsonFile:
        return memory_of(self.state, "runs", self.account)


def _bounded(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    old, kept = runs[:-MOST_RUNS], runs[-MOST_RUNS:]
    good = [run for run in old if run.is_good] if not any(run.is_good for run in kept) else []
    return (*good[-1:], *kept)


def known_accounts(state: Path) -> tuple[str, ...]:
    """The names under which runs are remembered, those that ran last first."""
    kept = [JsonFile(path).read() for path in (state / "runs").glob("*.json")]
    found = [(_runs(one)[-1:], one["account"]) for one in kept if isinstance(one.get("account"), str)]
    return tuple(name for _, name in sorted(found, key=lambda one: one[0][0].at if one[0] else LONG_AGO, reverse=True))


def _plain(run: Run) -> dict[str, object]:
    return {name: getattr(run, name) for name in Run.__slots__} | {"at": run.at.astimezone(UTC).isoformat()}


def _runs(kept: Mapping[str, Any]) -> tuple[Run, ...]:
    """What is a run of all that stands there."""
    found = kept.get("runs")
    read = [_run(one) for one in found] if isinstance(found, list) else []
    return tuple(one for one in read if one is not None)


def _run(data: Any) -> Run | None:  # noqa: ANN401 - any JSON
    at = instant(data.get("at")) if isinstance(data, dict) else None
    if at is None or type(data.get("exit_code")) is not int:
        return None
    seconds = data.get("seconds")
    return Run(
        at=at,
        exit_code=data["exit_code"],
        error=str(data.get("error", "")),
        reason=str(data.get("reason", "")),
        facts=known_facts(data.get("facts")),
        seconds=seconds if isinstance(seconds, int | float) and math.isfinite(seconds) else 0,
        unattended=data.get("unattended") is True,
        held=data.get("held") is True,
    )


def instant(text: object) -> datetime | None:
    """An aware time in UTC; None for what is none."""
    try:
        at = datetime.fromisoformat(str(text))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
