"""The rules of a calendar, with a preview of what they do to the known events."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from scraper.config.accounts import find_school
from scraper.config.outputs import outputs_of, rules_of
from scraper.config.settings.edit import parse_setting
from scraper.config.settings.table_schema import RuleTable
from scraper.domain.palette import OFFERED_COLORS
from scraper.domain.planning import Event
from scraper.domain.rule_preview import EventGroup, RulePreview, preview_rules
from scraper.errors import LedgerMissing, SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.describe import event_title, format_start
from scraper.web.pages.account_context import RulesPlace
from scraper.web.pages.messages import error_message
from scraper.web.pages.request import PageRequest, get, parse_index, post

KEYS = ("do", "to", "course", "subject", "kind", "teacher", "room", "exam")
EXAM = {"yes": True, "no": False}
MOST_RULES, MOST_GROUPS, MOST_OFFERED = 60, 40, 300
FormRule = dict[str, str]
"""A rule as it is in the form: text by field."""


def show_rules(request: PageRequest) -> Response:
    """Show the saved rules."""
    place = request.state.accounts.load_rules(request)
    return _render(request, place, [_to_form(table) for table in place.tables])


def edit_rules(request: PageRequest) -> Response:
    """Add, remove or move a rule of the form, preview it, or save all rules, according to its `action`."""
    place = request.state.accounts.load_rules(request)
    typed = _edit_list(list(_from_form(request.lists)), request.form.get("action", ""))
    if request.form.get("action") != "save":
        return _render(request, place, typed)
    try:
        tables = [table.model_dump(exclude_defaults=True) for table in _parse(_filled_in(typed))]
        if request.form.get("seen") not in {None, _digest(place)}:
            return _render(request, place, typed, SettingsError("rules-changed"))
        request.state.accounts.save_rules(request, place, tables)
    except SettingsError as error:
        return _render(request, place, typed, error)
    number = "" if place.output is None else place.output
    return request.redirect("/rules", account=place.name, output=number, saved="yes")


def _digest(place: RulesPlace) -> str:
    """Return a text that changes with the saved rules: a form made from others must not replace them silently."""
    return hashlib.sha256("\n".join(table.model_dump_json() for table in place.tables).encode()).hexdigest()


def _render(
    request: PageRequest, place: RulesPlace, typed: Sequence[FormRule], error: SettingsError | None = None
) -> Response:
    errors: dict[int, str] = {}
    filled_in = _filled_in(typed)
    events: tuple[Event, ...] = ()
    preview, is_outdated = None, False
    try:
        tables = _parse(filled_in)
        with suppress(LedgerMissing):
            ledger = request.state.accounts.open_ledger(request, place)
            snapshot = request.state.ledger_cache.get(ledger)
            is_outdated = request.state.accounts.has_unapplied_rules(place, snapshot.rules_by_output)
            events = tuple(one.event for one in snapshot.events if one.cancelled_since is None)
            preview = _preview(place, tables, events, request.now)
    except SettingsError as invalid:
        number = re.match(r"rules\[(\d+)\]", str(invalid.facts.get("place")))
        if number is None:
            raise
        errors, error = {list(filled_in)[int(number[1]) - 1]: _rule_error(invalid, request)}, None
    names = request.state.accounts.names(request)
    general_rules = len(place.settings.rules) if place.output is not None else 0
    by_rule = dict(zip(filled_in, preview.by_rule[general_rules:], strict=True)) if preview else {}
    seen = _digest(place) if error else request.form.get("seen") or _digest(place)
    return request.render(
        "rules.html", error=error, seen=seen, status=422 if errors or error else 200, rules=typed, wrong=errors,
        place=place, names=names, outputs=[output.name or output.place for output in place.settings.outputs],
        effects=preview, by_rule=by_rule, offered=_suggestions(events),
        colors=OFFERED_COLORS, groups=_groups(preview, request, ledger.zone) if preview else {}, most=MOST_GROUPS,
        saved="saved" in request.query, has_unapplied=is_outdated, applied=request.query.get("applied", ""),
        shared=place.account is None and len(names) > 1, is_unsaved=bool(request.form),
    )  # fmt: skip


def _rule_error(wrong: SettingsError, request: PageRequest) -> str:
    """Return what is wrong with a rule, in the form's own wording where there is one."""
    own = f"page.rules.wrong.{wrong.reason}"
    return request.words(own) if request.words.has(own) else error_message(wrong, request.words)[0]


