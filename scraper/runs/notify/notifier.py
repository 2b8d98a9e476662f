"""How a person is told something while nobody is at a terminal: on the desktop, and at the addresses that were set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from scraper.domain.printable import printable
from scraper.runs.notify.desktop import show

Log = Callable[[str], None]


class Notifier(Protocol):
    """Told what a person should know."""

    def tell(self, title: str, text: str) -> bool:
        """Whether it came to at least one place where somebody may read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiNotifier:
    """The desktop, and each address (an address may hold a secret). What goes wrong there is told to `log` only."""

    addresses: Sequence[SecretStr]
    log: Log
    desktop: Callable[[str, str], bool] = show

    def tell(self, title: str, text: str) -> bool:
        """Whether the desktop or an address took it."""
        title, text = printable(title), printable(text)
        shown = self.desktop(title, text)
        return any([shown, *self._sent(title, text)])

    def _sent(self, title: str, text: str) -> list[bool]:
        if not self.addresses:
            return []
        try:
            import apprise  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            self.log("notify: nothing is sent, apprise is missing: pip install 'aurion-planning[notify]'")
            return []
        found = []
        for number, address in enumerate(self.addresses, 1):
            service = apprise.Apprise()
            try:
                sent = service.add(address.get_secret_value()) and bool(service.notify(title=title, body=text))
            except Exception as error:  # noqa: BLE001 - a service's own trouble is no reason to end a run
                self.log(f"notify: address {number} {type(error).__name__}")
                sent = False
            self.log(f"notify: address {number} {'sent' if sent else 'failed'}")
            found.append(sent)
        return found
