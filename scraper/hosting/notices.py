"""What a student is notified of: changes, readings that stopped and go on again, and a test."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, select

from scraper.config.outputs import outputs_of
from scraper.config.schools.school_files import load_school
from scraper.domain.changes import Change
from scraper.domain.school import School
from scraper.errors import LedgerMissing
from scraper.hosting.channels import WAITING
from scraper.hosting.database.clock import read_clock
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.service_tables import turn
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.stored_error import error_from_row, hosted_hint
from scraper.hosting.student_calendars import student_settings
from scraper.hosting.students import Student
from scraper.i18n import Catalogue
from scraper.publishing.describe import events_of
from scraper.publishing.ledger.records import RecordedChange
from scraper.runs.notify.digest import CHANGES, DigestPreferences
from scraper.runs.notify.news import news

MOMENT, JUST_NOW = timedelta(microseconds=1), timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notification, without a title where there is nothing to send.

    After it, changes before `sent_until` and the student's state `reported` are no news any more.
    """

    title: str = ""
    text: str = ""
    sent_until: datetime
    reported: str


@dataclass(frozen=True, slots=True)
class NoticeWriter:
    """Writes notifications in the students' languages. Its method raises DatabaseUnavailable or LedgerDamaged."""

    engine: Engine
    settings: HostingSettings

    def write(self, owner: Student, channel: Row[Any]) -> Notice:
        """Return what to send next to the student's channel, a row of `notification_channel`."""
        words, nothing = Catalogue(owner.language), Notice(sent_until=channel.sent_until, reported=channel.reported)
        if channel.test == WAITING:
            title, text = (words(f"page.notifications.test_{part}") for part in ("title", "text"))
            return replace(nothing, title=title, text=text)
        if owner.state == channel.reported:
            return self._write_news(owner, nothing, words)
        if owner.state == "active":
            title, lines = words("notify.resolved"), [words("notify.resolved_text")]
        else:
            title, lines = words("notify.problem"), [*self._explain(owner.id, words), self._url("/updates")]
        return replace(nothing, title=title, text="\n".join(lines), reported=owner.state)

    def _write_news(self, owner: Student, nothing: Notice, words: Catalogue) -> Notice:
        """Return the changes since the last notice, without those of lessons that the student's rules hide."""
        school = load_school(owner.school)
        ledger, found = HostedLedger(self.engine, owner.id, school.zone), list[RecordedChange]()
        with suppress(LedgerMissing), ledger.reading() as transaction:
            now = read_clock(transaction.connection)
            since = nothing.sent_until if nothing.sent_until <= now else now - JUST_NOW  # the clock was set back
            found = [one for one in transaction.changes(since) if one.at <= now]
        if not found:
            return nothing
        changes = self._visible_changes((one.change for one in found), owner, school, words)
        lines = news(changes, CHANGES, now, school.zone, words, others="news.others")
        notice = replace(nothing, sent_until=found[-1].at + MOMENT)
        if not lines:
            return notice
        return replace(notice, title=words("news.title"), text="\n".join([*lines, self._url("/changes")]))

    def _visible_changes(
        self, changes: Iterator[Change], owner: Student, school: School, words: Catalogue
    ) -> Iterator[Change]:
        chosen = student_settings(school, owner.language, self.settings.months, owner.settings)
        kinds = {**words.table("calendar.kinds"), **school.kinds}
        shown = DigestPreferences(rules=outputs_of(chosen)[0].rules, kinds=kinds).apply_rules
        return (change for change in changes if any(map(shown, events_of(change))))

    def _explain(self, owner: UUID, words: Catalogue) -> list[str]:
        """Return why the student's timetable is not read any more, and what to do."""
        with translate_database_errors(), self.engine.connect() as connection:
            stored = connection.scalar(select(turn.c.error).where(turn.c.student == owner))
        if stored is None:
            return []
        error = error_from_row(stored)
        message, hint = words.error(error)
        return [message, hosted_hint(error, words) or hint]

    def _url(self, path: str) -> str:
        return self.settings.address.rstrip("/") + path
