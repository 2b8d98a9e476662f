"""A run in progress, for the page that watches it: server-sent events, and screenshots of the portal."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from time import monotonic

from starlette.responses import Response, StreamingResponse

from scraper.domain.progress import PICTURE, WANTED
from scraper.web.feed.feed_app import empty_response
from scraper.web.pages.load_run_status import load_run_status
from scraper.web.pages.request import PageRequest, get, post
from scraper.web.pages.run_steps import status_sentence, step_lines

_LONGEST = 10.0
"""Seconds after which a stream ends and the browser opens the next one: the server's connections are limited."""
_POLL = 0.5
"""Seconds between two looks at a run that this server did not start."""


def stream_status(request: PageRequest) -> Response:
    """Stream the status of the account's run; each event has the complete status."""
    return StreamingResponse(_status_events(request), media_type="text/event-stream")


def request_screenshot(request: PageRequest) -> Response:
    """Ask the run for a screenshot of the portal, which it takes at its next step."""
    account = request.path["account"]
    run = request.state.runs.get(account)
    if run and run.result is None:
        with suppress(OSError):
            (run.screenshots / WANTED).touch(mode=0o600)
    return request.redirect(f"/runs/{account}")


def show_screenshot(request: PageRequest) -> Response:
    """Send the last screenshot."""
    run = request.state.runs.get(request.path["account"])
    with suppress(OSError):
        if run:
            return Response((run.screenshots / PICTURE).read_bytes(), media_type="image/png")
    return empty_response(404)


def screenshot_version(request: PageRequest, account: str) -> str:
    """Return a text that changes with each screenshot; empty where there is none."""
    run = request.state.runs.get(account)
    with suppress(OSError):
        if run:
            return f"{run.number}-{(run.screenshots / PICTURE).stat().st_mtime_ns}"
    return ""


def _status_events(request: PageRequest) -> Iterator[str]:
    state, account, deadline = request.state, request.path["account"], monotonic() + _LONGEST
    yield "retry: 300\n\n"
    with state.runs.watcher_slot() as has_slot:
        while True:
            status = load_run_status(request, account)
            payload = {
                "over": not (status.is_running or state.over.is_set()),
                "message": status_sentence(status, request.words),
                "lines": [asdict(line) for line in step_lines(status, request.words)],
                "picture": screenshot_version(request, account),
            }  # fmt: skip
            yield f"data: {json.dumps(payload)}\n\n"
            if not status.is_running or not has_slot or monotonic() > deadline or state.over.is_set():
                return
            if status.run:
                status.run.wait_for_change(_POLL)
            else:
                state.over.wait(_POLL)


ROUTES = (
    get("/runs/{account}/events", stream_status),
    get("/runs/{account}/picture.png", show_screenshot),
    post("/runs/{account}/picture", request_screenshot, harmless=True),
)
