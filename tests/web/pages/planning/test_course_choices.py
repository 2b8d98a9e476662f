"""What a student chooses for a course on a lesson's page: colour, title, reminder, hidden or not; one lesson alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from scraper.config.configuration import Config
from tests.publishing.ledger.runs import vevents
from tests.web.pages.conftest import Served
from tests.web.pages.planning.planned import ANNA, settings
from tests.web.pages.planning.test_pages import plain, uid

pytestmark = pytest.mark.usefixtures("planned")


@pytest.fixture
def choose(served: Served) -> Callable[..., int]:
    """Sends a choice for the course of the lesson of that number."""

    def send(number: str, **form: str) -> int:
        return served.post(f"/planning/event/{uid(number)}", account="anna", **form).status

    return send


def calendar(home: Path) -> dict[str, dict[str, str]]:
    """Anna's calendar, by UID."""
    return vevents((home / "Downloads" / "planning.ics").read_bytes())


def test_a_choice_is_in_the_page_and_in_the_calendar(home: Path, served: Served, choose: Callable[..., int]) -> None:
    """Without a run; for every lesson of that course and for no other; the portal's way is one click away."""
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


def test_what_is_hidden_is_counted_and_can_be_shown(home: Path, served: Served, choose: Callable[..., int]) -> None:
    """Of the days that are shown; shown, it is marked; its page has a button that shows it for good."""
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


def test_a_rule_of_another_kind_is_named(served: Served) -> None:
    """A lesson that such a rule hides leads to the rules, which the choices leave alone."""
    settings(ANNA + 'rules = [{ do = "drop", teacher = "Osmont" }]\n')
    assert served.post("/settings/apply", account="anna").status == 303
    assert "One of your rules hides this lesson." in served.get(f"/planning/event/{uid('4')}").text
    assert served.post(f"/planning/event/{uid('4')}", account="anna", do="drop", reset="").status == 303
    assert [one.teacher for one in Config().settings("anna").rules] == ["Osmont"]


def test_a_choice_that_is_none_changes_nothing(served: Served, choose: Callable[..., int]) -> None:
    """Another colour, another time, another action, another lesson; and a form of another site."""
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


def test_one_lesson_alone_is_the_lesson_of_the_calendar(home: Path, served: Served) -> None:
    """The same properties, UID and SEQUENCE: a program that has both shows it once."""
    answer = served.get(f"/planning/event/{uid('13')}.ics")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/calendar")
    assert answer.headers["content-disposition"] == 'attachment; filename="2026-11-27-1400.ics"'
    assert vevents(answer.body) == {uid("13"): calendar(home)[uid("13")]}
    assert served.get("/planning/event/unknown.ics").status == 404


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_a_course_is_changed_on_its_lesson_s_page(visitor: Page, served: Served, width: int, scheme: str) -> None:
    """Colour, title and reminder by their names, then hidden and shown again; axe finds nothing on the way."""
    visitor.set_viewport_size({"width": width, "height": 800})
    visitor.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    visitor.goto(f"{served.address}/planning/event/{uid('5')}")
    visitor.get_by_role("button", name="Crimson").click()
    expect(visitor.get_by_role("button", name="Crimson")).to_have_attribute("aria-pressed", "true")
    visitor.get_by_label("Title").fill("English")
    visitor.get_by_label("Title").press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("English")
    visitor.get_by_label("Reminder").select_option("1 hour before")
    visitor.locator("form", has=visitor.get_by_label("Reminder")).get_by_role("button", name="Save").click()
    expect(visitor.get_by_label("Reminder")).to_have_value("1h")
    visitor.wait_for_load_state()  # widths are judged once every style sheet is there
    assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.wait_for_load_state()  # colours are judged once every style sheet is there
    visitor.mouse.move(0, 0)
    visitor.wait_for_load_state()  # colours are judged once every style sheet is there
    assert Axe().run(visitor).response["violations"] == []
    visitor.get_by_role("button", name="Hide this course").click()
    expect(visitor.get_by_role("status")).to_contain_text("This course is hidden")
    visitor.wait_for_load_state()  # colours are judged once every style sheet is there
    visitor.mouse.move(0, 0)
    visitor.wait_for_load_state()  # colours are judged once every style sheet is there
    assert Axe().run(visitor).response["violations"] == []
    visitor.get_by_role("button", name="Show it again").click()
    expect(visitor.get_by_role("button", name="Hide this course")).to_be_visible()
