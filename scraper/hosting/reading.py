"""A turn: read a student's planning at the portal, and publish it in the student's own ledger."""

import logging
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Engine

from scraper.config.export_period import period_of
from scraper.config.schools.school_files import load_school
from scraper.config.settings.model import Settings
from scraper.domain.planning import Planning
from scraper.domain.school import School
from scraper.errors import AurionError, DatabaseUnavailable, LoginRefused, SessionExpired
from scraper.hosting.channels import wake_channel
from scraper.hosting.classes import change_key
from scraper.hosting.database.clock import read_clock
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.feeds import notify_feeds
from scraper.hosting.portal_sessions import PortalSessions
from scraper.hosting.portal_visits import Visits
from scraper.hosting.published_copies import targets_with_copies
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.student_addresses import Subscriptions
from scraper.hosting.student_calendars import calendar_targets, student_settings
from scraper.hosting.students import Student, Students
from scraper.hosting.turns import ReadingResult, Turns
from scraper.parsing.read import read
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.publishing.publish import ExportResult, PublishOptions, publish_in_transaction
from scraper.system.crash_report import describe_crash

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningReader:
    """Reads the plannings of the students with a due turn."""

    engine: Engine
    settings: HostingSettings
    turns: Turns
    sessions: PortalSessions
    visits: Visits

    def run_turn(self, student_id: UUID) -> None:
        """Read the planning of a student with a due turn, and write how the turn ended.

        Raise DatabaseUnavailable: the turn is then due again, as after the death of a worker.
        """
        if not self.turns.start(student_id) or (owner := Students(self.engine).get(student_id)) is None:
            return
        try:
            result = self._read(owner)
        except DatabaseUnavailable:
            raise
        except AurionError as error:
            result = ReadingResult.from_error(error, owner.sealed.body)
            log.info("turn: %s %s", type(error).__name__, error.reason)
        except Exception as error:  # noqa: BLE001 - a bug must not repeat the turn at once, again and again
            log.error("turn: %s", describe_crash(error))  # noqa: TRY400 - the message may contain a secret
            result = ReadingResult.from_error(AurionError("bug-hosted", what=type(error).__name__))
        self.turns.finish(student_id, result)

    def _read(self, owner: Student) -> ReadingResult:
        school = load_school(owner.school)
        credentials = self.visits.opener.open_credentials(owner.id, owner.sealed)
        with self.engine.connect() as connection:
            today = read_clock(connection).astimezone(school.zone).date()
        period = period_of(self._settings(owner, school), today)
        try:
            recording, session = self.visits.visit(
                school, credentials, owner.login_digest, lambda access: self.visits.portal.record(access, period),
                self.sessions.load(owner.id, credentials.login, school.base_url),
            )  # fmt: skip
        except (LoginRefused, SessionExpired):
            self.sessions.delete(owner.id)
            raise
        if session is not None:
            self.sessions.save(owner.id, session)
        planning = read(recording)
        published = self._publish(owner, school, planning)
        return ReadingResult(
            outcome="read", lessons=[event.id for event in planning.events],
            changes=[change_key(change) for change in published.changes or ()],
        )  # fmt: skip

    def _publish(self, owner: Student, school: School, planning: Planning) -> ExportResult:
        """Publish the planning in the student's ledger; its commit wakes those who deliver it.

        Settings and addresses are read under the ledger's lock: the student may have changed them during the visit.
        """
        with HostedLedger(self.engine, owner.id, school.zone).writing() as transaction:
            owner = Students(self.engine).get(owner.id) or owner
            subscribed = (one.calendar for one in Subscriptions(self.engine).of_student(owner.id))
            targets = calendar_targets(school, self._settings(owner, school), {AS_THE_FILE, *subscribed})
            targets = targets_with_copies(transaction, targets, discard=True)
            options = PublishOptions(
                now=read_clock(transaction.connection),
                before_commit=lambda: _announce(transaction.connection, owner.id),
            )
            return publish_in_transaction(transaction, planning, school, targets, options)

    def _settings(self, owner: Student, school: School) -> Settings:
        return student_settings(school, owner.language, self.settings.months, owner.settings)


def _announce(connection: Connection, student_id: UUID) -> None:
    notify_feeds(connection, student_id)
    wake_channel(connection, student_id)
