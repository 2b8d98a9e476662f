"""The commands `aurion feed` and `aurion serve`, with the demo portal."""

import http.client
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest

from scraper.cli import app
from scraper.cli.commands import serve as serve_command
from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.ical.lint.lint import lint_calendar
from scraper.system.paths import settings_file, state_folder
from tests.commands import SharedBrowsers
from tests.lessons import lessons_ahead
from tests.web.test_background import wait_until

Here = Callable[..., tuple[int, str, str]]


@pytest.fixture
def demo(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """A portal, and settings of its student."""
    with Demo(events=lessons_ahead()) as portal:
        settings_file().parent.mkdir(parents=True)
        settings_file().write_text(f'url = "{portal.url}"\nlogin = "{LOGIN}"\nmonths = 1\noutput = "{home}/a.ics"\n')
        monkeypatch.setenv("AURION_PASSWORD", PASSWORD)
        monkeypatch.setenv("LANG", "en_GB.UTF-8")
        yield portal


@pytest.fixture
def here(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    """Run the command in this process: its exit code, what it wrote on standard output, and on standard error."""
    del home
    monkeypatch.setenv("LANG", "en_GB.UTF-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = app.run_command_line(arguments)
        return (code, *capsys.readouterr())

    return run


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """The address that `aurion serve` prints; the command is ended as a service is."""
    with subprocess.Popen(
        [sys.executable, "-m", "scraper", "serve", "--port", "0", "--no-open", *options], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
    ) as process:  # fmt: skip
        assert process.stdout
        ready = process.stdout.readline()
        assert ready.startswith("ready http://127.0.0.1:"), ready
        try:
            yield ready.split()[1].partition("open?")[0]
        finally:
            process.terminate()
            assert process.stdout.read() == "", "nothing of what was asked is written"
            assert process.wait(20) == 0 or sys.platform == "win32"


def fetch(address: str, path: str, **headers: str) -> tuple[int, bytes, str]:
    """Return status, body and ETag."""
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)) as connection:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("etag", "")


def test_subscription_is_added_updated_and_revoked(
    demo: Demo, browsers: SharedBrowsers, here: Here, home: Path
) -> None:
    """The feed gets changes after the next export; a failed export does not empty it."""
    aurion = partial(browsers.run, cwd=home)
    demo.control.faults = (Fault(status=404, body="Gone"),)
    assert aurion("feed", "add", "Phone", "--json").returncode == 9
    assert list_subscribers(here) == [], "without a calendar no one is subscribed"
    demo.control.faults = ()
    done = aurion("feed", "add", "Phone", "--json")
    assert done.returncode == 0, done.stderr
    reported = json.loads(done.stdout)
    assert reported["url"].endswith(reported["path"])
    assert len(reported["url"]) <= 256
    path, published = reported["path"], (home / "a.ics").read_bytes()
    secret = path.split("/")[2]
    with serving() as address:
        status, body, tag = fetch(address, path, user_agent="Phone/1.0")
        assert (status, body) == (200, published)
        assert fetch(address, path, if_none_match=tag) == (304, b"", tag)
        demo.control.faults = (Fault(status=404, body="Gone"),)
        (ledger,) = (state_folder() / "ledgers").glob("*.sqlite")
        with closing(sqlite3.connect(ledger)) as other:
            other.execute("BEGIN EXCLUSIVE")
            assert fetch(address, path)[1] == published
        wait_until(lambda: list_subscribers(here)[0]["up_to_date"] is True)
        done = aurion("feed", "add", "Google", "--client", "google", "--json", "--address", "https://a.test/x/")
        google = json.loads(done.stdout)
        assert fetch(address, google["path"])[1].count(b"BEGIN:VEVENT") == body.count(b"BEGIN:VEVENT")
        parents = json.loads(here("feed", "add", "Parents", "--content", "busy", "--until", "2999-12-31", "--json")[1])
        assert b"SUMMARY" not in fetch(address, parents["path"])[1]
        assert "Only busy times; until" in here("feed", "list")[1]
        assert here("feed", "revoke", "Parents")[0] == 0
        demo.control.faults = ()
        assert google["url"] == "https://a.test/x" + google["path"]
        settings_file().write_text(settings_file().read_text() + 'alarms = ["10m"]\n')
        assert aurion("export", "--quiet", "--language", "en", "--output", str(home / "other.ics")).returncode == 0
        assert [one["up_to_date"] for one in list_subscribers(here)] == [False, False]
        assert "has not fetched the change of" in here("feed", "list")[1]
        status, changed, _ = fetch(address, path, if_none_match=tag)
        assert (status, b"BEGIN:VALARM" in changed, b"Intervenant" in changed) == (200, True, True)
        assert fetch(address, google["path"])[0] == 200
        assert b"SEQUENCE:1" in changed
        renewed = json.loads(here("feed", "rotate", "Phone", "--json")[1])["path"]
        assert [fetch(address, one)[0] for one in (path, renewed)] == [404, 200]
        assert here("feed", "revoke", "Phone")[0] == 0
        assert fetch(address, renewed) == fetch(address, "/c/unknown/planning.ics") == (404, b"", "")
    kept = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert secret.encode() not in kept
    for file in state_folder().rglob("*.ics"):
        with file.open("rb") as calendar:
            assert not [finding for finding in lint_calendar(calendar) if finding.level == "error"]


def list_subscribers(here: Here) -> list[dict[str, object]]:
    """Return the output of `feed list`."""
    return list(json.loads(here("feed", "list", "--json")[1]))


@pytest.mark.slow
def test_invalid_arguments_end_with_code_2(here: Here) -> None:
    """Label, address, port and interval."""
    with serving() as address:
        port = str(urlsplit(address).port)
        taken = here("serve", "--port", port)
    assert f"already listens on port {port}" in taken[2]
    wrong = [
        taken,
        here("feed", "add", "a\tb"),
        here("feed", "add", "a", "--address", "ftp://a"),
        here("feed", "add", "a", "--address", "https://a.test/" + "x" * 200),
        here("feed", "add", "a", "--content", "everything"),
        here("feed", "add", "a", "--until", "yesterday"),
        here("feed", "revoke", "nobody"),
        here("serve", "--host", "192.0.2.1", "--port", "0"),
        here("serve", "--port", "70000"),
        here("serve", "--every", "5m"),
    ]
    assert "--at" not in wrong[-1][2], "serve has no such option"
    for code, output, complaint in wrong:
        assert (code, output, len(complaint.splitlines())) == (2, "", 2), complaint


def test_secrets_of_the_environment_are_passed_to_exports(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Unlike a timer, `serve --every` stores nothing: a container may pass a passphrase as a variable."""
    monkeypatch.setenv("AURION_PASSPHRASE", "une phrase")
    seen: list[Any] = []
    monkeypatch.setattr("scraper.web.in_process_schedule.export_by_plan", lambda *given: seen.extend(given))
    *_, export = serve_command._background_tasks(None, home, "6h", os.environ)
    export(Event())
    _, job, environment, *_ = seen
    assert environment["AURION_PASSPHRASE"] == "une phrase"
    assert "AURION_PASSPHRASE" not in job.environment
