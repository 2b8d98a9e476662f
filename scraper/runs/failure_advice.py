"""Advice after a failed run, by the error's class, reason and facts; exit codes are too coarse for that.

The command's error output, `status`, `doctor`, notifications and the local page all use this module or, for sentences,
the same tables `errors.<Class>.<reason>` of the catalogue.
"""

from collections.abc import Mapping
from typing import Literal

from scraper.errors import AurionError, SuspiciouslyEmpty, restore_error
from scraper.i18n import error_keys
from scraper.system.run_history import Run

Step = Literal[
    "again", "later", "password", "passphrase", "window", "waiting", "report", "school", "settings", "help", "menu",
    "host", "google", "browser",
]  # fmt: skip
"""The kinds of next steps: the page has a button or a form for each."""

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
    "BrowserMissing": "browser",
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
    "ActionNeeded.other-host": "host",
    "ActionNeeded.renewal": "password",
    "ActionNeeded.not-secure": "school",
    "OtherProduct": "school",
    "PortalChanged": "report",
    "PortalChanged.no-planning": "menu",
    "PortalChanged.scripts-elsewhere": "school",
    "SuspiciouslyEmpty": "waiting",
    "SuspiciouslyEmpty.dropped": "again",
    "DeliveryError": "settings",
    "StateError": "help",
    "SinkRefused.google-client": "google",
    "SinkRefused.google-expired": "google",
    "SinkRefused.google-gone": "google",
    "SinkRefused.google-no-password": "google",
    "SinkUnavailable": "later",
    "StandardOutputUnavailable": "again",
    "StateError.full": "later",
    "SinkUnavailable.no-folder": "settings",
    "SinkUnavailable.closed": "again",
    "Interrupted": "again",
}
"""The next step by class, or by class and reason; any other has the step of its base class."""


def failure_of(run: Run, account: str = "", *, has_pending: bool = True) -> AurionError:
    """Return the error that ended the run; `account` is the name for commands, "" if the settings have no accounts.

    `has_pending` is false if no changes are pending: the suspicious ones were discarded since.
    """
    error = restore_error(run.error, run.reason, run.facts, run.exit_code)
    error.facts |= {"account": account}
    if isinstance(error, SuspiciouslyEmpty) and not has_pending:
        error.reason = "dropped"
    return error


def step_of(error: AurionError) -> Step:
    """Return the next step after an error."""
    return next(STEPS[key] for key in error_keys(error) if key in STEPS)
