"""The bucket of exchanges: a token for each exchange, refilled at the rate that the school allows. Pure."""

from dataclasses import dataclass
from datetime import datetime

BURST = 2.0
"""The most tokens that collect while no session is open: one for each of two sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Tokens at a moment. A negative number is a debt: tokens taken ahead, for which their takers wait."""

    tokens: float
    at: datetime

    def refill(self, now: datetime, rate: float) -> "Bucket":
        """Return the bucket as it is now; a clock that was set back refills nothing."""
        seconds = max(0.0, (now - self.at).total_seconds())
        return Bucket(tokens=min(BURST, self.tokens + seconds * rate), at=now)

    def take(self, count: int = 1) -> "Bucket":
        """Return the bucket without these tokens."""
        return Bucket(tokens=self.tokens - count, at=self.at)

    def wait(self, rate: float) -> float:
        """Return the seconds until the debt is paid: as long the taker of the last token waits."""
        return max(0.0, -self.tokens / rate)
