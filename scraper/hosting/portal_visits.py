"""Visits to portals: within their limits, and never with a password that was refused before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import sleep
from typing import Literal, TypeVar

from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from scraper.domain.credentials import Credentials
from scraper.domain.school import School
from scraper.errors import AurionError, DatabaseUnavailable, LoginRefused, PortalUnavailable
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import refused_password
from scraper.hosting.politeness.breaker import fault_kind
from scraper.hosting.politeness.limits import PortalLimits
from scraper.hosting.sealing import Opener
from scraper.hosting.shared_browser import PortalAccess, PortalVisitor
from scraper.system.session_file import SavedSession

Result = TypeVar("Result")
LOCK_SECONDS = 60
"""Seconds to wait for another visit with the same login."""
ATTEMPTS, PAUSE = 60, 1.0
"""How often, and how many seconds apart, a refused password is written while the database does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """The visits of a worker. `refused` are the digests of passwords that were refused while it runs."""

    engine: Engine
    limits: PortalLimits
    opener: Opener
    portal: PortalVisitor
    refused: set[bytes] = field(default_factory=set, repr=False)

    def visit(
        self,
        school: School,
        credentials: Credentials,
        login_digest: bytes,
        work: Callable[[PortalAccess], Result],
        saved: SavedSession | None = None,
    ) -> Result:
        """Do the work at the school's portal, in one of its places for sessions; report to its breaker how it ends.

        One worker at a time visits a portal with the same login. Raise LoginRefused("known") for a password that was
        refused before, without a visit, and the errors of the work and of the limits.
        """
        digest = self.opener.password_digest(school.id, credentials)

        def note(verdict: Literal["accepted", "refused"]) -> None:
            if verdict == "refused":
                self._note_refused(digest, login_digest)

        with self._hold_login(school.id, login_digest):
            if self._is_refused(digest):
                raise LoginRefused("known")
            with self.limits.session_place(school.id) as holder:
                access = PortalAccess(
                    school=school, credentials=credentials, saved=saved, on_verdict=note,
                    throttle=lambda: self.limits.reserve(school.id, holder),
                )  # fmt: skip
                try:
                    result = work(access)
                except AurionError as error:
                    if kind := fault_kind(error):
                        self.limits.record_fault(school.id, kind)
                    raise
        self.limits.record_success(school.id)
        return result

    @contextmanager
    def _hold_login(self, portal_id: str, login_digest: bytes) -> Iterator[None]:
        """Hold the lock of a login, which ends with the connection; another visit would not know of a refusal yet.

        Raise PortalUnavailable("no-place") where another visit holds it for too long: its worker may hang.
        """
        lock = func.pg_advisory_xact_lock(int.from_bytes(login_digest[:8], signed=True))
        with translate_database_errors():
            connection = self.engine.connect()
        try:
            with translate_database_errors():
                try:
                    connection.execute(select(func.set_config("lock_timeout", f"{LOCK_SECONDS}s", True)))  # noqa: FBT003
                    connection.execute(select(lock))
                except OperationalError as error:
                    if isinstance(error.orig, LockNotAvailable):
                        raise PortalUnavailable("no-place", portal=portal_id) from None
                    raise
            yield
        finally:
            with suppress(SQLAlchemyError):  # the database was restarted meanwhile
                connection.close()

    def _is_refused(self, digest: bytes) -> bool:
        if digest in self.refused:
            return True
        with translate_database_errors(), self.engine.connect() as connection:
            known = select(refused_password.c.digest).where(refused_password.c.digest == digest)
            return connection.scalar(known) is not None

    def _note_refused(self, digest: bytes, login_digest: bytes) -> None:
        """Write the refusal before anything else happens; wait for a database that is just being restarted."""
        self.refused.add(digest)
        row = {"digest": digest, "login_digest": login_digest, "at": func.clock_timestamp()}
        for _ in range(ATTEMPTS):
            with suppress(DatabaseUnavailable):
                with translate_database_errors(), self.engine.begin() as connection:
                    connection.execute(insert(refused_password).values(row).on_conflict_do_nothing())
                return
            sleep(PAUSE)
