"""Where each property of one published event comes from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scraper.changes import Known
from scraper.ical import Look, Telling, drafts
from scraper.ledger.revisions import Published
from scraper.rules import Effect, Rule, apply, explain

PORTAL = {"DTSTART": "start", "DTEND": "start", "LOCATION": "rooms", "DESCRIPTION": "description"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One property as it is published, and its source: a key of `[explain.sources]` in the words, with its facts."""

    name: str
    value: str
    source: str
    facts: Mapping[str, object]


def explained(
    known: Known, look: Look, rules: Sequence[Rule], published: Published | None
) -> tuple[list[Line], list[tuple[int, Effect]]]:
    """The event's lines, none where a rule drops it; and the rules that fitted it: number (from 1) and effect."""
    fitted = [(number, effect) for number, _, effect in explain(rules, known.event, look.all_kinds)]
    ruled = apply(rules, known.event, look.all_kinds)
    if ruled is None:
        return [], fitted
    cancelled = known.cancelled_since is not None
    telling = Telling(ruled.event, known.uid, "CANCELLED" if cancelled else "CONFIRMED", ruled.categories)
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
        facts = {"sequence": published.sequence, "revised": published.revised}
        found.append(Line(name="SEQUENCE", value=str(published.sequence), source="ledger", facts=facts))
    return found, fitted


def _source(name: str, known: Known, look: Look, by: Mapping[str, int]) -> tuple[str, dict[str, object]]:
    cancelled = known.cancelled_since is not None
    if name in by:
        return "rule", {"number": by[name]}
    if name == "STATUS" and not cancelled:
        return "present", {}
    if name in {"STATUS", "TRANSP", "COLOR"} or (cancelled and name == "SUMMARY" and look.client != "any"):
        return ("cancelled", {"client": look.client}) if cancelled else ("kind", {})
    if name == "UID":
        return "uid", {"first": known.first_seen}
    if name == "SUMMARY":
        part = "subject" if known.event.subject else "note" if known.event.note else "kind"
        return f"portal-{part}", {}
    return {"CATEGORIES": "kind", "X-AURION-EVENT-ID": "portal-id"}.get(name, f"portal-{PORTAL.get(name, 'id')}"), {}
