"""The accounts of this machine: in the settings file and the state folder."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from scraper.config.accounts import find_school
from scraper.config.outputs import load_outputs, outputs_of
from scraper.config.settings.edit import change_rules, change_settings
from scraper.domain.rules import Rule
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.publishing.feed_calendars import republish_account
from scraper.publishing.job import job_for_account, ledger_name
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledgers import ledger_of_settings
from scraper.runs.manual import undo_publication
from scraper.web.pages.account_choice import requested_account
from scraper.web.pages.account_context import AccountContext, RulesPlace
from scraper.web.pages.load_run_status import load_run_status
from scraper.web.pages.request import PageRequest, parse_index
from scraper.web.pages.run_status import RunStatus


class LocalAccounts:
    """The accounts of the settings file (`account_source.AccountSource`)."""

    def names(self, request: PageRequest) -> tuple[str, ...]:
        """Return the accounts of the settings file."""
        return request.config.account_names

    def load_context(self, request: PageRequest) -> AccountContext:
        """Return the requested account, else the first one, else the general settings."""
        names = self.names(request)
        name = request.form.get("account") or request.query.get("account", "") or next(iter(names), "")
        settings, output = request.config.settings(name or None), load_outputs(request.config, name)[0]
        school, ledger = find_school(settings), ledger_of_settings(settings, request.config.state)
        options = RenderOptions(
            zone=ledger.zone, words=request.state.words.get(output.language) or Catalogue(output.language),
            kinds=school.kinds if school else {}, client=output.client, alarms=output.alarms,
            exam_alarms=output.exam_alarms,
        )  # fmt: skip
        snapshot = request.state.ledger_cache.get(ledger)
        name_in_ledger = ledger_name(output)
        rules = snapshot.rules_by_output.get(name_in_ledger, output.rules)
        return AccountContext(
            name=name, names=names, ledger=ledger, snapshot=snapshot, rules=rules, options=options,
            output=name_in_ledger, failure=self.find_failure(request, name),
            has_unapplied_rules=rules != output.rules, kind_words=options.all_kinds,
        )  # fmt: skip

    def find_failure(self, request: PageRequest, account: str) -> RunStatus | None:
        """Return the status of the account's last run where it failed or was cut off."""
        status = load_run_status(request, account) if account in self.names(request) else None
        return status if status and status.kind in {"failed", "cut"} else None

    def count_waiting(self, request: PageRequest) -> int:
        """Count the accounts with a last run that failed, was cut off or found changes to review."""
        kinds = (load_run_status(request, name).kind for name in self.names(request))
        return sum(kind in {"failed", "cut", "held"} for kind in kinds)

    def load_rules(self, request: PageRequest) -> RulesPlace:
        """Return the rules of the requested account, or of its calendar `output`."""
        name, stored = requested_account(request), request.config.stored
        settings, sources = stored.settings(name or None), stored.origins(name or None)
        index = parse_index(request.form.get("output") or request.query.get("output", ""))
        output = index if 0 <= index < len(settings.outputs) else None
        kind = sources["rules" if output is None else "outputs"].kind
        return RulesPlace(
            name=name, settings=settings, output=output, account=None if kind == "file" else name or None,
            default_file=stored.default_file(name),
        )  # fmt: skip

    def open_ledger(self, request: PageRequest, place: RulesPlace) -> Ledger:
        """Return the ledger of the settings' account."""
        return ledger_of_settings(place.settings, request.config.state)

    def save_rules(self, request: PageRequest, place: RulesPlace, rules: Sequence[Mapping[str, Any]]) -> None:
        """Write these rules to the settings file."""
        del request
        change_rules(place.account, place.output, rules)

    def has_unapplied_rules(self, place: RulesPlace, by_output: Mapping[str, tuple[Rule, ...]]) -> bool:
        """Compare the rules of each output with those of its last version."""
        outputs = outputs_of(place.settings, place.default_file)
        return any(by_output.get(ledger_name(one), one.rules) != one.rules for one in outputs)

    def republish(self, request: PageRequest, account: str) -> bool:
        """Publish the account's calendars again, and those of its subscribers."""
        config = request.config.reread()  # the form may just have changed the settings
        return republish_account(job_for_account(account, config), request.now)

    def undo(self, request: PageRequest, account: str, since: datetime) -> int:
        """Undo the changes; from then on changes wait for review, or the next update would publish them."""
        job = job_for_account(account, request.config)
        undone = undo_publication(job, since, request.now)
        if undone and not job.review:
            change_settings(account or None, {"publish": "review"})
        return undone
