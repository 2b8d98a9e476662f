"""An account with two runs, the second with changes."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from scraper.domain.planning import Period
from tests.web.pages.timetable.planned import TUESDAY, a_week, changed_week, publish_run, settings

WINTER = Period(first=date(2026, 11, 1), last=date(2027, 1, 31))


@pytest.fixture
def now() -> datetime:
    """Tuesday, 10:05 in Paris."""
    return TUESDAY


@pytest.fixture
def planned(home: object) -> None:
    """Two runs: a week, then the same with one lesson moved, one cancelled, one edited, one added."""
    del home
    settings()
    publish_run(a_week(), WINTER, TUESDAY - timedelta(days=3))
    publish_run(changed_week(), WINTER, TUESDAY - timedelta(minutes=30))


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """An English browser, whichever Chromium it is: on the way back a headless shell asks in its machine's language."""
    return {**browser_context_args, "locale": "en-GB"}
