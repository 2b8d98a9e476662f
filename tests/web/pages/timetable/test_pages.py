"""The pages of the timetable, as requests."""

import re
from datetime import date, timedelta

import pytest

from scraper.domain.planning import Period
from scraper.errors import AurionError
from tests.publishing.ledger.runs import Lesson
from tests.web.pages.conftest import Served
from tests.web.pages.timetable.planned import ANNA, TUESDAY, at, ledger, publish_run, settings

DAY = Period(first=date(2026, 11, 24), last=date(2026, 11, 24))
BEN = '[accounts.ben]\nschool = "junia"\nlogin = "ben@student.junia.com"\noutput = "~/ben.ics"\n'


def plain(html: str) -> str:
    """Return the text of a page, with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def uid(number: str, account: str = "anna") -> str:
    """Return the UID of an event by its number."""
    with ledger(account).reading() as books:
        return next(one.uid for one in books.tracked_events() if one.event.id == number)


@pytest.mark.usefixtures("planned")
def test_page_starts_with_the_next_lesson(served: Served) -> None:
    """With its title, its room and the minutes until it begins."""
    text = plain(served.get("/planning").text)
    assert "Next lesson Anglais S1 in 25 min (10:30) · ISEN A906" in text
    assert text.index("Next lesson") < text.rindex("Week 23 to 29 November 2026")


@pytest.mark.usefixtures("planned")
def test_changes_are_marked_with_text(served: Served) -> None:
    """A moved lesson names its former time, its former place the new one; a cancelled one is struck through."""
    week = plain(served.get("/planning").text)
    assert "Moved Anglais S1 ISEN A906 Madame GIRARD now: Thu 26/11, 10:15" in week
    assert "Moved Anglais S1 ISEN A906 Madame GIRARD before: Mon 23/11, 10:15" in week
    assert "Cancelled Analyse numérique" in week
    assert '<s class="what">Analyse numérique</s>' in served.get("/planning").text
    assert "Changed Analyse numérique Amphi 1 M. OSMONT room: ISEN B207 → Amphi 1" in week
    assert "Exam Systèmes embarqués Amphi 1" in week
    assert "Added Rattrapage" in week


@pytest.mark.usefixtures("planned")
def test_views_show_the_requested_day(served: Served) -> None:
    """An invalid view or day shows this week."""
    for view, heading in (("month", "January 2027"), ("list", "28 December 2026 to 24 January 2027")):
        assert f">{heading}</h1>" in served.get(f"/planning?view={view}&day=2027-01-01").text
    for odd in ("day=2026-13-01", "day=0001-01-01", "day=9999-12-31", "view=year", "day=", "view=%00&day=20261124"):
        assert ">Week 23 to 29 November 2026</h1>" in served.get(f"/planning?{odd}").text, odd


@pytest.mark.usefixtures("planned")
def test_week_without_lessons_links_to_the_next_lessons(served: Served) -> None:
    """Where there are later lessons."""
    answer = served.get("/planning?day=2026-11-17").text
    assert "No lessons this week." in answer
    assert "Lessons resume Monday 23 November" in plain(answer)
    assert "Classes resume" not in served.get("/planning?day=2026-12-24").text
    for view in ("week", "list"):
        assert (
            "The portal has not been asked for these days" in served.get(f"/planning?day=2027-05-24&view={view}").text
        )


def test_days_before_the_first_run_are_not_shown_as_free(served: Served) -> None:
    """A whole week of them has a sentence."""
    settings()
    publish_run(
        [Lesson(id="1", start=at(24, 14), subject="Histoire")],
        Period(first=DAY.first, last=date(2026, 12, 31)),
        TUESDAY,
    )
    week = plain(served.get("/planning?view=week").text)
    assert "Monday 23 November Tuesday 24 November" in week
    assert (week.count("unconfirmed"), week.count("No lessons")) == (0, 3)
    assert "The portal has not been asked for these days" in served.get("/planning?day=2026-11-17").text


@pytest.mark.usefixtures("planned")
def test_search_finds_future_and_past_lessons(served: Served) -> None:
    """The nearest are first; the search text is escaped."""
    text = plain(served.get("/planning?q=ANALYSE+numerique").text)
    assert "4 lessons found. Upcoming" in text
    assert text.index("Thursday 26") < text.index("Friday 27") < text.index("Past Tuesday 24") < text.index("Monday 23")
    assert "No lessons found" in plain(served.get("/planning?q=%3Cscript%3E").text)
    assert "<script>" not in served.get("/planning?q=%3Cscript%3E").text


@pytest.mark.usefixtures("planned")
def test_page_of_a_lesson_shows_parts_text_and_changes(served: Served) -> None:
    """An unknown lesson answers 404."""
    text = plain(served.get(f"/planning/event/{uid('13')}").text)
    for part in ("Friday 27 November, 14:00", "Amphi 1", "M. OSMONT", "Lecture", "Number on the portal 13"):
        assert part in text
    assert "room ISEN B207 → becomes Amphi 1" in text
    assert "Cancelled (noticed) today at 09:35" in plain(served.get(f"/planning/event/{uid('10')}").text)
    assert served.get("/planning/event/unknown").status == 404


def test_direction_overrides_are_removed(served: Served) -> None:
    """Text from right to left stays."""
    settings()
    publish_run(
        [Lesson(id="1", start=at(24, 14), subject="Maths \u202egnineve\u2066 שלום", note="\u202dnote\x9b2J")],
        DAY, TUESDAY,
    )  # fmt: skip
    for path in ("/planning", "/planning?view=list", "/planning?view=month", "/planning?q=maths", "/changes"):
        text = served.get(path).text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x80-\x9f]", text), path
    assert "שלום" in served.get(f"/planning/event/{uid('1')}").text


def test_titles_are_escaped(served: Served) -> None:
    """Markup in a title is shown as text."""
    settings()
    publish_run([Lesson(id="1", start=at(24, 14), subject="<b onclick=x>Maths</b>", note="a & b")], DAY, TUESDAY)
    for path in ("/planning", "/planning?view=month", "/planning?q=maths", f"/planning/event/{uid('1')}", "/changes"):
        text = served.get(path).text
        assert "<b onclick" not in text
        assert path == "/changes" or "&lt;b onclick=x&gt;Maths&lt;/b&gt;" in text


def test_rules_of_the_first_calendar_apply_to_pages(served: Served) -> None:
    """A dropped lesson has no page either."""
    settings(
        'rules = [{ do = "drop", subject = "Sport" }, { do = "rename", subject = "Maths", to = "Analyse" }]\n' + ANNA
    )
    publish_run(
        [Lesson(id="1", start=at(24, 14), subject="Sport"), Lesson(id="2", start=at(24, 16), subject="Maths")],
        DAY,
        TUESDAY,
    )
    text = plain(served.get("/planning").text)
    assert "Analyse" in text
    assert "Sport" not in text
    assert "One of your rules hides this lesson." in served.get(f"/planning/event/{uid('1')}").text
    assert "Title on the portal Maths" in plain(served.get(f"/planning/event/{uid('2')}").text)


def test_pages_show_the_account_of_the_address(served: Served) -> None:
    """Without an account they show the first; links keep the account."""
    settings(ANNA + BEN)
    publish_run([Lesson(id="1", start=at(24, 14), subject="Histoire")], DAY, TUESDAY)
    publish_run([Lesson(id="1", start=at(24, 14), subject="Chimie")], DAY, TUESDAY, account="ben")
    assert "Histoire" in served.get("/planning").text
    of_ben = served.get("/planning?account=ben").text
    assert ("Chimie" in of_ben, "Histoire" in of_ben) == (True, False)
    assert f"/planning/event/{uid('1', 'ben')}?account=ben" in of_ben
    assert "Chimie" in served.get(f"/planning/event/{uid('1', 'ben')}?account=ben").text
    assert served.get("/planning?account=nobody").status == 422


def test_pages_without_a_run_link_to_the_set_up(served: Served) -> None:
    """With an account they link to an update."""
    paths = ("/planning", "/changes", "/history", "/history/1.ics", "/planning/event/x")
    for path in paths:
        assert 'href="/welcome"' in served.get(path).text, path
    settings()
    for path in paths:
        assert 'class="button main" href="/runs"' in served.get(path).text, path


def test_only_ledger_is_shown_without_accounts(served: Served) -> None:
    """The account was given by options."""
    settings()
    publish_run([Lesson(id="1", start=at(24, 14), subject="Histoire")], DAY, TUESDAY)
    settings("")
    assert "Histoire" in served.get("/planning").text


def test_pages_show_a_new_run_at_once(served: Served) -> None:
    """Lessons, changes and covered days are not cached."""
    settings()
    one = Lesson(id="1", start=at(24, 14), subject="Histoire")
    publish_run([one], DAY, TUESDAY)
    assert "unconfirmed" in served.get("/planning").text
    publish_run([one], DAY, TUESDAY + timedelta(minutes=30))
    assert "Last checked today at 10:35." in served.get("/planning").text
    publish_run([], Period(first=date(2026, 11, 23), last=date(2026, 11, 29)), TUESDAY + timedelta(hours=1))
    assert "Cancelled Histoire" in plain(served.get("/planning").text)
    assert "unconfirmed" not in served.get("/planning").text
    assert "Cancelled Histoire" in plain(served.get("/changes").text)


@pytest.mark.usefixtures("planned")
def test_pending_changes_are_linked_but_not_shown(served: Served) -> None:
    """The page shows the published timetable."""
    assert "changes to review" not in served.get("/planning").text
    assert "There are changes to review" not in served.get("/changes").text
    publish_run([Lesson(id="77", start=at(24, 14), subject="Chimie")], DAY, TUESDAY, hold=True)
    text = served.get("/planning").text
    assert ("Chimie" in text, "/runs/anna/waiting" in text, "Anglais S1" in text) == (False, True, True)
    changes = served.get("/changes").text
    assert ("Chimie" in changes, "/runs/anna/waiting" in changes) == (False, True)
    assert "There are changes to review (today at 10:05)" in changes


@pytest.mark.usefixtures("planned")
def test_changes_are_listed_by_run_and_filtered_by_kind(served: Served) -> None:
    """The newest run is first; each change has its values before and after."""
    text = plain(served.get("/changes").text)
    assert "All 4 Added 1 Moved 1 Changed 1 Cancelled 1" in text
    assert "Moved Anglais S1 Mon 2026-11-23 10:15 → Thu 2026-11-26 10:15" in text
    moved = plain(served.get("/changes?kind=moved").text)
    assert ("Anglais S1 Mon" in moved, "Rattrapage" in moved) == (True, False)
    assert "No changes of this type." in served.get("/changes?kind=restored").text


@pytest.mark.usefixtures("planned")
def test_earlier_calendar_is_downloaded(served: Served) -> None:
    """Its bytes are those of `aurion history --show`; an unknown number is reported."""
    text = plain(served.get("/history").text)
    assert text.index("19 events") < text.index("18 events")
    with ledger().reading() as books:
        body = books.calendar_body(1)
    answer = served.get("/history/1.ics")
    assert answer.text.encode() == body
    assert answer.headers["content-disposition"] == 'attachment; filename="planning-1.ics"'
    for number in ("3", "0", "x", "1%2f", "9" * 40, "-1"):
        assert served.get(f"/history/{number}.ics").status == 404


def test_damaged_ledger_is_reported(served: Served) -> None:
    """The sentence is that of the command."""
    settings()
    publish_run([], DAY, TUESDAY)
    ledger().path.write_bytes(b"no ledger" * 1000)
    answer = served.get("/planning")
    assert answer.status == 422
    assert 'role="alert"' in answer.text


@pytest.mark.usefixtures("planned")
def test_pages_start_no_process(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page asks the portal."""

    def refused(*_: object, **__: object) -> None:
        raise AurionError("test")

    monkeypatch.setattr("subprocess.Popen", refused)
    for path in ("/planning", "/changes", "/history"):
        assert served.get(path).status == 200
