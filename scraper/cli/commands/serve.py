"""`aurion serve`: serve the local page and the feeds, and optionally export at intervals."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from scraper.cli.options import option
from scraper.cli.output import write_at_once
from scraper.errors import AurionError, ScheduleError
from scraper.system.interruptions import answer_hangup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from socket import socket
    from threading import Event

    from scraper.web.pages.server_state import ServerState


PORT = 8765
Host = Annotated[str, option("--host", key="serve_host", value="address")]
Port = Annotated[int, option("--port", key="serve_port", value="port", most=65535)]
NoOpen = Annotated[bool, option("--no-open", key="serve_no_open")]
ProxyHeaders = Annotated[bool, option("--proxy-headers", key="serve_proxy_headers")]
RootPath = Annotated[str, option("--root-path", key="serve_root_path", value="path")]
Every = Annotated[str | None, option("--every", key="serve_every", value="interval")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = PORT,
    no_open: NoOpen = False,
    proxy_headers: ProxyHeaders = False,
    root_path: RootPath = "",
    every: Every = None,
) -> None:
    """Serve the page and the calendars until a signal. If this program already serves the port, open that page instead.

    Raise SettingsError, ScheduleError.
    """
    from scraper.config.configuration import Config
    from scraper.publishing.feeds.feed_urls import reach_of, remember_served
    from scraper.runs.ready_worker import ReadyWorker
    from scraper.web.feed.feed_app import Feed
    from scraper.web.home_network import HomeNetwork
    from scraper.web.pages.local_accounts import LocalAccounts
    from scraper.web.pages.page_app import page_and_feed, warm_up
    from scraper.web.pages.port_lock import hold_port
    from scraper.web.pages.server_state import ServerState, close_with
    from scraper.web.server import create_server, listen, run_server, server_url

    config, root = Config.from_environment(), _root(root_path)
    folder, environment = config.state, dict(config.environment)
    state = ServerState(
        folder=folder, environment=environment, clock=_now, accounts=LocalAccounts(), root=root, host=host,
        ready_worker=ReadyWorker(environment),
    )  # fmt: skip
    feed = Feed(folder, _now)
    background = [*_background_tasks(feed, folder, every, environment)]
    with hold_port(folder, port) as is_first:
        if not is_first:
            _open(f"http://127.0.0.1:{port}{root}", state, no_open=no_open)
            return
        listening = listen(host, port)
        with suppress(AurionError):  # the server works without this, for example when the disk is full
            remember_served(folder, server_url(listening, root))
        try:
            own_address = server_url(listening, root)
            if reach_of(own_address) == "here":
                own_port = listening.getsockname()[1]
                network = HomeNetwork(state=folder, feed=feed, port=own_port, own_address=own_address, root=root)
                state.home_network = network
                background.append(network.follow)
            server = create_server(page_and_feed(state, feed), proxy_headers=proxy_headers)
            answer_hangup(lambda: setattr(server, "should_exit", True))
            background += [lambda over: close_with(server, state, over), lambda _: warm_up(state)]
            run_server(
                server,
                listening,
                ready=lambda: _open(_page_address(listening, root), state, no_open=no_open),
                beside=background,
            )
        except KeyboardInterrupt:
            return  # the server has already stopped cleanly
        finally:
            state.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _open(address: str, state: "ServerState", *, no_open: bool) -> None:
    """Print the page's address, valid once, and open it in a browser if there is a screen."""
    from scraper.cli.open_page import show_page
    from scraper.system.find_browser import has_screen

    token = ""
    with suppress(AurionError):  # without a writable state folder the calendars are served anyway
        token = state.authenticator.new_token()
        address = f"{address}/open?token={token}"
    write_at_once(f"ready {address}")
    if token and has_screen() and not no_open:
        show_page(address, state, token)


def _page_address(listening: "socket", root: str) -> str:
    """Return the page's address; on all interfaces it is the loopback address, the only one that the page accepts."""
    from scraper.web.server import ANYWHERE, server_url

    host, port = listening.getsockname()[:2]
    return f"http://127.0.0.1:{port}{root}" if host in ANYWHERE else server_url(listening, root)


def _root(given: str) -> str:
    """Return the prefix with a leading slash and without a trailing one."""
    inner = given.strip("/")
    return f"/{inner}" if inner else ""


def _background_tasks(
    feed: Any,  # noqa: ANN401
    folder: "Path",
    every: str | None,
    environment: "Mapping[str, str]",
) -> "Iterator[Callable[[Event], None]]":
    from scraper.runs.schedule.plan import parse_plan
    from scraper.runs.schedule.scheduled_command import scheduled_command, without_secrets
    from scraper.web.in_process_schedule import export_by_plan
    from scraper.web.server_options import ServerOptions
    from scraper.web.visits import delete_ended_calendars, store_visits

    yield lambda over: store_visits(feed, folder, over)
    yield lambda over: delete_ended_calendars(folder, _now, over)
    plan = None
    if every is not None:
        try:
            plan = parse_plan(every, None, "0")
        except ScheduleError:
            raise ScheduleError("serve-every", given=every) from None
    try:
        job = scheduled_command(without_secrets(environment), folder, ())
    except ScheduleError:
        if plan:
            raise
        return  # the page explains it where a user turns the exports on
    yield lambda over: export_by_plan(lambda: plan or ServerOptions(folder).plan, job, environment, _now, over)
