"""Convert events, changes, plannings and rules to the ledger's JSON and back; stored times are in UTC."""

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


def event_to_json(event: Event | None) -> str | None:
    """Return the event as JSON; None for None."""
    if event is None:
        return None
    data = {field.name: getattr(event, field.name) for field in fields(event)}
    times = {name: data[name].astimezone(UTC).isoformat() for name in TIMES}
    return json.dumps(data | times, ensure_ascii=True)


def event_from_json(text: str, zone: ZoneInfo) -> Event:
    """Return the stored event, its times in `zone`. Raise ValueError, TypeError or KeyError where it is not valid."""
    data = json.loads(text)
    times = {name: datetime.fromisoformat(data[name]).astimezone(zone) for name in TIMES}
    return Event(**{**data, **times, **{name: tuple(data[name]) for name in LISTS}})


def change_from_row(kind: str, uid: str, before: str | None, after: str | None, zone: ZoneInfo) -> Change:
    """Return the stored change. Raise what `event_from_json` raises."""
    stored = {"before": before, "after": after}
    change: Change = CLASSES[kind](uid=uid, **{n: event_from_json(text, zone) for n, text in stored.items() if text})
    return change


def planning_to_json(planning: Planning) -> str:
    """Return the planning of a held run as JSON."""
    data = {
        "school": planning.school,
        "period": _days(planning.period),
        "proved": [_days(period) for period in planning.proved],
        "events": [event_to_json(event) for event in planning.events],
        "oddities": [[oddity.reason, oddity.event_id] for oddity in planning.oddities],
    }
    return json.dumps(data, ensure_ascii=True)


def planning_from_json(text: str, zone: ZoneInfo) -> Planning:
    """Return the stored planning, its times in `zone`. Raise what `event_from_json` raises."""
    data = json.loads(text)
    return Planning(
        school=data["school"],
        period=_period(data["period"]),
        events=tuple(event_from_json(event, zone) for event in data["events"]),
        proved=tuple(map(_period, data["proved"])),
        oddities=tuple(ParseWarning(reason=reason, event_id=name) for reason, name in data["oddities"]),
    )


def rules_to_json(rules: Iterable[Rule]) -> str:
    """Return the rules as JSON."""
    return json.dumps([asdict(rule) for rule in rules])


def rules_from_json(text: str) -> tuple[Rule, ...]:
    """Return the stored rules. Raise what `event_from_json` raises."""
    return tuple(Rule(**one) for one in json.loads(text))


def _days(period: Period) -> list[str]:
    return [period.first.isoformat(), period.last.isoformat()]


def _period(days: list[str]) -> Period:
    first, last = map(date.fromisoformat, days)
    return Period(first=first, last=last)
