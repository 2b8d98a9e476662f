"""Numbers that let each form be submitted only once: reloading a page submits its form again."""

from dataclasses import dataclass, field
from secrets import token_urlsafe

_MOST = 500
"""How many forms may be open in browsers; the numbers of older ones expire."""


@dataclass(slots=True)
class OneTimeForms:
    """Numbers of the forms that were shown and not submitted yet, in memory only."""

    _open: dict[str, None] = field(default_factory=dict, repr=False)

    def issue(self) -> str:
        """Return a number for a form that is about to be shown."""
        number = token_urlsafe(12)
        self._open[number] = None
        for old in list(self._open)[:-_MOST]:
            self._open.pop(old, None)
        return number

    def redeem(self, number: str) -> bool:
        """Return whether the number is still unused; mark it as used."""
        return self._open.pop(number, self) is None
