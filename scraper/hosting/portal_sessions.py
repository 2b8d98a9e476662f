"""The students' sessions at portals, sealed: a log-in less for each reading while the portal keeps them."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from scraper.errors import SettingsError
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import portal_session
from scraper.hosting.sealing import Opener, Sealed, Sealer
from scraper.system.session_file import SavedSession, session_from_json


@dataclass(frozen=True, slots=True)
class PortalSessions:
    """The saved sessions of all students. Every method raises DatabaseUnavailable."""

    engine: Engine
    opener: Opener
    sealer: Sealer

    def load(self, student_id: UUID, login: str, address: str) -> SavedSession | None:
        """Return the student's session for this login and portal; None where there is none that can be opened."""
        with translate_database_errors(), self.engine.connect() as connection:
            row = connection.execute(select(portal_session).where(portal_session.c.student == student_id)).first()
        if row is None:
            return None
        with suppress(SettingsError):  # the key was removed: the session only costs a log-in
            opened = self.opener.open(student_id, Sealed(body=row.sealed, key_version=row.key_version))
            return session_from_json(opened, login, address)
        return None

    def save(self, student_id: UUID, session: SavedSession) -> None:
        """Replace the student's session; do nothing where the student was deleted meanwhile."""
        sealed = self.sealer.seal(student_id, session.to_json())
        values = {"sealed": sealed.body, "key_version": sealed.key_version, "saved_at": func.clock_timestamp()}
        new = insert(portal_session).values(student=student_id, **values)
        with translate_database_errors(), suppress(IntegrityError), self.engine.begin() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["student"], set_=values))

    def delete(self, student_id: UUID) -> None:
        """Delete the student's session."""
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(delete(portal_session).where(portal_session.c.student == student_id))
