"""Fixtures: a demo portal and a session at it, in the Chromium that all tests share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright

from scraper.config.schools.school_files import school_at
from scraper.demo import LOGIN, PASSWORD, Control, Demo, Fault, Variant
from scraper.domain.credentials import Credentials
from scraper.domain.planning import Period
from scraper.domain.progress import Silent
from scraper.portal.browser import new_context
from scraper.portal.planning_page import PlanningPage
from scraper.portal.screenshots import ScreenshotRecorder
from scraper.portal.session import Session, open_session
from scraper.system.session_file import SavedSession
from tests.commands import SharedBrowsers, without_pauses

MARCH = Period(first=date(2026, 3, 2), last=date(2026, 3, 29))
"""Four weeks, across the night on which the clocks go forward."""


@pytest.fixture(autouse=True)
def pauses() -> Iterator[None]:
    """Shorten the waits between attempts and for content that does not come."""
    with without_pauses():
        yield


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser context like that of an export."""
    made = new_context(browser, "Europe/Paris")
    yield made
    made.close()


@pytest.fixture
def own_browsers(playwright: Playwright) -> Iterator[SharedBrowsers]:
    """Browsers for the commands of one test, which have proxies or paths of their own."""
    made = SharedBrowsers(playwright)
    yield made
    made.close()


@pytest.fixture
def lessons() -> list[dict[str, Any]]:
    """A lesson on each day of March 2026."""
    return [
        {
            "id": str(70_000_000 + day),
            "title": "IC1_427\n\nOptique\nCOURS_TD\nMadame LEROUX",
            "start": f"2026-03-{day:02}T10:00:00+0{2 if day >= 29 else 1}00",
            "end": f"2026-03-{day:02}T11:00:00+0{2 if day >= 29 else 1}00",
            "allDay": False,
            "editable": True,
            "className": "COURS_TD",
        }
        for day in range(1, 32)
    ]


@pytest.fixture
def start(lessons: list[dict[str, Any]]) -> Iterator[Callable[..., Demo]]:
    """Start a demo portal with these faults and fields of its variant."""
    with ExitStack() as running:

        def begin(*faults: Fault, **variant: Any) -> Demo:  # noqa: ANN401 - the fields of Variant
            demo = Demo(variant=Variant(**variant), control=Control(faults=faults), events=lessons)
            return running.enter_context(demo)

        yield begin


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Session]]:
    """Open a session at a demo portal, not logged in yet unless it was saved, in a browser context of its own."""
    with ExitStack() as contexts:

        def open_at(
            demo: Demo, password: str = PASSWORD, saved: SavedSession | None = None,
            **options: Any,  # noqa: ANN401 - of open_session
        ) -> Session:  # fmt: skip
            context = new_context(browser, "Europe/Paris", saved.state if saved else None)
            return open_session(
                contexts.enter_context(context),
                school=school_at(demo.url),
                credentials=Credentials(login=LOGIN, password=password),
                steps=ScreenshotRecorder(last=tmp_path / "failure"),
                progress=Silent(),
                saved=saved,
                **{"timeout": 10, **options},
            )

        yield open_at


@pytest.fixture
def record(visit: Callable[..., Session]) -> Callable[..., Session]:
    """Record a period, by default four weeks of March; return the session with its captures."""

    def run(demo: Demo, period: Period = MARCH, menu: str = "", **options: Any) -> Session:  # noqa: ANN401 - the same
        session = visit(demo, **options)
        PlanningPage(session=session, menu=menu).record(period)
        return session

    return run


@pytest.fixture
def lessons_of() -> Callable[[Session], set[str]]:
    """Return the ids of the lessons of the four weeks of March in all captures of a session."""

    def ids(session: Session) -> set[str]:
        from scraper.parsing.events import parse_capture  # noqa: PLC0415 - read where it is used

        zone = session.school.zone
        events = [event for capture in session.captures for event in parse_capture(capture, zone)]
        return {event.id for event in events if MARCH.start(zone) <= event.start < MARCH.end(zone)}

    return ids
