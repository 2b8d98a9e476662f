"""The page is start_browser in the browser by a file, without its token in a command line."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page

from scraper.cli import open_page
from scraper.cli.open_page import LEADING, show_page
from scraper.cli.terminal_dialog import TerminalDialog
from scraper.i18n import Catalogue
from scraper.web.feed.feed_app import Feed
from scraper.web.pages.local_accounts import LocalAccounts
from scraper.web.pages.page_app import page_and_feed
from scraper.web.pages.server_state import ServerState
from scraper.web.server import create_server, listen, run_server, server_url


@pytest.fixture
def server_state(tmp_path: Path) -> ServerState:
    """Return the state of a server with an empty state folder."""
    return ServerState(
        folder=tmp_path, environment=dict(os.environ), accounts=LocalAccounts(), clock=lambda: datetime.now(UTC)
    )


def test_address_is_in_a_private_file(server_state: ServerState, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser opens the file, which is private and deleted as soon as the token is used."""
    token = server_state.authenticator.new_token()
    address = f"http://127.0.0.1:9/open?token={token}"
    commands: list[str] = []

    def start_browser(command: Sequence[str], _: Mapping[str, str]) -> subprocess.Popen[bytes]:
        commands.append(command[-1])
        file = next(home.rglob("aurion-*.html"))
        assert file.stat().st_mode & 0o077 == 0
        assert address in file.read_text()
        assert server_state.authenticator.exchange_token(token)
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(open_page, "start_silent_process", start_browser)
    show_page(address, server_state, token)
    assert commands[0].startswith("file:")
    assert token not in commands[0]
    assert not list(home.rglob("aurion-*.html"))


def test_browser_gets_no_variable_of_the_program(
    server_state: ServerState, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser's environment has neither the password nor the token."""
    seen = home / "seen"
    monkeypatch.setenv("AURION_PASSWORD", "canary")
    monkeypatch.setenv("BROWSER", f"sh -c 'env > {seen}.new; echo %s >> {seen}.new; mv {seen}.new {seen}'")
    token = server_state.authenticator.new_token()
    Thread(target=lambda: (eventually(seen.exists), server_state.over.set())).start()
    open_page.show_page(f"http://127.0.0.1:9/open?token={token}", server_state, token)
    text = seen.read_text()
    assert "PATH=" in text
    assert "file://" in text
    assert "canary" not in text
    assert token not in text


def eventually(held: Callable[[], bool]) -> None:
    """Wait until the condition holds, half a minute at most."""
    until = time.monotonic() + 30
    while not held() and time.monotonic() < until:
        time.sleep(0.05)


def test_link_in_a_file_opens_the_page(server_state: ServerState, tmp_path: Path, page: Page) -> None:
    """The first page appears although a browser does not send a strict cookie after a link of another site."""
    listening = listen("127.0.0.1", 0)
    server = create_server(page_and_feed(server_state, Feed(tmp_path, server_state.clock)))
    thread = Thread(target=run_server, args=(server, listening))
    thread.start()
    try:
        address = f"{server_url(listening)}/open?token={server_state.authenticator.new_token()}"
        file = tmp_path / "leading.html"
        file.write_text(LEADING.format(address=address))
        page.goto(file.as_uri())
        page.wait_for_url("**/welcome")
        assert page.locator("input#typed").is_visible()
    finally:
        server_state.close()
        server.should_exit = True
        thread.join(20)


def test_consent_page_is_opened_by_a_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a consent page is in no argument; its file is deleted afterwards."""
    address, files = "https://service.example/consent?state=secret", []

    def start_browser(command: Sequence[str], _: Mapping[str, str]) -> subprocess.Popen[bytes]:
        files.append((command[-1], next(home.rglob("aurion-*.html")).read_text()))
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(open_page, "start_silent_process", start_browser)
    monkeypatch.setattr("scraper.cli.terminal_dialog.has_screen", lambda: True)
    with TerminalDialog(words=Catalogue("en")).open_page(address) as is_open:
        ((argument, text),) = files
        assert (is_open, "secret" in argument, address in text) == (True, False, True)
    assert not list(home.rglob("aurion-*.html"))
