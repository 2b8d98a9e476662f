"""Repairs by the page: a renamed menu entry, a new host, a confirmation, undo."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scraper.config.configuration import Config
from scraper.errors import ActionNeeded, PortalChanged, PortalUnavailable, SuspiciouslyEmpty
from scraper.publishing.job import job_for_account
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.pending import pending_changes
from scraper.runs.worker import WorkerResult
from scraper.system.failed_run import failed_run
from scraper.system.paths import state_folder
from scraper.system.run_history import Run, Runs
from scraper.web.pages import start_run
from tests.web.accessibility import assert_accessible, assert_fits
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, lessons, publish_run, text_of

EVENTS = tuple(lessons())


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """An English visitor."""
    return {**browser_context_args, "locale": "en-GB"}


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of the exports that were started; each succeeds at once."""
    started: list[list[str]] = []

    def run_worker(arguments: list[str], *_: object, **__: object) -> WorkerResult:
        started.append(arguments)
        return WorkerResult(exit_code=0)

    monkeypatch.setattr(start_run, "run_worker", run_worker)
    return started


def test_renamed_menu_entry_is_chosen_by_its_label(anna: str, served: Served, exported: list[list[str]]) -> None:
    """Only labels of the portal are accepted; the update starts again."""
    error = PortalChanged("no-planning", labels=["Zorglub", "Mes notes"], tried=[], wanted="")
    Runs(state_folder(), anna).add(failed_run(NOON, error))
    page = served.get("/runs/anna")
    assert '<button name="label" value="Zorglub">' in page.text
    assert "Which of these entries opens your timetable?" in text_of(page)
    served.post("/runs/anna/menu", label="Elsewhere")
    assert (Config().settings(anna).menu, exported) == ("", [])
    assert served.post("/runs/anna/menu", label="Zorglub").status == 303
    assert Config().settings(anna).menu == "Zorglub"
    served.state.close()
    assert exported == [["anna"]]


def test_host_of_the_last_failure_is_allowed_by_a_button(anna: str, served: Served, exported: list[list[str]]) -> None:
    """Another host is refused."""
    Runs(state_folder(), anna).add(failed_run(NOON, ActionNeeded("other-host", host="cas.ecole.fr")))
    assert "Allow cas.ecole.fr" in text_of(served.get("/runs/anna"))
    served.post("/runs/anna/host", host="evil.example")
    assert not Config().settings(anna).login_hosts
    assert served.post("/runs/anna/host", host="cas.ecole.fr").status == 303
    assert [*Config().settings(anna).login_hosts] == ["cas.ecole.fr"]
    served.state.close()
    assert exported == [["anna"]]


def test_last_page_of_the_portal_is_shown_after_a_failure(anna: str, served: Served) -> None:
    """An older picture is not shown, nor any after a success."""
    runs, picture = Runs(state_folder(), anna), state_folder() / "failure-anna.png"
    runs.add(failed_run(NOON, PortalUnavailable("timeout", host="x")))
    assert served.get("/runs/anna/last-page.png").status == 404
    picture.write_bytes(b"\x89PNG")
    os.utime(picture, (NOON.timestamp() + 5, NOON.timestamp() + 5))
    assert "See what the portal showed" in text_of(served.get("/runs/anna"))
    assert served.get("/runs/anna/last-page.png").body == b"\x89PNG"
    assert 'href="https://aurion.junia.com"' in served.get("/runs/anna").text
    os.utime(picture, (NOON.timestamp() - 5, NOON.timestamp() - 5))
    assert "See what the portal showed" not in text_of(served.get("/runs/anna"))
    runs.add(Run(at=NOON, exit_code=0))
    assert served.get("/runs/anna/last-page.png").status == 404


def test_failure_is_shown_above_the_lessons(anna: str, served: Served) -> None:
    """With its age and next step."""
    paths = ("/planning", "/changes", "/planning?view=list")
    for path in paths:
        assert "/runs/anna" not in served.get(path).text.partition("<main")[2], path
    Runs(state_folder(), anna).add(failed_run(NOON - timedelta(days=2), PortalUnavailable("timeout", host="x")))
    for path in paths:
        page = served.get(path)
        assert 'href="/runs/anna"' in page.text.partition("<main")[2], path
        assert "not updated since" in text_of(page), path


