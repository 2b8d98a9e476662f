"""The end of a server: its run and processes end with it, and the next server reports the run."""

import http.client
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import sleep
from urllib.parse import urlencode, urlsplit

import pytest
from pydantic import SecretStr

from scraper.config.account_passwords import store_password
from scraper.config.settings.settings_file import change_account
from scraper.config.vault.vaults import vaults
from scraper.demo import LOGIN, PASSWORD, Control, Demo
from scraper.system.paths import state_folder
from scraper.system.processes import arguments_of, descendants, is_alive
from scraper.system.run_history import Runs
from scraper.web.pages.auth import form_token
from tests.waiting import wait_until
from tests.web.pages.conftest import Served


def log_in(connection: http.client.HTTPConnection, ready: str) -> tuple[str, str]:
    """Log in by the token of that line; return the cookie and the path of the page."""
    address = urlsplit(ready.split()[1])
    connection.request("GET", f"{address.path}?{address.query}")
    answer = connection.getresponse()
    answer.read()
    cookie = answer.headers["set-cookie"].split(";")[0].removeprefix("aurion=")
    return cookie, answer.headers["location"].removesuffix("/opened")


def connect(ready: str) -> closing[http.client.HTTPConnection]:
    """Open a connection to the server of that line."""
    return closing(http.client.HTTPConnection(urlsplit(ready.split()[1]).netloc, timeout=30))


def start_run(ready: str) -> None:
    """Log in and start the run of the account."""
    with connect(ready) as connection:
        cookie, home = log_in(connection, ready)
        body, headers = urlencode({"form_token": form_token(cookie)}), {"Cookie": f"aurion={cookie}"}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{home}/runs/anna", body=body, headers=headers)
        assert connection.getresponse().status == 303


def test_run_ends_with_its_server(home: Path, served: Served) -> None:
    """The portal is slow: no process and no calendar is left, and the run is stored as stopped."""
    with Demo(control=Control(latency={"home": 60_000})) as demo:
        change_account("anna", {"url": demo.url, "login": LOGIN, "output": str(home / "a.ics")})
        command = [sys.executable, "-m", "scraper", "serve", "--port", "0", "--no-open"]
        store_password("anna", SecretStr(PASSWORD), vaults().choose().vault, state_folder())
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
            assert server.stdout
            start_run(server.stdout.readline())
            wait_until(lambda: any(one.kind == "loginPage" for one in demo.log))
            assert "An update is running" in served.get("/runs/anna").text, "another server of the same folder sees it"
            begun = descendants(server.pid)
            assert len(begun) > 2, "the child and its browser"
            server.terminate()
            assert server.wait(30) in {0, -15}
        assert [process for process in begun if is_alive(process)] == []
        assert not (home / "a.ics").exists()
    runs = Runs(state_folder(), "anna")
    assert ([run.exit_code for run in runs.all()], runs.started_at()) == ([130], None)
    assert "The update was stopped" in served.get("/runs/anna").text


@pytest.mark.usefixtures("browser_in_use")
def test_login_prepares_one_browser_and_a_fetch_none(home: Path) -> None:
    """It ends with the server; no portal is asked before a click."""
    with Demo() as demo:
        change_account("anna", {"url": demo.url, "login": LOGIN, "output": str(home / "a.ics")})
        command = [sys.executable, "-m", "scraper", "serve", "--port", "0", "--no-open"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
            assert server.stdout
            ready = server.stdout.readline()
            with connect(ready) as connection:
                for path in ("/c/secret/anna.ics", "/runs"):
                    connection.request("GET", path)
                    connection.getresponse().read()
                sleep(0.5)
                assert not descendants(server.pid)
                cookie, page = log_in(connection, ready)
                for _ in range(3):
                    connection.request("GET", f"{page}/runs", headers={"Cookie": f"aurion={cookie}"})
                    connection.getresponse().read()
            wait_until(lambda: any("--headless" in " ".join(arguments_of(one.pid)) for one in descendants(server.pid)))
            begun = descendants(server.pid)
            assert sum("export" in arguments_of(one.pid) for one in begun) == 1
            server.terminate()
            assert server.wait(30) in {0, -15}
        assert [process for process in begun if is_alive(process)] == []
        assert demo.log == []
