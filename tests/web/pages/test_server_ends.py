"""A server that is stopped in the middle of a run ends the run too, and the next server says what became of it."""

import http.client
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlencode, urlsplit

from pydantic import SecretStr

from scraper.config.accounts import store_password
from scraper.config.settings.settings_file import change_account
from scraper.config.vault import vaults
from scraper.demo import LOGIN, PASSWORD, Control, Demo
from scraper.system.paths import state_folder
from scraper.system.processes import descendants, is_alive
from scraper.system.run_history import Runs
from scraper.web.pages.auth import form_token
from tests.web.pages.conftest import Served


def until(condition: Callable[[], object]) -> None:
    """Waits for it."""
    end = monotonic() + 40
    while not condition():
        assert monotonic() < end
        sleep(0.05)


def press(ready: str) -> None:
    """Comes in by the token of that line, and begins the account's run."""
    address = urlsplit(ready.split()[1])
    with closing(http.client.HTTPConnection(address.netloc, timeout=30)) as connection:
        connection.request("GET", f"{address.path}?{address.query}")
        answer = connection.getresponse()
        answer.read()
        cookie = answer.headers["set-cookie"].split(";")[0].removeprefix("aurion=")
        body, headers = urlencode({"form_token": form_token(cookie)}), {"Cookie": f"aurion={cookie}"}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        where = answer.headers["location"].replace("/opened", "/runs/anna")
        connection.request("POST", where, body=body, headers=headers)
        assert connection.getresponse().status == 303


def test_the_child_ends_with_its_server(home: Path, served: Served) -> None:
    """Asked to end while the portal keeps it waiting: no process is left, no calendar, and the run was stopped."""
    with Demo(control=Control(latency={"home": 60_000})) as demo:
        change_account("anna", {"url": demo.url, "login": LOGIN, "output": str(home / "a.ics")})
        command = [sys.executable, "-m", "scraper", "serve", "--port", "0", "--no-open"]
        store_password("anna", SecretStr(PASSWORD), vaults().preferred().vault)
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:
            assert server.stdout
            press(server.stdout.readline())
            until(lambda: any(one.kind == "loginPage" for one in demo.log))
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
