"""The local page on a port of this machine, with a home of its own and a logged-in visitor."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Thread
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from scraper.system.paths import state_folder
from scraper.web.feed.feed_app import Feed
from scraper.web.pages.auth import form_token
from scraper.web.pages.local_accounts import LocalAccounts
from scraper.web.pages.page_app import page_and_feed
from scraper.web.pages.server_state import ServerState
from scraper.web.server import create_server, listen, run_server, server_url
from tests.http_requests import Answer, asked

expect.set_options(timeout=60_000)  # milliseconds: a run of a few seconds, on a machine that does much else


@dataclass(slots=True, kw_only=True)
class Served:
    """A page that is served. `address` is its own; paths are those below its secret first part, `home`."""

    state: ServerState
    address: str
    port: int
    cookie: str = field(default="", repr=False)
    home: str = ""
    stop: Callable[[], None] = lambda: None

    @property
    def origin(self) -> str:
        """The first part of all its addresses, for a browser."""
        return f"http://127.0.0.1:{self.port}"

    def open_in(self, page: Page) -> Page:
        """Log a browser's page in, with a cookie of its own, and show the first page; return it."""
        cookie = {"name": "aurion", "value": self.new_cookie(), "url": f"{self.address}/", "httpOnly": True}
        page.context.add_cookies([{**cookie, "sameSite": "Strict"}])  # type: ignore[typeddict-item]
        page.goto(f"{self.address}/")
        return page

    def new_cookie(self) -> str:
        """Log in by a token; return the cookie."""
        authenticator = self.state.authenticator
        return authenticator.exchange_token(authenticator.new_token()) or ""

    def get(self, path: str, **headers: str) -> Answer:
        """Get a page as a visitor who is logged in."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, /, **form: str) -> Answer:
        """Submit a form of the page."""
        return self.ask("POST", path, form={"form_token": form_token(self.cookie), **form})

    def once(self) -> str:
        """Return the number of a new form for an address."""
        number = re.search(r'name="once" value="([^"]+)"', self.get("/subscribers").text)
        assert number is not None
        return number[1]

    def subscribe(self, **form: str) -> Answer:
        """Submit the form for a new address, for the first time."""
        return self.post("/subscribers", once=self.once(), **{"here": "yes", **form})

    def ask(
        self, method: str, path: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request on a connection of its own; addresses in the answer lack the secret first part."""
        reported = {"Cookie": f"aurion={self.cookie}", "Accept-Language": "en", **(headers or {})}
        reported = {name.replace("_", "-"): value for name, value in reported.items()}
        body = None if form is None else urlencode(form)
        if body is not None:
            reported.setdefault("Content-Type", "application/x-www-form-urlencoded")
        home = "" if path.startswith(("/c/", "/open?")) else self.home or self.state.home
        answer = asked(f"127.0.0.1:{self.port}", method, home + path, reported, body)
        headers = {name: value.replace(home, "") for name, value in answer.headers.items()} if home else answer.headers
        return replace(answer, headers=headers, body=answer.body.replace(home.encode(), b""))


@pytest.fixture
def now() -> datetime | None:
    """The time of the page; None is the time of the machine."""
    return None


@pytest.fixture
def served(home: object, now: datetime | None, stopping: list[Thread]) -> Iterator[Served]:
    """The page and the feed of the test's own home."""
    del home
    server_state = ServerState(
        folder=state_folder(),
        environment=dict(os.environ),
        accounts=LocalAccounts(),
        clock=lambda: now or datetime.now(UTC),
        host="127.0.0.1",
    )
    listening = listen("127.0.0.1", 0)
    server = create_server(page_and_feed(server_state, Feed(state_folder(), server_state.clock)))
    thread = Thread(target=run_server, args=(server, listening))
    thread.start()
    made = Served(state=server_state, address=server_url(listening, server_state.home), port=listening.getsockname()[1])
    made.cookie = made.new_cookie()

    def stop() -> None:
        server_state.close()
        server.should_exit = True
        thread.join(20)

    made.stop = stop
    yield made
    server_state.close()
    server.should_exit = True
    stopping.append(thread)


@pytest.fixture
def visitor(served: Served, context: BrowserContext) -> Page:
    """A browser's page that is logged in."""
    return served.open_in(context.new_page())
