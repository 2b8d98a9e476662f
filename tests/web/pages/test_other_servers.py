"""Other servers on the same machine, in the same browser: none gets the cookie or can use it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scraper.config.settings.settings_file import change_account
from scraper.config.vault.vaults import vaults
from scraper.system.paths import settings_file
from scraper.web.feed.feed_app import Feed
from scraper.web.pages.local_accounts import LocalAccounts
from scraper.web.pages.page_app import page_and_feed
from scraper.web.pages.server_state import ServerState
from scraper.web.server import create_server, listen, run_server
from tests.cases import for_each
from tests.http_requests import asked
from tests.web.pages.conftest import Served

LURE = """<!doctype html><title>Other</title>
<img src="{page}/static/icon.svg"><iframe src="{page}/"></iframe><a href="{page}/planning">there</a>
<form method="post" action="{page}/settings"><input name="browser" value="/tmp/x"><button>Send</button></form>"""


class Stranger(ThreadingHTTPServer):
    """A server of another user: it stores each request, and shows a page that calls ours."""

    seen: list[tuple[str, str]]
    body: str = "<!doctype html><title>Other</title>"
    cookies: tuple[str, ...] = ()


class Answers(BaseHTTPRequestHandler):
    """Its answers."""

    def do_GET(self) -> None:
        """Show the page, whatever the path is."""
        server = self.server
        assert isinstance(server, Stranger)
        server.seen.append((self.path, self.headers.get("cookie", "")))
        body = server.body.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        for cookie in server.cookies:
            self.send_header("set-cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


@contextmanager
def running_stranger(port: int = 0) -> Iterator[Stranger]:
    """Run a server of another user on a port of this machine."""
    with Stranger(("127.0.0.1", port), Answers) as server:
        server.seen = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def running_page(folder: Path, port: int = 0) -> Iterator[Served]:
    """Run a page of that state folder; close it as a server does."""
    state = ServerState(
        folder=folder, environment=dict(os.environ), accounts=LocalAccounts(), clock=lambda: datetime.now(UTC)
    )
    listening = listen("127.0.0.1", port)
    server = create_server(page_and_feed(state, Feed(folder, state.clock)))
    thread = threading.Thread(target=run_server, args=(server, listening))
    thread.start()
    at = listening.getsockname()[1]
    try:
        yield Served(state=state, address=f"http://127.0.0.1:{at}{state.home}", port=at)
    finally:
        state.close()
        server.should_exit = True
        thread.join(30)


def log_in(page: Page, served: Served) -> None:
    """Open the page by a token."""
    page.goto(f"{served.origin}/open?token={served.state.authenticator.new_token()}")
    page.wait_for_url(f"{served.address}/welcome")


def cookies(context: BrowserContext) -> list[str]:
    """Return the cookies of the session that the browser keeps."""
    return [one.get("value", "") for one in context.cookies() if one.get("name") == "aurion"]


def test_other_ports_do_not_get_the_cookie(served: Served, visitor: Page, context: BrowserContext) -> None:
    """Visited by hand or by a link, with the page's own paths, and by either name of this machine."""
    del served
    assert len(cookies(context)) == 1
    with running_stranger() as other:
        port = other.server_address[1]
        for path in ("/", "/planning", "/open", "/settings", "/static/page.css"):
            for host in ("127.0.0.1", "localhost"):
                visitor.goto(f"http://{host}:{port}{path}")
        assert len(other.seen) >= 10
        assert {cookie for _, cookie in other.seen} == {""}


def test_page_of_another_port_neither_changes_nor_reads(served: Served, visitor: Page, context: BrowserContext) -> None:
    """It knows the secret path: frames, pictures, forms and cookies are refused."""
    with running_stranger() as other:
        other.body = LURE.format(page=served.address)
        other.cookies = tuple(f"aurion=theirs-{number}; Path={path}" for number, path in enumerate(("/", "/planning")))
        visitor.goto(f"http://127.0.0.1:{other.server_address[1]}/")
        assert visitor.frames[1].content().count("<form") == 0
        with visitor.expect_response(lambda answer: answer.request.method == "POST") as sent:
            visitor.get_by_role("button", name="Send").click()
        assert sent.value.status == 403
        assert not settings_file().exists()
    assert len(cookies(context)) > 1
    visitor.goto(f"{served.address}/help")
    expect(visitor.get_by_role("heading", level=1)).not_to_have_text("Cette page doit être ouverte par le programme")


