"""Dates, times and lessons as text, in the visitor's language and the school's zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change
from scraper.domain.planning import DAY, Event, Period
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.ical.event_text import EventText
from scraper.publishing.describe import describe_change
from scraper.web.pages.account_context import AccountContext
from scraper.web.pages.timetable.days import Part, span

SOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatter:
    """The functions with which templates format an account's lessons. `now` has a zone."""

    words: Catalogue
    zone: ZoneInfo
    now: datetime
    event_text: EventText

    @property
    def today(self) -> date:
        """Today's date in the school's zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def midnight(self) -> datetime:
        """The end of today in the school's zone."""
        return Period(first=self.today, last=self.today).end(self.zone)

    @property
    def minute_of_day(self) -> int:
        """The current minute of the day in the school's zone."""
        now = self.now.astimezone(self.zone)
        return now.hour * 60 + now.minute

    def day(self, day: date, *, year: bool = False) -> str:
        """Return a date like `lundi 23 novembre`, with the year where `year` is set or it is not this year."""
        with_year = year or day.year != self.today.year
        number = f"'{self.words('page.planning.first')}'" if day.day == 1 else "d"
        return self.words.format_date(day, f"EEEE {number} MMMM{' y' if with_year else ''}")

    def split_day(self, day: date) -> tuple[str, str]:
        """Return the weekday with its number, and the rest of the date, which a narrow page leaves out."""
        text = self.day(day)
        index = text.index(self._month(day))
        return text[:index].strip(), text[index:]

    def short_day(self, day: date) -> str:
        """Return a date like `lun. 23`."""
        return self.words.format_date(day, "EEE d")

    def other_time(self, event: Event, other: Event) -> str:
        """Return the time of an event where it differs from the other's, like `lun. 23/11, 10:15`; else ""."""
        if (event.start.timestamp(), event.end.timestamp()) == (other.start.timestamp(), other.end.timestamp()):
            return ""
        first, last = span(event, self.zone)
        days = [self.words.format_date(day, "EEE dd/MM") for day in dict.fromkeys((first, last))]
        if event.all_day:
            return self._format_range(days)
        start, end = self.hour(event.start), self.hour(event.end)
        starts_alike = event.start.timestamp() == other.start.timestamp()
        return f"{days[0]}, {self._format_range([start, end]) if starts_alike else start}"

    def month(self, day: date) -> str:
        """Return a month like `novembre 2026`."""
        return self.words.format_date(day, "MMMM y")

    def days(self, first: date, last: date) -> str:
        """Return a range like `du 23 au 29 novembre 2026`, with month and year repeated only where they differ."""
        same = "month" if (first.year, first.month) == (last.year, last.month) else "year"
        same = same if first.year == last.year else "nothing"
        return self.words(
            f"page.planning.days_of_one.{same}", first=first.day, last=last.day, first_month=self._month(first),
            last_month=self._month(last), first_year=first.year, last_year=last.year,
        )  # fmt: skip

    def hour(self, moment: datetime) -> str:
        """Return a time like `08:00`."""
        return self.words.format_time(moment.astimezone(self.zone))

    def hours(self, part: Part) -> tuple[str, str]:
        """Return start and end of the part on its day; each is empty where there is nothing to show."""
        event = part.lesson.event
        start, end = self.hour(event.start), self.hour(event.end)
        if event.all_day or not (part.is_first_day or part.is_last_day):
            return "", ""
        if event.end.timestamp() <= event.start.timestamp():
            return start, ""
        if not part.is_first_day:
            return self.words("page.planning.until_hour", hour=end), ""
        return (self.words("page.planning.from_hour", hour=start), "") if part.is_all_day else (start, end)

    def full_time(self, event: Event) -> str:
        """Return the event's whole time, with the dates of all-day events and events over several days."""
        first, last = span(event, self.zone)
        if event.all_day:
            if first == last:
                return self.words("page.planning.whole_day", day=self.day(first))
            return self.words("page.planning.whole_days", first=self.day(first), last=self.day(last))
        start = self.words("page.planning.at", day=self.day(first), hour=self.hour(event.start))
        if event.end.timestamp() <= event.start.timestamp():
            return start
        if first == last:
            return self._format_range([start, self.hour(event.end)])
        return self._format_range(
            [start, self.words("page.planning.at", day=self.day(last), hour=self.hour(event.end))]
        )

    def moment(self, moment: datetime) -> str:
        """Return day and time, with today and tomorrow as words."""
        day = self.near(moment.astimezone(self.zone).date())
        return self.words("page.planning.moment", day=day, hour=self.hour(moment))

    def near(self, day: date) -> str:
        """Return a date, today and tomorrow as words."""
        near = {self.today: "near.today", self.today + DAY: "near.tomorrow"}.get(day)
        return self.words(f"page.planning.{near}") if near else self.day(day)

    def until(self, moment: datetime) -> str:
        """Return the time left until then, or a distant time: `dans 25 min`, `dans 2 h 10`, `demain à 08:00`."""
        if moment.astimezone(self.zone).date() != self.today or moment - self.now > SOON:
            return self.moment(moment)
        return self._minutes("page.planning.in", moment)

    def time_left(self, end: datetime) -> str:
        """Return the time left of a lesson that is taking place: `encore 25 min`."""
        return self._minutes("page.today.left", end)

    def epoch(self, moment: datetime) -> int:
        """Return the moment as a script reads it: milliseconds since 1970."""
        return int(moment.timestamp() * 1000)

    def countdown(self, moment: datetime) -> str:
        """Return the time left in days: `demain`, `dans 42 jours`; on the day itself, see `until`."""
        days = (moment.astimezone(self.zone).date() - self.today).days
        if days < 1:
            return self.until(moment)
        return self.words("page.planning.near.tomorrow") if days == 1 else self.words("page.exams.in", count=days)

    def duration(self, minutes: int) -> str:
        """Return a duration like `12 h 30`."""
        key = "hours" if minutes % 60 == 0 else "hours_and_minutes"
        return self.words(f"page.hours.{key}", hours=minutes // 60, minutes=f"{minutes % 60:02}")

    def title(self, event: Event) -> str:
        """Return the event's name: subject, else note or kind; without the exam mark, which the page shows apart."""
        return self.event_text.title(event)

    def kind(self, event: Event) -> str:
        """Return the event's kind as text."""
        return self.event_text.kind(event)

    def rooms(self, event: Event) -> str:
        """Return the rooms."""
        return self.event_text.location(event)

    def teachers(self, event: Event) -> str:
        """Return the teachers."""
        return ", ".join(event.teachers)

    def details(self, change: Change) -> tuple[tuple[str, str, str], ...]:
        """Return what changed besides the time, each as the field's name, the old and the new value."""
        return describe_change(change, self.words, self.zone).details

    def _minutes(self, key: str, moment: datetime) -> str:
        minutes = -(-(moment - self.now) // timedelta(minutes=1))
        unit = "hours" if minutes >= 60 else "minutes"  # noqa: PLR2004 - minutes per hour
        return self.words(f"{key}_{unit}", minutes=minutes, hours=minutes // 60, rest=f"{minutes % 60:02}")

    def _format_range(self, ends: list[str]) -> str:
        return self.words("page.planning.to", first=ends[0], last=ends[-1]) if len(ends) > 1 else ends[0]

    def _month(self, day: date) -> str:
        return self.words.format_date(day, "MMMM")


def create_formatter(context: AccountContext, words: Catalogue, now: datetime) -> Formatter:
    """Return the formatter for that account's lessons."""
    kinds = kinds_in_words(context, words)
    event_text = EventText(words=words, kinds=kinds, labels=words.table("calendar.labels"))
    return Formatter(words=words, zone=context.zone, now=now, event_text=event_text)


def kinds_in_words(context: AccountContext, words: Catalogue) -> Mapping[str, str]:
    """Return the portal's event codes as text in the visitor's language."""
    return RenderOptions(zone=context.zone, words=words, kinds=context.options.kinds).all_kinds
