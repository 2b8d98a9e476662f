"""The calendar addresses of students; every statement names the student, so that an id alone opens nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Engine, Executable, Row, delete, func, insert, select, update

from scraper.errors import SettingsError
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import student, subscription
from scraper.hosting.student_calendars import calendar_from_row, calendar_to_row
from scraper.publishing.feeds.choices import find_free_label
from scraper.publishing.feeds.feed_files import FeedCalendar
from scraper.publishing.feeds.subscribers import check_label

MOST = 20
"""The most addresses of one student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A calendar address. The secret in it is computed from `id` and `generation`, which rises when it is renewed."""

    id: UUID
    generation: int
    label: str
    calendar: FeedCalendar
    until: date | None
    fetched_at: datetime | None

    def has_ended(self, today: date) -> bool:
        """Return whether the last day is over."""
        return self.until is not None and today > self.until


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The addresses in the database. Every method raises DatabaseUnavailable."""

    engine: Engine

    def of_student(self, owner: UUID) -> tuple[Subscription, ...]:
        """Return the student's addresses, the oldest first."""
        wanted = select(subscription).where(subscription.c.student == owner).order_by(subscription.c.created_at)
        with translate_database_errors(), self.engine.connect() as connection:
            return tuple(map(_from_row, connection.execute(wanted)))

    def find(self, owner: UUID, number: UUID) -> Subscription | None:
        """Return the student's address with that id; None also where it is another student's."""
        return self._execute(select(subscription).where(*_own_conditions(owner, number)))

    def add(self, owner: UUID, label: str, calendar: FeedCalendar, until: date | None, now: datetime) -> Subscription:
        """Add an address; a label that is in use gets a number.

        Raise SettingsError: "feed-label" where the label cannot be displayed, "hosting-addresses" where there are
        too many.
        """
        check_label(label)
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(select(student.c.id).where(student.c.id == owner).with_for_update())
            taken = set(connection.scalars(select(subscription.c.label).where(subscription.c.student == owner)))
            known = connection.scalar(select(func.count()).where(subscription.c.student == owner)) or 0
            if known >= MOST:
                raise SettingsError("hosting-addresses", most=MOST)
            row = {
                "id": uuid4(), "student": owner, "label": find_free_label(label, taken), "until": until,
                "calendar": calendar_to_row(calendar), "created_at": now,
            }  # fmt: skip
            return _from_row(connection.execute(insert(subscription).values(row).returning(subscription)).one())

    def renew(self, owner: UUID, number: UUID) -> Subscription | None:
        """Give the address a new secret: the old address stops working. Return None where it is not the student's."""
        new = {"generation": subscription.c.generation + 1, "fetched_at": None}
        renewed = update(subscription).where(*_own_conditions(owner, number)).values(new)
        return self._execute(renewed.returning(subscription))

    def revoke(self, owner: UUID, number: UUID) -> Subscription | None:
        """Delete the address and return what it was; None where it is not the student's."""
        return self._execute(delete(subscription).where(*_own_conditions(owner, number)).returning(subscription))

    def _execute(self, statement: Executable) -> Subscription | None:
        """Execute a statement on one address and return the address, if there is one."""
        with translate_database_errors(), self.engine.begin() as connection:
            row = connection.execute(statement).first()
        return _from_row(row) if row else None


def _own_conditions(owner: UUID, number: UUID) -> Sequence[ColumnElement[bool]]:
    return subscription.c.id == number, subscription.c.student == owner


def _from_row(row: Row[tuple[object, ...]]) -> Subscription:
    values = row._asdict()
    return Subscription(
        **{name: values[name] for name in ("id", "generation", "label", "until", "fetched_at")},
        calendar=calendar_from_row(values["calendar"]),
    )  # fmt: skip
