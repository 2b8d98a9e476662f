"""Calendars at services at a terminal: a missing password is asked for, and a delivery can be interrupted."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from scraper.cli import prompts
from scraper.cli.answers import ask, ask_secret, can_ask, read_password
from scraper.cli.open_page import open_in_browser
from scraper.cli.output import user_words
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import SinkRefused
from scraper.i18n import Catalogue
from scraper.sinks.sink_service import PUSH_BOUND
from scraper.system.find_browser import has_screen
from scraper.system.interruptions import answer_interruptions

if TYPE_CHECKING:
    from scraper.config.configuration import Config
    from scraper.domain.sink_kind import Destination
    from scraper.sinks.sink import Sink


def prompting_sink(destination: "Destination", account: str, config: "Config") -> "Sink":
    """Return the sink of a calendar; its password is looked up, or asked for, when it is first needed."""
    from scraper.publishing.destinations import open_destination

    @cache
    def password() -> str:
        return _password(destination, account, config)

    return open_destination(
        destination, account, config, password=password, before_push=answer_interruptions, bound=PUSH_BOUND
    )  # fmt: skip


def _password(destination: "Destination", account: str, config: "Config") -> str:
    """Return the stored password, else a typed one. Raise SinkRefused where there is neither, VaultLocked."""
    from scraper.cli.passphrase import passphrase_prompt
    from scraper.config.vault.vaults import vaults
    from scraper.publishing.destinations import stored_password

    words = user_words()
    try:
        return stored_password(destination, account, vaults(passphrase_prompt(words), environment=config.environment))
    except SinkRefused:
        if not can_ask() or not SINK_KINDS[destination.kind].has_typed_password:
            raise
    return TerminalDialog(words).ask_secret(
        f"{destination.kind}.password", user=destination.user, path=destination.address
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TerminalDialog:
    """The set-up of a sink at a terminal; with `is_piped`, the secret is the first line of standard input."""

    words: Catalogue
    is_piped: bool = False

    @property
    def can_ask(self) -> bool:
        """Whether standard input is a terminal."""
        return can_ask()

    @property
    def can_ask_secret(self) -> bool:
        """Whether the secret is piped or can be typed."""
        return self.is_piped or can_ask()

    def text(self, key: str) -> str:
        """Return the message."""
        return self.words(key)

    def ask(self, key: str, default: str = "", **facts: object) -> str:
        """Ask a question."""
        return ask(self.words(key, **facts), default)

    def ask_secret(self, key: str, **facts: object) -> str:
        """Ask for a secret without echo, or read it."""
        return read_password() if self.is_piped else ask_secret(self.words(key, **facts))

    def confirm(self, key: str, **facts: object) -> bool:
        """Ask a yes-or-no question."""
        return can_ask() and prompts.confirm(self.words(key, **facts), self.words)

    def show(self, key: str, **facts: object) -> None:
        """Write to standard output."""
        sys.stdout.write(self.words(key, **facts) + "\n")

    def explain(self, key: str, **facts: object) -> None:
        """Write to standard error."""
        sys.stderr.write(self.words(key, **facts) + "\n")

    @contextmanager
    def open_page(self, address: str) -> Iterator[bool]:
        """Open the page in the user's browser while the block lasts; give False if that is not possible."""
        with ExitStack() as stack:
            is_open = has_screen()
            try:
                if is_open:
                    stack.enter_context(open_in_browser(address))
            except OSError:
                is_open = False
            yield is_open
