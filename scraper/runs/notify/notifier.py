"""Delivery of notifications: to the desktop and to the configured services."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from scraper.domain.printable import printable
from scraper.runs.notify.desktop import show_notification

Log = Callable[[str], None]


class Notifier(Protocol):
    """A way to notify the user."""

    def send(self, title: str, text: str) -> bool:
        """Send a notification; return whether at least one destination accepted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiNotifier:
    """A notifier for the desktop and each address, an Apprise URL that may hold a secret. Errors are only logged."""

    addresses: Sequence[SecretStr]
    log: Log
    desktop: Callable[[str, str], bool] = show_notification

    def send(self, title: str, text: str) -> bool:
        """Send a notification; return whether the desktop or an address accepted it."""
        title, text = printable(title), printable(text)
        shown = self.desktop(title, text)
        return any([shown, *self._send_to_addresses(title, text)])

    def _send_to_addresses(self, title: str, text: str) -> list[bool]:
        if not self.addresses:
            return []
        try:
            import apprise  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            self.log("notify: nothing is sent, apprise is missing: pip install 'aurion-planning[notify]'")
            return []
        results = []
        for number, address in enumerate(self.addresses, 1):
            service = apprise.Apprise()
            try:
                sent = service.add(address.get_secret_value()) and bool(service.notify(title=title, body=text))
            except Exception as error:  # noqa: BLE001 - a failing service must not end a run
                self.log(f"notify: address {number} {type(error).__name__}")
                sent = False
            self.log(f"notify: address {number} {'sent' if sent else 'failed'}")
            results.append(sent)
        return results
