"""Forget the students who left. It runs beside the web server."""

import logging
from dataclasses import dataclass, field
from threading import Event
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from scraper.errors import AurionError
from scraper.hosting.database.clock import DATABASE_CLOCK, Clock, read_clock
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.feeds import FeedWriter
from scraper.hosting.students import Students

EVERY_SECONDS = 3600.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """The regular deletion of students who left."""

    engine: Engine = field(repr=False)
    feeds: FeedWriter
    clock: Clock = DATABASE_CLOCK

    def run(self, stop: Event) -> None:
        """Clean every hour until `stop` is set; a failure is logged, and the next hour tries again."""
        while not stop.wait(EVERY_SECONDS):
            try:
                self.clean()
            except (AurionError, SQLAlchemyError) as error:
                log.warning("housekeeping: %s", type(error).__name__)

    def clean(self) -> tuple[UUID, ...]:
        """Delete the students who did not use the service for 180 days, with their files; return their ids.

        The fetches of calendars count up to now. Raise AurionError or SQLAlchemyError.
        """
        self.feeds.note_fetches()
        with translate_database_errors(), self.engine.connect() as connection:
            now = read_clock(connection, self.clock)
        forgotten = Students(self.engine).forget_unused(now)
        for one in forgotten:
            self.feeds.update(one)
        if forgotten:
            log.info("housekeeping: %d students forgotten", len(forgotten))
        return forgotten
