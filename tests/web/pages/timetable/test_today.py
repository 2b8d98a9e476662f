"""The page of today on a phone, exams, hours of each course."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from scraper.domain.planning import DAY
from scraper.web.pages.timetable.today import build_today
from tests.publishing.ledger.runs import PARIS, Lesson
from tests.web.pages.conftest import Served
from tests.web.pages.timetable.conftest import WINTER
from tests.web.pages.timetable.planned import TUESDAY, a_week, at, publish_run
from tests.web.pages.timetable.test_lessons import AT_TEN, to_lesson
from tests.web.pages.timetable.test_pages import plain


def test_today_is_divided_into_now_next_later_and_over() -> None:
    """The next day with lessons has no cancelled ones; each lesson is in one place."""
    now = datetime(2026, 11, 24, 11, tzinfo=PARIS)
    early = to_lesson(replace(AT_TEN, id="0", start=AT_TEN.start - timedelta(hours=2), end=AT_TEN.start))
    current, after = to_lesson(AT_TEN), to_lesson(replace(AT_TEN, id="2", start=AT_TEN.end, end=AT_TEN.end + DAY / 24))
    late = to_lesson(replace(AT_TEN, id="3", start=AT_TEN.end + DAY / 12, end=AT_TEN.end + DAY / 6))
    friday = to_lesson(replace(AT_TEN, id="4", start=AT_TEN.start + 3 * DAY, end=AT_TEN.end + 3 * DAY, is_exam=True))
    gone = to_lesson(replace(AT_TEN, id="5", start=AT_TEN.start + DAY, end=AT_TEN.end + DAY), mark="cancelled")
    found = build_today([early, current, after, late, gone, friday], now, PARIS)
    assert (found.current, found.following, found.exams) == (current, after, (friday,))
    assert [part.lesson for part in found.later] == [late]
    assert [part.lesson for part in found.over] == [early]
    assert found.next_day is not None
    assert (found.next_day.day.day, [part.lesson for part in found.next_day.parts]) == (27, [friday])
    weekend = build_today([friday], now + 4 * DAY, PARIS)
    assert (weekend.current, weekend.following, weekend.next_day, weekend.exams) == (None, None, None, ())


@pytest.mark.usefixtures("planned")
def test_phone_shows_today_and_desktop_the_week(visitor: Page, served: Served) -> None:
    """The first lesson is on the first screen of a phone."""
    visitor.set_viewport_size({"width": 360, "height": 640})
    visitor.goto(f"{served.address}/planning")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Tuesday 24 November")
    card = visitor.get_by_role("region", name="Next", exact=True)
    expect(card).to_contain_text("Anglais S1")
    expect(card).to_contain_text("in 25 min")
    box = card.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 640
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    assert card.get_by_text("ISEN A906").evaluate(size) > 1.5 * visitor.locator("body").evaluate(size)
    tomorrow = visitor.get_by_role("region", name="tomorrow")
    expect(tomorrow).to_contain_text("09:00 Option : théâtre")
    expect(tomorrow).to_contain_text("8 lessons")
    visitor.get_by_role("link", name="Week", exact=True).click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Week 23 to 29 November 2026")
    visitor.set_viewport_size({"width": 1280, "height": 800})
    visitor.goto(f"{served.address}/planning")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Week 23 to 29 November 2026")
    visitor.get_by_label("View").get_by_role("link", name="Today").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Tuesday 24 November")


@pytest.mark.usefixtures("planned")
def test_minutes_count_down_in_the_browser(visitor: Page, served: Served) -> None:
    """By the server's clock; the page is loaded again when a lesson begins."""
    visitor.clock.install(time=TUESDAY - 90 * DAY)
    visitor.goto(f"{served.address}/planning?view=today")
    left = visitor.get_by_role("region", name="Next", exact=True).locator("strong")
    expect(left).to_have_text("in 25 min")
    visitor.clock.run_for(7 * 60_000)
    expect(left).to_have_text("in 18 min")
    with visitor.expect_navigation():
        visitor.clock.run_for(18 * 60_000)
    visitor.goto(f"{served.address}/planning?view=week")
    row = "one => getComputedStyle(one).gridRowStart"
    before = int(visitor.locator(".clock").evaluate(row))
    visitor.clock.run_for(20 * 60_000 + 20_000)
    assert int(visitor.locator(".clock").evaluate(row)) == before + 4


@pytest.mark.usefixtures("planned")
def test_exams_have_a_countdown(served: Served) -> None:
    """The next is first, new ones are marked, past ones are apart."""
    exams = [
        Lesson(id="60", start=at(15, 9, month=12), subject="Réseaux", kind="DS_SURV", exam=True),
        Lesson(id="61", start=at(25, 8), subject="Anglais S1", kind="DS_SURV", exam=True),
        Lesson(id="62", start=at(23, 17), subject="Physique", kind="DS_SURV", exam=True),
    ]
    publish_run([*a_week(), *exams], WINTER, TUESDAY - timedelta(minutes=5))
    text = plain(served.get("/planning/exams").text)
    assert "Systèmes embarqués in 3 h 25 Tuesday 24 November, 13:30 \N{EN DASH} 15:30 · Amphi 1" in text
    assert "Anglais S1 New tomorrow" in text
    assert "Réseaux New in 21 days" in text
    assert "1 past exam Physique" in text
    assert "Added Réseaux Exam" in plain(served.get("/changes").text)
    assert text.index("Systèmes embarqués") < text.index("Anglais S1") < text.index("Réseaux") < text.index("1 past")


@pytest.mark.usefixtures("planned")
def test_hours_are_counted_by_course_and_kind(served: Served) -> None:
    """Done, planned and cancelled ones, as a table and for a spreadsheet."""
    text = plain(served.get("/planning/hours").text)
    assert "Analyse numérique 4 h 2 h 2 h Lecture 4 h 2 h 2 h" in text
    assert "Électronique 3 h" in text
    assert "Counted since Sunday 1 November 2026" in text
    english, french = served.get("/planning/hours.csv"), served.get("/planning/hours.csv", Accept_Language="fr")
    assert english.headers["content-disposition"] == 'attachment; filename="hours-per-course.csv"'
    assert "Analyse numérique,Lecture,4.00,2.00,2.00" in english.body.decode("utf-8-sig").splitlines()
    assert "Analyse numérique;Cours magistral;4,00;2,00;2,00" in french.body.decode("utf-8-sig").splitlines()


def test_title_like_a_formula_is_text_in_the_spreadsheet(planned: None, served: Served) -> None:
    """A spreadsheet program would execute it."""
    del planned
    publish_run([Lesson(id="70", start=at(25, 8), subject="=1+1", kind="TD")], WINTER, TUESDAY)
    assert "\n'=1+1," in served.get("/planning/hours.csv").body.decode("utf-8-sig").replace("\r", "")
