"""A log line and a count for each request, by the page's route: paths may contain ids of lessons and addresses."""

import logging
from collections.abc import Awaitable, Mapping
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)
UNKNOWN = "unknown"


class RequestLog:
    """ASGI middleware that logs and counts responses."""

    def __init__(self, application: ASGIApp, registry: CollectorRegistry) -> None:
        self._application = application
        labels = ("method", "route", "status")
        self._requests = Counter("aurion_web_requests", "Responses of the pages.", labels, registry=registry)
        self._seconds = Histogram("aurion_web_seconds", "Seconds until the end of a response.", registry=registry)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on; log the response when its last part is sent."""
        began, status = perf_counter(), 0

        def send_and_note(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                self._note(scope, status, perf_counter() - began)
            return send(message)

        return self._application(scope, receive, send_and_note)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        facts = {"method": _method(scope), "route": route_of(scope), "status": str(status)}
        self._requests.labels(**facts).inc()
        self._seconds.observe(seconds)
        log.info("request", extra={"facts": {**facts, "milliseconds": round(seconds * 1000)}})


def route_of(scope: Mapping[str, object]) -> str:
    """Return the path with the names of its parameters instead of their values; `unknown` where no page answered."""
    endpoint, parameters, path = scope.get("endpoint"), scope.get("path_params"), str(scope["path"])
    if endpoint is None or not isinstance(parameters, dict):
        return UNKNOWN
    for name, value in parameters.items():
        path = path.replace(str(value), f"{{{name}}}") if value else path
    return path


def _method(scope: Mapping[str, object]) -> str:
    """Return the method; another than those of the pages could be any text."""
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST"} else UNKNOWN
