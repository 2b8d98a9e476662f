"""The page and the feed on one port."""

from collections.abc import Awaitable, Iterable
from contextlib import suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from scraper.errors import AurionError
from scraper.school_files import all_schools
from scraper.vault import vaults
from scraper.web.feed import Feed, bare, nothing, status_of
from scraper.web.page import (
    accounts,
    assistance,
    changes,
    entrance,
    rules,
    run_pages,
    schedule,
    settings,
    subscribers,
    waiting,
    watching,
    welcome,
)
from scraper.web.page.desk import Desk
from scraper.web.page.guard import Guard
from scraper.web.page.planning import pages as planning
from scraper.web.page.visit import open_to_all, visit_of

STATIC = Path(__file__).parent / "static"
PAGES: tuple[BaseRoute, ...] = (
    *entrance.ROUTES,
    *welcome.ROUTES,
    *run_pages.ROUTES,
    *watching.ROUTES,
    *waiting.ROUTES,
    *planning.ROUTES,
    *changes.ROUTES,
    *accounts.ROUTES,
    *settings.ROUTES,
    *rules.ROUTES,
    *schedule.ROUTES,
    *subscribers.ROUTES,
    *assistance.ROUTES,
)
"""Every page and form, each from the module of its own."""


def page_and_feed(desk: Desk, feed: Feed) -> Starlette:
    """Serve both; no calendar's path ever answers as the page does, and nothing outside tells where the page is."""
    routes: list[BaseRoute] = [
        Route("/c/{secret}/{name}.ics", feed),
        Mount("/c", _not_there),
        Mount("/", Guard(_by_path(desk), [desk.host])),
    ]
    if desk.root:
        routes = [Mount(desk.root, routes=routes), *routes]
    return bare(routes)


def page(desk: Desk) -> Starlette:
    """Serve the page alone, unguarded."""
    return _served(desk, PAGES)


def doorstep(desk: Desk) -> Starlette:
    """Serve what is seen without a secret path: the way in."""
    return _served(desk, (*entrance.OPENING, open_to_all("/{path:path}", entrance.shut)))


def _by_path(desk: Desk) -> ASGIApp:
    """Answer with the page where its secret path is asked for, else with the doorstep; `room` is that path."""
    inside, outside = page(desk), doorstep(desk)

    def answered(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        before = scope.get("root_path", "")
        first, slash, _ = scope["path"].removeprefix(before).removeprefix("/").partition("/")
        room = f"/{first}"
        if slash and desk.door.leads_in(room):
            return inside({**scope, "root_path": before + room, "room": room}, receive, send)
        return outside({**scope, "room": ""}, receive, send)

    return answered


def _served(desk: Desk, routes: Iterable[BaseRoute]) -> Starlette:
    made = Starlette(
        routes=[Mount("/static", StaticFiles(directory=STATIC)), *routes], exception_handlers={HTTPException: _missing}
    )
    made.state.desk = desk
    return made


def warm_up(desk: Desk) -> None:
    """What the first visitor would wait for: schools validated, the place for passwords found; old pictures go."""
    desk.underway.pictures.sweep()
    with suppress(AurionError):
        all_schools()
        vaults(environment=desk.environment).preferred()


def _missing(request: Request, error: Exception) -> Response:
    """What there is no page for; told to those who have come in."""
    visit = visit_of(request)
    status = status_of(error)
    return visit.render("missing.html", status=status) if visit.is_in else nothing(status)


def _not_there(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    return nothing(404)(scope, receive, send)
