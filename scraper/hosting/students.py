"""The students: rows of the database. Deleting a student deletes every row of every table that belongs to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import refused_password, sign_in, sign_in_try, student
from scraper.hosting.feeds import notify_feeds
from scraper.hosting.sealing import Sealed

FORGOTTEN_AFTER = timedelta(days=180)
"""The time without a fetch of a calendar or a visit after which a student is deleted."""
StudentState = Literal["active", "refused", "action"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A student; `sealed` is the login and password.

    `state` is active, refused (the portal refused the password) or action (the portal asks for something).
    """

    id: UUID
    school: str
    state: StudentState
    language: str
    settings: Mapping[str, Any]
    login_digest: bytes = field(repr=False)
    sealed: Sealed = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Students:
    """The students in the database. Every method raises DatabaseUnavailable."""

    engine: Engine = field(repr=False)

    def add(
        self, *, student_id: UUID | None = None, school: str, login_digest: bytes, sealed: Sealed, language: str,
        now: datetime, sign_in_id: UUID | None = None,
    ) -> UUID:  # fmt: skip
        """Add a student and return the id; `sealed` must be sealed for that id.

        Do nothing where a student with that login was added meanwhile, or the sign-in was deleted, as it is with its
        student: an account that was deleted during a sign-in does not come back.
        """
        new = student_id or uuid4()
        row = {
            "id": new, "school": school, "login_digest": login_digest, "language": language, "state": "active",
            "created_at": now, "used_at": now, "sealed": sealed.body, "key_version": sealed.key_version,
        }  # fmt: skip
        source = select(*(literal(value, student.c[name].type) for name, value in row.items()))
        if sign_in_id:
            own = source.select_from(sign_in).where(sign_in.c.id == sign_in_id)
            source = own.with_for_update(read=True, key_share=True)  # waits for a deletion that is not committed yet
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(insert(student).from_select(list(row), source).on_conflict_do_nothing())
        return new

    def get(self, student_id: UUID) -> Student | None:
        """Return the student, or None."""
        return self._find(student.c.id, student_id)

    def find_by_digest(self, login_digest: bytes) -> Student | None:
        """Return the student with that login, or None."""
        return self._find(student.c.login_digest, login_digest)

    def save_settings(self, student_id: UUID, settings: Mapping[str, Any]) -> None:
        """Replace the student's settings."""
        self._update(student_id, settings=dict(settings))

    def save_language(self, student_id: UUID, language: str) -> None:
        """Replace the student's language."""
        self._update(student_id, language=language)

    def save_password(self, student_id: UUID, sealed: Sealed) -> None:
        """Replace the login and password, which the portal has accepted; the student is active again."""
        self._update(student_id, sealed=sealed.body, key_version=sealed.key_version, state="active")

    def delete(self, student_id: UUID) -> None:
        """Delete the student with everything in the database; the feed writer then removes the calendars' files."""
        with translate_database_errors(), self.engine.begin() as connection:
            _delete(connection, student.c.id == student_id)

    def forget_unused(self, now: datetime) -> tuple[UUID, ...]:
        """Delete the students who did not use the service for 180 days; return their ids."""
        is_unused = student.c.used_at < now - FORGOTTEN_AFTER
        with translate_database_errors(), self.engine.connect() as connection:
            found = tuple(connection.scalars(select(student.c.id).where(is_unused).order_by(student.c.id)))
            connection.rollback()
            for one in found:
                with connection.begin():
                    _delete(connection, (student.c.id == one) & is_unused)
        return found

    def _find(self, column: Any, value: object) -> Student | None:  # noqa: ANN401 - a column of any type
        with translate_database_errors(), self.engine.connect() as connection:
            row = connection.execute(select(student).where(column == value)).first()
        return None if row is None else _to_student(row)

    def _update(self, student_id: UUID, **values: object) -> None:
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(update(student).where(student.c.id == student_id).values(**values))


def _to_student(row: Row[Any]) -> Student:
    return Student(
        id=row.id, school=row.school, state=row.state, language=row.language, settings=row.settings,
        login_digest=row.login_digest,
        sealed=Sealed(body=row.sealed, key_version=row.key_version), created_at=row.created_at,
    )  # fmt: skip


def _delete(connection: Connection, condition: ColumnElement[bool]) -> None:
    """Delete the student for whom the condition holds, if any, with all that is kept of the same login."""
    found = connection.execute(select(student.c.id, student.c.login_digest).where(condition).with_for_update()).first()
    if found is None:
        return
    for table in (sign_in, refused_password):
        connection.execute(delete(table).where(table.c.login_digest == found.login_digest))
    connection.execute(delete(sign_in_try).where(sign_in_try.c.key == found.login_digest))
    notify_feeds(connection, found.id)
    connection.execute(delete(student).where(student.c.id == found.id))
