"""The evening digest: the lessons of the next day and the latest changes. Pure: the clock is an argument."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY, Event, Period
from scraper.domain.rules import Rule, apply
from scraper.i18n import Catalogue
from scraper.publishing.describe import event_title, events_of
from scraper.runs.notify.news import NewsPreferences, news

CHANGES = NewsPreferences(days=7, exams=True)
"""The changes in a digest, and those of which the students of a service are notified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPreferences:
    """The hour of the digest in the school's zone (None: no digest), and the rules that hide lessons in it."""

    hour: int | None = None
    rules: tuple[Rule, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)

    def apply_rules(self, event: Event | None) -> Event | None:
        """Return the event after the rules; None where one hides it."""
        outcome = apply(self.rules, event, self.kinds) if event else None
        return outcome.event if outcome else None


def due_day(hour: int, sent: datetime | None, now: datetime, zone: ZoneInfo) -> date | None:
    """Return the day that the digest due now is about; None if none is due.

    It is due from `hour` on, and until the next one if no run could send it; `sent` is the time of the last one. Where
    that is unknown, or later than now because the clock was set back, only a digest of the same evening is due.
    """
    today = now.astimezone(zone).date()
    evening = today if _hour_of_day(today, hour, zone) <= now else today - DAY
    if evening < today if sent is None or sent > now else sent >= _hour_of_day(evening, hour, zone):
        return None
    return evening + DAY


def digest_lines(
    day: date,
    known: Iterable[TrackedEvent],
    changes: Iterable[Change],
    preferences: DigestPreferences,
    *,
    now: datetime,
    zone: ZoneInfo,
    words: Catalogue,
) -> list[str]:
    """Return the lines of the digest about a day, today or tomorrow; none without lessons and changes."""
    shown = (preferences.apply_rules(one.event) for one in known if one.cancelled_since is None)
    period = Period(first=day, last=day)
    lessons = [event for event in shown if event and event.belongs_to(period, zone) and event.end > now]
    visible = [change for change in changes if any(map(preferences.apply_rules, events_of(change)))]
    changed = [words("digest.changed", change=line) for line in news(visible, CHANGES, now, zone, words)]
    if not (lessons or changed):
        return []
    ordered = sorted(lessons, key=lambda one: (one.start.timestamp(), one.end.timestamp(), one.id))
    listed = words("news.and").join(_describe(one, zone, words) for one in ordered) or words("digest.none")
    name = words("news.today" if day == now.astimezone(zone).date() else "news.tomorrow")
    return [words("digest.lessons", day=name, lessons=listed), *changed]


def _hour_of_day(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """Return the hour of that day in UTC: local times of one zone are compared without their offsets."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def _describe(event: Event, zone: ZoneInfo, words: Catalogue) -> str:
    hour = words("summary.all_day") if event.all_day else words.format_time(event.start.astimezone(zone), "H:mm")
    return ", ".join(filter(None, (f"{hour} {event_title(event, words)}", ", ".join(event.rooms))))
