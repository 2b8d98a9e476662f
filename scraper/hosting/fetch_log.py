"""The fetches of calendars, from the log that the web server writes of them."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from sqlalchemy import Engine, func, select, update

from scraper.hosting.database.service_tables import student, subscription
from scraper.hosting.feeds import feed_secret
from scraper.hosting.keys import WebKeys
from scraper.system.os_errors import translate_state_errors

START = 8
"""The characters of an address's secret that the log shows."""
LINE = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d) ([\w-]{8})\n")
LONGEST = 200
"""The most bytes of a line that are read at once."""


@dataclass(slots=True, kw_only=True)
class FetchLog:
    """The log at `path`, with the rotated one beside it.

    Both stay open between two calls: the web server goes on writing to the old file for a moment, and what was logged
    while this process did not run is read too.
    """

    engine: Engine = field(repr=False)
    keys: WebKeys = field(repr=False)
    path: Path
    _opened: list[BinaryIO] = field(default_factory=list, repr=False)
    _latest: dict[str, datetime] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def note_fetches(self) -> None:
        """Store when each calendar was last fetched, and that its student used the service then.

        Two addresses with the same start, which are hardly ever there, are both noted: a student who left is forgotten
        later, and none too early. Raise StateError where the log is missing or cannot be read, and SQLAlchemyError.
        """
        with self._lock:
            with translate_state_errors(str(self.path)):
                for line in self._new_lines():
                    self._keep(line)
            self._store()

    def close(self) -> None:
        """Close the files."""
        while self._opened:
            self._opened.pop().close()

    def _new_lines(self) -> Iterator[bytes]:
        """Return the lines since the last call; close the files that are at neither place any more."""
        left = self._opened
        self._opened = []
        for path in (self.path, self.path.with_name(f"{self.path.name}.1")):
            try:
                opened = path.open("rb")
            except FileNotFoundError:
                if path == self.path and not left:
                    raise
                continue  # between the two steps of a rotation, or never rotated
            known = next((one for one in left if os.path.sameopenfile(one.fileno(), opened.fileno())), None)
            if known:
                opened.close()
                left.remove(known)
            self._opened.append(known or opened)
        for one in (*left, *self._opened):
            yield from _lines(one)
        for one in left:
            one.close()

    def _keep(self, line: bytes) -> None:
        if found := LINE.fullmatch(line):
            with suppress(ValueError):
                at, start = datetime.fromisoformat(found[1].decode()), found[2].decode()
                self._latest[start] = max(at, self._latest.get(start, at))

    def _store(self) -> None:
        if not self._latest:
            return
        with self.engine.begin() as connection:
            for row in connection.execute(select(subscription)).all():
                at = self._latest.get(feed_secret(self.keys, row.id, row.generation)[:START])
                if at is None or (row.fetched_at is not None and at <= row.fetched_at):
                    continue
                own, used = subscription.c.id == row.id, student.c.id == row.student
                # the student first, as a deletion does: otherwise they could wait for each other
                connection.execute(update(student).where(used).values(used_at=func.greatest(student.c.used_at, at)))
                connection.execute(update(subscription).where(own).values(fetched_at=at))
        self._latest.clear()


def _lines(opened: BinaryIO) -> Iterator[bytes]:
    """Return the complete lines from the position in the file on; from its beginning where it was truncated."""
    if os.fstat(opened.fileno()).st_size < opened.tell():
        opened.seek(0)
    while line := opened.readline(LONGEST):
        if not line.endswith(b"\n") and len(line) < LONGEST:
            opened.seek(-len(line), os.SEEK_CUR)  # the web server has not written the rest yet
            return
        yield line
