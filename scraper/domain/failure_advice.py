"""Advice after a failed run, by the error's class, reason and facts; exit codes are too coarse for that.

The command's error output, `status`, `doctor`, notifications and the local page all use this module or, for sentences,
the same tables `errors.<Class>.<reason>` of the catalogue.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from scraper.errors import AurionError

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


def error_keys(error: AurionError) -> Iterator[str]:
    """Yield the keys of an error in tables by class and reason, the most specific first."""
    for kind in type(error).__mro__:
        if error.reason:
            yield f"{kind.__name__}.{error.reason}"
        yield kind.__name__


def step_of(error: AurionError) -> Step:
    """Return the next step after an error."""
    return next(STEPS[key] for key in error_keys(error) if key in STEPS)
