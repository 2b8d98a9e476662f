"""The ASGI application of the web tier."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from scraper.errors import DatabaseUnavailable
from scraper.hosting.web import (
    admin_pages,
    notification_pages,
    sign_in_pages,
    student_pages,
    subscription_pages,
    update_pages,
)
from scraper.hosting.web.hosted_request import HostedRequest
from scraper.hosting.web.hosted_state import HostedState
from scraper.hosting.web.request_log import RequestLog
from scraper.hosting.web.student_accounts import render_calendars
from scraper.web.feed.feed_app import empty_response, status_code_of
from scraper.web.pages import installation, rule_pages
from scraper.web.pages import request as page
from scraper.web.pages.account_choice import with_account_context
from scraper.web.pages.change_history import show_changes
from scraper.web.pages.security import LOOPBACK, SecurityMiddleware, host_name
from scraper.web.pages.templating import render_template
from scraper.web.pages.timetable import course_pages, lesson_actions
from scraper.web.pages.timetable import routes as planning


def save_student_rules(request: HostedRequest) -> Response:
    """Edit the student's rules; when they are saved, render the calendars by them."""
    response = rule_pages.edit_rules(request)
    if response.status_code == REDIRECT:
        render_calendars(request)
    return response


def send_metrics(http_request: Request) -> Response:
    """Send the metrics to a program on this machine; through the proxy there is no such page."""
    is_direct = "x-forwarded-for" not in http_request.headers
    if not is_direct or host_name(http_request.headers.get("host", "")) not in LOOPBACK:
        return empty_response(404)
    state: HostedState = http_request.app.state.server
    return Response(generate_latest(state.registry), media_type=CONTENT_TYPE_LATEST)


REDIRECT = 303
HTTPS_ONLY = {"strict-transport-security": "max-age=31536000"}
"""Browsers that were here once ask only over https for a year."""
STATIC, PAGE_STATIC = (Path(module).parent / "static" for module in (__file__, page.__file__))
TEMPLATES = "scraper.hosting.web"
PAGES: tuple[BaseRoute, ...] = (
    *sign_in_pages.ROUTES,
    *installation.ROUTES,
    *planning.ROUTES,
    *course_pages.ROUTES,
    *lesson_actions.ROUTES,
    page.get("/changes", with_account_context(show_changes)),
    page.get("/rules", rule_pages.show_rules),
    page.post("/rules", save_student_rules),
    *subscription_pages.ROUTES,
    *notification_pages.ROUTES,
    *update_pages.ROUTES,
    *student_pages.ROUTES,
    *admin_pages.ROUTES,
)
"""The routes of every page and form: the service's own, and those of the local page that show one account."""


def hosted_application(state: HostedState) -> ASGIApp:
    """Return the application. An address in `X-Forwarded-For` counts only where a declared proxy sent it."""
    application = Starlette(
        routes=[
            Route("/metrics", send_metrics),
            Mount("/static/hosting", StaticFiles(directory=STATIC)),
            Mount("/static", StaticFiles(directory=PAGE_STATIC)),
            *PAGES,
        ],
        exception_handlers={HTTPException: _render_missing, DatabaseUnavailable: _render_unavailable},
    )
    application.router.redirect_slashes = False
    application.state.server, application.state.request_type = state, HostedRequest
    host = urlsplit(state.settings.address).hostname or ""
    secured = SecurityMiddleware(_without_secret_path(application), [host], HTTPS_ONLY if state.is_secure else {})
    logged: Any = RequestLog(secured, state.registry)  # uvicorn's types of the same interface are narrower
    behind_proxy: Any = ProxyHeadersMiddleware(logged, list(state.settings.proxies))
    return cast("ASGIApp", behind_proxy)


def _without_secret_path(application: ASGIApp) -> ASGIApp:
    """Serve the pages at the top of the address: the service has no secret path."""

    def serve(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        scope["secret_path"] = ""
        return application(scope, receive, send)

    return serve


def _render_missing(http_request: Request, error: Exception) -> Response:
    try:
        return page.page_request(http_request).render("missing.html", status=status_code_of(error))
    except DatabaseUnavailable as unavailable:
        return _render_unavailable(http_request, unavailable)


def _render_unavailable(http_request: Request, error: Exception) -> Response:
    """Answer while the database is away, without asking it who the visitor is."""
    del error
    state: HostedState = http_request.app.state.server
    html = render_template("unavailable.html", state.words[page.language_for(http_request)], TEMPLATES)
    return HTMLResponse(html, status_code=503, headers={"retry-after": "30"})
