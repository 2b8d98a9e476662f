"""The browser that a run starts: closed to others, given no settings of this machine, gone at the end."""

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo
from scraper.portal.browser import arguments
from scraper.system.environment import KEPT_FROM_CHILDREN

OPENING = """
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

SWITCHES = """
from scraper.portal.browser import PLAYWRIGHTS, arguments
from scraper.portal.driver import started_driver
from scraper.system.find_browser import find_browsers
with started_driver() as driver:
    browser = driver.chromium.launch(executable_path=find_browsers()[0], args=["--enable-automation"])
    command_line = browser.new_browser_cdp_session().send("Browser.getBrowserCommandLine")["arguments"]
    start = "--disable-features="
    theirs = {name for one in command_line if one.startswith(start) for name in one.removeprefix(start).split(",")}
    print(len(theirs), *(theirs - set(PLAYWRIGHTS)))
    browser.close()
    browser = driver.chromium.launch(executable_path=find_browsers()[0], args=arguments((), images=False))
    browser.new_page().goto("about:blank")
    targets = browser.new_browser_cdp_session().send("Target.getTargets")["targetInfos"]
    print(*[target["type"] for target in targets])
    browser.close()
"""

ASKING = """
import sys
from contextlib import closing
from pathlib import Path
from scraper.portal.browser import Chromium
from scraper.portal.driver import started_driver
from scraper.system.find_browser import find_browsers
with started_driver() as driver:
    for path in filter(Path.is_absolute, find_browsers()):
        with closing(Chromium(driver=driver, path=path)) as chromium, chromium.context("Europe/Paris") as context:
            context.new_page().goto(sys.argv[1])
"""


class Listening(BaseHTTPRequestHandler):
    """Keeps what each request says of the browser."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer with an empty page."""
        self.seen.append(str(self.headers).lower())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.mark.browser
def test_no_request_shows_that_there_is_no_window(home: Path) -> None:
    """Neither the agent's name nor its brands, by whichever browser is found here."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        done = subprocess.run(
            [sys.executable, "-c", ASKING, address], cwd=home, capture_output=True, text=True, timeout=100, check=False
        )
        server.shutdown()
    assert done.returncode == 0, done.stderr[-500:]
    assert Listening.seen
    assert all('"chromium";v=' in stated or '"google chrome";v=' in stated for stated in Listening.seen)
    assert not [stated for stated in Listening.seen if "headless" in stated]


def test_no_other_host_is_found() -> None:
    """Every name leads nowhere but the hosts given; where none is given, all may be reached."""
    switches = arguments(("aurion.example.fr", "cas.example.fr"), images=True)
    rule = "MAP * ~NOTFOUND, EXCLUDE aurion.example.fr, EXCLUDE cas.example.fr"
    assert f"--host-resolver-rules={rule}" in switches
    assert not any("host-resolver" in switch for switch in arguments((), images=True))


def test_images_are_loaded_where_wanted() -> None:
    """Off unless asked for."""
    off = "imagesEnabled=false"
    assert any(off in switch for switch in arguments((), images=False))
    assert not any(off in switch for switch in arguments((), images=True))


def test_a_browser_is_french_shut_and_leaves_the_environment(home: Path) -> None:
    """French in the school's zone, no other host, no word of being headless; the variables kept from it come back."""
    variables = dict.fromkeys(KEPT_FROM_CHILDREN, "1")
    with Demo() as demo:
        done = subprocess.run(
            [sys.executable, "-c", OPENING, f"{demo.url}/faces/Login.xhtml"],
            env={**os.environ, **variables}, cwd=home, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    reported = done.stdout.splitlines()
    assert reported[0].startswith("ERR_")
    assert reported[1] == "ERR_NAME_NOT_RESOLVED"
    assert reported[2:] == ["fr-FR,Pacific/Auckland", "False", " ".join(KEPT_FROM_CHILDREN)]
    compiled = home / ".cache" / "aurion-planning"
    assert any(path.is_file() for path in (compiled / "driver").rglob("*")), "the next driver starts sooner"
    assert compiled.stat().st_mode & 0o077 == 0


@pytest.mark.browser
def test_what_playwright_switches_off_stays_off(home: Path) -> None:
    """Our list of features has all of Playwright's, and replaces them; Chromium then has no page but ours."""
    done = subprocess.run(
        [sys.executable, "-c", SWITCHES], cwd=home, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    theirs, targets = (line.split() for line in done.stdout.splitlines())
    assert int(theirs[0]) > 5
    assert theirs[1:] == []
    assert targets == ["page"]


@pytest.mark.browser
def test_what_is_no_browser_is_reported(home: Path) -> None:
    """A program that is no Chromium: exit 2, a sentence and a hint, and the old calendar as it was."""
    fake = home / "fake"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    (home / "old.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    done = subprocess.run(
        [
            sys.executable, "-m", "scraper", "export", "--url", "http://127.0.0.1:9", "--login", LOGIN,
            "--browser", str(fake), "--output", "old.ics",
        ],
        env={**os.environ, "AURION_PASSWORD": PASSWORD}, cwd=home, capture_output=True, text=True, timeout=60,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert (home / "old.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("given", "variables", "detail"),
    [
        (["--visible"], {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, "VISIBLE=1"),
        ([], {"PLAYWRIGHT_NODEJS_PATH": "/nowhere/node"}, "Playwright"),
    ],
)
@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="there is always a screen")
def test_what_a_machine_lacks_is_reported(given: list[str], variables: dict[str, str], detail: str, home: Path) -> None:
    """No screen for a window, no driver: exit 2, a sentence and a hint that fit, without a mention of a bug."""
    done = subprocess.run(
        [sys.executable, "-m", "scraper", "export", "--url", "http://127.0.0.1:9", "--login", LOGIN, "--quiet", *given],
        env={**os.environ, "AURION_PASSWORD": PASSWORD, **variables}, cwd=home, capture_output=True, text=True,
        timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert detail in done.stderr
