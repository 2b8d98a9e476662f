"""Forms that count a single time: a page that is loaded again sends its form again, which nobody means."""

from dataclasses import dataclass, field
from secrets import token_urlsafe

MOST = 500
"""Forms that may lie open in browsers; the oldest beyond are as good as sent."""


@dataclass(slots=True)
class OneTimeForms:
    """Numbers of forms that were drawn and not sent yet, in this server's memory alone."""

    _open: dict[str, None] = field(default_factory=dict, repr=False)

    def number(self) -> str:
        """That of a form which is drawn now."""
        made = token_urlsafe(12)
        self._open[made] = None
        for old in list(self._open)[:-MOST]:
            self._open.pop(old, None)
        return made

    def counts(self, number: str) -> bool:
        """Whether the form of that number is sent for the first time; from now on it was."""
        return self._open.pop(number, self) is None
