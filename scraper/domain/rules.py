"""A user's rules: which events of a planning go into a calendar, under which subject and categories. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from scraper.domain.planning import Event
from scraper.domain.text import fold, has

Action = Literal["drop", "keep", "rename", "category"]
Effect = Literal["dropped", "kept", "renamed", "categorised", "kept-before"]

EFFECTS: Mapping[Action, Effect] = {
    "drop": "dropped",
    "keep": "kept",
    "rename": "renamed",
    "category": "categorised",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is done with the events that fulfil every condition; without conditions, with all events.

    `subject`, `kind`, `teacher` and `room` are texts, empty where there is no condition: the text must stand
    as whole words in the portal's own, whatever the case, accents and blanks. `kind` is looked for in the code
    (`COURS_TD`, its `_` being a blank: `TD` fits too) and in the kind in words. `exam` is whether it must be one.

    `keep` protects an event from the drops of later rules. `to` is the new subject of a `rename` (the last
    one counts) or the text of a `category`, empty otherwise.
    """

    do: Action
    to: str = ""
    subject: str = ""
    kind: str = ""
    teacher: str = ""
    room: str = ""
    exam: bool | None = None

    def fits(self, event: Event, kinds: Mapping[str, str]) -> bool:
        """Whether the event, as the portal told it, fulfils every condition; `kinds` are the codes in words."""
        return (
            self.exam in (None, event.is_exam)
            and _stands(self.subject, [event.subject])
            and _stands(_spaced(self.kind), [_spaced(event.kind), _spaced(kinds.get(event.kind, ""))])
            and _stands(self.teacher, event.teachers)
            and _stands(self.room, event.rooms)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """An event that stays, its subject renamed where a rule says so, and the `categories` added, once each.

    `by` tells which rule, counted from 1, set which property: `("subject", 2)`, and one `("categories", n)` for
    each category, in their order.
    """

    event: Event
    categories: tuple[str, ...] = ()
    by: tuple[tuple[str, int], ...] = ()


def explain(rules: Sequence[Rule], event: Event, kinds: Mapping[str, str]) -> tuple[tuple[int, Rule, Effect], ...]:
    """The rules that fitted the event, each with its number, counted from 1, and what it did; `kinds` as for `apply`.

    They stand in their order, up to the one that dropped the event. `kept-before` is a drop that did nothing,
    because an earlier rule had kept the event.
    """
    found: list[tuple[int, Rule, Effect]] = []
    kept = False
    for number, rule in enumerate(rules, 1):
        if not rule.fits(event, kinds):
            continue
        effect = "kept-before" if kept and rule.do == "drop" else EFFECTS[rule.do]
        found.append((number, rule, effect))
        if effect == "dropped":
            break
        kept = kept or rule.do == "keep"
    return tuple(found)


def apply(rules: Sequence[Rule], event: Event, kinds: Mapping[str, str]) -> RuleOutcome | None:
    """What the rules, one after the other, make of the event: None where one drops it.

    Every rule sees the portal's own subject, also after a rename. `kinds` are the portal's codes in words.
    """
    return made_by(explain(rules, event, kinds), event)


def made_by(fitted: Iterable[tuple[int, Rule, Effect]], event: Event) -> RuleOutcome | None:
    """The same, of the rules that fitted the event, as `explain` tells them."""
    renamed: tuple[tuple[str, int], ...] = ()
    subject, categories = event.subject, dict[str, int]()
    for number, rule, effect in fitted:
        match effect:
            case "dropped":
                return None
            case "renamed":
                subject, renamed = rule.to, (("subject", number),)
            case "categorised":
                categories.setdefault(rule.to, number)
    by = (*renamed, *(("categories", number) for number in categories.values()))
    return RuleOutcome(event=replace(event, subject=subject), categories=tuple(categories), by=by)


def _stands(wanted: str, values: Iterable[str]) -> bool:
    """Whether one of the values has the text wanted; a text of which folding leaves nothing stands nowhere."""
    if not wanted:
        return True
    phrase = _folded(wanted)
    return bool(phrase) and any(has(_folded(value), [phrase]) for value in values)


def _spaced(kind: str) -> str:
    return kind.replace("_", " ")


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    """The text folded, once: the subjects, teachers and rooms of a year are few."""
    return fold(text)
