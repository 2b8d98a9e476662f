"""Start the web tier: its state, the writer of the calendars' files, and the server."""

from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from scraper.hosting.feeds import FeedWriter
from scraper.hosting.fetch_log import FetchLog
from scraper.hosting.housekeeping import Housekeeping
from scraper.hosting.keys import load_web_keys
from scraper.hosting.queue import Queue
from scraper.hosting.sealing import Sealer
from scraper.hosting.service_metrics import ServiceMetrics
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.service_status import read_status
from scraper.hosting.turns import Turns
from scraper.hosting.web.hosted_app import TEMPLATES, hosted_application
from scraper.hosting.web.hosted_state import HostedState
from scraper.hosting.web.sign_ins import SignIns
from scraper.hosting.web.student_accounts import StudentAccounts
from scraper.web.server import create_server, listen, run_server, server_url


def create_state(settings: HostingSettings, engine: Engine, queue: Queue, clock: Callable[[], datetime]) -> HostedState:
    """Return the state of the web tier. Raise SettingsError where a key or a school is missing."""
    keys, registry = load_web_keys(settings.keys), CollectorRegistry()
    registry.register(ServiceMetrics(lambda: read_status(engine, settings)))
    return HostedState(
        folder=settings.feeds, environment={}, clock=clock, accounts=StudentAccounts(), templates=TEMPLATES,
        settings=settings, engine=engine, keys=keys,
        sign_ins=SignIns(engine=engine, keys=keys, sealer=Sealer(settings.keys), queue=queue),
        turns=Turns(engine, settings), registry=registry,
        feeds=FeedWriter(engine=engine, keys=keys, folder=settings.feeds),
    )  # fmt: skip


def serve_pages(state: HostedState, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the pages until a signal, and write the calendars' files and forget who left meanwhile.

    `ready` gets the server's address.
    """
    listening = listen(host, port)
    fetches = FetchLog(engine=state.engine, keys=state.keys, path=state.settings.fetch_log)
    server = create_server(hosted_application(state))
    run_server(
        server,
        listening,
        ready=lambda: ready(server_url(listening)),
        beside=[state.feeds.listen, Housekeeping(state.engine, state.feeds, fetches).run],
    )
