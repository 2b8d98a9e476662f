"""What a visitor typed in the set-up, kept in memory for a later step or correction."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

MOST = 20
"""How many visitors' drafts are kept; older ones are dropped."""


@dataclass(slots=True)
class Drafts:
    """Drafts by visitor, in memory only; a password is kept apart, for one school, until the account is created."""

    _drafts: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    _passwords: dict[str, tuple[str, SecretStr]] = field(default_factory=dict, repr=False)

    def get(self, visitor: str) -> Mapping[str, str]:
        """Return what the visitor typed, by field name."""
        return self._drafts.get(visitor, {})

    def keep(self, visitor: str, **typed: str) -> None:
        """Add values to the visitor's draft."""
        self._drafts[visitor] = self._drafts.pop(visitor, {}) | typed
        for old in list(self._drafts)[:-MOST]:
            self.drop(old)

    def keep_password(self, visitor: str, school: str, password: SecretStr) -> None:
        """Keep a password that another field's error would lose; it is for that school only."""
        self._passwords[visitor] = school, password
        for old in list(self._passwords)[:-MOST]:
            self.drop_password(old)

    def password(self, visitor: str, school: str) -> SecretStr | None:
        """Return the password that the visitor typed for that school."""
        kept = self._passwords.get(visitor)
        return kept[1] if kept and kept[0] == school else None

    def drop_password(self, visitor: str) -> None:
        """Forget the visitor's password."""
        self._passwords.pop(visitor, None)

    def drop(self, visitor: str) -> None:
        """Delete the visitor's draft."""
        self._drafts.pop(visitor, None)
        self.drop_password(visitor)
