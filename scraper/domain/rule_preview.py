"""Preview the effect of a user's rules on the tracked events, before the rules are saved. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scraper.domain.planning import Event
from scraper.domain.rules import Effect, Rule, explain, outcome_of

Fate = Literal["hidden", "renamed", "categorised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGroup:
    """Events with the same subject and the same outcome.

    `event` is the next of them, else the last. `after` is the new subject or the categories; empty for hidden events.
    """

    event: Event
    after: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePreview:
    """The outcome of rules for `total` events: groups of changed events by fate, the largest first.

    `by_rule` has, for each rule, the number of events by effect.
    """

    total: int
    groups: Mapping[Fate, Sequence[EventGroup]]
    by_rule: tuple[Mapping[Effect, int], ...]

    def count(self, fate: Fate) -> int:
        """Return the number of events with that fate."""
        return sum(group.count for group in self.groups[fate])


def preview_rules(
    rules: Sequence[Rule], events: Iterable[Event], kinds: Mapping[str, str], now: datetime
) -> RulePreview:
    """Apply the rules to the events; `kinds` maps the portal's codes to words."""
    grouped: dict[Fate, dict[tuple[str, tuple[str, ...]], list[Event]]] = {
        fate: defaultdict(list) for fate in ("hidden", "renamed", "categorised")
    }
    by_rule = tuple(Counter[Effect]() for _ in rules)
    total = 0
    for event in events:
        total += 1
        matching = explain(rules, event, kinds)
        for number, _, effect in matching:
            by_rule[number - 1][effect] += 1
        outcome = outcome_of(matching, event)
        if outcome is None:
            grouped["hidden"][event.subject, ()].append(event)
            continue
        if outcome.event.subject != event.subject:
            grouped["renamed"][event.subject, (outcome.event.subject,)].append(event)
        if outcome.categories:
            grouped["categorised"][event.subject, outcome.categories].append(event)
    groups = {
        fate: sorted(
            (
                EventGroup(event=_next_event(same, now), after=after, count=len(same))
                for (_, after), same in found.items()
            ),
            key=lambda group: (-group.count, group.event.subject),
        )
        for fate, found in grouped.items()
    }
    return RulePreview(total=total, groups=groups, by_rule=by_rule)


def _next_event(events: Sequence[Event], now: datetime) -> Event:
    """Return the next of the events, else the last; by instants, as local times repeat in October."""
    ordered = sorted(events, key=lambda event: event.start.timestamp())
    return next((event for event in ordered if event.end >= now), ordered[-1])
