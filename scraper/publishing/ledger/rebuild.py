"""Rebuild a lost ledger from a calendar that this program published: events, UIDs, SEQUENCE, cancellations."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid5

from icalendar import Calendar

from scraper.domain.ical_lines import event_lines
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY, Event
from scraper.domain.school import School
from scraper.i18n import LANGUAGES, Catalogue
from scraper.ical.entry import CANCELLED_COLOR, NAMESPACE, CalendarWords, RenderOptions, content_of, fingerprint
from scraper.parsing.title import read_title
from scraper.parsing.title_fields import EXAM_CLASS
from scraper.publishing.ledger.revisions import Revision

OURS = "-//aurion-planning//"
MOST_REVISIONS = 2**31 - 1
YEARS = range(2000, 9999)
"""Years of a plausible LAST-MODIFIED; an event with another one is ignored."""
NAMED = re.compile(rb"^" + NAMESPACE.encode() + rb":([0-9a-f-]+)\r?$", re.MULTILINE)
"""The line of a calendar with its school's namespace."""
LANGUAGE = re.compile(rb"^PRODID:.*//([A-Z]{2})\r?$", re.MULTILINE)


def revisions_in(body: bytes | None) -> dict[str, Revision]:
    """Return the revisions in the calendar, by UID; none where another program wrote it."""
    if body is None or OURS.encode() not in body[:2000]:
        return {}
    found = {}
    for lines in event_lines(body):
        values = dict(line.split(":", 1) for line in lines if ":" in line)
        try:
            revised = datetime.strptime(values["LAST-MODIFIED"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            sequence, uid = int(values["SEQUENCE"]), values["UID"]
        except (KeyError, ValueError):
            continue
        if not (0 <= sequence < MOST_REVISIONS and revised.year in YEARS):
            continue
        found[uid] = Revision(fingerprint=fingerprint(content_of(lines)), sequence=sequence, revised=revised)
    return found


def tracked_events_in(body: bytes | None, school: School, options: RenderOptions) -> tuple[TrackedEvent, ...]:
    """Return the events of a published calendar; none where it is unreadable or, by its UIDs, of another school."""
    published = revisions_in(body)
    if body is None or not published:
        return ()
    options = replace(options, words=_words(body, options.words))
    try:
        vevents = Calendar.from_ical(body).walk("VEVENT")
        ours = [one for one in vevents if str(one.get("UID")) in published and "X-AURION-EVENT-ID" in one]
        found = [_tracked_event(one, published, school, options) for one in ours]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
    once = Counter(known.event.id for known in found)
    return tuple(known for known in found if once[known.event.id] == 1) if _is_of(school, body, found) else ()


def _is_of(school: School, body: bytes, found: Sequence[TrackedEvent]) -> bool:
    """Return whether the calendar is this school's: it names the namespace, else half of the UIDs are made with it."""
    if named := NAMED.search(body):
        return named[1].decode() == str(school.namespace)
    return 2 * sum(known.uid == str(uuid5(school.namespace, known.event.id)) for known in found) >= len(found)


def spanned_days(known: Sequence[TrackedEvent]) -> set[date]:
    """Return all days from the first of these events to the last: the days that their calendar covers."""
    starts = [one.event.start.date() for one in known]
    return {min(starts) + DAY * n for n in range((max(starts) - min(starts)).days + 1)} if starts else set()


def _tracked_event(vevent: Any, published: dict[str, Revision], school: School, options: RenderOptions) -> TrackedEvent:  # noqa: ANN401 - icalendar's
    uid, description = str(vevent["UID"]), str(vevent.get("DESCRIPTION", ""))
    raw_title = description.partition(f"{options.words.table('calendar.labels')['raw_title']}\n")[2]
    kind = _kind(vevent, description, raw_title, options)
    title = read_title(raw_title, kind, school.layouts, school.kinds)
    if not (_field(description, "teacher", options) or _field(description, "teachers", options)):
        # Without a teacher the title ended with a blank line, which is not published.
        title = read_title(f"{raw_title}\n", kind, school.layouts, school.kinds)
    start, end = _times(vevent, school)
    event = title.fill(
        Event(
            id=str(vevent["X-AURION-EVENT-ID"]), start=start, end=end,
            all_day=not isinstance(vevent["DTSTART"].dt, datetime),
            description=_field(description, "description", options), raw_title=raw_title, raw_kind=kind,
        )
    )  # fmt: skip
    revised = published[uid].revised
    prefix = options.words("calendar.cancelled_summary", subject="")
    in_title = str(vevent.get("SUMMARY", "")).startswith(prefix) and str(vevent.get("COLOR", "")) == CANCELLED_COLOR
    cancelled = str(vevent.get("STATUS")) == "CANCELLED" or in_title
    return TrackedEvent(
        uid=uid, event=event, first_seen=revised, last_seen=revised, cancelled_since=revised if cancelled else None
    )


def _words(body: bytes, own: CalendarWords) -> CalendarWords:
    """Return the catalogue of the calendar's language, which its PRODID names."""
    match = LANGUAGE.search(body)
    language = match[1].decode().lower() if match else ""
    return Catalogue(language) if language in LANGUAGES and language != own.language else own


def _kind(vevent: Any, description: str, raw_title: str, options: RenderOptions) -> str:  # noqa: ANN401 - icalendar's
    """Return the event's classes as the portal sent them; where several codes share a word, the title decides."""
    word = _field(description, "kind", options)
    codes = [code for code, known in options.all_kinds.items() if known == word] or [word.replace(" ", "_")]
    code = next((code for code in codes if code in raw_title.split()), codes[0])
    categories = vevent["CATEGORIES"].cats if "CATEGORIES" in vevent else ()
    exam = EXAM_CLASS if options.words("calendar.exam") in map(str, categories) else ""
    return f"{code} {exam}".strip()


def _times(vevent: Any, school: School) -> tuple[datetime, datetime]:  # noqa: ANN401 - icalendar's
    moments = [vevent["DTSTART"].dt, vevent["DTEND"].dt if "DTEND" in vevent else vevent["DTSTART"].dt]
    start, end = (
        (m if isinstance(m, datetime) else datetime.combine(m, time(), school.zone)).astimezone(school.zone)
        for m in moments
    )
    return start, end


def _field(text: str, name: str, options: RenderOptions) -> str:
    """Return the value after that label, to the end of the line; a description, which comes last, has several lines."""
    labels = options.words.table("calendar.labels")
    lines = text.partition(f"\n\n{labels['raw_title']}\n")[0].split("\n")
    label = labels[name].format(text="")
    at = next((n for n, line in enumerate(lines) if line.startswith(label)), None)
    if at is None:
        return ""
    return "\n".join([lines[at].removeprefix(label), *(lines[at + 1 :] if name == "description" else ())])