def test_token_is_not_in_the_history_of_the_browser(served: Served, context: BrowserContext) -> None:
    """The previous page is that from which the visitor came."""
    page = context.new_page()
    shown: list[str] = []
    page.on("framenavigated", lambda frame: shown.append(frame.url))
    log_in(page, served)
    assert shown
    assert not [address for address in shown if "token" in address]
    page.go_back()
    assert "token" not in page.url


def test_two_servers_have_separate_logins(tmp_path: Path, home: Path, context: BrowserContext) -> None:
    """They have two state folders and two ports."""
    del home
    page = context.new_page()
    with running_page(tmp_path / "one") as first, running_page(tmp_path / "two") as second:
        for served in (first, second):
            log_in(page, served)
        for served in (first, second, first):
            page.goto(f"{served.address}/help")
            expect(page.get_by_role("link", name="Aurion", exact=True)).to_be_visible()
    assert len(cookies(context)) == 2


def test_server_that_takes_over_the_port_changes_nothing(tmp_path: Path, home: Path, context: BrowserContext) -> None:
    """While ours is off, another user's server gets path and cookie from a page left open.

    When ours is back, they read at most: browser, file, password and accounts stay as they are. The next cookie does
    not go to the path that they know.
    """
    page, state, canary = context.new_page(), tmp_path / "state", home / "canary"
    with running_page(state) as served:
        log_in(page, served)
        port = served.port
    with running_stranger(port) as thief:
        page.reload()
        path, stolen = next((path, cookie) for path, cookie in thief.seen if cookie)
    assert path.startswith(served.state.home)
    change_account("anna", {"url": "http://127.0.0.1:9", "login": "anna", "output": str(home / "a.ics")})
    before = settings_file().read_bytes()
    value = stolen.removeprefix("aurion=")
    forms = {
        "/settings": {"account": "-", "browser": str(canary), "output": str(canary), "notify": "json://127.0.0.1:9"},
        "/accounts/anna/password": {"password": "theirs"},
        "/accounts/anna/remove": {},
        "/runs/anna/password": {"password": "theirs"},
        "/welcome/account": {"school": "http://127.0.0.1:9", "login": "eve", "password": "theirs", "file": str(canary)},
        "/rules": {"account": "-", "action": "save"},
        "/schedule": {"account": "-", "every": "6h", "do": "on"},
        "/notifications/add/ntfy": {"account": "-", "server": "http://127.0.0.1:9", "topic": "theirs"},
        "/subscribers": {"label": "eve"},
    }
    with running_page(state, port) as served, running_stranger() as other:
        served.cookie, served.home = value, "/" + path.split("/")[1]
        assert served.get("/help").status == 200
        for where, form in forms.items():
            answer = served.post(where, **form)
            assert (answer.status, "the page opens again" in answer.text) == (403, True), where
        page.goto(f"{served.origin}{served.home}/settings?account=anna")
        expect(page.get_by_text("Rouvrez la page pour faire cette modification")).to_be_visible()
        page.goto(f"{served.origin}/open?token={served.state.authenticator.new_token()}")
        page.wait_for_url(f"{served.address}/planning")
        page.goto(f"http://127.0.0.1:{other.server_address[1]}{path}")
        assert [cookie for _, cookie in other.seen] == [stolen]
        page.goto(f"{served.address}/settings?account=anna")
        page.get_by_label("Nombre de mois").fill("4")
        page.get_by_role("button", name="Enregistrer").click()
        expect(page.get_by_role("status").first).to_be_visible()
    assert settings_file().read_bytes() != before
    assert b"canary" not in settings_file().read_bytes()
    assert vaults().find("anna") is None
    assert not canary.exists()


@for_each("path", ["/", "/planning", "/open?token=x"])
def test_cookie_without_the_secret_path_is_refused(served: Served, path: str) -> None:
    """Any path gets the same answer."""
    answer = asked(f"127.0.0.1:{served.port}", "GET", path, {"Cookie": f"aurion={served.cookie}"})
    assert answer.status == 403
    assert urlsplit(served.address).path not in answer.text


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """The visitor's language is French."""
    return {**browser_context_args, "locale": "fr-FR"}


def test_visitor_logs_in_without_scripts(served: Served, browser: Browser) -> None:
    """The address and the page are the same."""
    with browser.new_context(java_script_enabled=False, locale="fr-FR") as context:
        page = context.new_page()
        log_in(page, served)
        expect(page.get_by_role("heading", level=1)).to_have_text("Votre planning dans votre agenda")
