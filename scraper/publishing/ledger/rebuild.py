"""What a calendar of ours that is there tells of a ledger that is not: events, UIDs, SEQUENCE, cancelled ones."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid5

from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY, Event
from scraper.domain.school import School
from scraper.i18n import LANGUAGES, Catalogue
from scraper.ical.entry import CANCELLED_COLOR, STAMPS, RenderOptions, fingerprint
from scraper.parsing.title import read_title
from scraper.parsing.title_fields import EXAM_CLASS
from scraper.publishing.ledger.revisions import Revision

OURS = "-//aurion-planning//"
FOLD = re.compile(rb"\r?\n[ \t]")
MOST_REVISIONS = 2**31 - 1
YEARS = range(2000, 9999)
"""Where a stamp is another's, there is nothing to go on from."""
LANGUAGE = re.compile(rb"^PRODID:.*//([A-Z]{2})\r?$", re.MULTILINE)


def published_in(body: bytes | None) -> dict[str, Revision]:
    """What the calendar says was published, by UID; nothing where it is none of ours."""
    if body is None or OURS.encode() not in body[:2000]:
        return {}
    found = {}
    for lines in _vevents(body):
        values = dict(line.split(":", 1) for line in lines if ":" in line)
        try:
            revised = datetime.strptime(values["LAST-MODIFIED"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            sequence, uid = int(values["SEQUENCE"]), values["UID"]
        except (KeyError, ValueError):
            continue
        if not (0 <= sequence < MOST_REVISIONS and revised.year in YEARS):
            continue
        told = (line for line in lines if line.split(":")[0] not in STAMPS)
        found[uid] = Revision(fingerprint=fingerprint(told), sequence=sequence, revised=revised)
    return found


def known_in(body: bytes | None, school: School, look: RenderOptions) -> tuple[TrackedEvent, ...]:
    """The events of a calendar that is this school's, by its UIDs; none where it is another's, or cannot be read."""
    published = published_in(body)
    if body is None or not published:
        return ()
    from icalendar import Calendar  # noqa: PLC0415 - icalendar is slow to import, and hardly ever needed here

    look = replace(look, words=_words(body, look.words))
    try:
        told = Calendar.from_ical(body).walk("VEVENT")
        ours = [event for event in told if str(event.get("UID")) in published and "X-AURION-EVENT-ID" in event]
        found = [_known(event, published, school, look) for event in ours]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
    own = sum(known.uid == str(uuid5(school.namespace, known.event.id)) for known in found)
    once = Counter(known.event.id for known in found)
    return tuple(known for known in found if once[known.event.id] == 1) if 2 * own >= len(found) else ()


def days_of(known: Sequence[TrackedEvent]) -> set[date]:
    """From the first of these events to the last: the days that their calendar tells of."""
    starts = [one.event.start.date() for one in known]
    return {min(starts) + DAY * n for n in range((max(starts) - min(starts)).days + 1)} if starts else set()


def _vevents(body: bytes) -> Iterator[list[str]]:
    """The unfolded content lines of each event, BEGIN and END with them."""
    lines: list[str] | None = None
    for line in FOLD.sub(b"", body).decode("utf-8", "replace").splitlines():
        if line == "BEGIN:VEVENT":
            lines = []
        if lines is not None:
            lines.append(line)
        if line == "END:VEVENT" and lines is not None:
            yield lines
            lines = None


def _known(told: Any, published: dict[str, Revision], school: School, look: RenderOptions) -> TrackedEvent:  # noqa: ANN401 - icalendar's
    uid, description = str(told["UID"]), str(told.get("DESCRIPTION", ""))
    raw_title = _after(description, look.words.table("calendar.labels")["raw_title"])
    kind = _kind(told, description, raw_title, look)
    title = read_title(raw_title, kind, school.layouts, school.kinds)
    if not (_told(description, "teacher", look) or _told(description, "teachers", look)):
        # The line of a person who is not named was blank, and blanks at the end are not published.
        title = read_title(f"{raw_title}\n", kind, school.layouts, school.kinds)
    start, end = _times(told, school)
    event = Event(
        id=str(told["X-AURION-EVENT-ID"]),
        start=start,
        end=end,
        all_day=not isinstance(told["DTSTART"].dt, datetime),
        subject=title.subject,
        kind=title.kind,
        is_exam=title.is_exam,
        rooms=title.rooms,
        teachers=title.teachers,
        note=title.note,
        description=_told(description, "description", look),
        raw_title=raw_title,
        raw_kind=kind,
    )
    revised = published[uid].revised
    begins = look.words("calendar.cancelled_summary", subject="")
    is_said = str(told.get("SUMMARY", "")).startswith(begins) and str(told.get("COLOR", "")) == CANCELLED_COLOR
    cancelled = str(told.get("STATUS")) == "CANCELLED" or is_said
    return TrackedEvent(
        uid=uid, event=event, first_seen=revised, last_seen=revised, cancelled_since=revised if cancelled else None
    )


def _words(body: bytes, own: Catalogue) -> Catalogue:
    """The words that the calendar was written in."""
    said = LANGUAGE.search(body)
    language = said[1].decode().lower() if said else ""
    return Catalogue(language) if language in LANGUAGES and language != own.language else own


def _kind(told: Any, description: str, raw_title: str, look: RenderOptions) -> str:  # noqa: ANN401 - icalendar's
    """The event's classes as the portal had them: several codes share a word, the title tells which."""
    word = _told(description, "kind", look)
    codes = [code for code, known in look.all_kinds.items() if known == word] or [word.replace(" ", "_")]
    code = next((code for code in codes if code in raw_title.split()), codes[0])
    categories = told["CATEGORIES"].cats if "CATEGORIES" in told else ()
    exam = EXAM_CLASS if look.words("calendar.exam") in map(str, categories) else ""
    return f"{code} {exam}".strip()


def _times(told: Any, school: School) -> tuple[datetime, datetime]:  # noqa: ANN401 - icalendar's
    moments = [told["DTSTART"].dt, told["DTEND"].dt if "DTEND" in told else told["DTSTART"].dt]
    start, end = (
        (m if isinstance(m, datetime) else datetime.combine(m, time(), school.zone)).astimezone(school.zone)
        for m in moments
    )
    return start, end


def _after(text: str, label: str) -> str:
    """What follows the label's line."""
    return text.partition(f"{label}\n")[2]


def _told(text: str, name: str, look: RenderOptions) -> str:
    """What follows that label, to the line's end; a description, which comes last, has several lines."""
    labels = look.words.table("calendar.labels")
    lines = text.partition(f"\n\n{labels['raw_title']}\n")[0].split("\n")
    begins = labels[name].format(text="")
    at = next((n for n, line in enumerate(lines) if line.startswith(begins)), None)
    if at is None:
        return ""
    return "\n".join([lines[at].removeprefix(begins), *(lines[at + 1 :] if name == "description" else ())])
