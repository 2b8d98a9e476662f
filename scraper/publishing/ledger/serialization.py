"""Events, changes and plannings as the ledger writes them: JSON, times in UTC."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from scraper.domain.changes import KINDS, Change
from scraper.domain.planning import Event, ParseWarning, Period, Planning
from scraper.domain.rules import Rule

LISTS = ("rooms", "teachers")
TIMES = ("start", "end")
CLASSES: dict[str, Any] = {name: kind for kind, name in KINDS.items()}


def text_of(event: Event | None) -> str | None:
    """The event as text; None for none."""
    if event is None:
        return None
    data = {field.name: getattr(event, field.name) for field in fields(event)}
    times = {name: data[name].astimezone(UTC).isoformat() for name in TIMES}
    return json.dumps(data | times, ensure_ascii=True)


def event_from(text: str, zone: ZoneInfo) -> Event:
    """The event, its times in `zone`. Raises ValueError, TypeError, KeyError for what is none."""
    data = json.loads(text)
    times = {name: datetime.fromisoformat(data[name]).astimezone(zone) for name in TIMES}
    return Event(**{**data, **times, **{name: tuple(data[name]) for name in LISTS}})


def change_of(kind: str, uid: str, before: str | None, after: str | None, zone: ZoneInfo) -> Change:
    """A change as it was found. Raises what `event_from` raises."""
    told = {"before": before, "after": after}
    change: Change = CLASSES[kind](uid=uid, **{n: event_from(text, zone) for n, text in told.items() if text})
    return change


def planning_text(planning: Planning) -> str:
    """The planning as text, which a run that was kept back leaves."""
    data = {
        "school": planning.school,
        "period": _days(planning.period),
        "proved": [_days(period) for period in planning.proved],
        "events": [text_of(event) for event in planning.events],
        "oddities": [[oddity.reason, oddity.event_id] for oddity in planning.oddities],
    }
    return json.dumps(data, ensure_ascii=True)


def planning_from(text: str, zone: ZoneInfo) -> Planning:
    """The planning, its times in `zone`. Raises what `event_from` raises."""
    data = json.loads(text)
    return Planning(
        school=data["school"],
        period=_period(data["period"]),
        events=tuple(event_from(event, zone) for event in data["events"]),
        proved=tuple(map(_period, data["proved"])),
        oddities=tuple(ParseWarning(reason=reason, event_id=name) for reason, name in data["oddities"]),
    )


def rules_text(rules: Iterable[Rule]) -> str:
    """Rules as text."""
    return json.dumps([asdict(rule) for rule in rules])


def rules_from(text: str) -> tuple[Rule, ...]:
    """The rules. Raises what `event_from` raises."""
    return tuple(Rule(**one) for one in json.loads(text))


def _days(period: Period) -> list[str]:
    return [period.first.isoformat(), period.last.isoformat()]


def _period(days: list[str]) -> Period:
    first, last = map(date.fromisoformat, days)
    return Period(first=first, last=last)
