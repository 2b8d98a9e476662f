"""The pages in a real Chromium: from the login to lessons that FullCalendar draws."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Page, expect

from scraper.demo import LOGIN, PASSWORD, Control, Demo, Fault, Variant
from scraper.demo.variant import ZONE

PLANNING = "**/faces/Planning.xhtml"
WEEK = 7 * 86_400_000


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a French student's browser."""
    return {**browser_context_args, "locale": "fr-FR", "timezone_id": "Europe/Paris"}


@pytest.fixture
def today() -> str:
    """Return a time of today in Paris, as in a response."""
    return datetime.now(ZONE).strftime("%Y-%m-%dT10:00:00%z")


@pytest.fixture
def demo(today: str) -> Iterator[Demo]:
    """Start a portal with one lesson, today."""
    end = today.replace("T10", "T12")
    event = {"id": "70000001", "title": "IC1_427\n\nOptique\nTP\nMadame LEROUX", "start": today, "end": end}
    with Demo(events=[{**event, "allDay": False, "className": "TP"}]) as running:
        yield running


def monday_at_the_browser_s_offset() -> int:
    """Return Monday of this week in epoch milliseconds, at the current offset, like the library."""
    now = datetime.now(ZONE)
    monday = datetime.combine(now.date() - timedelta(days=now.weekday()), time(), UTC)
    return int((monday - (now.utcoffset() or timedelta())).timestamp() * 1000)


def log_in(page: Page, demo: Demo) -> None:
    """Log in from the portal's address to its home page."""
    page.goto(demo.url)
    page.fill("#username", LOGIN)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    expect(page).to_have_title("Page d'accueil")


def test_full_calendar_draws_the_lessons(page: Page, demo: Demo) -> None:
    """The lesson is drawn once, and a click shows its details."""
    log_in(page, demo)
    page.get_by_text("Scolarité").click()
    expect(page.get_by_text("Mes notes")).to_be_visible()
    page.get_by_text("Mon Planning").click()
    page.wait_for_url(PLANNING)
    expect(page.locator("div.schedule .fc-event")).to_have_count(1)
    expect(page.locator(".fc-event .fc-title")).to_contain_text("Optique")
    page.locator(".fc-event").first.click()
    expect(page.locator("[id='form:modaleDetail']")).to_contain_text("Est une épreuve")
    kinds = [exchange.kind for exchange in demo.log]
    assert kinds == ["home", "loginPage", "login", "home", "submenu", "open", "planning", "events", "detail"]
    assert {exchange.at_once for exchange in demo.log} == {1}


def test_request_of_the_page_is_that_of_the_library(page: Page, demo: Demo) -> None:
    """The schedule sends the recorded parameters in their order, for a week and for a month."""
    log_in(page, demo)
    with page.expect_request(lambda request: "_start" in (request.post_data or "")) as first:
        page.get_by_text("Mon Planning").click()
    sent = dict(parse_qsl(first.value.post_data or ""))
    start, end = (int(sent[f"form:j_idt127_{edge}"]) for edge in ("start", "end"))
    assert end - start == WEEK
    assert start == monday_at_the_browser_s_offset()
    names = [pair.partition("=")[0].replace("%3A", ":") for pair in (first.value.post_data or "").split("&")]
    assert names == [
        "javax.faces.partial.ajax",
        "javax.faces.source",
        "javax.faces.partial.execute",
        "javax.faces.partial.render",
        "form:j_idt127",
        "form:j_idt127_start",
        "form:j_idt127_end",
        "form",
        "form:largeurDivCenter",
        "form:idInit",
        "form:sauvegarde",
        "form:date_input",
        "form:week",
        "form:offsetFuseauNavigateur",
        "form:j_idt127_view",
        "form:j_idt133_focus",
        "form:j_idt133_input",
        "javax.faces.ViewState",
    ]
    assert first.value.headers["faces-request"] == "partial/ajax"
    expect(page.locator(".fc-event")).to_have_count(1)
    with page.expect_response(PLANNING):
        page.locator(".fc-month-button").click()
    assert page.evaluate("document.getElementById('form:j_idt127_view').value") == "month"
    assert page.evaluate("PF('schedule').jqc.fullCalendar('clientEvents').length") == 1
    with page.expect_response(PLANNING):
        page.evaluate("PF('schedule').update()")


def test_page_reports_an_overload(page: Page, demo: Demo) -> None:
    """A 503 shows a dialog; a redirect in a partial response is followed."""
    log_in(page, demo)
    reported: list[str] = []
    page.on("dialog", lambda dialog: (reported.append(dialog.message), dialog.accept()))
    demo.control.faults = [Fault(parameter=".*_start", status=503)]
    page.get_by_text("Mon Planning").click()
    page.wait_for_url(PLANNING)
    with page.expect_response(PLANNING):
        page.evaluate("PF('schedule').update()")
    page.wait_for_function("() => true")
    assert reported
    assert "surcharge" in reported[0]
    away = "<partial-response><redirect url='/faces/Other.xhtml'/></partial-response>"
    demo.control.faults = [Fault(parameter=".*_start", body=away, content_type="text/xml")]
    page.evaluate("PF('schedule').update()")
    page.wait_for_url("**/faces/Other.xhtml")


def test_single_sign_on_leads_back(page: Page) -> None:
    """The password is asked for at `localhost`, then the home page opens."""
    with Demo(variant=Variant(login="sso-only", context="/webAurion"), control=Control(), events=[]) as demo:
        page.goto(demo.url)
        assert page.url.startswith("http://localhost:")
        page.fill("#username", LOGIN)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        expect(page).to_have_title("Page d'accueil")
        assert page.url == f"{demo.url}/"
