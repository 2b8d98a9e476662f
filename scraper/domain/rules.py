"""A user's rules: hide events, rename them or add categories. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scraper.domain.planning import Event
from scraper.domain.text import fold_short, has

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
    """An action for all events that meet every condition; without conditions, for all events.

    `subject`, `kind`, `teacher` and `room` are texts, empty for no condition. The text must occur as whole words in
    the portal's text, ignoring case, accents and blanks. `kind` is searched in the code (`COURS_TD`, with `_` as a
    blank, so `TD` matches) and in the kind's name. `exam` requires an exam (True) or something else (False).

    `keep` protects an event from later `drop` rules. `to` is the new subject of a `rename` (the last one counts) or
    the name of a `category`, otherwise empty.
    """

    do: Action
    to: str = ""
    subject: str = ""
    kind: str = ""
    teacher: str = ""
    room: str = ""
    exam: bool | None = None

    def fits(self, event: Event, kinds: Mapping[str, str]) -> bool:
        """Whether the event meets every condition; `kinds` maps the portal's codes to words."""
        return (
            self.exam in (None, event.is_exam)
            and _occurs(self.subject, [event.subject])
            and _occurs(_spaced(self.kind), [_spaced(event.kind), _spaced(kinds.get(event.kind, ""))])
            and _occurs(self.teacher, event.teachers)
            and _occurs(self.room, event.rooms)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """An event that is shown, with its new subject, and the distinct `categories` added.

    `by` has the number, from 1, of the rule that set each property: `("subject", 2)`, and one `("categories", n)` for
    each category, in their order.
    """

    event: Event
    categories: tuple[str, ...] = ()
    by: tuple[tuple[str, int], ...] = ()


def explain(rules: Sequence[Rule], event: Event, kinds: Mapping[str, str]) -> tuple[tuple[int, Rule, Effect], ...]:
    """Return the matching rules in order, each with its number (from 1) and effect; `kinds` as for `apply`.

    The list ends with a rule that drops the event. `kept-before` is a `drop` without effect, because an earlier rule
    keeps the event.
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
    """Apply the rules in order; return None where one drops the event.

    Every rule sees the portal's own subject, also after a rename. `kinds` maps the portal's codes to words.
    """
    return outcome_of(explain(rules, event, kinds), event)


def outcome_of(matching: Iterable[tuple[int, Rule, Effect]], event: Event) -> RuleOutcome | None:
    """Return the outcome of the matching rules, as `explain` returns them."""
    renamed: tuple[tuple[str, int], ...] = ()
    subject, categories = event.subject, dict[str, int]()
    for number, rule, effect in matching:
        match effect:
            case "dropped":
                return None
            case "renamed":
                subject, renamed = rule.to, (("subject", number),)
            case "categorised":
                categories.setdefault(rule.to, number)
    by = (*renamed, *(("categories", number) for number in categories.values()))
    return RuleOutcome(event=replace(event, subject=subject), categories=tuple(categories), by=by)


def _occurs(wanted: str, values: Iterable[str]) -> bool:
    """Whether one of the values contains the text; a text that folds to nothing occurs nowhere."""
    if not wanted:
        return True
    phrase = fold_short(wanted)
    return bool(phrase) and any(has(fold_short(value), [phrase]) for value in values)


def _spaced(kind: str) -> str:
    return kind.replace("_", " ")
