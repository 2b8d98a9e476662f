"""The calendars of a student: one for each kind of address, rendered from the ledger of that student."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from scraper.config.export_period import period_of
from scraper.config.outputs import outputs_of
from scraper.config.settings.layers import Layer, merge_layers
from scraper.config.settings.model import Settings
from scraper.domain.school import School
from scraper.domain.sharing import Sharing
from scraper.hosting.published_copies import LedgerSink, targets_with_copies
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.publishing.feed_calendars import share_part
from scraper.publishing.feeds.feed_files import AS_THE_FILE, FeedCalendar
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.publish import publish_tracked
from scraper.publishing.target import CalendarTarget, calendar_title

STUDENT_SETTINGS = frozenset({"rules", "alarms", "exam_alarms", "first_lesson_alarms"})
"""The settings that a student may choose; all others are the service's."""


def student_settings(school: School, language: str, months: int, stored: Mapping[str, Any]) -> Settings:
    """Return the settings of a student: the stored ones, and those of the service. Raise SettingsError."""
    own = {name: value for name, value in stored.items() if name in STUDENT_SETTINGS}
    given = {**own, "school": school.id, "language": language, "months": months}
    return merge_layers([Layer(kind="account", values=given)])


def calendar_from_row(stored: Mapping[str, Any]) -> FeedCalendar:
    """Return the calendar of an address from the column `subscription.calendar`."""
    sharing = Sharing(content=stored.get("content", "all"), courses=tuple(stored.get("courses", ())))
    return FeedCalendar(client=stored.get("client", ""), sharing=sharing)


def calendar_to_row(calendar: FeedCalendar) -> dict[str, Any]:
    """Return the JSON value of a calendar for the column `subscription.calendar`."""
    sharing = calendar.sharing
    return {"client": calendar.client, "content": sharing.content, "courses": list(sharing.courses)}


def calendar_targets(
    school: School, settings: Settings, calendars: Iterable[FeedCalendar]
) -> tuple[CalendarTarget, ...]:
    """Return the targets of a publication: the whole timetable, and each further kind of calendar.

    Their names in the ledger are the file names.
    """
    output = outputs_of(settings)[0]
    words = Catalogue(output.language)
    targets = []
    for calendar in sorted({AS_THE_FILE, *calendars}, key=lambda one: one.file_name):
        options = RenderOptions(
            zone=school.zone, words=words, kinds=school.kinds, client=calendar.client or output.client,
            alarms=output.alarms, exam_alarms=output.exam_alarms, first_lesson_alarms=output.first_lesson_alarms,
        )  # fmt: skip
        target = CalendarTarget(
            sink=LedgerSink(calendar.file_name), output=calendar.file_name, options=options,
            title=calendar_title(school, words), rules=output.rules,
        )  # fmt: skip
        targets.append(share_part(target, calendar.sharing))
    return tuple(targets)


def render_again(
    ledger: Ledger, school: School, settings: Settings, calendars: Iterable[FeedCalendar], now: datetime
) -> bool:
    """Render the calendars from the ledger, for changed settings or a new address; return False if it is empty.

    Raise LedgerError, or AnotherRun while a worker writes.
    """
    if not ledger.exists():
        return False
    period = period_of(settings, now.astimezone(school.zone).date())
    with ledger.writing() as transaction:
        targets = targets_with_copies(transaction, calendar_targets(school, settings, calendars), discard=False)
        return publish_tracked(transaction, school, targets, period=period, now=now)
