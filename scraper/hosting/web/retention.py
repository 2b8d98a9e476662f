"""Once a day: delete the students who did not use the service for 180 days, with their calendars' files."""

import logging
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from scraper.errors import AurionError
from scraper.hosting.web.hosted_state import HostedState

DAY = 86_400.0
RETRY = 600.0
log = logging.getLogger(__name__)


def forget_students(state: HostedState) -> int:
    """Note the last fetches, delete the unused students, and return how many. Raise DatabaseUnavailable, StateError."""
    state.feeds.note_fetches()
    forgotten = state.students.forget_unused(state.clock())
    for one in forgotten:
        state.feeds.update(one)
    return len(forgotten)


def forget_daily(state: HostedState, over: Event) -> None:
    """Do so each day until `over`; after a failure, try again soon."""
    while not over.is_set():
        try:
            log.info("retention", extra={"facts": {"forgotten": forget_students(state)}})
            over.wait(DAY)
        except (AurionError, SQLAlchemyError) as error:
            log.warning("retention: %s", type(error).__name__)
            over.wait(RETRY)
