"""An account with runs that left a week of changes."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from scraper.domain.planning import Period
from tests.web.pages.planning.planned import TUESDAY, a_week, changed_week, ran, settings

WINTER = Period(first=date(2026, 11, 1), last=date(2027, 1, 31))


@pytest.fixture
def now() -> datetime:
    """Tuesday, five past ten in Paris."""
    return TUESDAY


@pytest.fixture
def planned(home: object) -> None:
    """Two runs: a week, then the same with one lesson moved, one cancelled, one edited, one added."""
    del home
    settings()
    ran(a_week(), WINTER, TUESDAY - timedelta(days=3))
    ran(changed_week(), WINTER, TUESDAY - timedelta(minutes=30))


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """An English browser, whichever Chromium it is: on the way back a headless shell asks in its machine's language."""
    return {**browser_context_args, "locale": "en-GB"}
