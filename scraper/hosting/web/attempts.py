"""Limits on sign-ins, in memory: for each network address, and for each login."""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from threading import Lock

MOST_KEYS = 50_000
"""How many addresses or logins are remembered; the one that was used longest ago is forgotten."""
NETWORK_BITS = 64
"""One IPv6 subscriber has at least so long a prefix: all its addresses count as one."""


@dataclass(slots=True, kw_only=True)
class Attempts:
    """The attempts of each key in the last `period`, of which `most` are allowed."""

    most: int
    period: timedelta
    clock: Callable[[], datetime]
    _times: dict[Hashable, deque[datetime]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def allow(self, key: Hashable) -> bool:
        """Count an attempt and return True, or return False where the key has none left."""
        now = self.clock()
        with self._lock:
            times = self._times.pop(key, None) or deque(maxlen=self.most)
            self._times[key] = times
            if len(self._times) > MOST_KEYS:
                del self._times[next(iter(self._times))]
            if len(times) == self.most and times[0] > now - self.period:
                return False
            times.append(now)
            return True


def network_of(address: str) -> str:
    """Return the network that counts as one visitor: an IPv4 address, or the first 64 bits of an IPv6 address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> NETWORK_BITS << NETWORK_BITS))
    return str(parsed)
