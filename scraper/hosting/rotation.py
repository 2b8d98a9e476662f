"""Seal every row with the newest key, one by one, while the service runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, select, update

from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import notification_channel, portal_session, sign_in, student
from scraper.hosting.keys import load_recipients
from scraper.hosting.sealing import Opener, Sealed, Sealer

OWNERS: dict[Table, ColumnElement[UUID]] = {
    student: student.c.id,
    portal_session: portal_session.c.student,
    notification_channel: notification_channel.c.student,
    sign_in: sign_in.c.id,
}
"""The tables with sealed values, and the column with the owner that each value names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The result of a rotation: how many rows were sealed again, and how many this machine's keys do not open."""

    version: int
    resealed: int
    unopened: int


def reseal_rows(engine: Engine, keys: Path) -> Rotation:
    """Seal all rows with the newest key. It may be interrupted and repeated.

    A row is locked only while it is sealed again, so that a password that a student changes meanwhile is kept. Raise
    SettingsError where a key is missing or damaged, or DatabaseUnavailable.
    """
    version = max(load_recipients(keys))
    opener, sealer = Opener(keys), Sealer(keys)
    resealed = unopened = 0
    with translate_database_errors(), engine.connect() as connection:
        for table, owner in OWNERS.items():
            for one in _old_rows(connection, table, owner, version):
                with connection.begin():
                    row = connection.execute(_select_sealed(table, owner).where(owner == one).with_for_update()).first()
                    if row is None or row.key_version == version:
                        continue
                    plain = opener.try_to_open(one, Sealed(body=row.sealed, key_version=row.key_version))
                    if plain is None:
                        unopened += 1
                        continue
                    new = sealer.seal(one, plain)
                    values = {"sealed": new.body, "key_version": new.key_version}
                    connection.execute(update(table).where(owner == one).values(values))
                    resealed += 1
    return Rotation(version=version, resealed=resealed, unopened=unopened)


def sealed_rows(connection: Connection) -> Iterator[tuple[Table, UUID, Sealed]]:
    """Yield every sealed value with its table and its owner."""
    for table, owner in OWNERS.items():
        for row in connection.execute(_select_sealed(table, owner)):
            yield table, row.owner, Sealed(body=row.sealed, key_version=row.key_version)


def _old_rows(connection: Connection, table: Table, owner: ColumnElement[UUID], version: int) -> list[UUID]:
    """Return the owners of the rows that an older key seals."""
    with connection.begin():
        return list(connection.scalars(_select_sealed(table, owner).where(table.c.key_version != version)))


def _select_sealed(table: Table, owner: ColumnElement[UUID]) -> Select[Any]:
    """Select the sealed values; that of a sign-in is empty as soon as it was tried."""
    return select(owner.label("owner"), table.c.sealed, table.c.key_version).where(table.c.sealed != b"")
