"""A run while it goes on, for the page that watches it: server-sent events, and pictures of the portal's page."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from time import monotonic

from starlette.responses import Response, StreamingResponse

from scraper.web.feed.app import nothing
from scraper.web.pages.request import PageRequest, get, post
from scraper.web.pages.run_status import standing_of
from scraper.web.pages.run_steps import lines_of, said_of

LONGEST = 10.0
"""Seconds after which a stream ends and the browser asks for the next: the server's connections are bounded."""
BEAT = 0.5
"""Seconds between two looks at a run."""


def events(visit: PageRequest) -> Response:
    """How the run stands, again and again; each event is all of it."""
    return StreamingResponse(_events(visit), media_type="text/event-stream")


def wish_picture(visit: PageRequest) -> Response:
    """A picture of the portal's page is wished; it is there at the run's next step."""
    account = visit.path["account"]
    live = visit.desk.underway.of(account)
    if live and live.result is None:
        with suppress(OSError):
            (live.pictures / "wanted").touch(mode=0o600)
    return visit.goes_to(f"/runs/{account}")


def picture(visit: PageRequest) -> Response:
    """The last one taken."""
    live = visit.desk.underway.of(visit.path["account"])
    with suppress(OSError):
        if live:
            return Response((live.pictures / "picture.png").read_bytes(), media_type="image/png")
    return nothing(404)


def picture_at(visit: PageRequest, account: str) -> str:
    """What changes with each picture; empty where there is none."""
    live = visit.desk.underway.of(account)
    with suppress(OSError):
        if live:
            return f"{live.number}-{(live.pictures / 'picture.png').stat().st_mtime_ns}"
    return ""


def _events(visit: PageRequest) -> Iterator[str]:
    desk, account, until = visit.desk, visit.path["account"], monotonic() + LONGEST
    yield "retry: 300\n\n"
    with desk.underway.watched() as is_free:
        while True:
            standing = standing_of(desk, account, visit.words)
            state = {
                "over": not (standing.is_under_way or desk.over.is_set()), "said": said_of(standing, visit.words),
                "lines": [asdict(line) for line in lines_of(standing, visit.words)],
                "picture": picture_at(visit, account),
            }  # fmt: skip
            yield f"data: {json.dumps(state)}\n\n"
            if not standing.is_under_way or not is_free or monotonic() > until or desk.over.is_set():
                return
            if standing.live:
                standing.live.wait(BEAT)
            else:
                desk.over.wait(BEAT)


ROUTES = (
    get("/runs/{account}/events", events),
    get("/runs/{account}/picture.png", picture),
    post("/runs/{account}/picture", wish_picture, harmless=True),
)
