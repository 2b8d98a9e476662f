"""Output of an error, as text or as JSON."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scraper.errors import AurionError, facts_to_json
from scraper.i18n import Catalogue


@contextmanager
def name_in_hints(account: str) -> Iterator[None]:
    """Add the account to errors in the block, so that their hints show commands with its name."""
    try:
        yield
    except AurionError as error:
        error.facts.setdefault("account", account)
        raise


def write_error(error: AurionError, words: Catalogue) -> None:
    """Write message and hint to standard error."""
    message, hint = words.error(error)
    details = f" {words('summary.details', path=Path(error.details))}" if error.details not in hint else ""
    sys.stderr.write(f"{message}\n{hint}{details}\n")


def error_data(error: AurionError, words: Catalogue) -> dict[str, object]:
    """Return the JSON object of `--json` for a failure."""
    message, hint = words.error(error)
    return {
        "error": type(error).__name__,
        "reason": error.reason,
        "facts": facts_to_json(error),
        "message": message,
        "hint": hint,
        "exit_code": error.exit_code,
        "details": error.details or None,
    }
