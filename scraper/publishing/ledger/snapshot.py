"""Copies of a ledger as bytes, for another computer, where its calendars have other paths."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from scraper.errors import LedgerDamaged, LedgerTooNew
from scraper.publishing.ledger.tables import VERSION, calendars, published, ruled

FORMAT_BYTES = slice(18, 20)
"""The read and write versions in an SQLite header; a copy in memory has no log (sqlite.org/c3ref/deserialize.html)."""
WITHOUT_LOG = b"\x01\x01"


def copy_ledger(path: Path) -> bytes:
    """Return a consistent copy of the ledger, also while a run writes. Raise LedgerDamaged."""
    try:
        source = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(":memory:")) as copy:
            source.backup(copy)
            body = bytearray(copy.serialize())
    except sqlite3.Error as error:
        raise LedgerDamaged(path=str(path), detail=str(error)) from None
    body[FORMAT_BYTES] = WITHOUT_LOG
    return bytes(body)


def relocate_ledger(body: bytes, path: Path, relocate: Callable[[str], str]) -> bytes:
    """Return the copy with the calendars' paths that `relocate` returns for them; `path` is named in errors.

    Raise LedgerDamaged or LedgerTooNew.
    """
    try:
        with closing(sqlite3.connect(":memory:")) as copy:
            copy.deserialize(body)
            version = copy.execute("SELECT version FROM ledger").fetchone()
            if version and version[0] > VERSION:
                raise LedgerTooNew(path=str(path), version=version[0])
            if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise LedgerDamaged(path=str(path), detail="quick_check")
            for table in (published.name, calendars.name, ruled.name):
                outputs = [row[0] for row in copy.execute(f"SELECT DISTINCT output FROM {table}")]  # noqa: S608 - a name of ours
                moved = [(new, old) for old in outputs if (new := relocate(old)) != old]
                copy.executemany(f"UPDATE {table} SET output = ? WHERE output = ?", moved)  # noqa: S608
            copy.commit()
            return copy.serialize()
    except (sqlite3.Error, TypeError) as error:
        raise LedgerDamaged(path=str(path), detail=str(error)) from None
