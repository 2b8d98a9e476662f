"""Shared calendars: no word that the subscriber's choice removes is published."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.course_colors import course_colors
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event
from scraper.domain.rules import Rule
from scraper.domain.sharing import EVERYTHING, Sharing
from scraper.domain.text import fold
from scraper.errors import SettingsError
from scraper.ical.entry import PublishedEvent
from scraper.ical.lint.lint import lint_calendar
from scraper.ical.render import render, render_events
from scraper.publishing.feed_calendars import share_part
from scraper.publishing.feeds.choices import parse_last_day, parse_sharing
from scraper.publishing.feeds.feed_files import AS_THE_FILE, FeedCalendar
from scraper.publishing.feeds.subscribers import Subscriber
from scraper.publishing.render import _apply_rules
from tests.publishing.ledger.runs import NOW, PARIS, Memory, Runs, lesson, recorded, target, week

PLAIN = "abcdefghijklmnopqrstuvwxyzéàçœøñ0123456789"
MARKS = ("", "", "", "\u0301", "\u00ad", "\u202e", "\u200d")
"""Characters within a word besides its letters: a combining accent, invisible ones."""
HIDDEN = {
    "busy": ("subject", "kind", "note", "description", "rooms", "teachers", "raw_title", "id", "category", "to"),
    "no-teachers": ("teachers",),
}
START = datetime(2026, 3, 2, 8, tzinfo=PARIS)


@st.composite
def words(draw: st.DrawFn, name: str) -> str:
    """Generate a word that occurs in texts of that field only."""
    return f"q{name[:2]}{draw(st.text(PLAIN, min_size=1, max_size=8))}"


def disguised(draw: st.DrawFn, word: str) -> str:
    """Write a word in other characters that are read the same."""
    changed = draw(st.sampled_from([word, word.upper(), word.title()]))
    at = draw(st.integers(1, len(changed) - 1))
    return changed[:at] + draw(st.sampled_from(MARKS)) + changed[at:]


@st.composite
def plannings(draw: st.DrawFn) -> tuple[tuple[Event, ...], tuple[Rule, ...]]:
    """Generate events with teachers in their other texts, and rules that rename and tag them."""
    teachers = draw(st.lists(words("teachers"), min_size=1, max_size=4))

    def text(name: str) -> str:
        own = draw(st.lists(words(name), max_size=3))
        found = [*own, *(disguised(draw, one) for one in draw(st.lists(st.sampled_from(teachers), max_size=2)))]
        return draw(st.sampled_from([" ", ", ", "\n", " - "])).join(draw(st.permutations(found)))

    events = []
    for number in range(draw(st.integers(1, 3))):
        start = START + timedelta(hours=draw(st.integers(0, 200)))
        named = draw(st.lists(st.sampled_from(teachers), max_size=3))
        texts = {name: text(name) for name in ("subject", "kind", "note", "description", "raw_title")}
        events.append(
            Event(
                id=f"{draw(words('id'))}{number}",
                start=start,
                end=start + timedelta(hours=1),
                is_exam=draw(st.booleans()),
                teachers=tuple(disguised(draw, one) for one in named),
                rooms=tuple(text("rooms") for _ in range(draw(st.integers(0, 2)))),
                **texts,
            )
        )
    rules = [Rule(do="category", to=text("category") or "x"), Rule(do="rename", to=text("to") or "x")]
    return tuple(events), tuple(draw(st.lists(st.sampled_from(rules), max_size=2)))


def published(events: tuple[Event, ...], rules: tuple[Rule, ...], sharing: Sharing) -> str:
    """The calendar that a subscriber gets, in plain text without folds and escapes."""
    own = target(Memory(), rules=rules)
    shared = share_part(
        replace(
            own,
            options=replace(own.options, alarms=(timedelta(hours=1),), first_lesson_alarms=(timedelta(minutes=45),)),
        ),
        sharing,
    )
    known = [TrackedEvent(uid=str(uuid4()), event=one, first_seen=NOW, last_seen=NOW) for one in events]
    drafts = render_events(_apply_rules(shared, known, course_colors(known)), shared.options)
    body = render([PublishedEvent(rendered=one, sequence=0, revised=NOW) for one in drafts], shared.options, "Planning")
    return plain(body)


def plain(body: bytes) -> str:
    """A calendar without folds and escapes."""
    return re.sub(r"\\([;,\\])", r"\1", body.decode().replace("\r\n ", "")).replace("\\n", "\n")


def words_in(text: str) -> set[str]:
    """The words of a text as they are read."""
    return set(re.findall(r"\w+", fold(text)))


def removed(events: tuple[Event, ...], rules: tuple[Rule, ...], content: str) -> set[str]:
    """The words that the setting removes."""
    texts = [str(getattr(one, name)) for one in events for name in HIDDEN[content] if hasattr(one, name)]
    teachers = {word for one in events for teacher in one.teachers for word in words_in(teacher.replace("\u202e", ""))}
    if content == "no-teachers":
        return teachers
    joined = " ".join([*texts, *(rule.to for rule in rules), *(room for one in events for room in one.rooms)])
    return {word for word in words_in(joined) if word.startswith("q")} | teachers


@pytest.mark.slow
@pytest.mark.parametrize("content", ["busy", "no-teachers"])
@given(plannings())
def test_no_removed_word_is_published(content: str, made: tuple[tuple[Event, ...], tuple[Rule, ...]]) -> None:
    """Neither from the field that has it nor from another text, whatever the rules add."""
    events, rules = made
    text = published(events, rules, Sharing(content=content))  # type: ignore[arg-type]
    assert not removed(events, rules, content) & words_in(text)
    assert text.count("BEGIN:VEVENT") == len(events)


@pytest.mark.slow
@given(plannings(), st.data())
def test_only_what_is_shared_is_published(
    made: tuple[tuple[Event, ...], tuple[Rule, ...]], data: st.DataObject
) -> None:
    """A lesson that is not an exam, or not of a chosen course, leaves no word."""
    events, rules = made
    course = data.draw(st.sampled_from([one.subject for one in events]))
    for sharing in (Sharing(content="exams"), Sharing(content="courses", courses=(course,))):
        kept = [one for one in events if sharing.includes(one, is_cancelled=False)]
        text = published(events, rules, sharing)
        assert text.count("BEGIN:VEVENT") == len(kept)
        assert {*re.findall("X-AURION-EVENT-ID:(.*)\r", text)} == {one.id for one in kept}


def test_busy_times_have_only_times(run: Runs) -> None:
    """The UID is another one than in the whole calendar, and the calendar is valid."""
    sinks = Memory(name="whole"), Memory(name="busy")
    rules = Rule(do="color", to="red"), Rule(do="alarm", to="10m"), Rule(do="category", to="Canary")
    shared = (
        share_part(target(sinks[0], rules=rules), EVERYTHING),
        share_part(target(sinks[1], rules=rules), Sharing(content="busy")),
    )
    shared = tuple(
        replace(one, options=replace(one.options, first_lesson_alarms=(timedelta(minutes=45),))) for one in shared
    )
    run(recorded([lesson(1, exam=True)]), *shared)
    assert sinks[0].body
    assert sinks[1].body
    whole, busy = plain(sinks[0].body), plain(sinks[1].body)
    assert all(part in whole for part in ("\nCOLOR:", "BEGIN:VALARM", "Canary"))
    names = {re.split("[:;]", line)[0] for line in busy.partition("BEGIN:VEVENT")[2].splitlines()}
    assert names - {"", "END"} == {"DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "UID", "STATUS", "DTSTART", "DTEND"}
    assert not set(re.findall("UID:.*", whole)) & set(re.findall("UID:.*", busy))
    assert "\nNAME:Occupé" in busy
    assert "X-AURION" not in busy
    assert not [one for one in lint_calendar(BytesIO(sinks[1].body)) if one.level == "error"]


def test_lost_ledger_is_not_rebuilt_from_a_shared_part(run: Runs) -> None:
    """A subscriber's calendar lacks words, the account's own has them."""
    own, part = Memory(name="own"), Memory(name="part")
    targets = target(own), share_part(target(part), Sharing(content="no-teachers"))
    run(recorded(week(3)), *targets)
    run.path.unlink()
    own.body = None
    assert run(recorded(week(3)), *targets).is_first


def test_cancelled_lesson_is_not_a_busy_time() -> None:
    """Subscribers of lessons see it."""
    event = Event(id="1", start=START, end=START)
    shared = {one: Sharing(content=one).includes(event, is_cancelled=True) for one in ("all", "busy", "no-teachers")}  # type: ignore[arg-type]
    assert shared == {"all": True, "busy": False, "no-teachers": True}


def test_each_choice_has_its_own_file() -> None:
    """The order of the courses does not matter; the whole timetable has the file of older versions."""
    one, two = (FeedCalendar(sharing=Sharing(content="courses", courses=names)) for names in (("a", "b"), ("b", "a")))
    others = [FeedCalendar(sharing=Sharing(content=content)) for content in ("busy", "exams")]  # type: ignore[arg-type]
    assert one.file_name == two.file_name
    assert len({one.file_name, AS_THE_FILE.file_name, *(other.file_name for other in others)}) == 4
    assert (AS_THE_FILE.file_name, FeedCalendar(client="google").file_name) == ("same.ics", "google.ics")


def test_choices_are_validated() -> None:
    """A course is found in other letters; an unknown one is refused, unless no course is known yet."""
    known = ["Algèbre", "Réseaux"]
    assert parse_sharing("", ["algebre"], known).courses == ("Algèbre",)
    assert parse_sharing("courses", ["Unknown"], []).courses == ("Unknown",)
    assert not parse_sharing("", [], known).is_partial
    for content, courses, reason in (
        ("everything", [], "feed-content"), ("busy", ["Algèbre"], "feed-content"), ("courses", [], "feed-no-course"),
        ("", ["Chimie"], "feed-course"),
    ):  # fmt: skip
        with pytest.raises(SettingsError, match=reason):
            parse_sharing(content, courses, known)
    today = NOW.date()
    assert parse_last_day("", today) is None
    assert parse_last_day(today.isoformat(), today) == today
    for wrong in ("2026-02-30", "yesterday", "2026-02-28", "9999-12-31"):
        with pytest.raises(SettingsError, match="feed-until"):
            parse_last_day(wrong, today)


def test_subscription_ends_after_its_last_day() -> None:
    """The day ends at midnight of this machine's clock."""
    one = Subscriber(digest="0" * 64, label="a", account="b", key="c", until=NOW.astimezone().date())
    midnight = NOW.astimezone().replace(hour=23, minute=59)
    assert (one.has_ended(midnight), one.has_ended(midnight + timedelta(minutes=1))) == (False, True)
