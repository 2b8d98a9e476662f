"""Responses of the feed: the last good calendar, 304 where it has not changed, or 404 without a reason.

No other status and no empty calendar is ever sent: clients disable a calendar after other errors, and some delete its
events after an empty response.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from scraper.publishing.feeds.feed_files import Version, backup_file, build_version, calendar_file
from scraper.publishing.feeds.last_good import LastGood
from scraper.publishing.feeds.subscribers import (
    Subscriber,
    Subscribers,
    Visit,
    clean_user_agent,
    find_subscriber,
    read_subscribers,
)

METHODS = ("GET", "HEAD")
TAG = re.compile(r'"([^"]*)"')
ZERO_WEIGHT = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")


class Feed:
    """ASGI endpoint for `/c/<secret>/<name>.ics`, served from the state folder.

    `visits` are the last fetch of each subscriber since the start, by digest.
    """

    def __init__(self, state: Path, clock: Callable[[], datetime]) -> None:
        self._state, self._clock = state, clock
        self._subscribers = LastGood(Subscribers(state).path, read_subscribers)
        self._calendars: dict[Path, LastGood[Version]] = {}
        self.visits: dict[str, Visit] = {}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request (ASGI)."""
        try:
            response = self._response_to(Request(scope))
        except Exception:  # noqa: BLE001 - clients disable a calendar after a server error
            response = empty_response(404)
        return response(scope, receive, send)

    def _response_to(self, request: Request) -> Response:
        if request.method not in METHODS:
            return empty_response(404)
        subscriber = find_subscriber(request.path_params["secret"], self._subscribers.get() or ())
        version = self._version(subscriber) if subscriber and subscriber.name == request.path_params["name"] else None
        if subscriber is None or version is None or subscriber.has_ended(self._clock()):
            return empty_response(404)
        if request.method == "GET":
            agent = clean_user_agent(request.headers.get("user-agent", ""))
            self.visits[subscriber.digest] = Visit(at=self._clock(), agent=agent, version=version.digest)
        return _send_version(request, version, subscriber.name)

    def _version(self, subscriber: Subscriber) -> Version | None:
        path = calendar_file(self._state, subscriber.key, subscriber.calendar)
        return self._calendars.setdefault(path, LastGood(path, build_version, backup_file(path))).get()


def feed_application(feed: Feed, root_path: str = "") -> Starlette:
    """Return the feed's application; `root_path` is a proxy's prefix, whether or not the proxy removes it."""
    routes: list[BaseRoute] = [Route("/c/{secret}/{name}.ics", feed)]
    if root_path:
        routes = [Mount(root_path, routes=routes), *routes]
    return plain_application(routes)


def plain_application(routes: Sequence[BaseRoute]) -> Starlette:
    """Return an application that answers unknown paths and methods without a body."""
    application = Starlette(
        routes=routes, exception_handlers={HTTPException: lambda _, error: empty_response(status_code_of(error))}
    )
    application.router.redirect_slashes = False
    return application


def empty_response(status: int) -> Response:
    """Return a response without a body."""
    return Response(status_code=status, headers={"cache-control": "no-store"})


def status_code_of(error: Exception) -> int:
    """Return the HTTP status of a request that the routes refused."""
    return error.status_code if isinstance(error, HTTPException) else 404


def _send_version(request: Request, version: Version, name: str) -> Response:
    is_gzip = _accepts_gzip(request.headers.get("accept-encoding", ""))
    headers = {
        "etag": f'"{version.digest}{"-gzip" if is_gzip else ""}"',
        "last-modified": formatdate(version.at, usegmt=True),
        "cache-control": "private, no-cache",
        "vary": "accept-encoding",
    }
    if _has_version(request, version):
        return Response(status_code=304, headers=headers)
    headers |= {"content-disposition": f'attachment; filename="{name}.ics"', "x-content-type-options": "nosniff"}
    if is_gzip:
        headers["content-encoding"] = "gzip"
    body = version.packed if is_gzip else version.body
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")


def _has_version(request: Request, version: Version) -> bool:
    """Return whether the client has this version already; tags take precedence over the date (RFC 9110 §13.2.2)."""
    tags = ",".join(request.headers.getlist("if-none-match"))
    if tags:
        own = {version.digest, f"{version.digest}-gzip"}
        return tags.strip() == "*" or not own.isdisjoint(TAG.findall(tags))
    with suppress(ValueError, TypeError, OverflowError):
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
        return since.tzinfo is not None and since.timestamp() >= version.at
    return False


def _accepts_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return not ZERO_WEIGHT.fullmatch(weight)
    return False
