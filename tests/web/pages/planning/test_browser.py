"""The planning in a real browser: nothing too wide, nothing over another, nothing that axe finds."""

import re
from datetime import date, timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from scraper.domain.planning import Period
from tests.publishing.ledger.runs import Lesson
from tests.web.pages.conftest import Served
from tests.web.pages.planning.planned import TUESDAY, at, ran, settings
from tests.web.pages.planning.test_pages import uid

PAGES = (
    "/planning", "/planning?view=today", "/planning?view=week", "/planning?view=month", "/planning?view=list",
    "/planning?q=anglais", "/planning?day=2026-12-24", "/planning/exams", "/planning/hours", "/changes", "/history",
)  # fmt: skip
OVERLAPS = """() => [...document.querySelectorAll(".slots")].flatMap(grid => {
  if (!grid.offsetParent) return [];
  const outer = grid.getBoundingClientRect();
  const all = [...grid.querySelectorAll(".lesson > a")].map(lesson => lesson.getBoundingClientRect());
  const along = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5;
  const meet = (a, b) => along(a, b) && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
  const beyond = a => a.top < outer.top - 1 || a.bottom > outer.bottom + 1 || a.right > outer.right + 1;
  const out = all.filter(a => beyond(a) || a.width < 20 || a.height < 15);
  return [...out, ...all.filter((a, n) => all.slice(n + 1).some(b => meet(a, b)))].map(a => JSON.stringify(a));
})"""

CUT_TABLES = """() => [...document.querySelectorAll(".table")]
    .filter(one => one.scrollWidth > one.clientWidth).length"""


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    ("widths", "scheme", "locale"), [((1280, 768, 360, 320), "dark", "fr"), ((320, 360, 768, 1280), "light", "en")]
)
def test_every_page_can_be_read(
    served: Served, browser: Browser, widths: tuple[int, ...], scheme: Literal["dark", "light"], locale: str
) -> None:
    """From a small phone's width to a desk's, light and dark, in both languages: nothing too wide, axe is content."""
    context = browser.new_context(color_scheme=scheme, locale=locale)
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "Content Security" in message.text else None)
    page.goto(f"{served.origin}/open?token={served.state.authenticator.new_token()}")
    page.wait_for_url(lambda address: "/open" not in address)
    for path in (*PAGES, f"/planning/event/{uid('13')}"):
        page.goto(served.address + path)
        page.wait_for_load_state()  # the widths are those of the style sheets
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
            assert page.evaluate(OVERLAPS) == [], (path, width)
            assert page.evaluate(CUT_TABLES) == 0, (path, width)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["target"]) for one in found] == [], path
        expect(page.locator("html")).to_have_attribute("lang", locale)
    assert blocked == []
    context.close()


TITLES_FIRST = """() => [...document.querySelectorAll(".slots > .beside > a")].map(one => {
  const places = name => [...one.querySelectorAll(name)].map(part => part.getBoundingClientRect());
  const at = name => places(name).filter(place => place.width);
  const title = at(".what")[0], others = at(".hours, .badge");
  return title.width > 30 && others.every(other => title.top < other.top || title.left < other.left);
})"""


def test_where_lessons_are_side_by_side_the_title_comes_first(visitor: Page, served: Served) -> None:
    """Of an exam, of a moved lesson, of a short one: hour and marks come after it."""
    settings()
    exam = Lesson(id="1", start=at(25, 9), subject="Systèmes embarqués", kind="DS_SURV", exam=True)
    short = Lesson(id="2", start=at(25, 9), minutes=20, subject="Point projet")
    week = Period(first=date(2026, 11, 23), last=date(2026, 11, 29))
    ran([exam, short, Lesson(id="3", start=at(26, 9), subject="Anglais")], week, TUESDAY - timedelta(hours=2))
    ran([exam, short, Lesson(id="3", start=at(25, 10), subject="Anglais")], week, TUESDAY - timedelta(hours=1))
    visitor.goto(f"{served.address}/planning")
    assert visitor.evaluate(TITLES_FIRST) == [True, True, True]


@pytest.mark.usefixtures("planned")
def test_a_week_is_printed_on_one_page(visitor: Page, served: Served) -> None:
    """Lying, as its style asks."""
    visitor.goto(f"{served.address}/planning")
    assert re.findall(rb"/Count (\d+)", visitor.pdf(prefer_css_page_size=True)) == [b"1"]


@pytest.mark.usefixtures("planned")
def test_the_keyboard_is_enough(visitor: Page, served: Served) -> None:
    """From the skip link to a lesson, back, to the week after, and to what is searched; the week has its headings."""
    visitor.goto(f"{served.address}/planning")
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Enter")
    visitor.keyboard.press("Tab")
    expect(visitor.locator(":focus")).to_have_text("Anglais S1")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Anglais S1")
    visitor.go_back()
    visitor.get_by_role("link", name="Next week").focus()
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Week 30 November to 6 December 2026")
    visitor.get_by_role("searchbox").focus()
    visitor.keyboard.type("théâtre")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("status")).to_have_text("1 lesson found.")
    expect(visitor.get_by_role("heading", level=3)).to_have_text("Wednesday 25 November")
