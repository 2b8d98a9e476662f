"""Errors as they are stored in the database: class, reason, facts and exit code, and no sentence; and their hints."""

from typing import Any

from scraper.domain.failure_advice import error_keys
from scraper.errors import AurionError, ExitCode, facts_from_json, facts_to_json, restore_error
from scraper.i18n import Catalogue


def error_to_row(error: AurionError) -> dict[str, Any]:
    """Return the error as a JSON value for a column."""
    return {
        "error": type(error).__name__, "reason": error.reason, "facts": facts_to_json(error),
        "exit_code": int(error.exit_code),
    }  # fmt: skip


def error_from_row(stored: dict[str, Any]) -> AurionError:
    """Return the error that was stored."""
    return restore_error(
        str(stored.get("error", "")), str(stored.get("reason", "")), facts_from_json(stored.get("facts")),
        int(stored.get("exit_code", ExitCode.BUG)),
    )  # fmt: skip


def hosted_hint(error: AurionError, words: Catalogue) -> str:
    """Return what a student of the service can do about the error; empty where the service has no hint of its own."""
    keys = (f"page.hosting.hints.{name}" for name in error_keys(error))
    return next((words(key) for key in keys if words.has(key)), "")
