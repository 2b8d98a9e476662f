"""The circuit breaker of a portal: a pause after signs of overload, longer each time, until a reading succeeds."""

from datetime import timedelta
from typing import Literal, TypeAlias

from scraper.errors import AurionError, PortalUnavailable

FaultKind: TypeAlias = Literal["overload", "unavailable", "timeout"]
PAUSES = (timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=60))
TIMEOUTS = 3
"""So many time-outs within `TIMEOUTS_WITHIN` cause a pause; any other fault does at once."""
TIMEOUTS_WITHIN = timedelta(minutes=5)
LOCAL = frozenset(
    {"crashed", "stopped", "closed", "browser", "hung", "pac", "proxy-down", "proxy-refused", "paused", "no-place"}
)
"""Reasons for which the portal is not at fault: the browser, this machine's network, or the service's own limits."""


def fault_kind(error: AurionError) -> FaultKind | None:
    """Return the kind of fault of the portal that an error shows; None where it shows none."""
    match error:
        case PortalUnavailable(reason="timeout"):
            return "timeout"
        case PortalUnavailable(reason="maintenance"):
            return "overload"
        case PortalUnavailable(reason=reason) if reason not in LOCAL:
            return "unavailable"
    return None


def pause_length(pauses: int) -> timedelta:
    """Return the length of the next pause after that many pauses without a success."""
    return PAUSES[min(pauses, len(PAUSES) - 1)]
