"""The state of the service in numbers, without names: for its command, the administrators' page and the metrics."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, case, func, select

from scraper.hosting.channels import IS_PAUSED
from scraper.hosting.database.clock import DATABASE_CLOCK, Clock, read_clock
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import exchange_count, portal, portal_lease, student, turn
from scraper.hosting.politeness.limits import is_paused
from scraper.hosting.politeness.portal_hours import last_night
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.turns import IS_RUNNING

OLD = timedelta(hours=26)
"""A calendar older than this missed its night."""
HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAges:
    """The ages of the calendars of active students: since the last reading that succeeded."""

    median: timedelta | None
    oldest: timedelta | None
    old: int
    never_read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalStatus:
    """The exchanges with a portal, by hour and since the evening from which they are counted, and its pause."""

    portal: str
    classes: int
    sessions: int
    paused_until: datetime | None
    exchanges_today: int
    exchanges_by_hour: dict[datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """The state of the service. `due` counts the turns that are due and have no job yet, by reason.

    `failures` counts students by the error of their last reading, `channels` those with notifications by state.
    """

    at: datetime
    accounts: dict[str, int]
    ages: CalendarAges
    due: dict[str, int]
    waiting: int
    running: int
    failures: dict[str, int]
    portals: tuple[PortalStatus, ...]
    channels: dict[str, int]


def read_status(engine: Engine, settings: HostingSettings, clock: Clock = DATABASE_CLOCK) -> ServiceStatus:
    """Return the state of the service. Raise DatabaseUnavailable."""
    with translate_database_errors(), engine.begin() as connection:
        now = read_clock(connection, clock)
        is_waiting = and_(turn.c.enqueued_at.is_not(None), turn.c.due_at.is_not(None))
        jobs = select(func.count().filter(is_waiting), func.count().filter(IS_RUNNING)).select_from(turn)
        waiting, running = connection.execute(jobs).one()
        kind = func.concat_ws(".", turn.c.error["error"].astext, func.nullif(turn.c.error["reason"].astext, ""))
        failed = select(kind, func.count()).where(turn.c.error.is_not(None), turn.c.attempts > 0).group_by(kind)
        is_due = and_(turn.c.due_at <= now, turn.c.enqueued_at.is_(None), student.c.state == "active")
        due = select(turn.c.reason, func.count()).join(student, student.c.id == turn.c.student).where(is_due)
        channel = case((IS_PAUSED, "paused"), else_="active").label("state")
        return ServiceStatus(
            at=now,
            accounts=_read_counts(connection, select(student.c.state, func.count()).group_by(student.c.state)),
            ages=_read_ages(connection, now),
            due=_read_counts(connection, due.group_by(turn.c.reason)),
            waiting=waiting,
            running=running,
            failures=_read_counts(connection, failed.order_by(kind)),
            portals=tuple(_read_portal(connection, one, now, settings) for one in settings.schools),
            channels=_read_counts(connection, select(channel, func.count()).group_by(channel)),
        )


def _read_counts(connection: Connection, statement: Select[Any]) -> dict[Any, int]:
    """Return the second column by the first one."""
    return {row[0]: row[1] for row in connection.execute(statement)}


def _read_ages(connection: Connection, now: datetime) -> CalendarAges:
    found = (
        select(
            func.percentile_disc(0.5).within_group(turn.c.succeeded_at.desc()),
            func.min(turn.c.succeeded_at),
            func.count().filter(turn.c.succeeded_at < now - OLD),
            func.count().filter(turn.c.succeeded_at.is_(None)),
        )
        .select_from(student)
        .outerjoin(turn, student.c.id == turn.c.student)
        .where(student.c.state == "active")
    )
    middle, oldest, old, never = connection.execute(found).one()
    return CalendarAges(
        median=now - middle if middle else None, oldest=now - oldest if oldest else None, old=old, never_read=never
    )


def _read_portal(connection: Connection, name: str, now: datetime, settings: HostingSettings) -> PortalStatus:
    since = min(last_night(now, name, settings), now - timedelta(hours=HOURS))
    counts = select(exchange_count.c.hour, exchange_count.c.count).where(
        exchange_count.c.portal == name, exchange_count.c.hour > since - timedelta(hours=1)
    )
    by_hour = _read_counts(connection, counts.order_by(exchange_count.c.hour))
    until = connection.execute(select(portal.c.paused_until).where(portal.c.id == name)).scalar_one_or_none()
    classes = select(func.count(turn.c.class_id.distinct())).where(turn.c.portal == name)
    open_sessions = select(func.count()).where(portal_lease.c.portal == name, portal_lease.c.until > now)
    return PortalStatus(
        portal=name,
        classes=connection.execute(classes).scalar_one(),
        sessions=connection.execute(open_sessions).scalar_one(),
        paused_until=until if is_paused(until, now) else None,
        exchanges_today=sum(n for hour, n in by_hour.items() if hour >= last_night(now, name, settings)),
        exchanges_by_hour={hour: n for hour, n in by_hour.items() if hour > now - timedelta(hours=HOURS)},
    )
