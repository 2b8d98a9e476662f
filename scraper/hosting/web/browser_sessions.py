"""Browsers that are logged in: each has a random cookie, of which the database has only a keyed digest."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, delete, insert, select, update

from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import student, web_session
from scraper.hosting.keys import WebKeys

COOKIE_BYTES = 32
LIFETIME = timedelta(days=30)
"""How long a browser stays logged in after its last visit."""
SEEN_EVERY = timedelta(hours=1)
"""How often a visit is written: not for each page."""


@dataclass(frozen=True, slots=True)
class BrowserSessions:
    """The logged-in browsers of all students. Every method raises DatabaseUnavailable."""

    engine: Engine
    keys: WebKeys = field(repr=False)

    def create(self, owner: UUID, now: datetime) -> str:
        """Log a browser of the student in; return its new cookie. Delete sessions that have expired."""
        cookie = secrets.token_urlsafe(COOKIE_BYTES)
        row = {"digest": self.keys.cookie_digest(cookie), "student": owner, "created_at": now, "seen_at": now}
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(delete(web_session).where(web_session.c.seen_at <= now - LIFETIME))
            connection.execute(insert(web_session).values(row))
            connection.execute(update(student).where(student.c.id == owner).values(used_at=now))
        return cookie

    def find_student(self, cookie: str, now: datetime) -> UUID | None:
        """Return the student to whom the cookie belongs, and note the visit; None for an unknown or old cookie."""
        if not cookie:
            return None
        own = web_session.c.digest == self.keys.cookie_digest(cookie)
        with translate_database_errors(), self.engine.begin() as connection:
            row = connection.execute(select(web_session).where(own, web_session.c.seen_at > now - LIFETIME)).first()
            if row is None:
                return None
            if row.seen_at <= now - SEEN_EVERY:
                # the student first, as a deletion does: otherwise they could wait for each other
                connection.execute(update(student).where(student.c.id == row.student).values(used_at=now))
                connection.execute(update(web_session).where(own).values(seen_at=now))
        return UUID(str(row.student))

    def revoke(self, cookie: str) -> None:
        """Log one browser out."""
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(delete(web_session).where(web_session.c.digest == self.keys.cookie_digest(cookie)))

    def revoke_all(self, owner: UUID) -> None:
        """Log all browsers of the student out."""
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(delete(web_session).where(web_session.c.student == owner))
