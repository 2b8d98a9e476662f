"""The ASGI application: the page and the feed on one port."""

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

from scraper.config.schools.school_files import all_schools
from scraper.config.vault.vaults import vaults
from scraper.errors import AurionError
from scraper.web.feed.feed_app import Feed, empty_response, plain_application, status_code_of
from scraper.web.pages import (
    account_pages,
    always_on,
    backup_page,
    browser_page,
    calendars,
    change_history,
    failure_repairs,
    google_form,
    installation,
    notifications,
    pending_pages,
    phone,
    rule_pages,
    run_events,
    runs,
    schedule_form,
    service_form,
    settings,
    setup,
    subscriptions,
    support,
    token_login,
)
from scraper.web.pages.request import page_request, public
from scraper.web.pages.security import SecurityMiddleware
from scraper.web.pages.server_state import ServerState
from scraper.web.pages.timetable import course_pages, lesson_actions
from scraper.web.pages.timetable import routes as planning

STATIC = Path(__file__).parent / "static"
PAGES: tuple[BaseRoute, ...] = (
    *token_login.ROUTES,
    *installation.ROUTES,
    *setup.ROUTES,
    *runs.ROUTES,
    *run_events.ROUTES,
    *failure_repairs.ROUTES,
    *pending_pages.ROUTES,
    *planning.ROUTES,
    *course_pages.ROUTES,
    *lesson_actions.ROUTES,
    *change_history.ROUTES,
    *account_pages.ROUTES,
    *backup_page.ROUTES,
    *settings.ROUTES,
    *notifications.ROUTES,
    *rule_pages.ROUTES,
    *schedule_form.ROUTES,
    *service_form.ROUTES,
    *google_form.ROUTES,
    *phone.ROUTES,
    *calendars.ROUTES,
    *always_on.ROUTES,
    *subscriptions.ROUTES,
    *support.ROUTES,
    *browser_page.ROUTES,
)
"""The routes of every page and form."""


def page_and_feed(state: ServerState, feed: Feed) -> Starlette:
    """Return the application for both; below `/c` only the feed answers, and nothing reveals the page's address."""
    routes: list[BaseRoute] = [
        Route("/c/{secret}/{name}.ics", feed),
        Mount("/c", empty_response(404)),
        Mount("/", SecurityMiddleware(_route_by_secret_path(state), [state.host])),
    ]
    if state.root:
        routes = [Mount(state.root, routes=routes), *routes]
    return plain_application(routes)


def page_application(state: ServerState) -> Starlette:
    """Return the application of the page without its security checks."""
    return _application(state, PAGES)


def login_application(state: ServerState) -> Starlette:
    """Return the application of what is visible without the secret path: a token, Google's answer, how to log in."""
    return _application(
        state, (*token_login.OPENING, *google_form.ANSWER, public("/{path:path}", token_login.show_login))
    )


def _route_by_secret_path(state: ServerState) -> ASGIApp:
    """Serve the page below its secret path, kept in the scope as `secret_path`; serve the log-in page elsewhere."""
    inside, outside = page_application(state), login_application(state)

    def route(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        prefix = scope.get("root_path", "")
        first, slash, _ = scope["path"].removeprefix(prefix).removeprefix("/").partition("/")
        secret_path = f"/{first}"
        if slash and state.authenticator.is_secret_path(secret_path):
            return inside({**scope, "root_path": prefix + secret_path, "secret_path": secret_path}, receive, send)
        return outside({**scope, "secret_path": ""}, receive, send)

    return route


def _application(state: ServerState, routes: Iterable[BaseRoute]) -> Starlette:
    application = Starlette(
        routes=[Mount("/static", StaticFiles(directory=STATIC)), *routes],
        exception_handlers={HTTPException: _render_missing},
    )
    application.state.server = state
    return application


def warm_up(state: ServerState) -> None:
    """Do what the first visitor would wait for: validate schools, find a vault, delete orphaned screenshots."""
    state.runs.screenshots.remove_orphans()
    with suppress(AurionError):
        all_schools()
        vaults(environment=state.environment).choose()


def _render_missing(http_request: Request, error: Exception) -> Response:
    """Answer an unknown address: with a page for a logged-in visitor, without a body for others."""
    request = page_request(http_request)
    status = status_code_of(error)
    return request.render("missing.html", status=status) if request.is_logged_in else empty_response(status)
