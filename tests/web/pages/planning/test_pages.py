"""The pages of the planning as they are answered, without a browser."""

import re
from datetime import date, timedelta

import pytest

from scraper.domain.planning import Period
from scraper.errors import AurionError
from tests.publishing.ledger.runs import Lesson
from tests.web.pages.conftest import Served
from tests.web.pages.planning.planned import ANNA, TUESDAY, at, ledger, ran, settings

DAY = Period(first=date(2026, 11, 24), last=date(2026, 11, 24))
BEN = '[accounts.ben]\nschool = "junia"\nlogin = "ben@student.junia.com"\noutput = "~/ben.ics"\n'


def plain(html: str) -> str:
    """The page's text, its blanks folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def uid(number: str, account: str = "anna") -> str:
    """The UID of the portal's event of that number."""
    with ledger(account).reading() as books:
        return next(one.uid for one in books.tracked_events() if one.event.id == number)


@pytest.mark.usefixtures("planned")
def test_the_next_lesson_comes_first(served: Served) -> None:
    """What, in how many minutes, where."""
    text = plain(served.get("/planning").text)
    assert "Next lesson Anglais S1 in 25 min (10:30) · ISEN A906" in text
    assert text.index("Next lesson") < text.rindex("Week 23 to 29 November 2026")


@pytest.mark.usefixtures("planned")
def test_changes_are_marked_in_words(served: Served) -> None:
    """A moved lesson with where it was, at its old place with where it is; a cancelled one struck through; an exam."""
    week = plain(served.get("/planning").text)
    assert "Moved Anglais S1 ISEN A906 Madame GIRARD now: Thu 26/11, 10:15" in week
    assert "Moved Anglais S1 ISEN A906 Madame GIRARD before: Mon 23/11, 10:15" in week
    assert "Cancelled Analyse numérique" in week
    assert '<s class="what">Analyse numérique</s>' in served.get("/planning").text
    assert "Changed Analyse numérique Amphi 1 M. OSMONT room: ISEN B207 → Amphi 1" in week
    assert "Exam Systèmes embarqués Amphi 1" in week
    assert "Added Rattrapage" in week


@pytest.mark.usefixtures("planned")
def test_every_view_is_of_the_day_asked_for(served: Served) -> None:
    """And of today, as a week, for what is no view and no day."""
    for view, heading in (("month", "January 2027"), ("list", "28 December 2026 to 24 January 2027")):
        assert f">{heading}</h1>" in served.get(f"/planning?view={view}&day=2027-01-01").text
    for odd in ("day=2026-13-01", "day=0001-01-01", "day=9999-12-31", "view=year", "day=", "view=%00&day=20261124"):
        assert ">Week 23 to 29 November 2026</h1>" in served.get(f"/planning?{odd}").text, odd


@pytest.mark.usefixtures("planned")
def test_a_week_without_lessons_says_so(served: Served) -> None:
    """And leads to the next one that has some, where there is one."""
    answer = served.get("/planning?day=2026-11-17").text
    assert "No lessons this week." in answer
    assert "Lessons resume Monday 23 November" in plain(answer)
    assert "Classes resume" not in served.get("/planning?day=2026-12-24").text
    for view in ("week", "list"):
        assert (
            "The portal has not been asked for these days" in served.get(f"/planning?day=2027-05-24&view={view}").text
        )


def test_nothing_is_claimed_about_days_before_the_first_run(served: Served) -> None:
    """They are neither free nor unconfirmed; a whole week of them says that it was not asked for."""
    settings()
    ran(
        [Lesson(id="1", start=at(24, 14), subject="Histoire")],
        Period(first=DAY.first, last=date(2026, 12, 31)),
        TUESDAY,
    )
    week = plain(served.get("/planning?view=week").text)
    assert "Monday 23 November Tuesday 24 November" in week
    assert (week.count("unconfirmed"), week.count("No lessons")) == (0, 3)
    assert "The portal has not been asked for these days" in served.get("/planning?day=2026-11-17").text


