"""Students as accounts of the page: the lessons and rules of the student to whom the session belongs."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from scraper.config.outputs import outputs_of
from scraper.config.settings.edit import parse_setting
from scraper.config.settings.model import Settings
from scraper.domain.rules import Rule
from scraper.errors import AnotherRun, StateError
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.student_addresses import Subscriptions
from scraper.hosting.student_calendars import render_again, student_settings
from scraper.hosting.web.hosted_request import HostedRequest
from scraper.ical.entry import RenderOptions
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.publishing.ledger.ledger import Ledger
from scraper.web.pages.account_context import AccountContext, RulesPlace
from scraper.web.pages.run_status import RunStatus

log = logging.getLogger(__name__)


class StudentAccounts:
    """The one account that a student sees (`web.pages.account_source.AccountSource`); its name is empty.

    The session alone decides which student it is: no address or form names one.
    """

    def names(self, request: HostedRequest) -> tuple[str, ...]:
        """Return the only name."""
        del request
        return ("",)

    def load_context(self, request: HostedRequest) -> AccountContext:
        """Return the student's account."""
        settings, school, ledger = settings_of_student(request), request.school, student_ledger(request)
        output = outputs_of(settings)[0]
        options = RenderOptions(
            zone=school.zone, words=request.state.words[output.language], kinds=school.kinds, client=output.client,
            alarms=output.alarms, exam_alarms=output.exam_alarms,
        )  # fmt: skip
        return AccountContext(
            name="", names=("",), ledger=ledger, snapshot=request.state.ledger_cache.get(ledger), rules=output.rules,
            options=options, output=AS_THE_FILE.file_name, kind_words=options.all_kinds,
        )  # fmt: skip

    def find_failure(self, request: HostedRequest, account: str) -> RunStatus | None:
        """Return None: the page of updates shows why the last one failed."""
        del request, account
        return None

    def count_waiting(self, request: HostedRequest) -> int:
        """Return 0: the page of updates shows what went wrong."""
        del request
        return 0

    def load_rules(self, request: HostedRequest) -> RulesPlace:
        """Return the student's rules."""
        return RulesPlace(name="", settings=settings_of_student(request), output=None, account="")

    def open_ledger(self, request: HostedRequest, place: RulesPlace) -> Ledger:
        """Return the student's ledger."""
        del place
        return student_ledger(request)

    def save_rules(self, request: HostedRequest, place: RulesPlace, rules: Sequence[Mapping[str, Any]]) -> None:
        """Store the rules with the student."""
        del place
        tables = [dict(one) for one in rules]
        parse_setting("rules", tables)
        request.state.students.save_settings(request.owner.id, {**request.owner.settings, "rules": tables})

    def has_unapplied_rules(self, place: RulesPlace, by_output: Mapping[str, tuple[Rule, ...]]) -> bool:
        """Return False: rules are applied when they are saved."""
        del place, by_output
        return False

    def republish(self, request: HostedRequest, account: str) -> bool:
        """Render the student's calendars again and write the files of their addresses."""
        del account
        return render_calendars(request)

    def undo(self, request: HostedRequest, account: str, since: datetime) -> int:
        """Refuse: the service has no page that undoes changes."""
        raise NotImplementedError


def settings_of_student(request: HostedRequest) -> Settings:
    """Return the student's settings as they are stored now. Raise SettingsError."""
    student, months = request.state.students.get(request.owner.id) or request.owner, request.state.settings.months
    return student_settings(request.school, student.language, months, student.settings)


def student_ledger(request: HostedRequest) -> Ledger:
    """Return the student's ledger."""
    return HostedLedger(request.state.engine, request.owner.id, request.school.zone)


def render_calendars(request: HostedRequest) -> bool:
    """Render the calendars of all addresses from the ledger and write their files; return False if it is empty.

    While a worker writes the ledger, an update is asked for instead: it renders them with the current settings.
    """
    known = Subscriptions(request.state.engine).of_student(request.owner.id)
    try:
        is_rendered = render_again(
            student_ledger(request), request.school, settings_of_student(request),
            [one.calendar for one in known], request.now,
        )  # fmt: skip
    except AnotherRun:
        return request.state.turns.request_update(request.owner.id)
    try:
        request.state.feeds.update(request.owner.id)
    except StateError as error:  # the writer tries it again; the ledger has the calendars
        log.warning("feeds: %s", error.reason)
    return is_rendered
