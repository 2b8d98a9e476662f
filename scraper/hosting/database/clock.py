"""The database's clock: one for all machines, so that a machine with a wrong clock does no harm."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, func, select

Clock: TypeAlias = "Callable[[], ColumnElement[Any]]"
"""Returns the present time as an SQL expression; a simulation passes its own."""
DATABASE_CLOCK: Clock = func.clock_timestamp


def read_clock(connection: Connection, clock: Clock = DATABASE_CLOCK) -> datetime:
    """Return the present time."""
    now: datetime = connection.execute(select(clock())).scalar_one()
    return now
