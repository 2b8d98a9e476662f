"""The local page as an application: installation, the week offline, keyboard shortcuts, and paper."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from scraper.domain.planning import DAY
from tests.web.accessibility import assert_accessible
from tests.web.pages.conftest import Served
from tests.web.pages.timetable.planned import TUESDAY

pytestmark = pytest.mark.usefixtures("planned")
KEPT = "async () => (await caches.keys()).length"


@pytest.fixture
def offline(visitor: Page, served: Served) -> Page:
    """A browser that keeps the week offline, on the day of the tests."""
    visitor.clock.install(time=TUESDAY)
    visitor.goto(f"{served.address}/help")
    visitor.get_by_role("button", name="Keep the week offline").click()
    expect(visitor.get_by_role("button", name="Stop keeping it")).to_be_visible()
    visitor.goto(f"{served.address}/planning")
    return visitor


def test_page_can_be_installed(visitor: Page, served: Served) -> None:
    """Chromium finds no error in the manifest and its icons; the manifest is in the visitor's language."""
    visitor.goto(f"{served.address}/planning")
    session = visitor.context.new_cdp_session(visitor)
    assert session.send("Page.getAppManifest")["errors"] == []
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    manifest = served.get("/manifest.webmanifest", Accept_Language="fr").text
    assert '"name": "Planning", "lang": "fr"' in manifest


def test_kept_week_is_shown_while_the_program_does_not_run(offline: Page, served: Served) -> None:
    """Any page shows today or the week, with the time of the copy; on another day it shows the week."""
    served.stop()
    for path, texts in (
        ("/planning", "Anglais S1"),
        ("/planning?view=today", "in 25 min"),
        ("/settings", "Anglais S1"),
    ):
        offline.goto(served.address + path)
        expect(offline.locator(".offline")).to_contain_text("saved on Tuesday 24 November at 10:05.")
        expect(offline.locator(".offline")).to_be_visible()
        assert texts in offline.locator("main").inner_text()
    assert offline.locator(".lesson").first.evaluate("one => getComputedStyle(one).listStyleType") == "none"
    offline.clock.set_system_time(TUESDAY + DAY)
    offline.goto(f"{served.address}/planning?view=today")
    offline.wait_for_url("**view=week")
    expect(offline.get_by_role("heading", level=1)).to_have_text("Week 23 to 29 November 2026")


def test_week_is_kept_offline_by_choice_only(visitor: Page, served: Served) -> None:
    """The choice can be taken back; then the copy is deleted."""
    visitor.goto(f"{served.address}/planning")
    assert visitor.evaluate(KEPT) == 0
    visitor.goto(f"{served.address}/help")
    visitor.get_by_role("button", name="Keep the week offline").click()
    visitor.get_by_role("button", name="Stop keeping it").click()
    expect(visitor.get_by_role("button", name="Keep the week offline")).to_be_visible()
    assert visitor.evaluate(KEPT) == 0


def test_logging_out_deletes_the_offline_copy(offline: Page, served: Served) -> None:
    """The browser's cookie is invalid afterwards, that of another browser is not."""
    assert offline.evaluate(KEPT) == 1
    cookie = next(one["value"] for one in offline.context.cookies() if one["name"] == "aurion")
    offline.get_by_role("link", name="Log out").click()
    offline.get_by_role("button", name="This browser").click()
    expect(offline.get_by_role("heading", level=1)).to_have_text("This page must be opened by the program")
    assert offline.evaluate(KEPT) == 0
    assert not served.state.authenticator.is_valid_cookie(cookie)
    assert served.get("/planning").status == 200
    served.stop()
    with pytest.raises(Exception, match="ERR_"):
        offline.goto(f"{served.address}/planning")


def test_refused_page_deletes_the_offline_copy(offline: Page, served: Served, context: BrowserContext) -> None:
    """All browsers are logged out elsewhere: the next page that is opened here deletes the copy."""
    assert served.post("/log-out", all="yes").status == 200
    assert served.get("/planning").status == 403
    offline.goto(f"{served.address}/planning")
    expect(offline.get_by_role("heading", level=1)).to_have_text("This page must be opened by the program")
    offline.wait_for_function("async () => (await caches.keys()).length === 0")
    assert context.cookies()


def test_logging_out_everywhere_revokes_all_cookies_and_tokens(served: Served) -> None:
    """Logging out of one browser leaves the others logged in."""
    authenticator = served.state.authenticator
    other, token = served.new_cookie(), authenticator.new_token()
    authenticator.revoke_cookie(served.cookie)
    assert not authenticator.is_valid_cookie(served.cookie)
    assert authenticator.is_valid_cookie(other)
    assert authenticator.is_valid_token(token)
    authenticator.revoke_all()
    assert not authenticator.is_valid_cookie(other)
    assert not authenticator.is_valid_token(token)


def test_keyboard_shortcuts_open_views_and_search(visitor: Page, served: Served) -> None:
    """They do nothing in a text field, and nothing once they are switched off."""
    visitor.goto(f"{served.address}/planning?view=week")
    heading, button = visitor.get_by_role("heading", level=1), visitor.get_by_role("button", name="Keyboard shortcuts")
    for key, title in (
        ("ArrowRight", "Week 30 November to 6 December 2026"), ("ArrowLeft", "Week 23 to 29 November 2026"),
        ("m", "November 2026"), ("t", "Tuesday 24 November"), ("e", "Exams"), ("h", "Hours per course"),
    ):  # fmt: skip
        expect(button).to_be_visible()
        visitor.keyboard.press(key)
        expect(heading).to_have_text(title)
    expect(button).to_be_visible()
    visitor.keyboard.press("/")
    visitor.keyboard.type("mt")
    expect(visitor.get_by_role("searchbox")).to_have_value("mt")
    visitor.get_by_role("searchbox").blur()
    visitor.keyboard.press("?")
    dialog = visitor.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    assert_accessible(visitor)
    dialog.get_by_label("Use the shortcuts").uncheck()
    dialog.get_by_role("button", name="Close").click()
    visitor.keyboard.press("w")
    expect(heading).to_have_text("Hours per course")
    visitor.reload()
    expect(button).to_be_visible()
    visitor.keyboard.press("w")
    expect(heading).to_have_text("Hours per course")


def test_printed_week_shows_account_and_time_on_one_page(visitor: Page, served: Served) -> None:
    """Buttons and other views are not printed."""
    visitor.goto(f"{served.address}/planning")
    visitor.emulate_media(media="print")
    expect(visitor.get_by_text("Timetable of anna, updated on Tuesday 24 November at 09:35")).to_be_visible()
    for hidden in (".on-phone", ".views", ".keys", "footer"):
        expect(visitor.locator(hidden).first).to_be_hidden()
    assert re.findall(rb"/Count (\d+)", visitor.pdf(prefer_css_page_size=True)) == [b"1"]
