"""The rules of a calendar, and what they do to the events that are known, before they are kept."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from scraper.config.accounts import find_school
from scraper.config.outputs import outputs_of, rules_of
from scraper.config.settings.edit import change_rules, parse_setting
from scraper.config.settings.loading import account_names, load_settings, origins
from scraper.config.settings.model import Settings
from scraper.config.settings.tables import RuleTable
from scraper.domain.planning import Event
from scraper.domain.rule_preview import Group, RulePreview, preview_rules
from scraper.errors import LedgerMissing, SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.describe import event_title, format_start
from scraper.publishing.ledgers import ledger_of_settings
from scraper.web.pages.account_choice import account_meant
from scraper.web.pages.account_context import is_ahead
from scraper.web.pages.messages import error_message
from scraper.web.pages.request import PageRequest, get, post

KEYS = ("do", "to", "subject", "kind", "teacher", "room", "exam")
EXAM = {"yes": True, "no": False}
MOST_RULES, MOST_GROUPS, MOST_OFFERED = 60, 40, 300
LONGEST = 6
"""Digits of a number in a form."""
Typed = dict[str, str]
"""A rule as it stands in the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the rules stand: for all calendars, or of one of `[[outputs]]` (its number, from 0).

    `account` is whose table of the file, None where they are everybody's.
    """

    name: str
    settings: Settings
    output: int | None
    account: str | None

    @property
    def tables(self) -> tuple[RuleTable, ...]:
        """The rules that are kept there."""
        return self.settings.rules if self.output is None else self.settings.outputs[self.output].rules


def rules(visit: PageRequest) -> Response:
    """The rules that are kept."""
    place = _place(visit)
    return _drawn(visit, place, [_typed(table) for table in place.tables])


def change(visit: PageRequest) -> Response:
    """The rules as typed: one more, one less, in another order; what they would do; or kept."""
    place = _place(visit)
    typed = _moved(list(_of_form(visit.lists)), visit.form.get("action", ""))
    if visit.form.get("action") != "save":
        return _drawn(visit, place, typed)
    try:
        written = [table.model_dump(exclude_defaults=True) for table in _tables(_given(typed))]
        change_rules(place.account, place.output, written)
    except SettingsError as error:
        return _drawn(visit, place, typed, error)
    number = "" if place.output is None else place.output
    return visit.goes_to("/rules", account=place.name, output=number, saved="yes")


def _place(visit: PageRequest) -> Place:
    name = account_meant(visit)
    settings, said = load_settings({}, {}, name or None), origins({}, {}, name or None)
    asked = visit.form.get("output") or visit.query.get("output", "")
    output = int(asked) if asked.isdecimal() and len(asked) < LONGEST and int(asked) < len(settings.outputs) else None
    kind = said["rules" if output is None else "outputs"].kind
    return Place(name=name, settings=settings, output=output, account=None if kind == "file" else name or None)


def _drawn(visit: PageRequest, place: Place, typed: Sequence[Typed], error: SettingsError | None = None) -> Response:
    wrong: dict[int, str] = {}
    given = _given(typed)
    events: tuple[Event, ...] = ()
    seen, ahead = None, False
    try:
        tables = _tables(given)
        with suppress(LedgerMissing):
            ledger = ledger_of_settings(place.settings)
            kept = visit.desk.recall.of(ledger)
            ahead = is_ahead(kept.ruled, place.settings, place.name)
            events = tuple(one.event for one in kept.known if one.cancelled_since is None)
            seen = _previewed(place, tables, events, visit.now)
    except SettingsError as found:
        number = re.match(r"rules\[(\d+)\]", str(found.facts.get("place")))
        if number is None:
            raise
        wrong, error = {list(given)[int(number[1]) - 1]: _said(found, visit)}, None
    before = len(place.settings.rules) if place.output is not None else 0
    by_rule = dict(zip(given, seen.by_rule[before:], strict=True)) if seen else {}
    return visit.render(
        "rules.html", error=error, status=422 if wrong or error else 200, rules=typed, wrong=wrong, place=place,
        names=account_names(), outputs=[output.name or output.place for output in place.settings.outputs],
        effects=seen, by_rule=by_rule, offered=_offered(events),
        groups=_groups(seen, visit, ledger.zone) if seen else {}, most=MOST_GROUPS,
        saved="saved" in visit.query, ahead=ahead, applied=visit.query.get("applied", ""),
        shared=place.account is None and len(account_names()) > 1,
    )  # fmt: skip


def _said(wrong: SettingsError, visit: PageRequest) -> str:
    """What is wrong with a rule, in words of its form where there are any."""
    own = f"page.rules.wrong.{wrong.reason}"
    return visit.words(own) if visit.words.has(own) else error_message(wrong, visit.words)[0]


def _previewed(place: Place, tables: tuple[RuleTable, ...], events: Iterable[Event], now: datetime) -> RulePreview:
    """What the rules do, with those of all calendars before a calendar's own. Raises SettingsError."""
    language = outputs_of(place.settings)[place.output or 0].language
    school = find_school(place.settings)
    kinds = {**Catalogue(language).table("calendar.kinds"), **(school.kinds if school else {})}
    whole = tables if place.output is None else (*place.settings.rules, *tables)
    return preview_rules(rules_of(whole), events, kinds, now)


