"""The timetable in a browser: widths, overlaps, accessibility, print and keyboard."""

import re
from datetime import date, timedelta
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from scraper.domain.planning import Period
from tests.publishing.ledger.runs import Lesson
from tests.web.accessibility import assert_accessible, assert_fits
from tests.web.pages.conftest import Served
from tests.web.pages.timetable.planned import TUESDAY, at, publish_run, settings
from tests.web.pages.timetable.test_pages import uid

PAGES = (
    "/planning", "/planning?view=today", "/planning?view=week", "/planning?view=month", "/planning?view=list",
    "/planning?q=anglais", "/planning?day=2026-12-24", "/planning/exams", "/planning/hours", "/changes", "/history",
)  # fmt: skip
BRIGHT = ("/planning?view=today", "/planning?view=week", "/planning/hours", "/changes")
"""Pages with every part that is drawn in one colour or another: axe-core reads only them in the second scheme, too."""
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
"""The lessons that overlap another one, or are outside the grid or too small."""
CUT_TABLES = """() => [...document.querySelectorAll(".table")]
    .filter(one => one.scrollWidth > one.clientWidth).length"""


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    ("widths", "scheme", "locale"), [((1280, 768, 360, 320), "dark", "fr"), ((320, 360, 768, 1280), "light", "en")]
)
def test_every_page_fits_and_is_accessible(
    served: Served, browser: Browser, widths: tuple[int, ...], scheme: Literal["dark", "light"], locale: str
) -> None:
    """Check each page from 320 to 1280 pixels, in light and dark colours, and in both languages."""
    context = browser.new_context(color_scheme=scheme, locale=locale)
    page = context.new_page()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "Content Security" in message.text else None)
    served.open_in(page)
    for path in (*PAGES, f"/planning/event/{uid('13')}"):
        page.goto(served.address + path)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            assert_fits(page)
            assert page.evaluate(OVERLAPS) == [], (path, width)
            assert page.evaluate(CUT_TABLES) == 0, (path, width)
        if scheme == "dark" or path in BRIGHT:
            assert_accessible(page)
        assert page.evaluate("document.documentElement.lang") == locale
    assert blocked == []
    context.close()


TITLES_FIRST = """() => [...document.querySelectorAll(".slots > .beside > a")].map(one => {
  const places = name => [...one.querySelectorAll(name)].map(part => part.getBoundingClientRect());
  const at = name => places(name).filter(place => place.width);
  const title = at(".what")[0], others = at(".hours, .badge");
  return title.width > 30 && others.every(other => title.top < other.top || title.left < other.left);
})"""


def test_title_comes_first_in_lessons_side_by_side(visitor: Page, served: Served) -> None:
    """Hour and marks of an exam, a moved lesson and a short lesson come after the title."""
    settings()
    exam = Lesson(id="1", start=at(25, 9), subject="Systèmes embarqués", kind="DS_SURV", exam=True)
    short = Lesson(id="2", start=at(25, 9), minutes=20, subject="Point projet")
    week = Period(first=date(2026, 11, 23), last=date(2026, 11, 29))
    publish_run([exam, short, Lesson(id="3", start=at(26, 9), subject="Anglais")], week, TUESDAY - timedelta(hours=2))
    publish_run([exam, short, Lesson(id="3", start=at(25, 10), subject="Anglais")], week, TUESDAY - timedelta(hours=1))
    visitor.goto(f"{served.address}/planning")
    assert visitor.evaluate(TITLES_FIRST) == [True, True, True]


@pytest.mark.usefixtures("planned")
def test_week_is_printed_on_one_page(visitor: Page, served: Served) -> None:
    """Its style asks for landscape."""
    visitor.goto(f"{served.address}/planning")
    assert re.findall(rb"/Count (\d+)", visitor.pdf(prefer_css_page_size=True)) == [b"1"]


@pytest.mark.usefixtures("planned")
def test_keyboard_opens_lessons_weeks_and_search(visitor: Page, served: Served) -> None:
    """Use the skip link, open a lesson, go back, open the next week and search."""
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
