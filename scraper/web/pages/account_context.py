"""The account that a page is about, with a snapshot of its ledger; nothing here needs the portal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from starlette.responses import Response

from scraper.config.accounts import find_school
from scraper.config.outputs import outputs_of
from scraper.config.settings.loading import account_names, load_settings
from scraper.config.settings.model import Settings
from scraper.domain.planning import Event
from scraper.domain.rules import Rule, RuleOutcome, apply
from scraper.errors import LedgerMissing
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.publishing.job import ledger_name
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledgers import ledger_of_settings
from scraper.web.pages.ledger_cache import LedgerSnapshot
from scraper.web.pages.request import PageRequest, View
from scraper.web.pages.run_status import RunStatus, load_run_status


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


def load_account_context(request: PageRequest) -> AccountContext:
    """Return the account requested by `?account=`, else the first one, else the general settings.

    Raise SettingsError or LedgerMissing.
    """
    names = account_names()
    name = request.form.get("account") or request.query.get("account", "") or next(iter(names), "")
    settings = load_settings({}, request.state.environment, name or None)
    school, output, ledger = find_school(settings), outputs_of(settings)[0], ledger_of_settings(settings)
    options = RenderOptions(
        zone=ledger.zone, words=request.state.words.get(output.language) or Catalogue(output.language),
        kinds=school.kinds if school else {}, client=output.client, alarms=output.alarms,
        exam_alarms=output.exam_alarms,
    )  # fmt: skip
    snapshot = request.state.ledger_cache.get(ledger)
    name_in_ledger = ledger_name(output, name)
    rules = snapshot.rules_by_output.get(name_in_ledger, output.rules)
    return AccountContext(
        name=name, names=names, ledger=ledger, snapshot=snapshot, rules=rules, options=options, output=name_in_ledger,
        failure=last_failure_status(request, name), has_unapplied_rules=rules != output.rules,
        kind_words=options.all_kinds,
    )  # fmt: skip


def has_unapplied_rules(rules_by_output: Mapping[str, tuple[Rule, ...]], settings: Settings, account: str) -> bool:
    """Whether the settings have other rules than those by which a calendar of the account was made."""
    return any(rules_by_output.get(ledger_name(one, account), one.rules) != one.rules for one in outputs_of(settings))


def with_account_context(view: Callable[[PageRequest, AccountContext], Response]) -> View:
    """Decorate a page that needs an account; show what to do first where its ledger does not exist yet."""

    def wrapper(request: PageRequest) -> Response:
        try:
            return view(request, load_account_context(request))
        except LedgerMissing:
            return render_empty(request)

    return wrapper


def render_empty(request: PageRequest) -> Response:
    """Render the page for an account without a ledger: what to do first."""
    names = account_names()
    name = request.query.get("account", "") or next(iter(names), "")
    return request.render(
        "planning/nothing.html", has_account=bool(names), failure=last_failure_status(request, name), account=name
    )


def last_failure_status(request: PageRequest, name: str) -> RunStatus | None:
    """Return the status of the account's last run where it failed or was cut off."""
    status = load_run_status(request.state, name, request.words) if name in account_names() else None
    return status if status and status.kind in {"failed", "cut"} else None
