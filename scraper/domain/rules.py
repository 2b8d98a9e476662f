"""A user's rules: hide events, rename them, add categories, choose colours and reminders. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from scraper.domain.course_colors import course_of
from scraper.domain.durations import NO_ALARM, parse_duration
from scraper.domain.planning import Event
from scraper.domain.text import fold_short, has

Action = Literal["drop", "keep", "rename", "category", "color", "alarm"]
Effect = Literal["dropped", "kept", "renamed", "categorised", "coloured", "reminded", "kept-before"]

EFFECTS: Mapping[Action, Effect] = {
    "drop": "dropped",
    "keep": "kept",
    "rename": "renamed",
    "category": "categorised",
    "color": "coloured",
    "alarm": "reminded",
}
LAST: Mapping[Effect, str] = {"renamed": "subject", "coloured": "color", "reminded": "alarms"}
"""The effects of which only the last one counts, with what they set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An action for all events that meet every condition; without conditions, for all events.

    `subject`, `kind`, `teacher` and `room` are texts, empty for no condition. The text must occur as whole words in
    the portal's text, ignoring case, accents and blanks. `kind` is searched in the code (`COURS_TD`, with `_` as a
    blank, so `TD` matches) and in the kind's name. `course` must be the portal's whole subject (its kind, for an event
    without subject). `exam` requires an exam (True) or something else (False).

    `keep` protects an event from later `drop` rules. `to` is the new subject of a `rename`, the name of a `category`, a
    `color`, or the times of an `alarm` before the start (`10m, 1d`; `none`: no reminder); otherwise empty. The last
    `rename`, `color` and `alarm` count.
    """

    do: Action
    to: str = ""
    subject: str = ""
    kind: str = ""
    teacher: str = ""
    room: str = ""
    exam: bool | None = None
    course: str = ""

    def fits(self, event: Event, kinds: Mapping[str, str]) -> bool:
        """Return whether the event meets every condition; `kinds` maps the portal's codes to words."""
        return (
            self.exam in (None, event.is_exam)
            and (not self.course or fold_short(self.course) == course_of(event))
            and _occurs(self.subject, [event.subject])
            and _occurs(_in_words(self.kind), [_in_words(event.kind), _in_words(kinds.get(event.kind, ""))])
            and _occurs(self.teacher, event.teachers)
            and _occurs(self.room, event.rooms)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """An event that is shown, with its new subject, and the distinct `categories` added.

    `color` is the course's colour, or the one that a rule chooses. `alarms` are the times of reminders before the
    start, None where no rule chooses them. `by` has the number, from 1, of the rule that set each property:
    `("subject", 2)`, and one `("categories", n)` for each category, in their order.
    """

    event: Event
    categories: tuple[str, ...] = ()
    color: str = ""
    alarms: tuple[timedelta, ...] | None = None
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


def apply(
    rules: Sequence[Rule], event: Event, kinds: Mapping[str, str], colors: Mapping[str, str] | None = None
) -> RuleOutcome | None:
    """Apply the rules in order; return None where one drops the event.

    Every rule sees the portal's own subject, also after a rename. `kinds` maps the portal's codes to words, `colors`
    the courses to their colours.
    """
    color = colors.get(course_of(event), "") if colors else ""
    if not rules:  # most calendars, of a thousand events
        return RuleOutcome(event=event, color=color)
    return outcome_of(explain(rules, event, kinds), event, color)


def outcome_of(matching: Iterable[tuple[int, Rule, Effect]], event: Event, color: str = "") -> RuleOutcome | None:
    """Return the outcome of the matching rules, as `explain` returns them; `color` is that of the course."""
    last: dict[str, tuple[str, int]] = {}
    categories: dict[str, int] = {}
    for number, rule, effect in matching:
        match effect:
            case "dropped":
                return None
            case "renamed" | "coloured" | "reminded":
                last[LAST[effect]] = rule.to, number
            case "categorised":
                categories.setdefault(rule.to, number)
    to = {name: value for name, (value, _) in last.items()}
    return RuleOutcome(
        event=replace(event, subject=to["subject"]) if "subject" in to else event,
        categories=tuple(categories),
        color=to.get("color", color),
        alarms=parse_alarms(to["alarms"]) if "alarms" in to else None,
        by=(*((name, number) for name, (_, number) in last.items()), *(("categories", n) for n in categories.values())),
    )


def parse_alarms(text: str) -> tuple[timedelta, ...]:
    """Return the durations of a text like `10m, 2h, 1d`; none for `none`. Raise ValueError."""
    return () if text == NO_ALARM else tuple(map(parse_duration, text.split(",")))


def _occurs(wanted: str, values: Iterable[str]) -> bool:
    """Return whether one of the values contains the text; a text that folds to nothing occurs nowhere."""
    if not wanted:
        return True
    phrase = fold_short(wanted)
    return bool(phrase) and any(has(fold_short(value), [phrase]) for value in values)


def _in_words(kind: str) -> str:
    return kind.replace("_", " ")
