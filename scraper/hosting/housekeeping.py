"""Note the fetches of calendars, and forget the students who left. It runs beside the web server."""

import logging
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from uuid import UUID

from sqlalchemy import Engine

from scraper.hosting.database.clock import DATABASE_CLOCK, Clock, read_clock
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.feeds import FeedWriter
from scraper.hosting.fetch_log import FetchLog
from scraper.hosting.logs import log_failure
from scraper.hosting.students import Students
from scraper.system.repeat import repeat

EVERY_SECONDS = 300.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """The regular deletion of students who left."""

    engine: Engine = field(repr=False)
    feeds: FeedWriter
    fetches: FetchLog = field(repr=False)
    clock: Clock = DATABASE_CLOCK

    def run(self, stop: Event) -> None:
        """Clean every five minutes until `stop` is set; a failure is logged, and the next time tries again."""
        with closing(self.fetches):
            repeat(self.clean, EVERY_SECONDS, stop, partial(log_failure, "housekeeping"))

    def clean(self) -> tuple[UUID, ...]:
        """Delete the students who did not use the service for 180 days, with their files; return their ids.

        The fetches of calendars count up to now: without their log no student is deleted. Raise AurionError or
        SQLAlchemyError.
        """
        self.fetches.note_fetches()
        with translate_database_errors(), self.engine.connect() as connection:
            now = read_clock(connection, self.clock)
        forgotten = Students(self.engine).forget_unused(now)
        for one in forgotten:
            self.feeds.update(one)
        if forgotten:
            log.info("housekeeping: %d students forgotten", len(forgotten))
        return forgotten
