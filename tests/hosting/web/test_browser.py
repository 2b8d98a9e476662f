"""The service in a real browser: a sign-up by its form, and every page on a phone and on a desk."""

import os
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from pytest_playwright.pytest_playwright import CreateContextCallback
from sqlalchemy import update

from scraper.errors import WrongCredentials
from scraper.hosting.database.service_tables import notification_channel
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.turns import ReadingResult
from tests.hosting.web.conftest import LOGIN, PASSWORD, SCHOOL, HostedService
from tests.web.accessibility import assert_accessible, assert_fits
from tests.web.pages.timetable.planned import a_week

PAGES = (
    "/planning", "/planning?view=today", "/changes", "/subscribers", "/updates", "/rules", "/notifications", "/account",
    "/admin", "/welcome", "/privacy", "/nothing",
)  # fmt: skip
PUBLIC = ("/", "/planning", "/sign-in", "/privacy")
BRIGHT = ("/", "/sign-in", "/planning", "/subscribers", "/updates", "/notifications", "/admin")
"""Pages with every part that is drawn in one colour or another: axe-core reads only them in the second scheme, too."""

POLL = 2000
"""Milliseconds after which a waiting page asks again."""


@pytest.fixture
def hosting_settings(hosting_settings: HostingSettings) -> HostingSettings:
    """Settings of a service without TLS on this machine, with everything that a form can ask for."""
    return hosting_settings.model_copy(
        update={
            "address": "http://127.0.0.1", "schools": (SCHOOL, "supmeca", "lise"), "invitations": ("automne",),
            "admins": (f"{SCHOOL}/{LOGIN}",), "privacy": {"en": "Hosting: Lille", "fr": "Hébergement : Lille"},
        }
    )  # fmt: skip


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """Leave the visitor's language to each test."""
    return {name: value for name, value in browser_context_args.items() if name != "locale"}


def check(page: Page, name: str, *, is_read: bool = True) -> None:
    """Fail where the page is too wide, or where axe-core, if it reads the page, finds anything wrong."""
    if shots := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{shots}/{name}.png", full_page=True)
    if is_read:
        assert_accessible(page)
    assert_fits(page)


def test_student_signs_up_and_gets_an_address(service: HostedService, new_context: CreateContextCallback) -> None:
    """The waiting page moves on when the portal has answered; a wrong password leads back to the form."""
    page, errors = new_context(locale="en-GB").new_page(), list[str]()
    page.clock.install()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{service.port}/sign-in?invitation=automne")
    for password, accepted in (("wrong", False), (PASSWORD, True)):
        page.get_by_label("School", exact=True).select_option(SCHOOL)
        page.get_by_label("Username").fill(LOGIN)
        page.get_by_label("Password").fill(password)
        page.get_by_label("Invitation code").fill("automne")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("status")).to_contain_text("Your turn comes next")
        page.wait_for_load_state()  # its script is there
        if accepted:
            service.publish(service.accept(), a_week())
            page.clock.run_for(POLL)
        else:
            service.end_sign_in(state="failed", error=WrongCredentials(school="Junia"))
            page.clock.run_for(POLL)
            expect(page.get_by_role("alert")).to_be_visible()
    page.wait_for_url("**/welcome")
    page.get_by_role("link", name="Create address Google Calendar").click()
    page.get_by_role("button", name="Create address").click()
    address = page.get_by_label("Secret address").input_value()
    assert address.startswith("http://127.0.0.1/c/")
    check(page, "address")
    page.get_by_role("button", name="Renew address").click()
    expect(page.get_by_label("Secret address")).not_to_have_value(address)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("no longer works")
    page.goto(f"http://127.0.0.1:{service.port}/account")
    page.get_by_label("I want to delete everything.").check()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    assert errors == []


@pytest.mark.parametrize(("width", "scheme", "locale"), [(360, "dark", "fr"), (1280, "light", "en")])
def test_every_page_fits_and_is_accessible(
    service: HostedService, new_context: CreateContextCallback, *, width: int, scheme: Literal["dark", "light"],
    locale: str,
) -> None:  # fmt: skip
    """Check a phone with dark colours in French, and a desktop with light colours in English."""
    context = new_context(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.clock.install()
    origin = f"http://127.0.0.1:{service.port}"
    for number, path in enumerate(PUBLIC):
        page.goto(origin + path)
        check(page, f"public-{locale}-{number}", is_read=scheme == "dark" or path in BRIGHT)
    owner = service.add_student()
    service.publish(service.add_student("another"), a_week())
    service.publish(owner, a_week())
    service.state.turns.add(owner, SCHOOL)
    service.state.turns.finish(owner, ReadingResult.from_error(WrongCredentials(school="Junia")))
    student = service.log_in()
    student.post("/subscribers", **{"for": "apple", "label": "Téléphone"})
    cookie = {"name": "aurion", "value": student.cookies["aurion"], "url": origin}
    context.add_cookies([cookie])  # type: ignore[list-item]
    for number, path in enumerate(PAGES):
        page.goto(origin + path)
        assert page.locator("html").get_attribute("lang") == locale
        check(page, f"student-{locale}-{number:02}", is_read=scheme == "dark" or path in BRIGHT)
    page.goto(f"{origin}/subscribers")
    page.get_by_role("link", name="Téléphone").click()
    page.wait_for_url("**/subscribers/one?*")
    check(page, f"student-{locale}-address")
    service.state.channels.save(owner, "ntfy", {"server": "https://ntfy.sh", "topic": "phone"})
    page.goto(f"{origin}/notifications")
    expect(page.locator("#waiting")).to_be_visible()
    check(page, f"student-{locale}-waiting-test")
    with service.state.engine.begin() as connection:
        connection.execute(update(notification_channel).values(test="failed", failures=9))
    page.clock.run_for(POLL)
    expect(page.locator("#waiting")).to_have_count(0)
    for summary in page.locator("summary").all():
        summary.click()
        check(page, f"student-{locale}-paused-notifications")
