"""Advice after a failed run. It follows from the error's class, reason and facts; an exit code is too coarse for it.

The command's error output, `status`, `doctor`, notifications and the local page all take it from here or, as
sentences, from the same tables `errors.<Class>.<reason>` of the catalogue.
"""

from collections.abc import Mapping
from typing import Literal

from scraper.errors import AurionError, SuspiciouslyEmpty, error_of
from scraper.i18n import Catalogue, error_keys
from scraper.system.run_history import Run

Step = Literal[
    "again", "later", "password", "passphrase", "window", "waiting", "report", "school", "settings", "help"
]  # fmt: skip
"""The kind of step: what the page has a button or a form for."""

STEPS: Mapping[str, Step] = {
    "AurionError": "report",
    "SettingsError": "settings",
    "UnknownSchool": "school",
    "SettingsError.address": "school",
    "SettingsError.no-school": "school",
    "CredentialsMissing": "password",
    "VaultLocked": "help",
    "VaultLocked.passphrase-missing": "passphrase",
    "VaultLocked.passphrase-wrong": "passphrase",
    "VaultLocked.keyring-locked": "again",
    "VaultLocked.keyring-hangs": "again",
    "VaultLocked.busy": "later",
    "VaultLocked.too-slow": "later",
    "BrowserMissing": "help",
    "BrowserMissing.screen": "window",
    "BrowserMissing.configured": "settings",
    "LedgerError": "help",
    "AnotherRun": "later",
    "PortalUnavailable": "later",
    "PortalUnavailable.closed": "again",
    "PortalUnavailable.browser": "again",
    "PortalUnavailable.captive": "again",
    "PortalUnavailable.offline": "again",
    "PortalUnavailable.tls": "help",
    "SessionExpired": "later",
    "ViewExpired": "later",
    "LoginRefused": "password",
    "ActionNeeded": "window",
    "ActionNeeded.renewal": "password",
    "ActionNeeded.not-secure": "school",
    "OtherProduct": "school",
    "PortalChanged": "report",
    "PortalChanged.no-planning": "settings",
    "SuspiciouslyEmpty": "waiting",
    "SuspiciouslyEmpty.dropped": "again",
    "DeliveryError": "settings",
    "StateError": "help",
    "SinkUnavailable": "later",
    "StandardOutputUnavailable": "again",
    "StateError.full": "later",
    "SinkUnavailable.no-folder": "settings",
    "SinkUnavailable.closed": "again",
    "Interrupted": "again",
}
"""By class, or class and reason; what is not named has the step of the class it derives from."""


def failure_of(run: Run, account: str = "", *, waits: bool = True) -> AurionError:
    """The error that ended the run; `account` is a name that commands take, "" where there is none.

    `waits` is false where nothing waits to be published any more: what looked empty was discarded since.
    """
    error = error_of(run.error, run.reason, run.facts, run.exit_code)
    error.facts |= {"account": account}
    if isinstance(error, SuspiciouslyEmpty) and not waits:
        error.reason = "dropped"
    return error


def step_of(error: AurionError) -> Step:
    """The kind of step that follows."""
    return next(STEPS[key] for key in error_keys(error) if key in STEPS)


def explain(run: Run, words: Catalogue, account: str = "", *, waits: bool = True) -> tuple[str, str]:
    """Message and hint for a failed run."""
    return words.error(failure_of(run, account, waits=waits))
