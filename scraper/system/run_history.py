"""The results of an account's runs, and whether the next run may contact the portal, in the state folder.

A damaged or missing file counts as no runs, never as an error.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from scraper.errors import DeliveryError, ExitCode, Fact, error_class, facts_from_json
from scraper.system.files import private_folder
from scraper.system.json_store import JsonFile, state_file
from scraper.system.locks import hold_lock
from scraper.system.os_errors import translate_state_errors

MOST_RUNS = 50
LOCK_PATIENCE = 0.5
"""Seconds to wait for the lock: a process that only checks whether a run is in progress holds it for a moment."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
WORST_FIRST = (
    ExitCode.BUG, ExitCode.LOGIN_REFUSED, ExitCode.SETTINGS, ExitCode.TOO_NEW, ExitCode.ACTION_NEEDED,
    ExitCode.PORTAL_CHANGED, ExitCode.OTHER_PRODUCT, ExitCode.SUSPICIOUSLY_EMPTY, ExitCode.NOT_DELIVERED,
    ExitCode.UNAVAILABLE,
)  # fmt: skip


def combined_exit_code(codes: Iterable[int]) -> int:
    """Return the worst of several accounts' exit codes; 0 if all are 0."""
    found = {code for code in codes if code}
    return next((code for code in WORST_FIRST if code in found), max(found, default=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run: its start (aware), exit code and duration in seconds; the error's class, reason and facts.

    `held` is true while its changes wait to be published. Runs stored by older versions have no facts.
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
        """Whether the failure may pass without action by the user; for NOT_DELIVERED it depends on the error class."""
        kind = error_class(self.error) if self.exit_code == DeliveryError.exit_code else None
        return kind.transient if kind else ExitCode(self.exit_code).may_pass

    @property
    def is_good(self) -> bool:
        """Whether the run succeeded and its changes are published."""
        return self.exit_code == 0 and not self.held


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one account, by its name (without an account: the login). `state` is the state folder."""

    state: Path
    account: str
    _content: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    def read_once(self) -> "Runs":
        """Return the runs as they are stored now, for several questions with one reading of the file."""
        return replace(self, _content=self._file.read())

    def all(self) -> tuple[Run, ...]:
        """Return the stored runs in the order in which they ended: the last fifty, and the last successful one."""
        return _runs(self._read_data())

    def last(self) -> Run | None:
        """Return the latest run; None if there is none."""
        return next(reversed(self.all()), None)

    def last_good(self) -> Run | None:
        """Return the latest successful run; None if there is none."""
        return next((run for run in reversed(self.all()) if run.is_good), None)

    def add(self, run: Run) -> None:
        """Store a run; a refused login blocks the account, a successful run unblocks it.

        Raise DeliveryError if the state folder cannot be written, AnotherRun.
        """
        with self._file.change() as kept:
            kept["account"] = self.account
            kept["runs"] = [_to_json(one) for one in _drop_oldest((*_runs(kept), run))]
            if run.exit_code in {ExitCode.OK, ExitCode.LOGIN_REFUSED}:
                kept["blocked"] = run.exit_code == ExitCode.LOGIN_REFUSED
            for name in ("begun", "fresh"):
                kept.pop(name, None)

    def mark_published(self) -> None:
        """Mark the last held run as successful once its changes are published. A blocked account stays blocked.

        Raise DeliveryError, AnotherRun.
        """
        with self._file.change() as kept:
            runs = list(_runs(kept))
            last = next((number for number in reversed(range(len(runs))) if runs[number].held), None)
            if last is not None:
                runs[last] = replace(runs[last], exit_code=0, error="", reason="", facts={}, held=False)
                kept["runs"] = [_to_json(one) for one in runs]

    def mark_held(self) -> None:
        """Mark the last run as held: its changes were undone and wait for review. Raise DeliveryError, AnotherRun."""
        with self._file.change() as kept:
            if (runs := list(_runs(kept))) and runs[-1].exit_code == ExitCode.OK:
                kept["runs"] = [_to_json(one) for one in (*runs[:-1], replace(runs[-1], held=True))]

    def mark_started(self, at: datetime) -> None:
        """Store that a run starts, so that a state folder that cannot be written fails before the portal is asked.

        Raise DeliveryError, AnotherRun.
        """
        with self._file.change() as kept:
            kept |= {"account": self.account, "begun": at.astimezone(UTC).isoformat()}

    def started_at(self) -> datetime | None:
        """Return when the run in progress, or a run that was cut off, started; None if the last run ended."""
        return parse_instant(self._read_data().get("begun"))

    def mark_attempt(self, at: datetime) -> None:
        """Store when a timer started a run, even if the portal was not asked. Raise DeliveryError, AnotherRun."""
        with self._file.change() as kept:
            kept |= {"account": self.account, "attempted": at.astimezone(UTC).isoformat()}

    def attempted_at(self) -> datetime | None:
        """Return when a timer started its last run; None if that is not stored."""
        return parse_instant(self._read_data().get("attempted"))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the account's lock, so that no other run of it starts. Raise AnotherRun, DeliveryError."""
        with translate_state_errors(str(self._lock_file)):
            private_folder(self.state)
            private_folder(self.state / "runs")
        with hold_lock(self._lock_file, LOCK_PATIENCE, self._lock_file):
            yield

    def is_running(self) -> bool:
        """Return whether any process runs an export of the account; no file is created to find out."""
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
        """Store at once whether the portal accepted a login, however the run ends.

        A refused login blocks the account, an accepted one unblocks it. Raise DeliveryError, AnotherRun.
        """
        if self.is_blocked() == accepted:
            with self._file.change() as kept:
                kept |= {"account": self.account, "blocked": not accepted}

    def is_blocked(self) -> bool:
        """Return whether the login was refused and the password was not changed since."""
        return self._read_data().get("blocked") is True

    def is_fresh(self) -> bool:
        """Return whether the account was changed since the last run: earlier failures then cause no delay."""
        return self._read_data().get("fresh") is True

    def unblock(self) -> None:
        """Let the next run ask the portal at once, after a change of the password. Raise DeliveryError, AnotherRun."""
        with self._file.change() as kept:
            kept |= {"account": self.account, "blocked": False, "fresh": True}

    def delete(self) -> None:
        """Delete all runs. Raise DeliveryError."""
        self._file.delete()

    def skip_backoff(self) -> None:
        """Let the next run start without delay; a blocked account stays blocked.

        Raise DeliveryError, AnotherRun.
        """
        with self._file.change() as kept:
            kept |= {"account": self.account, "fresh": True}

    def _read_data(self) -> Mapping[str, Any]:
        return self._file.read() if self._content is None else self._content

    @property
    def _lock_file(self) -> Path:
        return self._file.path.with_suffix(".going")

    @property
    def _file(self) -> JsonFile:
        return state_file(self.state, "runs", self.account)


def _drop_oldest(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    old, kept = runs[:-MOST_RUNS], runs[-MOST_RUNS:]
    good = [run for run in old if run.is_good] if not any(run.is_good for run in kept) else []
    return (*good[-1:], *kept)


def known_accounts(state: Path) -> tuple[str, ...]:
    """Return the names of accounts with stored runs, the most recent first."""
    kept = [JsonFile(path).read() for path in (state / "runs").glob("*.json")]
    found = [(_runs(one)[-1:], one["account"]) for one in kept if isinstance(one.get("account"), str)]
    return tuple(name for _, name in sorted(found, key=lambda one: one[0][0].at if one[0] else LONG_AGO, reverse=True))


def last_attempt(state: Path) -> datetime | None:
    """Return when a timer started its last run, or else when the last run of any account started; None without runs."""
    found = [Runs(state, name) for name in known_accounts(state)]
    attempts = [at for runs in found if (at := runs.attempted_at())]
    return max(attempts or [run.at for runs in found if (run := runs.last())], default=None)


def _to_json(run: Run) -> dict[str, object]:
    return {name: getattr(run, name) for name in Run.__slots__} | {"at": run.at.astimezone(UTC).isoformat()}


def _runs(kept: Mapping[str, Any]) -> tuple[Run, ...]:
    """Return the valid runs in the file's data; skip the others."""
    found = kept.get("runs")
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
        facts=facts_from_json(data.get("facts")),
        seconds=seconds if isinstance(seconds, int | float) and math.isfinite(seconds) else 0,
        unattended=data.get("unattended") is True,
        held=data.get("held") is True,
    )


def parse_instant(text: object) -> datetime | None:
    """Return the aware time in UTC; None for text that is not an aware ISO 8601 time."""
    try:
        at = datetime.fromisoformat(str(text))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
