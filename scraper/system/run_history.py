"""The history of an account's runs, and whether the next run may contact the portal; kept in the state folder.

A damaged or missing file counts as an empty history.
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
from scraper.system.json_store import JsonFile, state_file
from scraper.system.os_errors import translate_state_errors

MOST_RUNS = 50
REFUSED = 3
"""The exit code of a refused login."""
LATER = frozenset({5, 8})
"""Exit codes of failures that may pass: the portal or a calendar's destination is not available."""
LOCK_PATIENCE = 0.5
"""Seconds that a run waits for the lock, which `is_running` holds for a moment."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
PRECEDENCE = (70, 3, 2, 4, 6, 9, 7, 8, 5)
"""Exit codes by precedence: of several accounts' codes, the first in this order is the combined one."""


def combined_exit_code(codes: Iterable[int]) -> int:
    """Return the exit code of several accounts together; 0 where all succeeded."""
    found = {code for code in codes if code}
    return next((code for code in PRECEDENCE if code in found), max(found, default=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run: when it started (aware), its exit code and duration in seconds; the error's class, reason and facts.

    `held` is true while its changes wait for review. Runs recorded by older versions have no facts.
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
        """Whether the failure may pass without action; for the exit code of deliveries the error's class decides."""
        kind = getattr(errors, self.error, None)
        if self.exit_code == DeliveryError.exit_code and isinstance(kind, type) and issubclass(kind, AurionError):
            return kind.transient
        return self.exit_code in LATER

    @property
    def is_good(self) -> bool:
        """Whether the run published what it read."""
        return self.exit_code == 0 and not self.held


def failed_run(at: datetime, error: AurionError, seconds: float = 0) -> Run:
    """Return the run that ended with this error."""
    return Run(
        at=at, exit_code=error.exit_code, error=type(error).__name__, reason=error.reason, facts=facts_to_keep(error),
        seconds=seconds, held=isinstance(error, SuspiciouslyEmpty),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one account, by its name (without one: its login). `state` is the state folder."""

    state: Path
    account: str

    def all(self) -> tuple[Run, ...]:
        """Return the stored runs in the order in which they ended: the last fifty and the last good one."""
        return _runs(self._file.read())

    def last(self) -> Run | None:
        """Return the latest run, or None."""
        return next(reversed(self.all()), None)

    def last_good(self) -> Run | None:
        """Return the latest good run, or None."""
        return next((run for run in reversed(self.all()) if run.is_good), None)

    def add(self, run: Run) -> None:
        """Store the run; a refused login blocks further runs, a successful run removes the block.

        Raise DeliveryError where the state folder cannot be written, or AnotherRun.
        """
        with self._file.changing() as data:
            data["account"] = self.account
            data["runs"] = [_plain(one) for one in _bounded((*_runs(data), run))]
            if run.exit_code in {0, REFUSED}:
                data["blocked"] = run.exit_code == REFUSED
            for name in ("begun", "fresh"):
                data.pop(name, None)

    def mark_published(self) -> None:
        """Mark the last held run as successful, after its changes were published; a block stays.

        Raise DeliveryError or AnotherRun.
        """
        with self._file.changing() as data:
            runs = list(_runs(data))
            last = next((number for number in reversed(range(len(runs))) if runs[number].held), None)
            if last is not None:
                runs[last] = replace(runs[last], exit_code=0, error="", reason="", facts={}, held=False)
                data["runs"] = [_plain(one) for one in runs]

    def mark_started(self, at: datetime) -> None:
        """Store that a run starts, so that an unwritable state folder is reported before the portal is contacted.

        Raise DeliveryError or AnotherRun.
        """
        with self._file.changing() as data:
            data |= {"account": self.account, "begun": at.astimezone(UTC).isoformat()}

    def started_at(self) -> datetime | None:
        """Return when the current or interrupted run started; None where the last run ended normally."""
        return parse_instant(self._file.read().get("begun"))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Prevent other runs of the account while the block runs. Raise AnotherRun or DeliveryError."""
        with translate_state_errors(str(self._lock_file)):
            private_folder(self.state)
            private_folder(self.state / "runs")
            lock = private_lock(self._lock_file, LOCK_PATIENCE)
            try:
                lock.acquire()
            except Timeout:
                raise AnotherRun(path=lock.lock_file) from None
        try:
            yield
        finally:
            lock.release()

    def is_running(self) -> bool:
        """Whether a run of the account is in progress, in any process; create no file."""
        try:
            if not self._lock_file.exists():
                return False
            with FileLock(self._lock_file, timeout=0, mode=0o600):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    def note_login(self, *, accepted: bool) -> None:
        """Store the portal's answer to a login at once, whatever happens later in the run.

        A refused login blocks further runs, an accepted one removes the block. Raise DeliveryError or AnotherRun.
        """
        if self.is_blocked() == accepted:
            with self._file.changing() as data:
                data |= {"account": self.account, "blocked": not accepted}

    def is_blocked(self) -> bool:
        """Whether the login was refused and the password was not changed since."""
        return self._file.read().get("blocked") is True

    def is_fresh(self) -> bool:
        """Whether earlier failures no longer count: `unblock` or `skip_backoff` was called since the last run."""
        return self._file.read().get("fresh") is True

    def unblock(self) -> None:
        """Allow the next run, without back-off, after the password was changed. Raise DeliveryError or AnotherRun."""
        with self._file.changing() as data:
            data |= {"account": self.account, "blocked": False, "fresh": True}

    def delete(self) -> None:
        """Delete the history. Raise DeliveryError."""
        self._file.delete()

    def skip_backoff(self) -> None:
        """Let the next run start without back-off, because the user asked for it; a block stays.

        Raise DeliveryError or AnotherRun.
        """
        with self._file.changing() as data:
            data |= {"account": self.account, "fresh": True}

    @property
    def _lock_file(self) -> Path:
        return self._file.path.with_suffix(".going")

    @property
    def _file(self) -> JsonFile:
        return state_file(self.state, "runs", self.account)


def _bounded(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    old, recent = runs[:-MOST_RUNS], runs[-MOST_RUNS:]
    good = [run for run in old if run.is_good] if not any(run.is_good for run in recent) else []
    return (*good[-1:], *recent)


def known_accounts(state: Path) -> tuple[str, ...]:
    """Return the names with a stored history, the last run first."""
    histories = [JsonFile(path).read() for path in (state / "runs").glob("*.json")]
    found = [(_runs(one)[-1:], one["account"]) for one in histories if isinstance(one.get("account"), str)]
    return tuple(name for _, name in sorted(found, key=lambda one: one[0][0].at if one[0] else LONG_AGO, reverse=True))


def _plain(run: Run) -> dict[str, object]:
    return {name: getattr(run, name) for name in Run.__slots__} | {"at": run.at.astimezone(UTC).isoformat()}


def _runs(data: Mapping[str, Any]) -> tuple[Run, ...]:
    """Return the valid runs in the data; skip the others."""
    found = data.get("runs")
    read = [_run(one) for one in found] if isinstance(found, list) else []
    return tuple(one for one in read if one is not None)


def _run(data: Any) -> Run | None:  # noqa: ANN401 - any JSON
    at = parse_instant(data.get("at")) if isinstance(data, dict) else None
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


def parse_instant(text: object) -> datetime | None:
    """Return an ISO 8601 text with an offset as time in UTC; None where it is not valid."""
    try:
        at = datetime.fromisoformat(str(text))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