@pytest.mark.usefixtures("planned")
def test_a_search_finds_what_is_to_come_and_what_is_over(served: Served) -> None:
    """The nearest first on both sides; what is searched is written back as text."""
    text = plain(served.get("/planning?q=ANALYSE+numerique").text)
    assert "4 lessons found. Upcoming" in text
    assert text.index("Thursday 26") < text.index("Friday 27") < text.index("Past Tuesday 24") < text.index("Monday 23")
    assert "No lessons found" in plain(served.get("/planning?q=%3Cscript%3E").text)
    assert "<script>" not in served.get("/planning?q=%3Cscript%3E").text


@pytest.mark.usefixtures("planned")
def test_a_lesson_s_page_shows_everything(served: Served) -> None:
    """Its parts, the portal's own text, and each change with before and after; one that no one knows is 404."""
    text = plain(served.get(f"/planning/event/{uid('13')}").text)
    for part in ("Friday 27 November, 14:00", "Amphi 1", "M. OSMONT", "Lecture", "Number on the portal 13"):
        assert part in text
    assert "room ISEN B207 → becomes Amphi 1" in text
    assert "Cancelled (noticed) today at 09:35" in plain(served.get(f"/planning/event/{uid('10')}").text)
    assert served.get("/planning/event/unknown").status == 404


def test_what_the_portal_wrote_reverses_nothing(served: Served) -> None:
    """Overrides go, in every view; text that is written from right to left stays."""
    settings()
    ran(
        [Lesson(id="1", start=at(24, 14), subject="Maths \u202egnineve\u2066 שלום", note="\u202dnote\x9b2J")],
        DAY, TUESDAY,
    )  # fmt: skip
    for path in ("/planning", "/planning?view=list", "/planning?view=month", "/planning?q=maths", "/changes"):
        text = served.get(path).text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x80-\x9f]", text), path
    assert "שלום" in served.get(f"/planning/event/{uid('1')}").text


def test_what_the_portal_wrote_is_text(served: Served) -> None:
    """Markup in a title is shown, never obeyed."""
    settings()
    ran([Lesson(id="1", start=at(24, 14), subject="<b onclick=x>Maths</b>", note="a & b")], DAY, TUESDAY)
    for path in ("/planning", "/planning?view=month", "/planning?q=maths", f"/planning/event/{uid('1')}", "/changes"):
        text = served.get(path).text
        assert "<b onclick" not in text
        assert path == "/changes" or "&lt;b onclick=x&gt;Maths&lt;/b&gt;" in text


def test_rules_hold_on_the_page(served: Served) -> None:
    """Those of the first calendar: what is dropped there is nowhere, not even by its address; a new name is shown."""
    settings(
        'rules = [{ do = "drop", subject = "Sport" }, { do = "rename", subject = "Maths", to = "Analyse" }]\n' + ANNA
    )
    ran(
        [Lesson(id="1", start=at(24, 14), subject="Sport"), Lesson(id="2", start=at(24, 16), subject="Maths")],
        DAY,
        TUESDAY,
    )
    text = plain(served.get("/planning").text)
    assert "Analyse" in text
    assert "Sport" not in text
    assert "One of your rules hides this lesson." in served.get(f"/planning/event/{uid('1')}").text
    assert "Title on the portal Maths" in plain(served.get(f"/planning/event/{uid('2')}").text)


def test_each_account_has_its_own(served: Served) -> None:
    """By its name; without one the first. Links keep it."""
    settings(ANNA + BEN)
    ran([Lesson(id="1", start=at(24, 14), subject="Histoire")], DAY, TUESDAY)
    ran([Lesson(id="1", start=at(24, 14), subject="Chimie")], DAY, TUESDAY, account="ben")
    assert "Histoire" in served.get("/planning").text
    of_ben = served.get("/planning?account=ben").text
    assert ("Chimie" in of_ben, "Histoire" in of_ben) == (True, False)
    assert f"/planning/event/{uid('1', 'ben')}?account=ben" in of_ben
    assert "Chimie" in served.get(f"/planning/event/{uid('1', 'ben')}?account=ben").text
    assert served.get("/planning?account=nobody").status == 422


