"""Days, hours and lessons in people's words, in the visitor's language and the school's zone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zlib import crc32
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change
from scraper.domain.planning import DAY, Event
from scraper.domain.text import fold
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.ical.text import EventText
from scraper.publishing.describe import describe_change
from scraper.web.pages.account_context import AccountContext
from scraper.web.pages.timetable.days import Part, span
from scraper.web.pages.timetable.lessons import Lesson

TONES = 8
SOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatter:
    """What templates say. `now` is aware."""

    words: Catalogue
    zone: ZoneInfo
    now: datetime
    teller: EventText

    @property
    def today(self) -> date:
        """The school's day."""
        return self.now.astimezone(self.zone).date()

    @property
    def minute(self) -> int:
        """The minute of the school's day."""
        now = self.now.astimezone(self.zone)
        return now.hour * 60 + now.minute

    def day(self, day: date, *, year: bool = False) -> str:
        """As `lundi 23 novembre`, with the year where it is asked for or another than today's."""
        with_year = year or day.year != self.today.year
        number = self.words("page.planning.first") if day.day == 1 else str(day.day)
        return self.words(
            "page.planning.day_and_year" if with_year else "page.planning.day", name=self._weekday(day), number=number,
            month=self._month(day), year=day.year,
        )  # fmt: skip

    def day_of_week(self, day: date) -> tuple[str, str]:
        """The day's name with its number, and what stands after it where there is room."""
        whole = self.day(day)
        at = whole.index(self._month(day))
        return whole[:at].strip(), whole[at:]

    def short_day(self, day: date) -> str:
        """As `lun. 23`."""
        return f"{self.words.table('days')[str(day.isoweekday())]} {day.day}"

    def elsewhere(self, event: Event, other: Event) -> str:
        """When it is, in short, as far as it is not when the other is: `lun. 23/11, 10:15`; empty where it is."""
        if (event.start.timestamp(), event.end.timestamp()) == (other.start.timestamp(), other.end.timestamp()):
            return ""
        first, last = span(event, self.zone)
        days = [
            f"{self.words.table('days')[str(day.isoweekday())]} {day:%d/%m}" for day in dict.fromkeys((first, last))
        ]
        if event.all_day:
            return self._to(days)
        start, end = self.hour(event.start), self.hour(event.end)
        return f"{days[0]}, {start if event.start.timestamp() != other.start.timestamp() else self._to([start, end])}"

    def month(self, day: date) -> str:
        """As `novembre 2026`."""
        return f"{self._month(day)} {day.year}"

    def days(self, first: date, last: date) -> str:
        """As `du 23 au 29 novembre 2026`, naming what differs."""
        same = "month" if (first.year, first.month) == (last.year, last.month) else "year"
        same = same if first.year == last.year else "nothing"
        return self.words(
            f"page.planning.days_of_one.{same}", first=first.day, last=last.day, first_month=self._month(first),
            last_month=self._month(last), first_year=first.year, last_year=last.year,
        )  # fmt: skip

    def hour(self, moment: datetime) -> str:
        """As `08:00`."""
        return f"{moment.astimezone(self.zone):%H:%M}"

    def hours(self, part: Part) -> tuple[str, str]:
        """From when, until when on that day; empty where that is nothing to tell."""
        event = part.lesson.event
        start, end = self.hour(event.start), self.hour(event.end)
        if event.all_day or not (part.begins or part.ends):
            return "", ""
        if event.end.timestamp() <= event.start.timestamp():
            return start, ""
        if not part.begins:
            return self.words("page.planning.until_hour", hour=end), ""
        return (self.words("page.planning.from_hour", hour=start), "") if part.whole else (start, end)

    def length(self, event: Event) -> str:
        """The whole of it, with its days where these are several or it has no hours."""
        first, last = span(event, self.zone)
        if event.all_day:
            if first == last:
                return self.words("page.planning.whole_day", day=self.day(first))
            return self.words("page.planning.whole_days", first=self.day(first), last=self.day(last))
        start = self.words("page.planning.at", day=self.day(first), hour=self.hour(event.start))
        if event.end.timestamp() <= event.start.timestamp():
            return start
        if first == last:
            return self._to([start, self.hour(event.end)])
        return self._to([start, self.words("page.planning.at", day=self.day(last), hour=self.hour(event.end))])

    def moment(self, moment: datetime) -> str:
        """Day and hour, the day as people say it where it is near."""
        day = moment.astimezone(self.zone).date()
        near = {self.today: "near.today", self.today + DAY: "near.tomorrow"}.get(day)
        name = self.words(f"page.planning.{near}") if near else self.day(day)
        return self.words("page.planning.moment", day=name, hour=self.hour(moment))

    def until(self, moment: datetime) -> str:
        """How long it takes until then, or when it is: `dans 25 min`, `dans 2 h 10`, `demain à 08:00`."""
        minutes = -(-(moment - self.now) // timedelta(minutes=1))
        if moment.astimezone(self.zone).date() != self.today or minutes > SOON / timedelta(minutes=1):
            return self.moment(moment)
        key = "in_hours" if minutes >= 60 else "in_minutes"  # noqa: PLR2004 - minutes of an hour
        return self.words(f"page.planning.{key}", minutes=minutes, hours=minutes // 60, rest=f"{minutes % 60:02}")

    def what(self, event: Event) -> str:
        """Its name: the subject, else the note, the kind; no word of an exam, which has a mark of its own."""
        return self.teller.summary(replace(event, is_exam=False))

    def kind(self, event: Event) -> str:
        """The kind in words."""
        return self.teller.kind(event)

    def where(self, event: Event) -> str:
        """The rooms."""
        return self.teller.location(event)

    def who(self, event: Event) -> str:
        """The teachers."""
        return ", ".join(event.teachers)

    def details(self, change: Change) -> tuple[tuple[str, str, str], ...]:
        """What of it changed but the hour: the part's name, before and after."""
        return describe_change(change, self.words, self.zone).details

    def tone(self, lesson: Lesson) -> int:
        """The colour's number: the same for the same subject."""
        return _tone(lesson.event.subject or lesson.event.kind)

    def _to(self, ends: list[str]) -> str:
        return self.words("page.planning.to", first=ends[0], last=ends[-1]) if len(ends) > 1 else ends[0]

    def _weekday(self, day: date) -> str:
        return self.words(f"page.planning.weekdays.{day.isoweekday()}")

    def _month(self, day: date) -> str:
        return self.words(f"page.planning.months.{day.month}")


@lru_cache(maxsize=1024)
def _tone(subject: str) -> int:
    return crc32(fold(subject).encode()) % TONES


def said(of: AccountContext, words: Catalogue, now: datetime) -> Formatter:
    """For that account's lessons."""
    kinds = kinds_in_words(of, words)
    teller = EventText(words=words, kinds=kinds, labels=words.table("calendar.labels"))
    return Formatter(words=words, zone=of.zone, now=now, teller=teller)


def kinds_in_words(of: AccountContext, words: Catalogue) -> Mapping[str, str]:
    """The portal's codes in the visitor's words."""
    return RenderOptions(zone=of.zone, words=words, kinds=of.kinds).all_kinds
