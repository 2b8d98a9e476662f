"""The account that a page is about: its lessons and rules. Nothing here needs the portal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from scraper.config.default_output import DEFAULT_FILE
from scraper.config.settings.model import Settings
from scraper.config.settings.table_schema import RuleTable
from scraper.domain.planning import Event
from scraper.domain.rules import Rule, RuleOutcome, apply
from scraper.ical.entry import RenderOptions
from scraper.publishing.ledger.ledger import Ledger
from scraper.web.pages.ledger_cache import LedgerSnapshot
from scraper.web.pages.run_status import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContext:
    """One account for a page: its ledger, and how its first calendar renders events.

    `name` is empty where there is no account; `names` are all accounts. `rules` are the rules by which the calendar was
    made; `has_unapplied_rules` is true where the settings have other rules by now. `failure` is the status of the last
    run where it failed. `options` are the rendering options of the calendar, `kind_words` their words for kinds;
    `output` is its name in the ledger.
    """

    name: str
    names: tuple[str, ...]
    ledger: Ledger
    snapshot: LedgerSnapshot = field(repr=False)
    rules: tuple[Rule, ...] = ()
    has_unapplied_rules: bool = False
    failure: RunStatus | None = None
    kind_words: Mapping[str, str] = field(repr=False)
    options: RenderOptions = field(repr=False)
    output: str

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the account's days are counted."""
        return self.ledger.zone

    @property
    def query_name(self) -> str:
        """The account's name for addresses; empty where there is only one account."""
        return self.name if len(self.names) > 1 else ""

    def apply_rules(self, event: Event) -> RuleOutcome | None:
        """Return the event as the account's first calendar shows it; None where a rule hides it."""
        return apply(self.rules, event, self.kind_words, self.snapshot.colors)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesPlace:
    """The place of the edited rules: all calendars, or one entry of `[[outputs]]` (its index from 0).

    `default_file` is the calendar's where no file is set. `account` is the account that has the rules of its own; None
    for the general settings.
    """

    name: str
    settings: Settings
    output: int | None
    account: str | None
    default_file: str = DEFAULT_FILE

    @property
    def tables(self) -> tuple[RuleTable, ...]:
        """The rules that are saved there."""
        return self.settings.rules if self.output is None else self.settings.outputs[self.output].rules