@pytest.mark.parametrize("path", ["/planning", "/changes", "/history", "/history/1.ics", "/planning/event/x"])
def test_before_the_first_run_the_way_to_it_is_shown(served: Served, path: str) -> None:
    """To the guided set-up where there is no account, to an update where there is one."""
    assert 'href="/welcome"' in served.get(path).text
    settings()
    assert 'class="button main" href="/runs"' in served.get(path).text


def test_an_account_of_options_has_a_planning_too(served: Served) -> None:
    """Where the settings name no one, the only ledger there is is shown."""
    settings()
    ran([Lesson(id="1", start=at(24, 14), subject="Histoire")], DAY, TUESDAY)
    settings("")
    assert "Histoire" in served.get("/planning").text


def test_a_run_shows_at_once(served: Served) -> None:
    """What was read before a run is not shown after it: lessons, changes, and days that were proved."""
    settings()
    one = Lesson(id="1", start=at(24, 14), subject="Histoire")
    ran([one], DAY, TUESDAY)
    assert "unconfirmed" in served.get("/planning").text
    ran([one], DAY, TUESDAY + timedelta(minutes=30))
    assert "Last checked today at 10:35." in served.get("/planning").text
    ran([], Period(first=date(2026, 11, 23), last=date(2026, 11, 29)), TUESDAY + timedelta(hours=1))
    assert "Cancelled Histoire" in plain(served.get("/planning").text)
    assert "unconfirmed" not in served.get("/planning").text
    assert "Cancelled Histoire" in plain(served.get("/changes").text)


@pytest.mark.usefixtures("planned")
def test_pending_changes_are_announced_but_not_shown(served: Served) -> None:
    """The planning is the one that is published; beside it is the way to what would change."""
    assert "changes to review" not in served.get("/planning").text
    assert "There are changes to review" not in served.get("/changes").text
    ran([Lesson(id="77", start=at(24, 14), subject="Chimie")], DAY, TUESDAY, hold=True)
    text = served.get("/planning").text
    assert ("Chimie" in text, "/runs/anna/waiting" in text, "Anglais S1" in text) == (False, True, True)
    changes = served.get("/changes").text
    assert ("Chimie" in changes, "/runs/anna/waiting" in changes) == (False, True)
    assert "There are changes to review (today at 10:05)" in changes


@pytest.mark.usefixtures("planned")
def test_changes_are_reported_by_run_and_by_kind(served: Served) -> None:
    """The newest run first, each change with before and after; of one kind where that is asked for."""
    text = plain(served.get("/changes").text)
    assert "All 4 Added 1 Moved 1 Changed 1 Cancelled 1" in text
    assert "Moved Anglais S1 Mon 2026-11-23 10:15 → Thu 2026-11-26 10:15" in text
    moved = plain(served.get("/changes?kind=moved").text)
    assert ("Anglais S1 Mon" in moved, "Rattrapage" in moved) == (True, False)
    assert "No changes of this type." in served.get("/changes?kind=restored").text


@pytest.mark.usefixtures("planned")
def test_a_calendar_is_given_back_as_it_was(served: Served) -> None:
    """The very bytes of `aurion history --show`, as a file; an unknown number is reported."""
    text = plain(served.get("/history").text)
    assert text.index("19 events") < text.index("18 events")
    with ledger().reading() as books:
        body = books.calendar_body(1)
    answer = served.get("/history/1.ics")
    assert answer.text.encode() == body
    assert answer.headers["content-disposition"] == 'attachment; filename="planning-1.ics"'
    for number in ("3", "0", "x", "1%2f", "9" * 40, "-1"):
        assert served.get(f"/history/{number}.ics").status == 404


def test_a_ledger_that_is_damaged_is_reported(served: Served) -> None:
    """With the same sentence as the command's, and no bug."""
    settings()
    ran([], DAY, TUESDAY)
    ledger().path.write_bytes(b"no ledger" * 1000)
    answer = served.get("/planning")
    assert answer.status == 422
    assert 'role="alert"' in answer.text


@pytest.mark.usefixtures("planned")
def test_nothing_is_asked_of_the_portal(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for any of these pages."""

    def refused(*_: object, **__: object) -> None:
        raise AurionError("test")

    monkeypatch.setattr("subprocess.Popen", refused)
    for path in ("/planning", "/changes", "/history"):
        assert served.get(path).status == 200
