"""Where the pages get the data of an account from: an interface, so that a server may keep them elsewhere than here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from scraper.domain.rules import Rule
from scraper.publishing.ledger.ledger import Ledger
from scraper.web.pages.account_context import AccountContext, RulesPlace
from scraper.web.pages.run_status import RunStatus

Request_contra = TypeVar("Request_contra", contravariant=True)
"""The type of the server's requests."""


class AccountSource(Protocol[Request_contra]):
    """The accounts that a visitor may see, with their lessons and rules."""

    def names(self, request: Request_contra) -> tuple[str, ...]:
        """Return the visitor's accounts. Raise SettingsError."""

    def load_context(self, request: Request_contra) -> AccountContext:
        """Return the account requested by `?account=`, else the first one. Raise SettingsError or LedgerMissing."""

    def find_failure(self, request: Request_contra, account: str) -> RunStatus | None:
        """Return the status of the account's last run where it failed or was cut off."""

    def count_waiting(self, request: Request_contra) -> int:
        """Return how many accounts have changes to review or a failure to repair. Raise SettingsError."""

    def load_rules(self, request: Request_contra) -> RulesPlace:
        """Return the rules of the requested account, or of its calendar `output`. Raise SettingsError."""

    def open_ledger(self, request: Request_contra, place: RulesPlace) -> Ledger:
        """Return the ledger of the account with these rules. Raise SettingsError or LedgerMissing."""

    def save_rules(self, request: Request_contra, place: RulesPlace, rules: Sequence[Mapping[str, Any]]) -> None:
        """Write these rules, as the settings file has them, in that place. Raise SettingsError."""

    def has_unapplied_rules(self, place: RulesPlace, by_output: Mapping[str, tuple[Rule, ...]]) -> bool:
        """Return whether the saved rules are others than those by which the calendars were made."""

    def republish(self, request: Request_contra, account: str) -> bool:
        """Publish the account's calendars again with the current settings; return False if its ledger is empty.

        Raise AurionError, AnotherRun while a run of the account is in progress.
        """

    def undo(self, request: Request_contra, account: str, since: datetime) -> int:
        """Undo the changes that the account's runs found after `since`, and return how many there were.

        From then on, changes wait for review. Raise AurionError.
        """
