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

from scraper.config.schools.files import all_schools
from scraper.config.vault import vaults
from scraper.errors import AurionError
from scraper.web.feed.app import Feed, bare, nothing, status_of
from scraper.web.pages import (
    accounts,
    changes,
    login,
    pending,
    rules,
    run_events,
    runs,
    schedule,
    settings,
    setup,
    subscriptions,
    support,
)
from scraper.web.pages.request import open_to_all, visit_of
from scraper.web.pages.security import SecurityMiddleware
from scraper.web.pages.server_state import ServerState
from scraper.web.pages.timetable import routes as planning

STATIC = Path(__file__).parent / "static"
PAGES: tuple[BaseRoute, ...] = (
    *login.ROUTES,
    *setup.ROUTES,
    *runs.ROUTES,
    *run_events.ROUTES,
    *pending.ROUTES,
    *planning.ROUTES,
    *changes.ROUTES,
    *accounts.ROUTES,
    *settings.ROUTES,
    *rules.ROUTES,
    *schedule.ROUTES,
    *subscriptions.ROUTES,
    *support.ROUTES,
)
"""Every page and form, each from the module of its own."""


def page_and_feed(desk: ServerState, feed: Feed) -> Starlette:
    """Serve both; no calendar's path ever answers as the page does, and nothing outside tells where the page is."""
    routes: list[BaseRoute] = [
        Route("/c/{secret}/{name}.ics", feed),
        Mount("/c", _not_there),
        Mount("/", SecurityMiddleware(_by_path(desk), [desk.host])),
    ]
    if desk.root:
        routes = [Mount(desk.root, routes=routes), *routes]
    return bare(routes)


def page(desk: ServerState) -> Starlette:
    """Serve the page alone, unguarded."""
    return _served(desk, PAGES)


def doorstep(desk: ServerState) -> Starlette:
    """Serve what is seen without a secret path: the way in."""
    return _served(desk, (*login.OPENING, open_to_all("/{path:path}", login.shut)))


def _by_path(desk: ServerState) -> ASGIApp:
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


def _served(desk: ServerState, routes: Iterable[BaseRoute]) -> Starlette:
    made = Starlette(
        routes=[Mount("/static", StaticFiles(directory=STATIC)), *routes], exception_handlers={HTTPException: _missing}
    )
    made.state.desk = desk
    return made


def warm_up(desk: ServerState) -> None:
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
