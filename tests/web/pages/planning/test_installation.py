"""The page as an application: installable, readable while the program does not run, with shortcuts, and on paper."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from scraper.domain.planning import DAY
from scraper.web.pages.auth import Authenticator
from tests.web.pages.conftest import Served
from tests.web.pages.planning.planned import TUESDAY

pytestmark = pytest.mark.usefixtures("planned")
KEPT = "async () => (await caches.keys()).length"


@pytest.fixture
def offline(visitor: Page, served: Served) -> Page:
    """A browser that keeps the week, on the day of the tests."""
    visitor.clock.install(time=TUESDAY)
    visitor.goto(f"{served.address}/help")
    visitor.get_by_role("button", name="Keep the week offline").click()
    expect(visitor.get_by_role("button", name="Stop keeping it")).to_be_visible()
    visitor.goto(f"{served.address}/planning")
    return visitor


def test_the_page_can_be_installed(visitor: Page, served: Served) -> None:
    """Chromium finds the manifest and each of its icons; the manifest is in the visitor's language."""
    visitor.goto(f"{served.address}/planning")
    session = visitor.context.new_cdp_session(visitor)
    assert session.send("Page.getAppManifest")["errors"] == []
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    manifest = served.get("/manifest.webmanifest", Accept_Language="fr").text
    assert '"name": "Planning", "lang": "fr"' in manifest


def test_the_week_is_there_while_the_program_is_not(offline: Page, served: Served) -> None:
    """Today and the week, marked as kept, whatever is opened; on another day it is the week that is shown."""
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


def test_nothing_is_kept_unless_chosen(visitor: Page, served: Served) -> None:
    """And nothing any more once it is chosen otherwise."""
    visitor.goto(f"{served.address}/planning")
    assert visitor.evaluate(KEPT) == 0
    visitor.goto(f"{served.address}/help")
    visitor.get_by_role("button", name="Keep the week offline").click()
    visitor.get_by_role("button", name="Stop keeping it").click()
    expect(visitor.get_by_role("button", name="Keep the week offline")).to_be_visible()
    assert visitor.evaluate(KEPT) == 0


def test_nothing_is_kept_after_logging_out(offline: Page, served: Served) -> None:
    """Neither in this browser nor at the server: the cookie is worth nothing any more."""
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


def test_a_refusal_deletes_what_is_kept(offline: Page, served: Served, context: BrowserContext) -> None:
    """All browsers are logged out elsewhere: the next page that is opened here deletes it."""
    assert served.post("/log-out", all="yes").status == 200
    assert served.get("/planning").status == 403
    offline.goto(f"{served.address}/planning")
    expect(offline.get_by_role("heading", level=1)).to_have_text("This page must be opened by the program")
    offline.wait_for_function("async () => (await caches.keys()).length === 0")
    assert context.cookies()


def test_logging_out_everywhere_ends_every_session(served: Served) -> None:
    """Cookies and unused tokens of every browser; one browser alone leaves the others."""
    door: Authenticator = served.state.authenticator
    other, token = door.exchange_token(door.new_token()) or "", door.new_token()
    door.revoke_cookie(served.cookie)
    assert (door.is_valid_cookie(served.cookie), door.is_valid_cookie(other), door.is_valid_token(token)) == (0, 1, 1)
    door.revoke_all()
    assert (door.is_valid_cookie(other), door.is_valid_token(token)) == (False, False)


def test_keys_lead_everywhere(visitor: Page, served: Served) -> None:
    """Views, the weeks before and after, the search; not while something is typed, and not once switched off."""
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
    visitor.wait_for_load_state()  # colours are judged once every style sheet is there
    assert Axe().run(visitor).response["violations"] == []
    dialog.get_by_label("Use the shortcuts").uncheck()
    dialog.get_by_role("button", name="Close").click()
    visitor.keyboard.press("w")
    expect(heading).to_have_text("Hours per course")
    visitor.reload()
    expect(button).to_be_visible()
    visitor.keyboard.press("w")
    expect(heading).to_have_text("Hours per course")


def test_paper_names_the_account_and_the_time(visitor: Page, served: Served) -> None:
    """The sheet is used: one page, with the account and the age of the planning; no button, no second view."""
    visitor.goto(f"{served.address}/planning")
    visitor.emulate_media(media="print")
    expect(visitor.get_by_text("Timetable of anna, updated on Tuesday 24 November at 09:35")).to_be_visible()
    for hidden in (".on-phone", ".views", ".keys", "footer"):
        expect(visitor.locator(hidden).first).to_be_hidden()
    assert re.findall(rb"/Count (\d+)", visitor.pdf(prefer_css_page_size=True)) == [b"1"]
