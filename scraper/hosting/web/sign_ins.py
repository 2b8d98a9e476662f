"""Sign-ins that wait for the portal's answer. Sign-up and log-in are the same: one login at the portal.

The web tier does not look up whether a login is known: it seals the password, writes a row and waits for a worker, for
a known login as for an unknown one. Only the browser that sent the form has the token to which the row belongs.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import Engine, delete, func, insert, select

from scraper.domain.credentials import Credentials
from scraper.errors import AurionError
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import sign_in
from scraper.hosting.keys import WebKeys
from scraper.hosting.queue import Queue
from scraper.hosting.sealing import Sealer
from scraper.hosting.stored_error import error_from_row

TOKEN_BYTES = 32
LIFETIME = timedelta(days=1)
"""How long a browser may wait: when thousands sign up in one hour, the last one waits for hours."""
State = Literal["waiting", "working", "accepted", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in: its state, how many wait before it, and why it failed."""

    state: State
    before: int = 0
    error: AurionError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIns:
    """The sign-ins of the service. Every method raises DatabaseUnavailable."""

    engine: Engine
    keys: WebKeys = field(repr=False)
    sealer: Sealer
    queue: Queue

    def begin(self, school: str, login: str, password: SecretStr, language: str, now: datetime) -> str:
        """Store the sealed password for a worker, and return the token of this sign-in. Delete old sign-ins."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        number = self._id(token)
        sealed = self.sealer.seal_credentials(number, Credentials(login=login, password=password.get_secret_value()))
        row = {
            "id": number, "school": school, "login_digest": self.keys.login_digest(school, login),
            "sealed": sealed.body, "key_version": sealed.key_version, "language": language, "state": "waiting",
            "at": now,
        }  # fmt: skip
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(delete(sign_in).where(sign_in.c.at <= now - LIFETIME))
            connection.execute(insert(sign_in).values(row))
            self.queue.enqueue_sign_in(connection, number)
        return token

    def find(self, token: str, now: datetime) -> SignIn | None:
        """Return the sign-in of the token; None where there is none, or it is too old."""
        with translate_database_errors(), self.engine.connect() as connection:
            own = sign_in.c.id == self._id(token), sign_in.c.at > now - LIFETIME
            row = connection.execute(select(sign_in).where(*own)).first() if token else None
            if row is None:
                return None
            earlier = sign_in.c.school == row.school, sign_in.c.state == "waiting", sign_in.c.at < row.at
            count = connection.scalar(select(func.count()).where(*earlier)) if row.state == "waiting" else 0
        error = error_from_row(row.error) if row.error else None
        return SignIn(state=row.state, before=count or 0, error=error)

    def claim(self, token: str, now: datetime) -> UUID | None:
        """Return the student of an accepted sign-in and delete it: a token is exchanged once. Else return None."""
        own = sign_in.c.id == self._id(token), sign_in.c.state == "accepted", sign_in.c.at > now - LIFETIME
        with translate_database_errors(), self.engine.begin() as connection:
            found = connection.scalar(delete(sign_in).where(*own).returning(sign_in.c.student))
        return UUID(str(found)) if found else None

    def _id(self, token: str) -> UUID:
        """Return the row's id, which is no secret: it is in jobs and logs, and leads back to no token."""
        return UUID(bytes=self.keys.cookie_digest(f"sign-in {token}")[:16])
