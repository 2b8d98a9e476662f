"""`aurion serve`: the feed, and exports beside it where they are wished."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scraper.errors import AurionError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from threading import Event


def _option(*names: str, key: str, most: int | None = None) -> Any:  # noqa: ANN401 - typer's own kind of value
    return typer.Option(*names, help=key, show_default=False, min=None if most is None else 0, max=most)


PORT = 8765
Host = Annotated[str, _option("--host", key="serve_host")]
Port = Annotated[int, _option("--port", key="serve_port", most=65535)]
NoOpen = Annotated[bool, _option("--no-open", key="serve_no_open")]
ProxyHeaders = Annotated[bool, _option("--proxy-headers", key="serve_proxy_headers")]
RootPath = Annotated[str, _option("--root-path", key="serve_root_path")]
Every = Annotated[str | None, _option("--every", key="serve_every")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_open: NoOpen = False,  # noqa: ARG001 - there is no page to open yet
    proxy_headers: ProxyHeaders = False,
    root_path: RootPath = "",
    every: Every = None,
) -> None:
    """Serves the calendars to subscribers until a signal comes. Raises SettingsError, ScheduleError."""
    from scraper.settings.file import state_folder
    from scraper.web.addresses import remember_served

    try:
        from scraper.web.feed import Feed, application
        from scraper.web.server import address_of, bound, run, server_of
    except ModuleNotFoundError as error:
        raise SettingsError("serve-extra", name=error.name) from None
    state, root = state_folder(), _root(root_path)
    feed = Feed(state, _now)
    beside = [*_beside(feed, state, every)]
    listening = bound(host, port)
    address = address_of(listening, root)
    with suppress(AurionError):  # a disk that is full keeps nobody from reading
        remember_served(state, address)
    try:
        server = server_of(application(feed, root), proxy_headers=proxy_headers)
        run(server, listening, ready=lambda: _say(address), beside=beside)
    except KeyboardInterrupt:
        return  # the server ended well: it was told to


def _now() -> datetime:
    return datetime.now(UTC)


def _say(address: str) -> None:
    sys.stdout.write(f"ready {address}/\n")
    sys.stdout.flush()


def _root(given: str) -> str:
    """The prefix with a slash before it and none behind."""
    inner = given.strip("/")
    return f"/{inner}" if inner else ""


def _beside(feed: Any, state: "Path", every: str | None) -> "Iterator[Callable[[Event], None]]":  # noqa: ANN401
    from scraper.web.beside import export_by_plan, note_visits

    yield lambda over: note_visits(feed, state, over)
    if every is not None:
        from scraper.schedule.job import job_of
        from scraper.schedule.plan import plan_of

        plan, job = plan_of(every, None, "0"), job_of(os.environ, state, ())
        environment = {**os.environ, **job.environment}
        yield lambda over: export_by_plan(plan, job, environment, _now, over)
