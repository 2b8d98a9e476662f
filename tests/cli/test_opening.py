"""How a browser comes to the page: by no command line, and past the cookie's own rule."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page

from scraper.cli import open_page
from scraper.cli.open_page import LEADING, show
from scraper.web.feed.app import Feed
from scraper.web.pages.app import page_and_feed
from scraper.web.pages.server_state import ServerState
from scraper.web.server import address_of, bound, run, server_of


@pytest.fixture
def desk(tmp_path: Path) -> ServerState:
    """A server's, of an empty state folder."""
    return ServerState(state=tmp_path, environment=dict(os.environ), clock=lambda: datetime.now(UTC))


def test_the_address_stands_in_a_file_of_its_user_s(
    desk: ServerState, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser is given the file, which nobody else can read and which goes as soon as the token is used."""
    token = desk.door.new_token()
    address = f"http://127.0.0.1:9/open?token={token}"
    told: list[str] = []

    def opened(given: str) -> subprocess.Popen[bytes]:
        told.append(given)
        file = next(home.rglob("aurion-*.html"))
        assert file.stat().st_mode & 0o077 == 0
        assert address in file.read_text()
        assert desk.door.open(token)
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(open_page, "_browse", opened)
    show(address, desk, token)
    assert told[0].startswith("file:")
    assert token not in told[0]
    assert not list(home.rglob("aurion-*.html"))


def test_the_browser_gets_none_of_our_variables(desk: ServerState, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that the server was given is no browser's; the file it is shown is the only thing it learns."""
    seen = home / "seen"
    monkeypatch.setenv("AURION_PASSWORD", "canary")
    monkeypatch.setenv("BROWSER", f"sh -c 'env > {seen}.new; echo %s >> {seen}.new; mv {seen}.new {seen}'")
    token = desk.door.new_token()
    Thread(target=lambda: (eventually(seen.exists), desk.over.set())).start()
    open_page.show(f"http://127.0.0.1:9/open?token={token}", desk, token)
    text = seen.read_text()
    assert "PATH=" in text
    assert "file://" in text
    assert "canary" not in text
    assert token not in text


def eventually(held: Callable[[], bool]) -> None:
    """Waits until it holds, half a minute at most."""
    until = time.monotonic() + 30
    while not held() and time.monotonic() < until:
        time.sleep(0.05)


def test_what_comes_from_a_file_is_let_in(desk: ServerState, tmp_path: Path, page: Page) -> None:
    """A browser keeps a strict cookie back where another site leads to the page: the first page comes all the same."""
    listening = bound("127.0.0.1", 0)
    server = server_of(page_and_feed(desk, Feed(tmp_path, desk.clock)))
    thread = Thread(target=run, args=(server, listening))
    thread.start()
    try:
        address = f"{address_of(listening)}/open?token={desk.door.new_token()}"
        file = tmp_path / "leading.html"
        file.write_text(LEADING.format(address=address))
        page.goto(file.as_uri())
        page.wait_for_url("**/welcome")
        assert page.locator("input#typed").is_visible()
    finally:
        desk.close()
        server.should_exit = True
        thread.join(20)
