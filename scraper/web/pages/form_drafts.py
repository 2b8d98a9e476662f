"""What a visitor typed in the set-up, to go back to; never a password."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST = 20
"""Visitors whose typing is kept, the last ones."""


@dataclass(slots=True)
class Drafts:
    """By visitor (what its forms have), in this server's memory alone."""

    _kept: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    def of(self, visitor: str) -> Mapping[str, str]:
        """What was typed, by the fields' names."""
        return self._kept.get(visitor, {})

    def keep(self, visitor: str, **typed: str) -> None:
        """Keeps it beside what was typed before."""
        self._kept[visitor] = self._kept.pop(visitor, {}) | typed
        for old in list(self._kept)[:-MOST]:
            self._kept.pop(old, None)

    def drop(self, visitor: str) -> None:
        """The set-up is done."""
        self._kept.pop(visitor, None)