def test_mass_removal_is_published_after_a_confirmation(anna: str, served: Served, visitor: Page) -> None:
    """The page names the numbers; the main button keeps the calendar."""
    calendar = Path(Config().settings(anna).output or "")
    before = calendar.read_bytes()
    with pytest.raises(Exception, match="gone"):
        publish_run(anna, EVENTS[:1])
    served.post("/runs/anna/waiting", do="publish")
    assert calendar.read_bytes() == before
    visitor.set_viewport_size({"width": 320, "height": 700})
    visitor.goto(f"{served.address}/runs/anna/waiting")
    expect(visitor.get_by_text("11 of 12 lessons are gone")).to_be_visible()
    expect(visitor.locator("main button.main")).to_have_text("Keep my calendar")
    assert_fits(visitor)
    visitor.get_by_role("link", name="Publish anyway").click()
    expect(visitor.locator("main button.main")).to_have_text("Keep my calendar")
    assert_accessible(visitor)
    visitor.get_by_role("button", name="Mark 11 lessons as cancelled").click()
    visitor.wait_for_url(lambda url: url.endswith("/runs/anna"))
    assert calendar.read_text().count("STATUS:CANCELLED") == 11


def test_publication_is_undone_and_published_again(anna: str, served: Served, visitor: Page) -> None:
    """Meanwhile the changes are pending."""
    calendar = Path(Config().settings(anna).output or "")
    later = [replace(one, rooms=("C301",), raw_title=one.raw_title.replace("B204", "C301")) for one in EVENTS]
    served.state.clock = lambda: NOON + timedelta(hours=2)
    publish_run(anna, (*later, replace(EVENTS[0], id="99", subject="Rattrapage")), at=NOON + timedelta(hours=1))
    assert calendar.read_text().count("C301") > 0
    visitor.goto(f"{served.address}/history")
    visitor.get_by_role("button", name="Undo the last changes").click()
    expect(visitor.get_by_role("status")).to_contain_text("previous calendar is restored")
    assert calendar.read_text().count("BEGIN:VEVENT") == 12
    assert "C301" not in calendar.read_text()
    assert Config().settings(anna).publish == "review"
    assert pending_changes(ledger_of_account(job_for_account(anna, Config.from_environment()).account), NOON)
    assert "Changes to review" in text_of(served.get("/runs")) or "review" in text_of(served.get("/runs"))
    visitor.goto(f"{served.address}/history")
    assert_accessible(visitor)
    assert served.post("/history/undo", account=anna).headers["location"] == "/history?done=same"
    served.post("/runs/anna/waiting", do="publish")
    assert "C301" in calendar.read_text()


def test_earlier_calendar_is_restored(anna: str, served: Served) -> None:
    """All later publications are undone; an invalid number is refused."""
    calendar = Path(Config().settings(anna).output or "")
    for hour, count in ((1, 11), (2, 10), (3, 9)):
        served.state.clock = lambda hour=hour: NOON + timedelta(hours=hour)
        publish_run(anna, EVENTS[:count], at=NOON + timedelta(hours=hour))
    assert calendar.read_text().count("STATUS:CANCELLED") == 3
    page = served.get("/history")
    assert page.text.count("/restore") == 3
    served.state.clock = lambda: NOON + timedelta(hours=4)
    assert served.post("/history/2/restore", account=anna).headers["location"] == "/history?done=undone"
    assert calendar.read_text().count("STATUS:CANCELLED") == 1
    for number in ("99", "x", "9" * 30):
        assert served.post(f"/history/{number}/restore", account=anna).status == 422


def test_mass_removal_has_one_notice_and_a_count_on_its_tab(anna: str, served: Served) -> None:
    """Without pending changes no tab has a count."""
    assert 'class="count"' not in served.get("/planning?view=week").text
    with pytest.raises(SuspiciouslyEmpty) as caught:
        publish_run(anna, ())
    Runs(state_folder(), anna).add(failed_run(NOON, caught.value))
    page = served.get("/planning?view=week").text
    assert (page.count("Review changes"), page.count(f"/runs/{anna}")) == (1, 1)
    assert '<span class="count">1<span class="hidden"> needs attention</span></span>' in page
    served.post(f"/runs/{anna}/waiting", do="drop")
    assert f"/runs/{anna}/waiting" not in served.get("/planning?view=week").text
