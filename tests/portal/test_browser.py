"""The browser of a run: it reaches no other host, and shows neither the machine's language nor that it is headless."""

import os
import subprocess
import sys
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from playwright.sync_api import Playwright

from scraper.demo import LOGIN, PASSWORD, Demo
from scraper.portal.browser import PLAYWRIGHTS, Chromium, arguments
from scraper.system.environment import KEPT_FROM_CHILDREN
from scraper.system.find_browser import find_browsers
from tests.cases import for_each

SCRIPT = """
import os, sys
from contextlib import closing
from pathlib import Path
from scraper.portal.browser import Chromium
from scraper.portal.driver import COMPILED, started_driver
from scraper.system.environment import KEPT_FROM_CHILDREN
from scraper.system.find_browser import find_browsers
hosts = ("127.0.0.1",)
with started_driver() as driver, closing(Chromium(driver=driver, path=find_browsers()[0], hosts=hosts)) as chromium, \\
        chromium.context("Pacific/Auckland") as context:
    for address in ("http://127.0.0.1:1/", sys.argv[1].replace("127.0.0.1", "localhost")):
        try:
            context.new_page().goto(address, timeout=5000)
        except Exception as error:
            print(str(error).split("net::")[-1].split(" ")[0])
    page = context.new_page()
    page.goto(sys.argv[1])
    print(page.evaluate("[navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone].join()"))
    print("Headless" in page.evaluate("navigator.userAgent"))
print(*[name for name in (*KEPT_FROM_CHILDREN, COMPILED) if name in os.environ])
"""

DISABLE = "--disable-features="


class HeaderRecorder(BaseHTTPRequestHandler):
    """A server that records the headers of each request."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer with an empty page."""
        self.seen.append(str(self.headers).lower())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


def test_requests_do_not_show_that_the_browser_is_headless(playwright: Playwright) -> None:
    """Neither the user agent nor its brands show it, with each browser found on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), HeaderRecorder) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        paths = {path.resolve() for path in find_browsers() if path.is_absolute()}
        for path in paths:
            with closing(Chromium(driver=playwright, path=path)) as chromium, chromium.context("Europe/Paris") as made:
                made.new_page().goto(f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
    assert len(HeaderRecorder.seen) >= len(paths) > 0
    for headers in HeaderRecorder.seen:
        assert '"chromium";v=' in headers or '"google chrome";v=' in headers
        assert "headless" not in headers


def test_only_given_hosts_are_resolved() -> None:
    """Only the given hosts are resolved; without any, all of them are."""
    switches = arguments(("aurion.example.fr", "cas.example.fr"), images=True)
    rule = "MAP * ~NOTFOUND, EXCLUDE aurion.example.fr, EXCLUDE cas.example.fr"
    assert f"--host-resolver-rules={rule}" in switches
    assert not any("host-resolver" in switch for switch in arguments((), images=True))


def test_images_are_loaded_on_request() -> None:
    """They are not loaded by default."""
    off = "imagesEnabled=false"
    assert any(off in switch for switch in arguments((), images=False))
    assert not any(off in switch for switch in arguments((), images=True))


def test_browser_of_a_run_is_french_and_restores_the_environment(home: Path) -> None:
    """It speaks French in the school's zone and reaches no other host; variables hidden from it are restored."""
    variables = dict.fromkeys(KEPT_FROM_CHILDREN, "1")
    with Demo() as demo:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, f"{demo.url}/faces/Login.xhtml"],
            env={**os.environ, **variables}, cwd=home, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    printed = done.stdout.splitlines()
    assert printed[0].startswith("ERR_")
    assert printed[1] == "ERR_NAME_NOT_RESOLVED"
    assert printed[2:] == ["fr-FR,Pacific/Auckland", "False", " ".join(KEPT_FROM_CHILDREN)]
    compiled = home / ".cache" / "aurion-planning"
    assert any(path.is_file() for path in (compiled / "driver").rglob("*")), "the next driver starts sooner"
    assert compiled.stat().st_mode & 0o077 == 0


def test_features_that_playwright_disables_stay_disabled(playwright: Playwright, browser_in_use: Path) -> None:
    """The program's list of features, which replaces Playwright's, contains all of these; Chromium has one page."""
    browser = playwright.chromium.launch(executable_path=browser_in_use, args=["--enable-automation"])
    with closing(browser):
        command_line = browser.new_browser_cdp_session().send("Browser.getBrowserCommandLine")["arguments"]
    lists = [argument.removeprefix(DISABLE) for argument in command_line if argument.startswith(DISABLE)]
    features = {name for names in lists for name in names.split(",")}
    assert len(features) > 5
    assert features <= set(PLAYWRIGHTS)
    browser = playwright.chromium.launch(executable_path=browser_in_use, args=arguments((), images=False))
    with closing(browser):
        browser.new_page().goto("about:blank")
        targets = browser.new_browser_cdp_session().send("Target.getTargets")["targetInfos"]
    assert [target["type"] for target in targets] == ["page"]


@pytest.mark.browser
@for_each(
    ("given", "variables", "detail"),
    [
        (["--visible"], {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, "VISIBLE=1"),
        ([], {"PLAYWRIGHT_NODEJS_PATH": "/nowhere/node"}, "Playwright"),
    ],
)
@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="there is always a screen")
def test_missing_screen_or_driver_is_reported(
    given: list[str], variables: dict[str, str], detail: str, home: Path
) -> None:
    """Without a screen for a window, or without a driver: exit code 2, one sentence and one hint."""
    done = subprocess.run(
        [sys.executable, "-m", "scraper", "export", "--url", "http://127.0.0.1:9", "--login", LOGIN, "--quiet", *given],
        env={**os.environ, "AURION_PASSWORD": PASSWORD, **variables}, cwd=home, capture_output=True, text=True,
        timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert detail in done.stderr
