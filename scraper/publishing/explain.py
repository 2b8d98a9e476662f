"""Where each property of one published event comes from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scraper.domain.matching import TrackedEvent
from scraper.domain.rules import Effect, Rule, apply, explain
from scraper.ical.entry import STAMPS, EventToRender, RenderOptions
from scraper.ical.event import INSTANT, SAID_IN_TITLE
from scraper.ical.render import drafts
from scraper.publishing.ledger.revisions import Revision

PORTAL = {"DTSTART": "start", "DTEND": "start", "TRANSP": "start", "LOCATION": "rooms", "DESCRIPTION": "description"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One property as it is published, and its source: a key of `[explain.sources]` in the words, with its facts."""

    name: str
    value: str
    source: str
    facts: Mapping[str, object]


def explained(
    known: TrackedEvent, look: RenderOptions, rules: Sequence[Rule], published: Revision | None
) -> tuple[list[Line], list[tuple[int, Effect]]]:
    """The event's lines, none where a rule drops it; and the rules that fitted it: number (from 1) and effect."""
    fitted = [(number, effect) for number, _, effect in explain(rules, known.event, look.all_kinds)]
    ruled = apply(rules, known.event, look.all_kinds)
    if ruled is None:
        return [], fitted
    cancelled = known.cancelled_since is not None
    telling = EventToRender(ruled.event, known.uid, "CANCELLED" if cancelled else "CONFIRMED", ruled.categories)
    (draft,) = drafts([telling], look)
    by = {"SUMMARY" if name == "subject" else "CATEGORIES": number for name, number in ruled.by}
    found, within = [], 0
    for text in draft.lines[1:-1]:
        name, _, value = text.partition(":")
        plain = name.partition(";")[0]
        within += (plain == "BEGIN") - (plain == "END")
        if plain in {"BEGIN", "END"}:
            continue
        source, facts = ("alarms", {}) if within else _source(plain, known, look, by)
        found.append(Line(name=plain, value=value, source=source, facts=facts))
    if published is not None:
        facts = {"count": published.sequence, "revised": published.revised}
        for name in STAMPS:
            value = str(published.sequence) if name == "SEQUENCE" else f"{published.revised:{INSTANT}}"
            found.append(Line(name=name, value=value, source="ledger", facts=facts))
    return found, fitted


def _source(
    name: str, known: TrackedEvent, look: RenderOptions, by: Mapping[str, int]
) -> tuple[str, dict[str, object]]:
    cancelled = known.cancelled_since is not None
    if name in by:
        return "rule", {"number": by[name]}
    if name == "STATUS" and not cancelled:
        return "present", {}
    if cancelled and (name in {"STATUS", "TRANSP", "COLOR"} or (name == "SUMMARY" and look.client in SAID_IN_TITLE)):
        return "cancelled", {"client": look.client}
    if name == "UID":
        return "uid", {"first": known.first_seen}
    if name == "SUMMARY":
        part = "subject" if known.event.subject else "note" if known.event.note else "kind"
        return f"portal-{part}", {}
    return {"CATEGORIES": "kind", "COLOR": "kind", "X-AURION-EVENT-ID": "portal-id"}.get(
        name, f"portal-{PORTAL.get(name, 'id')}"
    ), {}
