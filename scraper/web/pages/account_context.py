"""Whose planning a page is about, and what is remembered of it; nothing here needs the portal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from starlette.responses import Response

from scraper.config.accounts import find_school
from scraper.config.outputs import outputs_of
from scraper.config.settings.loading import account_names, load_settings
from scraper.config.settings.model import Settings
from scraper.domain.planning import Event
from scraper.domain.rules import Rule, apply
from scraper.errors import LedgerMissing
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.publishing.job import ledger_name
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledgers import ledger_of_settings
from scraper.web.pages.ledger_cache import Remembered
from scraper.web.pages.request import Answering, PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContext:
    """One account's: its ledger and what that says now, how its first calendar tells events.

    `name` is empty where there is no account, `names` are all that there are. `kinds` are its school's own words for
    the portal's codes, `rules` those by which the calendar was made; `is_ahead` tells that the settings have others.
    """

    name: str
    names: tuple[str, ...]
    ledger: Ledger
    kept: Remembered = field(repr=False)
    kinds: Mapping[str, str]
    rules: tuple[Rule, ...] = ()
    is_ahead: bool = False
    language: str = "fr"
    ruled_kinds: Mapping[str, str] = field(repr=False)

    @property
    def zone(self) -> ZoneInfo:
        """That of its days."""
        return self.ledger.zone

    @property
    def choice(self) -> str:
        """What an address needs to mean this account: nothing where there is no other."""
        return self.name if len(self.names) > 1 else ""

    def ruled(self, event: Event) -> Event | None:
        """The event as its first calendar has it; None where a rule keeps it out."""
        if not self.rules:
            return event
        found = apply(self.rules, event, self.ruled_kinds)
        return found.event if found else None


def whose(visit: PageRequest) -> AccountContext:
    """The account asked for (`?account=`), else the file's first; without any, whom the general settings tell of.

    Raises SettingsError, LedgerMissing.
    """
    names = account_names()
    name = visit.query.get("account", "") or next(iter(names), "")
    settings = load_settings({}, visit.desk.environment, name or None)
    school, output, ledger = find_school(settings), outputs_of(settings)[0], ledger_of_settings(settings)
    kinds = school.kinds if school else {}
    look = RenderOptions(
        zone=ledger.zone, words=visit.desk.words.get(output.language) or Catalogue(output.language), kinds=kinds
    )
    kept = visit.desk.recall.of(ledger)
    rules = kept.ruled.get(ledger_name(output, name), output.rules)
    return AccountContext(
        name=name, names=names, ledger=ledger, kept=kept, kinds=kinds, rules=rules, language=output.language,
        is_ahead=rules != output.rules, ruled_kinds=look.all_kinds,
    )  # fmt: skip


def is_ahead(ruled: Mapping[str, tuple[Rule, ...]], settings: Settings, account: str) -> bool:
    """Whether the settings have other rules than those by which a calendar of the account was made."""
    return any(ruled.get(ledger_name(one, account), one.rules) != one.rules for one in outputs_of(settings))


def account_context(answering: Callable[[PageRequest, AccountContext], Response]) -> Answering:
    """A page about one account; where nothing is remembered of it yet, the way to that."""

    def answered(visit: PageRequest) -> Response:
        try:
            return answering(visit, whose(visit))
        except LedgerMissing:
            return nothing_yet(visit)

    return answered


def nothing_yet(visit: PageRequest) -> Response:
    """What to do first."""
    return visit.render("planning/nothing.html", has_account=bool(account_names()))
