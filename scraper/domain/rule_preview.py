"""What a user's rules do to the events that are known: seen before they are kept. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scraper.domain.planning import Event
from scraper.domain.rules import Effect, Rule, explain, made_by

Fate = Literal["hidden", "renamed", "categorised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Events with one subject of which the rules make one thing.

    `event` is the next of them, else the last; `after` the new subject or the categories, none where they are hidden.
    """

    event: Event
    after: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePreview:
    """Of `total` events what becomes of those that the rules change, by fate, the largest groups first.

    `by_rule` counts, for each rule, on how many events it had which effect.
    """

    total: int
    groups: Mapping[Fate, tuple[Group, ...]]
    by_rule: tuple[Mapping[Effect, int], ...]

    def count(self, fate: Fate) -> int:
        """How many events it meets."""
        return sum(group.count for group in self.groups[fate])


def effects(rules: Sequence[Rule], events: Iterable[Event], kinds: Mapping[str, str], now: datetime) -> RulePreview:
    """What the rules make of the events; `kinds` are the portal's codes in words."""
    met: dict[Fate, dict[tuple[str, tuple[str, ...]], list[Event]]] = {
        fate: defaultdict(list) for fate in ("hidden", "renamed", "categorised")
    }
    by_rule = tuple(Counter[Effect]() for _ in rules)
    total = 0
    for event in events:
        total += 1
        fitted = explain(rules, event, kinds)
        for number, _, effect in fitted:
            by_rule[number - 1][effect] += 1
        ruled = made_by(fitted, event)
        if ruled is None:
            met["hidden"][event.subject, ()].append(event)
            continue
        if ruled.event.subject != event.subject:
            met["renamed"][event.subject, (ruled.event.subject,)].append(event)
        if ruled.categories:
            met["categorised"][event.subject, ruled.categories].append(event)
    return RulePreview(total=total, groups={fate: _groups(found, now) for fate, found in met.items()}, by_rule=by_rule)


def _groups(found: Mapping[tuple[str, tuple[str, ...]], list[Event]], now: datetime) -> tuple[Group, ...]:
    groups = (Group(event=_next(events, now), after=after, count=len(events)) for (_, after), events in found.items())
    return tuple(sorted(groups, key=lambda group: (-group.count, group.event.subject)))


def _next(events: Sequence[Event], now: datetime) -> Event:
    coming = [event for event in events if event.end >= now]
    return min(coming, key=_start) if coming else max(events, key=_start)


def _start(event: Event) -> float:
    return event.start.timestamp()
