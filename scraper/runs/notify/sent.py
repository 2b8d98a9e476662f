"""The notifications already sent for an account: one for each problem, one when it is resolved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from scraper.domain.planning import DAY
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import ExitCode
from scraper.runs.backoff import failures_in_a_row
from scraper.system.json_store import JsonFile, state_file
from scraper.system.run_history import Run, parse_instant

_FEWEST = 3
_MOST = 8
"""A temporary failure is reported after a day and at least `_FEWEST` runs, or after `_MOST` runs in any time."""

Occasion = Literal["problem", "resolved"]


@dataclass(frozen=True, slots=True)
class SentNotifications:
    """The notifications of one account, by its name; `state` is the state folder."""

    state: Path
    account: str

    def notify(self, runs: Sequence[Run], now: datetime, send: Callable[[Occasion], bool]) -> Occasion | None:
        """Send the notification that is due after the last of these runs; return which one, None if none was sent.

        `send` returns whether the user was reached; otherwise the notification stays due. Raise DeliveryError,
        AnotherRun.
        """
        occasion = due_occasion(runs, self._file.read(), now)
        if occasion is None or not send(occasion):
            return None
        with self._file.change() as kept:
            if occasion == "resolved":
                kept["open"] = []
            else:
                problem = problem_key(runs[-1])
                kept["open"] = [*_texts(kept.get("open")), problem]
                kept["told"] = _recent_problems(kept.get("told"), now) | {problem: now.astimezone(UTC).isoformat()}
        return occasion

    def news_since(self, now: datetime) -> datetime:
        """Return the time after which changes were not reported yet: now if unknown, or if the clock was set back."""
        return min(parse_instant(self._file.read().get("news_since")) or now, now)

    def mark_news_sent(self, until: datetime) -> None:
        """Mark the changes before a time as reported. Raise DeliveryError, AnotherRun."""
        with self._file.change() as kept:
            kept["news_since"] = until.astimezone(UTC).isoformat()

    def last_digest(self) -> datetime | None:
        """Return the time of the last digest; None if unknown."""
        return parse_instant(self._file.read().get("digest"))

    def mark_digest_sent(self, at: datetime) -> None:
        """Mark the digest that was due then as sent. Raise DeliveryError, AnotherRun."""
        with self._file.change() as kept:
            kept["digest"] = at.astimezone(UTC).isoformat()

    def notify_pending(self, digest: str, send: Callable[[], bool]) -> bool:
        """Send a notification about pending changes once; return whether it was sent now.

        `digest` identifies the changes, "" if there are none. Raise DeliveryError, AnotherRun.
        """
        if self._file.read().get("waiting", "") == digest or (digest and not send()):
            return False
        with self._file.change() as kept:
            kept["waiting"] = digest
        return bool(digest)

    def delete(self) -> None:
        """Delete the stored state. Raise DeliveryError."""
        self._file.delete()

    @property
    def _file(self) -> JsonFile:
        return state_file(self.state, "told", self.account)


def due_occasion(runs: Sequence[Run], kept: dict[str, Any], now: datetime) -> Occasion | None:
    """Return the notification due after the last of these runs; `kept` is the stored state."""
    last, unresolved = runs[-1], _texts(kept.get("open"))
    if last.exit_code == ExitCode.OK:
        return "resolved" if unresolved else None
    problem = problem_key(last)
    if (
        last.exit_code == ExitCode.INTERRUPTED
        or problem in unresolved
        or problem in _recent_problems(kept.get("told"), now)
    ):
        return None
    return "problem" if not last.may_pass or has_lasted(runs, now) else None


def problem_key(run: Run) -> str:
    """Return a key that is equal for failures of the same problem; temporary ones are compared without their reason.

    Failures of a service count as another problem than those of the local disk.
    """
    if not run.may_pass:
        return f"{run.exit_code} {run.error} {run.reason}".strip()
    service = next((name for name in SINK_KINDS if run.reason.startswith(name)), "")
    return f"{run.exit_code} {service}".strip()


def has_lasted(runs: Sequence[Run], now: datetime) -> bool:
    """Return whether a temporary failure has lasted a day, see `_FEWEST` and `_MOST`."""
    failed = [run for run in failures_in_a_row(runs) if run.may_pass]
    return len(failed) >= _MOST or (len(failed) >= _FEWEST and now - failed[0].at >= DAY)


def _recent_problems(sent: object, now: datetime) -> dict[str, str]:
    """Return the problems reported within a day, also resolved ones: a recurring problem is reported once a day."""
    times = {str(name): parse_instant(at) for name, at in sent.items()} if isinstance(sent, dict) else {}
    return {name: at.isoformat() for name, at in times.items() if at and timedelta() <= now - at < DAY}


def _texts(data: object) -> list[str]:
    return [str(one) for one in data] if isinstance(data, list) else []
