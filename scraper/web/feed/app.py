"""The feed's answers: the last good calendar, or that nothing changed; to whoever may not have it, 404 and no more.

Clients switch a calendar off for other errors, and some empty it for an empty answer: none is ever given.
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

from scraper.publishing.feeds.files import Version, backup_file, build_version, calendar_file
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
NOT_AT_ALL = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")


class Feed:
    """Answers `/c/<secret>/<name>.ics` from the state folder; `visits` are those since it began, by digest."""

    def __init__(self, state: Path, clock: Callable[[], datetime]) -> None:
        self._state, self._clock = state, clock
        self._subscribers = LastGood(Subscribers(state).path, read_subscribers)
        self._calendars: dict[Path, LastGood[Version]] = {}
        self.visits: dict[str, Visit] = {}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """One request answered (ASGI)."""
        try:
            response = self._answered(Request(scope))
        except Exception:  # noqa: BLE001 - a client that is told of a bug of ours switches its calendar off
            response = nothing(404)
        return response(scope, receive, send)

    def _answered(self, request: Request) -> Response:
        if request.method not in METHODS:
            return nothing(404)
        who = find_subscriber(request.path_params["secret"], self._subscribers.get() or ())
        version = self._version(who) if who and who.name == request.path_params["name"] else None
        if who is None or version is None:
            return nothing(404)
        if request.method == "GET":
            agent = clean_user_agent(request.headers.get("user-agent", ""))
            self.visits[who.digest] = Visit(at=self._clock(), agent=agent, version=version.digest)
        return _response(request, version, who.name)

    def _version(self, who: Subscriber) -> Version | None:
        path = calendar_file(self._state, who.key, who.client)
        return self._calendars.setdefault(path, LastGood(path, build_version, backup_file(path))).get()


def application(feed: Feed, root_path: str = "") -> Starlette:
    """The application; `root_path` is where a proxy shows it, whether or not that takes it off again."""
    routes: list[BaseRoute] = [Route("/c/{secret}/{name}.ics", feed)]
    if root_path:
        routes = [Mount(root_path, routes=routes), *routes]
    return bare(routes)


def bare(routes: Sequence[BaseRoute]) -> Starlette:
    """An application that answers what none of the routes is for without a body."""
    made = Starlette(routes=routes, exception_handlers={HTTPException: lambda _, error: nothing(status_of(error))})
    made.router.redirect_slashes = False
    return made


def nothing(status: int) -> Response:
    """An answer without a body."""
    return Response(status_code=status, headers={"cache-control": "no-store"})


def status_of(error: Exception) -> int:
    """The status of what the routes refuse."""
    return error.status_code if isinstance(error, HTTPException) else 404


def _response(request: Request, version: Version, name: str) -> Response:
    packed = _takes_gzip(request.headers.get("accept-encoding", ""))
    headers = {
        "etag": f'"{version.digest}{"-gzip" if packed else ""}"',
        "last-modified": formatdate(version.at, usegmt=True),
        "cache-control": "private, no-cache",
        "vary": "accept-encoding",
    }
    if _has_it(request, version):
        return Response(status_code=304, headers=headers)
    headers |= {"content-disposition": f'attachment; filename="{name}.ics"', "x-content-type-options": "nosniff"}
    if packed:
        headers["content-encoding"] = "gzip"
    body = version.packed if packed else version.body
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")


def _has_it(request: Request, version: Version) -> bool:
    """Whether the client has this version; its tags count before its date (RFC 9110 §13.2.2)."""
    tags = ",".join(request.headers.getlist("if-none-match"))
    if tags:
        own = {version.digest, f"{version.digest}-gzip"}
        return tags.strip() == "*" or not own.isdisjoint(TAG.findall(tags))
    with suppress(ValueError, TypeError, OverflowError):
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
        return since.tzinfo is not None and since.timestamp() >= version.at
    return False


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return not NOT_AT_ALL.fullmatch(weight)
    return False
