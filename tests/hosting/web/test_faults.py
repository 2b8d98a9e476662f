"""The web tier without a database or with a full disk, beside a worker that writes, and as a command."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from scraper.hosting.database.engine import create_database_engine
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.service_tables import turn
from scraper.hosting.keys import IDENTITIES, create_keys
from scraper.hosting.queue import create_queue_tables
from scraper.hosting.service_settings import HostingSettings
from scraper.publishing.ledger import tables
from tests.hosting.web.conftest import HOST, NOW, SCHOOL, HostedService
from tests.hosting.web.test_pages import create_address, feed_files
from tests.http_requests import asked
from tests.publishing.ledger.runs import Lesson
from tests.web.pages.timetable.planned import a_week

LOADED = """
import sys
from scraper.cli.app import run_command_line
code = run_command_line(["hosting", "web", "--settings", sys.argv[1], "--port", "0"])
wrong = [name for name in sys.modules if name.startswith(("playwright", "scraper.portal.", "scraper.export"))]
sys.exit(str(wrong) if wrong else code)
"""


def test_missing_database_is_answered_with_503(service: HostedService) -> None:
    """The page is in the visitor's language; once the database is back, so are the pages."""
    browser, engine = service.log_in(), service.state.engine
    service.state.sessions = replace(
        service.state.sessions, engine=create_database_engine("postgresql://aurion@/none?host=/nowhere")
    )
    for path in ("/planning", "/sign-in", "/nothing"):
        answer = browser.get(path)
        assert (answer.status, answer.headers["retry-after"]) == (503, "30")
        assert "The service is interrupted" in answer.text
    service.state.sessions = replace(service.state.sessions, engine=engine)
    assert browser.get("/account").status == 200


def test_address_is_created_and_revoked_with_a_full_disk(service: HostedService) -> None:
    """The files are written later; a file that is still there is not reported as removed."""
    service.publish(service.add_student(), a_week())
    browser, folder = service.log_in(), service.state.settings.feeds
    folder.rename(folder.with_name("before"))
    folder.write_text("no folder")
    number = create_address(browser)
    assert browser.get(f"/subscribers/one?id={number}").status == 200
    folder.unlink()
    folder.with_name("before").rename(folder)
    service.state.feeds.rebuild()
    assert len(feed_files(service)) == 1


def test_rules_are_saved_while_a_worker_writes(service: HostedService, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update that applies them is requested."""
    owner, browser = service.add_student(), service.log_in()
    service.publish(owner, a_week())
    service.state.turns.add(owner, SCHOOL)
    with service.state.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE turn SET due_at = NULL")
    monkeypatch.setattr(tables, "PATIENCE", 0.05)
    empty = dict.fromkeys(("to", "subject", "kind", "teacher", "room", "exam"), "")
    with HostedLedger(service.state.engine, owner, NOW.tzinfo).writing():  # type: ignore[arg-type]
        assert browser.post("/rules", action="save", do="drop", course="Anglais S1", **empty).status == 303
    with service.state.engine.connect() as connection:
        assert connection.scalar(select(turn.c.due_at)) is not None
    assert "Anglais S1" not in browser.get("/planning?view=week").text


@pytest.mark.parametrize(("action", "kept"), [("drop", True), ("publish", False)])
def test_timetable_without_most_lessons_waits_for_the_student(
    service: HostedService, action: str, *, kept: bool
) -> None:
    """The calendars show the lessons until the student accepts the portal's answer."""
    owner, browser = service.add_student(), service.log_in()
    service.publish(owner, a_week())
    create_address(browser, **{"for": "apple"})
    with pytest.raises(Exception, match="SuspiciouslyEmpty"):
        service.publish(owner, [Lesson(id="1", start=a_week()[0].start, subject="Analyse numérique")], is_checked=True)
    assert "/updates" in browser.get("/planning").text
    assert "Most lessons are missing" in browser.get("/updates").text
    browser.post("/updates/held", page="/updates", do=action)
    assert "Most lessons are missing" not in browser.get("/updates").text
    calendar = next(service.state.settings.feeds.rglob("planning.ics")).read_text()
    assert ("STATUS:CANCELLED" not in calendar) is kept


@pytest.fixture
def settings_file(tmp_path: Path, hosting_settings: HostingSettings, engine: Engine) -> Path:
    """A service's settings file, with the web tier's keys only."""
    create_queue_tables(engine)
    create_keys(hosting_settings.keys)
    (hosting_settings.keys / IDENTITIES).unlink()
    hosting_settings.feeds.mkdir()
    file = tmp_path / "settings.toml"
    values = {
        "association": "BDE", "contact": "a@bde.example", "address": f"https://{HOST}",
        "database": hosting_settings.database, "keys": hosting_settings.keys, "feeds": hosting_settings.feeds,
    }  # fmt: skip
    lines = (f'{name} = "{value}"' for name, value in values.items())
    file.write_text("\n".join([f'schools = ["{SCHOOL}"]', *lines]), encoding="utf-8")
    return file


def test_command_serves_until_a_signal_without_the_key_of_workers(settings_file: Path, home: Path) -> None:
    """It loads no browser and nothing of the portal, logs JSON, and ends with 0."""
    del home
    process = subprocess.Popen(
        [sys.executable, "-c", LOADED, settings_file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ),
    )  # fmt: skip
    try:
        assert process.stdout
        port = int(process.stdout.readline().rpartition(":")[2])
        answer = asked(f"127.0.0.1:{port}", "GET", "/sign-in", {"Host": HOST, "Accept-Language": "en"})
        assert (answer.status, "Sign in" in answer.text) == (200, True)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=200)
    finally:
        process.kill()
    assert (process.returncode, '"route": "/sign-in"' in log) == (0, True), log
