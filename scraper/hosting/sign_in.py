"""Sign-ins: a worker logs in at the portal with the typed password, which proves the student's identity."""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, func, select, update

from scraper.config.schools.school_files import load_school
from scraper.errors import AurionError, Interrupted
from scraper.hosting.database.clock import read_clock
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import portal, sign_in
from scraper.hosting.portal_sessions import PortalSessions
from scraper.hosting.portal_visits import Visits
from scraper.hosting.queue import Queue
from scraper.hosting.sealing import Sealed
from scraper.hosting.stored_error import error_to_row
from scraper.hosting.students import Students
from scraper.hosting.turns import OWN_LIMITS, Turns
from scraper.system.crash_report import describe_crash

NOTHING = b""
"""What is left of a password that was tried."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRunner:
    """Tries the sign-ins that students wait for."""

    engine: Engine
    turns: Turns
    sessions: PortalSessions
    visits: Visits

    def run_sign_in(self, sign_in_id: UUID) -> None:
        """Try a sign-in that waits, once, and write how it ended. Raise DatabaseUnavailable.

        Where the portal may not be asked now, it waits again.
        """
        if (row := self._claim(sign_in_id)) is None:
            return
        try:
            student_id = self._log_in(row)
        except AurionError as error:
            log.info("sign-in: %s %s", type(error).__name__, error.reason)
            if error.reason in OWN_LIMITS:
                self._write(sign_in_id, state="waiting")
                return
            self._write(sign_in_id, state="failed", error=error_to_row(error), sealed=NOTHING)
        except Exception as error:  # noqa: BLE001 - the student waits for an answer
            log.error("sign-in: %s", describe_crash(error))  # noqa: TRY400 - the message may contain a secret
            bug = AurionError("bug-hosted", what=type(error).__name__)
            self._write(sign_in_id, state="failed", error=error_to_row(bug), sealed=NOTHING)
        else:
            self._write(sign_in_id, state="accepted", student=student_id, sealed=NOTHING)

    def _claim(self, sign_in_id: UUID) -> Row[Any] | None:
        own = sign_in.c.id == sign_in_id, sign_in.c.state == "waiting"
        with translate_database_errors(), self.engine.begin() as connection:
            return connection.execute(update(sign_in).where(*own).values(state="working").returning(sign_in)).first()

    def _write(self, sign_in_id: UUID, state: str, **values: object) -> None:
        """Write how a sign-in ended.

        Where this worker was taken for dead, it has ended without a password already: then only a success counts.
        """
        own = update(sign_in).where(sign_in.c.id == sign_in_id)
        if state != "accepted":
            own = own.where(sign_in.c.state == "working")
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(own.values(state=state, **values))

    def _log_in(self, row: Row[Any]) -> UUID | None:
        """Log in at the portal; add the student, or give the known one the new password; return the id.

        Return None where the student, with the sign-in, was deleted meanwhile.
        """
        school, students = load_school(row.school), Students(self.engine)
        credentials = self.visits.opener.open_credentials(row.id, Sealed(body=row.sealed, key_version=row.key_version))
        session = self.visits.visit(school, credentials, row.login_digest, self.visits.portal.log_in)
        known = students.find_by_digest(row.login_digest)
        student_id = known.id if known else uuid4()
        sealed = self.sessions.sealer.seal_credentials(student_id, credentials)
        if known is None:
            with translate_database_errors(), self.engine.connect() as connection:
                now = read_clock(connection)
            students.add(
                student_id=student_id, school=school.id, login_digest=row.login_digest, sealed=sealed,
                language=row.language, now=now, sign_in_id=row.id,
            )  # fmt: skip
            if (added := students.find_by_digest(row.login_digest)) is None:
                return None
            if added.id != student_id:
                student_id, sealed = added.id, self.sessions.sealer.seal_credentials(added.id, credentials)
        students.save_password(student_id, sealed)
        if session is not None:
            self.sessions.save(student_id, session)
        if known is None or known.state != "active":
            self.turns.add(student_id, school.id)
        return student_id


def recover_sign_ins(connection: Connection, queue: Queue) -> None:
    """Queue sign-ins without a job again; end those of dead workers: their password may have been sent.

    While a portal is paused its sign-ins wait without a job.
    """
    lost = sign_in.c.id.not_in(queue.queued_sign_ins())
    cut_off = {"state": "failed", "error": error_to_row(Interrupted("cut-off")), "sealed": NOTHING}
    connection.execute(update(sign_in).where(lost, sign_in.c.state == "working").values(cut_off))
    paused = select(portal.c.id).where(portal.c.paused_until > func.clock_timestamp())
    waiting = select(sign_in.c.id).where(lost, sign_in.c.state == "waiting", sign_in.c.school.not_in(paused))
    for one in connection.scalars(waiting.order_by(sign_in.c.at)).all():
        queue.enqueue_sign_in(connection, one)
