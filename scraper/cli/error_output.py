"""What a person, or a program, is told of an error."""

import sys
from pathlib import Path

from scraper.errors import AurionError, facts_to_keep
from scraper.i18n import Catalogue


def tell(error: AurionError, words: Catalogue) -> None:
    """One sentence and the next thing to do, on standard error."""
    message, hint = words.error(error)
    where = f" {words('summary.details', path=Path(error.details))}" if error.details not in hint else ""
    sys.stderr.write(f"{message}\n{hint}{where}\n")


def as_data(error: AurionError, words: Catalogue) -> dict[str, object]:
    """The contract's object of a failure."""
    message, hint = words.error(error)
    return {
        "error": type(error).__name__,
        "reason": error.reason,
        "facts": facts_to_keep(error),
        "message": message,
        "hint": hint,
        "exit_code": error.exit_code,
        "details": error.details or None,
    }
