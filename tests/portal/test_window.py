"""The hosts that a browser asks for, in a window and without: none but those of its pages."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scraper.demo import Demo
from tests.proxies import proxy

pytestmark = pytest.mark.browser

SCRIPT = """
import sys
from contextlib import closing
from scraper.system.network.access import resolve_access
from scraper.portal.browser import Chromium
from scraper.portal.driver import started_driver
from scraper.system.find_browser import find_browsers
address, way, headless = sys.argv[1:]
access = resolve_access("", None, {"ALL_PROXY": way})
windowed = headless == "window"
path = find_browsers(windowed=windowed)[0]
made = dict(path=path, hosts=(), images=True, access=access, headless=not windowed)
with started_driver() as driver, closing(Chromium(driver=driver, **made)) as chromium:
    with chromium.context("Europe/Paris") as context:
        page = context.new_page()
        page.goto(address)
        page.wait_for_timeout(3500)
        page.fill("input[type=text]", "name")
        page.fill("input[type=password]", "secret")
        page.keyboard.press("Enter")
        page.wait_for_timeout(1500)
        print(page.locator("meta[name=google][content=notranslate]").count())
        try:
            page.goto("https://login.example/")
        except Exception as error:
            print(str(error).split("net::")[-1].split(" ")[0])
"""


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Start a screen in memory and return its variables; an empty dictionary without Xvfb."""
    server = shutil.which("Xvfb")
    if server is None:
        yield {}
        return
    reading, writing = os.pipe()
    with subprocess.Popen(
        [server, "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"], pass_fds=(writing,),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
    ) as running:  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as number:
            yield {"DISPLAY": f":{number.readline().strip()}"}
        running.terminate()


def visit_behind_proxy(kind: str, environment: dict[str, str], home: Path) -> tuple[set[str], list[str]]:
    """Return the hosts that a proxy is asked for while a local page is open, and the printed words."""
    with Demo() as demo, proxy({}) as way:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, f"{demo.url}/faces/Login.xhtml", way.url, kind],
            env=environment, cwd=home, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return set(way.asked), done.stdout.split()


def test_browser_asks_only_for_the_hosts_of_its_pages(screen: dict[str, str], home: Path) -> None:
    """No service of Chromium is asked, while a login page is open and after it was sent.

    Without the switches of `browser`, a window asks for accounts.google.com at its start, and after one and four
    seconds. A window offers no translation.
    """
    environment = {**os.environ, **screen}
    with ThreadPoolExecutor() as pool:  # both wait for most of the time
        kinds = ("headless", "window") if screen else ("headless",)
        visits = {kind: pool.submit(visit_behind_proxy, kind, environment, home) for kind in kinds}
    asked, _ = visits["headless"].result()
    assert asked == {"login.example"}
    if not screen:
        pytest.skip("a window needs Xvfb, a screen in memory")
    asked, printed = visits["window"].result()
    assert asked == {"login.example"}
    assert printed == ["1", "ERR_TUNNEL_CONNECTION_FAILED"]
