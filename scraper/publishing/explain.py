"""Explain where each property of a published event comes from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scraper.domain.ical_lines import STAMPS
from scraper.domain.matching import TrackedEvent
from scraper.domain.rules import Effect, Rule, apply, explain
from scraper.ical.entry import COURSE, EventToRender, RenderOptions, Status
from scraper.ical.event import CANCELLED_IN_TITLE, INSTANT
from scraper.ical.render import render_events
from scraper.publishing.ledger.revisions import Revision

PORTAL = {"DTSTART": "start", "DTEND": "start", "TRANSP": "start", "LOCATION": "rooms", "DESCRIPTION": "description"}
OTHER = {"CATEGORIES": "kind", COURSE: "course", "X-AURION-EVENT-ID": "portal-id", "VALARM": "alarms"}
PROPERTIES = {"subject": "SUMMARY", "categories": "CATEGORIES", "color": "COLOR", "alarms": "VALARM"}
"""The property that a rule sets, by the name in `RuleOutcome.by`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedProperty:
    """A published property and its source: a key of `[explain.sources]` in the catalogue, with its facts."""

    name: str
    value: str
    source: str
    facts: Mapping[str, object]


def explain_event(
    known: TrackedEvent,
    options: RenderOptions,
    rules: Sequence[Rule],
    colors: Mapping[str, str],
    published: Revision | None,
    *,
    is_first: bool = False,
) -> tuple[list[ExplainedProperty], list[tuple[int, Effect]]]:
    """Return the event's properties, empty where a rule drops it, and the matching rules: number (from 1) and effect.

    `colors` are those of the courses. `published` is the event's last revision; without one, SEQUENCE and the time
    stamps are left out. `is_first` is set for the first lesson of a day.
    """
    matching = [(number, effect) for number, _, effect in explain(rules, known.event, options.all_kinds)]
    outcome = apply(rules, known.event, options.all_kinds, colors)
    if outcome is None:
        return [], matching
    status: Status = "CONFIRMED" if known.cancelled_since is None else "CANCELLED"
    event = EventToRender(
        outcome.event, known.uid, status, outcome.categories, outcome.color, outcome.alarms, is_first
    )  # fmt: skip
    (rendered,) = render_events([event], options)
    by = {PROPERTIES[name]: number for name, number in outcome.by}
    found, within = [], 0
    for text in rendered.styled_lines[1:-1]:
        name, _, value = text.partition(":")
        plain = name.partition(";")[0]
        within += (plain == "BEGIN") - (plain == "END")
        if plain in {"BEGIN", "END"}:
            continue
        source, facts = _source("VALARM" if within else plain, known, options, by)
        found.append(ExplainedProperty(name=plain, value=value, source=source, facts=facts))
    if published is not None:
        facts = {"count": published.sequence, "revised": published.revised}
        for name in STAMPS:
            value = str(published.sequence) if name == "SEQUENCE" else f"{published.revised:{INSTANT}}"
            found.append(ExplainedProperty(name=name, value=value, source="ledger", facts=facts))
    return found, matching


def _source(
    name: str, known: TrackedEvent, options: RenderOptions, by: Mapping[str, int]
) -> tuple[str, dict[str, object]]:
    cancelled = known.cancelled_since is not None
    if name in by:
        return "rule", {"number": by[name]}
    if name == "STATUS" and not cancelled:
        return "present", {}
    if cancelled and (
        name in {"STATUS", "TRANSP", "COLOR"} or (name == "SUMMARY" and options.client in CANCELLED_IN_TITLE)
    ):
        return "cancelled", {"client": options.client}
    if name == "UID":
        return "uid", {"first": known.first_seen}
    if name == "SUMMARY":
        part = "subject" if known.event.subject else "note" if known.event.note else "kind"
        return f"portal-{part}", {}
    if name == "COLOR":
        return "kind" if known.event.is_exam else "course", {}
    return OTHER.get(name, f"portal-{PORTAL.get(name, 'id')}"), {}
