"""What a visitor typed in the set-up, kept for a later step or correction; never a password."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST = 20
"""How many visitors' drafts are kept; older ones are dropped."""


@dataclass(slots=True)
class Drafts:
    """Drafts by visitor, in memory only."""

    _drafts: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    def get(self, visitor: str) -> Mapping[str, str]:
        """Return what the visitor typed, by field name."""
        return self._drafts.get(visitor, {})

    def keep(self, visitor: str, **typed: str) -> None:
        """Add values to the visitor's draft."""
        self._drafts[visitor] = self._drafts.pop(visitor, {}) | typed
        for old in list(self._drafts)[:-MOST]:
            self._drafts.pop(old, None)

    def drop(self, visitor: str) -> None:
        """Delete the visitor's draft."""
        self._drafts.pop(visitor, None)
