"""Pauses that a server asks for (`Retry-After`, RFC 9110 §10.2.3), with a limit for a whole run."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_SECONDS = 60.0
LEAST_SECONDS = 1.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class RetryBudget:
    """The remaining seconds for pauses; `sleep` and `now` are the clock."""

    left: float = MOST_SECONDS
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _now

    def wait(self, header: object) -> bool:
        """Wait as long as the header asks; return False, without waiting, if that is too long or cannot be parsed."""
        seconds = seconds_in(header, self.now()) if isinstance(header, str) else None
        if seconds is None or (seconds := max(seconds, LEAST_SECONDS)) > self.left:
            return False
        self.left -= seconds
        self.sleep(seconds)
        return True


def longest_pause(headers: Iterable[str]) -> float | None:
    """Return the longest pause that a header asks for; None where none does."""
    found = (seconds_in(header, _now()) for header in headers)
    return max((max(seconds, LEAST_SECONDS) for seconds in found if seconds is not None), default=None)


def seconds_in(header: str, now: datetime) -> float | None:
    """Return the seconds in a header, given as a number or as a date; None if it is invalid."""
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
