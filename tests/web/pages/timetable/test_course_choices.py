"""The page of a lesson: choices for its course (colour, title, reminder, hidden), and its own .ics file."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from scraper.config.configuration import Config
from tests.publishing.ledger.runs import vevents
from tests.web.accessibility import assert_accessible, assert_fits
from tests.web.pages.conftest import Served
from tests.web.pages.timetable.planned import ANNA, settings
from tests.web.pages.timetable.test_pages import plain, uid

pytestmark = pytest.mark.usefixtures("planned")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def choose(served: Served) -> Callable[..., int]:
    """A function that submits a choice for the course of a lesson, and returns the status."""

    def send(number: str, **form: str) -> int:
        return served.post(f"/planning/event/{uid(number)}", account="anna", **form).status

    return send


def calendar(home: Path) -> dict[str, dict[str, str]]:
    """Return the events of Anna's calendar by UID."""
    return vevents((home / "Downloads" / "planning.ics").read_bytes())


@pytest.mark.slow
def test_choice_changes_page_and_calendar_without_a_run(home: Path, served: Served, choose: Callable[..., int]) -> None:
    """It holds for all lessons of the course, for no other course, and can be reset."""
    before = calendar(home)[uid("7")]
    assert choose("5", do="color", to="olive") == 303
    assert choose("5", do="rename", to="English") == 303
    assert calendar(home)[uid("7")]["COLOR"] == "olive"
    assert calendar(home)[uid("7")]["SUMMARY"] == "English"
    assert choose("5", do="alarm", to="1h") == 303
    assert calendar(home)[uid("7")]["TRIGGER"] == "-PT60M"
    assert "TRIGGER" not in calendar(home)[uid("4")]
    rules = Config().settings("anna").rules
    assert [(one.do, one.to, one.course) for one in rules] == [
        ("color", "olive", "Anglais S1"), ("rename", "English", "Anglais S1"), ("alarm", "1h", "Anglais S1"),
    ]  # fmt: skip
    assert 'class="lesson olive' in served.get("/planning").text
    assert "English" in served.get("/planning").text
    for do in ("color", "rename", "alarm"):
        assert choose("5", do=do, to="Anglais S1" if do == "rename" else "", reset="") == 303
    assert Config().settings("anna").rules == ()
    after = calendar(home)[uid("7")]
    stamps = dict.fromkeys(("SEQUENCE", "LAST-MODIFIED", "DTSTAMP"))
    assert {**after, **stamps} == {**before, **stamps}


def test_hidden_lessons_are_counted_and_can_be_shown(home: Path, served: Served, choose: Callable[..., int]) -> None:
    """The number is that of the days on the page; a shown lesson is marked, and its page can show the course again."""
    assert choose("5", do="drop") == 303
    assert uid("7") not in calendar(home)
    week = served.get("/planning?view=week").text
    assert ("Anglais S1" in week, "3 hidden lessons" in plain(week)) == (False, True)
    assert "hidden lesson" not in served.get("/planning?view=week&day=2026-12-07").text
    assert "Hidden Anglais S1" in plain(served.get("/planning?view=week&hidden=show").text)
    assert "English" not in served.get("/planning/hours").text
    lesson = served.get(f"/planning/event/{uid('5')}")
    assert (lesson.status, "This course is hidden" in lesson.text) == (200, True)
    assert choose("5", do="drop", reset="") == 303
    assert "hidden lesson" not in served.get("/planning?view=week").text
    assert uid("7") in calendar(home)


def test_lesson_hidden_by_another_rule_links_to_the_rules(served: Served) -> None:
    """A choice for the course does not change that rule."""
    settings(ANNA + 'rules = [{ do = "drop", teacher = "Osmont" }]\n')
    assert served.post("/settings/apply", account="anna").status == 303
    assert "One of your rules hides this lesson." in served.get(f"/planning/event/{uid('4')}").text
    assert served.post(f"/planning/event/{uid('4')}", account="anna", do="drop", reset="").status == 303
    assert [one.teacher for one in Config().settings("anna").rules] == ["Osmont"]


def test_invalid_choice_changes_nothing(served: Served, choose: Callable[..., int]) -> None:
    """Unknown colour, time, action or lesson, and a form of another site."""
    for form, status in (
        ({"do": "color", "to": "greenish"}, 422),
        ({"do": "alarm", "to": "soon"}, 422),
        ({"do": "keep"}, 404),
        ({}, 404),
    ):
        assert choose("5", **form) == status, form
    assert served.post("/planning/event/unknown", do="drop").status == 404
    assert served.ask("POST", f"/planning/event/{uid('5')}", form={"do": "drop"}).status == 403
    assert Config().settings("anna").rules == ()


def test_ics_file_of_a_lesson_has_the_event_of_the_calendar(home: Path, served: Served) -> None:
    """UID and SEQUENCE are the same: a program that has both shows one event."""
    answer = served.get(f"/planning/event/{uid('13')}.ics")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/calendar")
    assert answer.headers["content-disposition"] == 'attachment; filename="2026-11-27-1400.ics"'
    assert vevents(answer.body) == {uid("13"): calendar(home)[uid("13")]}
    assert served.get("/planning/event/unknown.ics").status == 404


def test_course_is_changed_by_the_form_of_a_lesson(visitor: Page, served: Served) -> None:
    """Set colour, title and reminder, then hide the course and show it again, with accessible pages on the way."""
    visitor.set_viewport_size({"width": 320, "height": 800})
    visitor.goto(f"{served.address}/planning/event/{uid('5')}")
    visitor.get_by_role("button", name="Crimson").click()
    expect(visitor.get_by_role("button", name="Crimson")).to_have_attribute("aria-pressed", "true")
    visitor.get_by_label("Title").fill("English")
    visitor.get_by_label("Title").press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("English")
    visitor.get_by_label("Reminder").select_option("1 hour before")
    visitor.locator("form", has=visitor.get_by_label("Reminder")).get_by_role("button", name="Save").click()
    expect(visitor.get_by_label("Reminder")).to_have_value("1h")
    check(visitor)
    visitor.get_by_role("button", name="Hide this course").click()
    expect(visitor.get_by_role("status")).to_contain_text("This course is hidden")
    check(visitor)
    visitor.get_by_role("button", name="Show it again").click()
    expect(visitor.get_by_role("button", name="Hide this course")).to_be_visible()


def check(page: Page) -> None:
    """Fail where the page is too wide, or not accessible in light or dark colours."""
    page.mouse.move(0, 0)
    assert_fits(page)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page)
