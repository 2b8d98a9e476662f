"""The limits of each portal, shared by all workers through the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import TypeAlias
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from scraper.errors import PortalUnavailable
from scraper.hosting.database.clock import DATABASE_CLOCK, Clock
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import exchange_count, portal, portal_fault, portal_lease
from scraper.hosting.politeness.breaker import PAUSES, TIMEOUTS, TIMEOUTS_WITHIN, FaultKind, pause_length
from scraper.hosting.politeness.bucket import BURST, Bucket
from scraper.hosting.politeness.portal_hours import exchange_rate
from scraper.hosting.service_settings import HostingSettings

LEASE = timedelta(minutes=3)
"""How long a place is kept after an exchange: longer than an exchange may take, short enough after a worker's death."""
FAULTS_KEPT = timedelta(days=7)
POLL = 1.0
"""Seconds between two attempts to get a place."""
PATIENCE = 600.0
"""Seconds after which a session without a place gives up."""
PortalState: TypeAlias = "Row[*tuple[float, datetime, datetime | None, int, datetime]]"


@dataclass(frozen=True, slots=True)
class PortalLimits:
    """The limits of all portals; `sleep` and the clocks are replaced in a simulation.

    Every method raises DatabaseUnavailable.
    """

    engine: Engine
    settings: HostingSettings
    clock: Clock = DATABASE_CLOCK
    sleep: Callable[[float], None] = sleep
    monotonic: Callable[[], float] = monotonic

    @contextmanager
    def session_place(self, portal_id: str) -> Iterator[UUID]:
        """Wait for a place at the portal, yield its holder, and give the place back afterwards.

        Raise PortalUnavailable("paused") where the portal is not to be asked now, ("no-place") where none becomes free.
        """
        holder, until = uuid4(), self.monotonic() + PATIENCE
        while not self.take_place(portal_id, holder):
            if self.monotonic() > until:
                raise PortalUnavailable("no-place", portal=portal_id)
            self.sleep(POLL)
        try:
            yield holder
        finally:
            self.give_back(portal_id, holder)

    def take_place(self, portal_id: str, holder: UUID) -> bool:
        """Take a free place, or the place of a holder that died; return whether there was one.

        After a pause, one session alone shows whether the portal answers again. Raise PortalUnavailable("paused").
        """
        with translate_database_errors(), self.engine.begin() as connection:
            state = self._open_state(connection, portal_id)
            places = 1 if state.pauses else self.settings.politeness_for(portal_id).sessions
            at_portal, latest = portal_lease.c.portal == portal_id, state.now + LEASE
            leases = connection.execute(select(portal_lease.c.place, portal_lease.c.until).where(at_portal)).all()
            if any(lease.until and lease.until > latest for lease in leases):
                # The clock was set back. Holders that live renew their leases; those of others end in time.
                later = update(portal_lease).where(at_portal, portal_lease.c.until > latest)
                connection.execute(later.values(until=latest))
            taken = {lease.place for lease in leases if lease.until and lease.until > state.now}
            free = sorted(set(range(places)) - taken)
            if not free or len(taken) >= places:
                return False
            values = {"holder": holder, "until": latest}
            own = insert(portal_lease).values(portal=portal_id, place=free[0], **values)
            connection.execute(own.on_conflict_do_update(index_elements=["portal", "place"], set_=values))
            return True

    def give_back(self, portal_id: str, holder: UUID) -> None:
        """Give the holder's place back; do nothing where it has none."""
        own = (portal_lease.c.portal == portal_id) & (portal_lease.c.holder == holder)
        with translate_database_errors(), self.engine.begin() as connection:
            connection.execute(update(portal_lease).where(own).values(holder=None, until=None))

    def reserve(self, portal_id: str, holder: UUID, count: int = 1) -> float:
        """Take tokens for exchanges and return the seconds to wait before the last of them; count the exchanges.

        Raise PortalUnavailable("paused"), or ("no-place") where the place was lost: its holder was silent for too long.
        """
        with translate_database_errors(), self.engine.begin() as connection:
            state = self._open_state(connection, portal_id)
            own = (portal_lease.c.portal == portal_id) & (portal_lease.c.holder == holder)
            if not connection.execute(update(portal_lease).where(own).values(until=state.now + LEASE)).rowcount:
                raise PortalUnavailable("no-place", portal=portal_id)
            rate = exchange_rate(state.now, portal_id, self.settings)
            bucket = Bucket(tokens=state.tokens, at=state.refilled_at).refill(state.now, rate).take(count)
            values = {"tokens": bucket.tokens, "refilled_at": bucket.at}
            connection.execute(update(portal).where(portal.c.id == portal_id).values(values))
            hour = state.now.replace(minute=0, second=0, microsecond=0)
            counted = insert(exchange_count).values(portal=portal_id, hour=hour, count=count)
            total = {"count": exchange_count.c.count + count}
            connection.execute(counted.on_conflict_do_update(index_elements=["portal", "hour"], set_=total))
            return bucket.wait(rate)

    def record_fault(self, portal_id: str, kind: FaultKind) -> None:
        """Record a fault of the portal; pause it where the fault, or a series of time-outs, asks for that.

        Faults during a pause come from sessions that were open before: they do not make it longer.
        """
        with translate_database_errors(), self.engine.begin() as connection:
            state = self._state(connection, portal_id)
            now = state.now
            old = delete(portal_fault).where(portal_fault.c.at < now - FAULTS_KEPT)
            connection.execute(old)
            connection.execute(insert(portal_fault).values(portal=portal_id, at=now, kind=kind))
            if is_paused(state.paused_until, now):
                return
            recent = select(func.count()).where(
                portal_fault.c.portal == portal_id, portal_fault.c.kind == "timeout",
                portal_fault.c.at.between(now - TIMEOUTS_WITHIN, now),
            )  # fmt: skip
            if kind != "timeout" or connection.execute(recent).scalar_one() >= TIMEOUTS:
                paused = {"paused_until": now + pause_length(state.pauses), "pauses": state.pauses + 1}
                connection.execute(update(portal).where(portal.c.id == portal_id).values(paused))

    def record_success(self, portal_id: str) -> None:
        """Record that a reading succeeded: the next pause will be short again."""
        with translate_database_errors(), self.engine.begin() as connection:
            again = update(portal).where(portal.c.id == portal_id, portal.c.pauses > 0)
            if connection.execute(again.values(pauses=0, paused_until=None)).rowcount:
                old = delete(portal_fault).where(portal_fault.c.portal == portal_id, portal_fault.c.kind == "timeout")
                connection.execute(old)

    def _state(self, connection: Connection, portal_id: str) -> PortalState:
        """Lock and return the portal's row with the present time; the first time, create it."""
        columns = (portal.c.tokens, portal.c.refilled_at, portal.c.paused_until, portal.c.pauses)
        own = select(*columns, self.clock().label("now")).where(portal.c.id == portal_id).with_for_update()
        if (row := connection.execute(own).one_or_none()) is None:
            new = insert(portal).values(id=portal_id, tokens=BURST, refilled_at=self.clock())
            connection.execute(new.on_conflict_do_nothing())
            row = connection.execute(own).one()
        return row

    def _open_state(self, connection: Connection, portal_id: str) -> PortalState:
        """Lock and return the portal's row. Raise PortalUnavailable("paused") during a pause."""
        state = self._state(connection, portal_id)
        if is_paused(state.paused_until, state.now):
            raise PortalUnavailable("paused")
        return state


def is_paused(until: datetime | None, now: datetime) -> bool:
    """Return whether a pause until then holds now; where it would be longer than any pause, the clock was set back."""
    return until is not None and now < until <= now + PAUSES[-1]