def _preview(place: RulesPlace, tables: tuple[RuleTable, ...], events: Iterable[Event], now: datetime) -> RulePreview:
    """Return what the rules do, after the general rules for the rules of one calendar. Raise SettingsError."""
    language = outputs_of(place.settings)[place.output or 0].language
    school = find_school(place.settings)
    kinds = {**Catalogue(language).table("calendar.kinds"), **(school.kinds if school else {})}
    whole = tables if place.output is None else (*place.settings.rules, *tables)
    return preview_rules(rules_of(whole), events, kinds, now)


def _groups(preview: RulePreview, request: PageRequest, zone: ZoneInfo) -> Mapping[str, Any]:
    """Return the groups of affected events as text, by effect."""

    def as_text(group: EventGroup) -> Mapping[str, object]:
        return {
            "name": event_title(group.event, request.words),
            "after": ", ".join(group.after),
            "count": group.count,
            "when": format_start(group.event, request.words, zone),
        }

    return {
        fate: {"count": preview.count(fate), "all": [as_text(group) for group in groups]}
        for fate, groups in preview.groups.items()
    }


def _suggestions(events: Iterable[Event]) -> Mapping[str, Mapping[str, int]]:
    """Return the known values for each field of a rule, each with the number of its events."""
    counts: dict[str, Counter[str]] = {"subject": Counter(), "kind": Counter(), "teacher": Counter(), "room": Counter()}
    for event in events:
        counts["subject"][event.subject] += 1
        counts["kind"][event.kind] += 1
        counts["teacher"].update(event.teachers)
        counts["room"].update(event.rooms)
    counts["course"] = counts["subject"]
    found = {name: {value: counted[value] for value in sorted(counted) if value} for name, counted in counts.items()}
    return {name: dict(islice(values.items(), MOST_OFFERED)) for name, values in found.items()}


def _filled_in(typed: Iterable[FormRule]) -> Mapping[int, Mapping[str, object]]:
    """Return the rules that are not empty, as the settings file has them, by their number in the form (from 1)."""
    rules = {
        number: {key: EXAM.get(value, value) if key == "exam" else value for key, value in rule.items() if value}
        for number, rule in enumerate(typed, 1)
    }
    return {number: rule for number, rule in rules.items() if rule}


def _parse(rules: Mapping[int, Mapping[str, object]]) -> tuple[RuleTable, ...]:
    """Validate the rules. Raise SettingsError with the wrong rule as its fact `place`."""
    return parse_setting("rules", list(rules.values()))  # type: ignore[return-value]


def _to_form(table: RuleTable) -> FormRule:
    values = {key: getattr(table, key) for key in KEYS}
    exam = {True: "yes", False: "no", None: ""}[values["exam"]]
    return {**values, "exam": exam}


def _from_form(lists: Mapping[str, list[str]]) -> Iterator[FormRule]:
    """Yield the rules of the form; their fields are sent in the order of the rules."""
    columns = [[value.strip() for value in lists.get(key, [])] for key in KEYS]
    for values in list(zip(*columns, strict=False))[:MOST_RULES]:
        yield dict(zip(KEYS, values, strict=True))


def _edit_list(typed: list[FormRule], action: str) -> list[FormRule]:
    """Apply the form's action: add a rule, or remove one, or move it up or down."""
    verb, _, index = action.partition(":")
    number = parse_index(index)
    if verb == "add":
        typed.append(dict.fromkeys(KEYS, ""))
    elif verb == "remove" and 0 <= number < len(typed):
        del typed[number]
    elif verb in {"up", "down"} and 0 <= number < len(typed):
        rule = typed.pop(number)
        typed.insert(max(number + (1 if verb == "down" else -1), 0), rule)
    return typed


ROUTES = (get("/rules", show_rules), post("/rules", edit_rules))
