"""Delivery of notifications: to the desktop and to the configured services."""

import logging
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from smtplib import SMTPAuthenticationError, SMTPException
from threading import Lock
from typing import Literal, Protocol

from pydantic import SecretStr

from scraper.domain.printable import printable
from scraper.runs.log import Log

Outcome = Literal["sent", "missing", "invalid", "refused", "unreachable", "failed"]
"""The outcome of a notification; `missing` is the library, `invalid` the address."""
REFUSED = re.compile(r"error=40[134]\b")
"""The HTTP statuses for a wrong login, a wrong right and a wrong address, in Apprise's warnings."""


class Notifier(Protocol):
    """A way to notify the user."""

    def send(self, title: str, text: str) -> bool:
        """Send a notification; return whether at least one destination accepted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiNotifier:
    """A notifier for the desktop and each address, an Apprise URL that may hold a secret. Errors are only logged.

    `desktop` shows a notification and returns whether that succeeded.
    """

    addresses: Sequence[SecretStr]
    log: Log
    desktop: Callable[[str, str], bool]

    def send(self, title: str, text: str) -> bool:
        """Send a notification; return whether the desktop or an address accepted it."""
        title, text = printable(title), printable(text)
        is_shown = self.desktop(title, text)
        outcomes = [send_to_address(address, title, text) for address in self.addresses]
        if "missing" in outcomes:
            self.log("notify: nothing is sent, apprise is missing: pip install 'aurion-planning[notify]'")
            return is_shown
        for number, outcome in enumerate(outcomes, 1):
            self.log(f"notify: address {number} {outcome}")
        return is_shown or "sent" in outcomes


def send_to_address(address: SecretStr, title: str, text: str) -> Outcome:
    """Send a notification to an Apprise URL; return the outcome. A failing service raises nothing."""
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return "missing"
    with _SENDING:
        _reasons.outcome = "failed"
        try:
            service = apprise.Apprise()
            if not service.add(address.get_secret_value()):
                return "invalid"
            if service.notify(title=title, body=text, body_format="text"):
                return "sent"
        except Exception:  # noqa: BLE001 - a failing service must not end a run
            return "failed"
        return _reasons.outcome


class _ReasonHandler(logging.Handler):
    """A log handler that finds out why Apprise could not send; it stores no text, which may be secret."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.outcome: Outcome = "failed"

    def emit(self, record: logging.LogRecord) -> None:
        """Interpret a warning: by the error that Apprise is handling, or by the HTTP status in it."""
        error = sys.exception()
        if isinstance(error, SMTPAuthenticationError) or REFUSED.search(record.getMessage()):
            self.outcome = "refused"
        elif isinstance(error, OSError) and not isinstance(error, SMTPException):
            self.outcome = "unreachable"


_SENDING = Lock()
_reasons = _ReasonHandler()
logging.getLogger("apprise").addHandler(_reasons)
