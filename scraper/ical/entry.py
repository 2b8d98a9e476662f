"""Types of events on their way into a calendar file, and their fingerprints."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from scraper.domain.choices import Client
from scraper.domain.ical_lines import STAMPS
from scraper.domain.palette import COLORS
from scraper.domain.planning import Event

Status = Literal["CONFIRMED", "CANCELLED"]

CATEGORIES = "CATEGORIES:"
COURSE = "X-AURION-COURSE"
"""The property that names the course of an event, which is also its first category."""
NAMESPACE = "X-AURION-NAMESPACE"
"""The property of a calendar that names its school's namespace."""
FIRST_LESSON = "X-AURION-FIRST-LESSON"
"""The property that marks an alarm before the first lesson of a day."""
_FIRST_LESSON_ALARM = re.compile(rf"BEGIN:VALARM\n(?:(?!END:).*\n)*{FIRST_LESSON}:TRUE\nEND:VALARM\n")
CANCELLED_COLOR = "silver"
"""The colour of a cancelled event for every client; a CSS3 name, as for all colours (RFC 7986 §5.9)."""


class CalendarWords(Protocol):
    """The texts of a calendar in its language, by key, like `calendar.exam` (`scraper.i18n.Catalogue`)."""

    language: str

    def __call__(self, key: str, **facts: object) -> str:
        """Return the sentence under `key` with its facts."""

    def table(self, key: str) -> Mapping[str, str]:
        """Return all sentences directly under `key`."""


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """The rendering options of a calendar: local times in `zone`, text in the language of `words`, for one `client`.

    `kinds` are the school's words for the portal's codes; they override the catalogue's. `alarms`, `exam_alarms` and
    `first_lesson_alarms` are times before the start. With `only_times` an event has no text and no number of the
    portal, and no colour or reminder, which would show which course it is.
    """

    zone: ZoneInfo
    words: CalendarWords
    kinds: Mapping[str, str] = field(default_factory=dict)
    client: Client = "any"
    alarms: tuple[timedelta, ...] = ()
    exam_alarms: tuple[timedelta, ...] = ()
    first_lesson_alarms: tuple[timedelta, ...] = ()
    only_times: bool = False

    @property
    def all_kinds(self) -> Mapping[str, str]:
        """The words for the portal's codes."""
        return {**self.words.table("calendar.kinds"), **self.kinds}


@dataclass(frozen=True, slots=True)
class EventToRender:
    """An event to render, with its UID and status; `categories` are added after its own.

    `color` is its course's colour. `alarms` are the times of its reminders, None for those of the calendar.
    `is_first` is set for the first lesson of a day.
    """

    event: Event
    uid: str
    status: Status = "CONFIRMED"
    categories: tuple[str, ...] = ()
    color: str = ""
    alarms: tuple[timedelta, ...] | None = None
    is_first: bool = False


@dataclass(frozen=True, kw_only=True)
class RenderedEvent:
    """A rendered event: the content lines of its VEVENT without the STAMPS, not folded.

    `course`, an escaped text, and `color` are added to its categories and colour when it is written. They are not part
    of the fingerprint: a colour alone is no change of the event.
    """

    uid: str
    lines: tuple[str, ...] = field(repr=False)
    course: str = ""
    color: str = ""

    @property
    def styled_lines(self) -> list[str]:
        """The lines with course and colour."""
        begin, *rest = self.lines
        style = [f"COLOR:{self.color}"] if self.color else []
        if self.course:
            style.append(f"{COURSE}:{self.course}")
            if not any(line.startswith(CATEGORIES) for line in rest):
                rest.insert(0, CATEGORIES)
            rest = [self._with_course(line) if line.startswith(CATEGORIES) else line for line in rest]
        return [begin, *style, *rest]

    def _with_course(self, line: str) -> str:
        return CATEGORIES + ",".join(filter(None, (self.course, line[len(CATEGORIES) :])))

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the lines, which shows whether the published content changed."""
        return fingerprint(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvent:
    """An event as published in one calendar.

    `sequence` counts the changes of the published content (RFC 5545 §3.8.7.4). `revised` (UTC) changes only with it and
    is the value of LAST-MODIFIED and DTSTAMP: without METHOD, DTSTAMP is the time of the last revision (§3.8.7.2).
    """

    rendered: RenderedEvent
    sequence: int
    revised: datetime


def content_of(lines: Iterable[str]) -> list[str]:
    """Return the lines of a published event without stamps, course and colour: those of which a fingerprint is made."""
    found: list[str] = []
    course = ""
    for line in lines:
        name, _, value = line.partition(":")
        if name == COURSE:
            course = value
        elif name == "CATEGORIES" and course:
            if own := value.removeprefix(course).removeprefix(","):
                found.append(CATEGORIES + own)
        elif name not in STAMPS and not (name == "COLOR" and value in COLORS):
            found.append(line)
    return found


def fingerprint(lines: Iterable[str]) -> str:
    """Return a short digest of an event's content lines, which must not contain the STAMPS.

    Alarms before the first lesson of a day do not count: they move to this event when another one is cancelled.
    """
    content = _FIRST_LESSON_ALARM.sub("", "\n".join(lines))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]