def _groups(found: RulePreview, visit: PageRequest, zone: ZoneInfo) -> Mapping[str, Any]:
    """The groups in words."""

    def in_words(group: Group) -> Mapping[str, object]:
        return {
            "name": event_title(group.event, visit.words),
            "after": ", ".join(group.after),
            "count": group.count,
            "when": format_start(group.event, visit.words, zone),
        }

    return {
        fate: {"count": found.count(fate), "all": [in_words(group) for group in groups]}
        for fate, groups in found.groups.items()
    }


def _offered(events: Iterable[Event]) -> Mapping[str, list[str]]:
    """What is there to choose from, for each condition."""
    found: dict[str, set[str]] = {"subject": set(), "kind": set(), "teacher": set(), "room": set()}
    for event in events:
        found["subject"].add(event.subject)
        found["kind"].add(event.kind)
        found["teacher"].update(event.teachers)
        found["room"].update(event.rooms)
    return {name: sorted(values - {""})[:MOST_OFFERED] for name, values in found.items()}


def _given(typed: Iterable[Typed]) -> Mapping[int, Mapping[str, object]]:
    """The rules of the form that say anything, as the file has them, by their numbers from 1."""
    found = {
        number: {key: EXAM.get(value, value) if key == "exam" else value for key, value in one.items() if value}
        for number, one in enumerate(typed, 1)
    }
    return {number: one for number, one in found.items() if one}


def _tables(given: Mapping[int, Mapping[str, object]]) -> tuple[RuleTable, ...]:
    """Raises SettingsError with the `place` of what is wrong among them."""
    return parse_setting("rules", list(given.values()))  # type: ignore[return-value]


def _typed(table: RuleTable) -> Typed:
    values = {key: getattr(table, key) for key in KEYS}
    exam = {True: "yes", False: "no", None: ""}[values["exam"]]
    return {**values, "exam": exam}


def _of_form(lists: Mapping[str, list[str]]) -> Iterator[Typed]:
    """Each rule of the form: its fields come in the order of the rules."""
    columns = [[value.strip() for value in lists.get(key, [])] for key in KEYS]
    for values in list(zip(*columns, strict=False))[:MOST_RULES]:
        yield dict(zip(KEYS, values, strict=True))


def _moved(typed: list[Typed], action: str) -> list[Typed]:
    """One more, one less, one further up or down."""
    word, _, at = action.partition(":")
    number = int(at) if at.isdecimal() and len(at) < LONGEST else -1
    if word == "add":
        typed.append(dict.fromkeys(KEYS, ""))
    elif word == "remove" and 0 <= number < len(typed):
        del typed[number]
    elif word in {"up", "down"} and 0 <= number < len(typed):
        one = typed.pop(number)
        typed.insert(max(number + (1 if word == "down" else -1), 0), one)
    return typed


ROUTES = (get("/rules", rules), post("/rules", change))
