"""What a person was told of an account's problems: once for each, and once more when it works again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from scraper.runs.backoff import INTERRUPTED, since_good
from scraper.system.json_store import JsonFile, state_file
from scraper.system.run_history import Run, parse_instant

DAY = timedelta(days=1)
SERVER = "caldav"
"""How the reasons of a calendar's server begin; it fails for itself, whatever this machine's disk does."""
FEWEST = 3
MOST = 8
"""What may be over by itself is told after a day and so many tries, or after this many whatever the clock says."""

Occasion = Literal["problem", "mended"]


@dataclass(frozen=True, slots=True)
class SentNotifications:
    """What was told of one account, by its name; `state` is the state folder."""

    state: Path
    account: str

    def tell(self, runs: Sequence[Run], now: datetime, say: Callable[[Occasion], bool]) -> Occasion | None:
        """Says what the last of these runs is an occasion for; only what `say` brought to somebody counts as told.

        Raises DeliveryError, AnotherRun.
        """
        occasion = occasion_of(runs, self._memory.read(), now)
        if occasion is None or not say(occasion):
            return None
        with self._memory.changing() as kept:
            if occasion == "mended":
                kept["open"] = []
            else:
                problem = problem_of(runs[-1])
                kept["open"] = [*_texts(kept.get("open")), problem]
                kept["told"] = _recent(kept.get("told"), now) | {problem: now.astimezone(UTC).isoformat()}
        return occasion

    def news_since(self, now: datetime) -> datetime:
        """Since when changes were not told yet: now, where nothing is known or the clock was set back."""
        return min(parse_instant(self._memory.read().get("news_since")) or now, now)

    def news_told(self, until: datetime) -> None:
        """Changes until then are told. Raises DeliveryError, AnotherRun."""
        with self._memory.changing() as kept:
            kept["news_since"] = until.astimezone(UTC).isoformat()

    def tell_waiting(self, what: str, say: Callable[[], bool]) -> bool:
        """Says what waits for a person's word, once; `what` tells it from anything else that may wait, "" is nothing.

        Whether it came to somebody now. Raises DeliveryError, AnotherRun.
        """
        if self._memory.read().get("waiting", "") == what or (what and not say()):
            return False
        with self._memory.changing() as kept:
            kept["waiting"] = what
        return bool(what)

    def forget(self) -> None:
        """Forgets it all. Raises DeliveryError."""
        self._memory.delete()

    @property
    def _memory(self) -> JsonFile:
        return state_file(self.state, "told", self.account)


def occasion_of(runs: Sequence[Run], kept: dict[str, Any], now: datetime) -> Occasion | None:
    """Whether the last of these runs is to be told, with what was told before."""
    last, told = runs[-1], _texts(kept.get("open"))
    if last.exit_code == 0:
        return "mended" if told else None
    problem = problem_of(last)
    if last.exit_code == INTERRUPTED or problem in told or problem in _recent(kept.get("told"), now):
        return None
    return "problem" if not last.may_pass or has_lasted(runs, now) else None


def problem_of(run: Run) -> str:
    """Return what makes two failures one problem; where it may be over by itself, the reason may change."""
    if not run.may_pass:
        return f"{run.exit_code} {run.error} {run.reason}".strip()
    return f"{run.exit_code} {SERVER}" if run.reason.startswith(SERVER) else str(run.exit_code)


def has_lasted(runs: Sequence[Run], now: datetime) -> bool:
    """Whether what may be over by itself has not been for a day."""
    failed = [run for run in since_good(runs) if run.may_pass]
    return len(failed) >= MOST or (len(failed) >= FEWEST and now - failed[0].at >= DAY)


def _recent(told: object, now: datetime) -> dict[str, str]:
    """What was told within a day, also where it has been mended since: what comes and goes is told once a day."""
    times = {str(name): parse_instant(at) for name, at in told.items()} if isinstance(told, dict) else {}
    return {name: at.isoformat() for name, at in times.items() if at and timedelta() <= now - at < DAY}


def _texts(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []
