"""Reading a recording: events, clipping, warnings and errors."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from scraper.domain.planning import Event, ParseWarning, Period, Planning
from scraper.domain.recording import Capture, Failure, Proof, Recording, Window, dumps, loads
from scraper.domain.school import School
from scraper.errors import AurionError, BadRecording, PortalChanged, SessionExpired, WrongCredentials
from scraper.parsing.read import read
from tests import factories
from tests.cases import for_each
from tests.factories import PARIS
from tests.paths import ROOT

EVENTS = ROOT / "fixtures" / "events"
NOW = datetime(2026, 11, 2, 7, tzinfo=UTC)
WINDOW = Window(start=NOW, end=NOW + timedelta(days=7))
SCHOOL = School(id="junia", name="Junia", base_url="https://aurion.test", namespace=UUID(int=1))
YEARS = Period(first=date(2021, 1, 1), last=date(2030, 12, 31))


def capture(events: str, **other: object) -> Capture:
    """Return an answer of the schedule `form:j_idt118` with these events, as JSON."""
    view_state = '<update id="j_id1:javax.faces.ViewState:0"><![CDATA[-1:2]]></update>'
    return factories.capture(factories.partial_response(events, view_state), NOW, WINDOW, **other)


def recording(*captures: Capture, period: Period = YEARS, **other: object) -> Recording:
    """Return a recording of these answers."""
    made = {"school": SCHOOL, "period": period, "taken_at": NOW, "captures": captures}
    return Recording(**{**made, **other})  # type: ignore[arg-type]


def planning(name: str, **other: object) -> Planning:
    """Return the planning of a set of events."""
    return read(recording(capture((EVENTS / name).read_text(encoding="utf-8")), **other))  # type: ignore[arg-type]


def wire(number: int, start: str, end: str, title: str = "T", **other: object) -> Mapping[str, object]:
    """Return one event; its times have no offset."""
    return {"id": str(number), "title": title, "start": start, "end": end, "allDay": False, **other}


def answer(*events: Mapping[str, object]) -> Capture:
    """Return an answer with these events."""
    return capture(json.dumps({"events": events}))


def error_of(made: Recording) -> AurionError:
    """Return the error of reading a recording."""
    with pytest.raises(AurionError) as caught:
        read(made)
    return caught.value


def spans(events: tuple[Event, ...]) -> list[tuple[str, str]]:
    """Return start and end of each event, to the minute, with their offsets."""
    return [(e.start.isoformat("T", "minutes"), e.end.isoformat("T", "minutes")) for e in events]


def test_event_has_all_fields_of_the_portal() -> None:
    """Times are in the school's zone, and the title is complete."""
    title = "IC1_318\nTP noté\nBDD\nTP\nMadame TERRAIL / Monsieur OURDET"
    made = answer(
        wire(7, "2026-11-02T08:00:00+0100", "2026-11-02T10:00:00+0100", title, className="TP", description="D")
    )
    found = read(recording(made))
    assert found == Planning(
        school="junia",
        period=YEARS,
        events=(
            Event(
                id="7",
                start=datetime(2026, 11, 2, 8, tzinfo=PARIS),
                end=datetime(2026, 11, 2, 10, tzinfo=PARIS),
                subject="BDD",
                kind="TP",
                rooms=("IC1_318",),
                teachers=("Madame TERRAIL", "Monsieur OURDET"),
                note="TP noté",
                description="D",
                raw_title=title,
                raw_kind="TP",
            ),
        ),
    )
    assert found.events[0].start.tzinfo is PARIS or found.events[0].start.tzinfo == PARIS


def test_every_event_of_every_fixture_is_read() -> None:
    """Warnings lose no event."""
    for path in EVENTS.rglob("*.json"):
        wires = json.loads(path.read_text(encoding="utf-8"))["events"]
        found = planning(str(path.relative_to(EVENTS)))
        assert sorted(e.id for e in found.events) == sorted(w["id"] for w in wires), path.name


def test_weekend_on_which_clocks_go_back_is_read() -> None:
    """On 25 October 2026 offsets follow, and both hours of two are distinct and in order."""
    found = planning("junia/clocks-go-back-in-october.json")
    assert found.oddities == ()
    assert spans(found.events)[2:7] == [
        ("2026-10-24T20:00+02:00", "2026-10-25T06:00+01:00"),
        ("2026-10-25T02:15+02:00", "2026-10-25T02:45+02:00"),
        ("2026-10-25T02:50+02:00", "2026-10-25T02:10+01:00"),
        ("2026-10-25T02:15+01:00", "2026-10-25T02:45+01:00"),
        ("2026-10-25T10:00+01:00", "2026-10-25T12:00+01:00"),
    ]


def test_weekend_on_which_clocks_go_forward_is_read() -> None:
    """On 28 March 2027 an end in the missing hour is an hour later on the clock."""
    found = planning("junia/clocks-go-forward-in-march.json")
    assert found.oddities == ()
    assert spans(found.events)[1:4] == [
        ("2027-03-27T20:00+01:00", "2027-03-28T06:00+02:00"),
        ("2027-03-28T01:00+01:00", "2027-03-28T03:30+02:00"),
        ("2027-03-28T01:30+01:00", "2027-03-28T03:30+02:00"),
    ]


def test_whole_days_are_read() -> None:
    """Whole days begin and end at midnight; hours on a whole day count as its day."""
    found = planning("junia/whole-days-and-several-days.json")
    assert [(e.all_day, e.start.date().isoformat(), e.end.date().isoformat()) for e in found.events] == [
        (True, "2026-12-21", "2027-01-04"),
        (True, "2027-01-06", "2027-01-07"),
        (True, "2027-01-08", "2027-01-09"),
        (True, "2027-01-11", "2027-01-13"),
        (True, "2027-01-13", "2027-01-14"),
        (False, "2027-01-18", "2027-01-20"),
        (True, "2027-03-27", "2027-03-29"),
    ]
    assert all({e.start.time(), e.end.time()} == {time()} for e in found.events if e.all_day)
    assert found.oddities == ()


def test_event_without_length_is_read_without_a_warning() -> None:
    """The end equals the start."""
    found = planning("junia/events-without-length.json")
    assert sum(e.start == e.end for e in found.events) == 4
    assert found.oddities == ()


def test_end_before_the_start_is_a_warning() -> None:
    """The event has no length, or one day where it is of whole days."""
    found = planning("junia/end-before-start.json")
    odd = [e for e in found.events if ParseWarning(reason="end-before-start", event_id=e.id) in found.oddities]
    assert [(e.subject or e.note, e.end - e.start) for e in odd] == [
        ("Heures interverties", timedelta()),
        ("Finit la veille", timedelta()),
        ("Jours intervertis", timedelta(days=1)),
    ]
    assert len(found.oddities) == 3


def test_invisible_characters_are_removed() -> None:
    """All other characters stay."""
    found = planning("junia/odd-characters.json").events
    assert [e.subject for e in found] == [
        "Mesures et capteurs",
        "Économie & société <R&D>",
        "Signal bruit",
        "Chimie",
        'Anglais TD/TP "avancé" \\ renforcé',
        "L\u2019énergie \u2013 demain\u2026 \u20ac",
        "Écologie appliquée",
        "Fins de ligne de Windows",
        "日本語 \u2013 Ελληνικά \u2013 العربية",
    ]
    assert found[0].rooms == ("IC1_318",)
    assert found[3].note == "Apportez vos 🧪 et vos 👩\u200d🔬 !"
    assert found[4].rooms == ("HEI S013 micro main/cravate",)
    assert found[7].teachers == ("Monsieur VASTEL",)
    assert found[8].description.startswith("Sur deux\nlignes")


def test_events_at_the_same_time_are_kept() -> None:
    """Their order does not depend on the answer's."""
    found = planning("junia/two-events-in-one-slot.json").events
    assert [e.rooms for e in found] == [(), ("IC1_015",), ("IC1_320",), ("IC1_318",), ("IC1_319",)]


def test_order_of_the_answer_does_not_matter() -> None:
    """Events are sorted by start, end and id."""
    text = (EVENTS / "junia/two-events-in-one-slot.json").read_text(encoding="utf-8")
    turned = json.dumps({"events": json.loads(text)["events"][::-1]})
    assert read(recording(capture(turned))).events == read(recording(capture(text))).events


def test_event_of_several_answers_is_kept_once() -> None:
    """The later answer counts; there is no warning, because windows overlap."""
    old, new = (wire(7, "2026-11-02T08:00", "2026-11-02T10:00", title) for title in ("old", "new"))
    found = read(recording(answer(old), answer(new, wire(8, "2026-11-03T08:00", "2026-11-03T10:00"))))
    assert [(e.id, e.subject) for e in found.events] == [("7", "new"), ("8", "T")]
    assert found.oddities == ()


def test_two_events_with_one_id_are_a_warning() -> None:
    """The last one is kept; an event that is sent twice is no warning."""
    one = wire(7, "2026-11-02T08:00", "2026-11-02T10:00", "one")
    other = wire(7, "2026-11-03T08:00", "2026-11-03T10:00", "other")
    found = read(recording(answer(one, other)))
    assert ([e.subject for e in found.events], found.oddities) == (
        ["other"],
        (ParseWarning(reason="same-id", event_id="7"),),
    )
    assert read(recording(answer(one, one))).oddities == ()


def test_events_outside_the_period_are_left_out() -> None:
    """Events that touch the period stay, and only their warnings."""
    days = Period(first=date(2026, 11, 3), last=date(2026, 11, 4))
    made = answer(
        wire(1, "2026-11-02T22:00", "2026-11-03T00:00"),
        wire(2, "2026-11-02T22:00", "2026-11-03T00:01"),
        wire(3, "2026-11-03T00:00", "2026-11-03T00:00"),
        wire(4, "2026-11-04T23:59", "2026-11-05T08:00"),
        wire(5, "2026-11-05T00:00", "2026-11-05T00:00"),
        wire(6, "2026-11-01T00:00", "2026-11-09T00:00"),
        wire(7, "2026-11-05T10:00", "2026-11-05T09:00"),
    )
    found = read(recording(made, period=days))
    assert ([e.id for e in found.events], found.oddities) == (["6", "2", "3", "4"], ())


def test_empty_answer_is_an_empty_planning() -> None:
    """The portal answered that there are no lessons."""
    assert read(recording(capture('{"events" : []}'))).events == ()


def test_missing_answer_is_an_error() -> None:
    """A recording without an answer, or an answer without the schedule, is not an empty planning."""
    assert (type(error_of(recording())), error_of(recording()).reason) == (PortalChanged, "no-answer")
    assert error_of(recording(capture("<div/>"))).reason == "no-schedule"
    assert error_of(recording(capture('{"events" : []}'), capture(""))).reason == "no-schedule"
    assert error_of(recording(capture('{"events" : []}', status=502))).exit_code == 5


def test_covered_days_are_merged_and_clipped_to_the_period() -> None:
    """Events outside the period were left out."""

    def proof(first: int, last: int) -> Proof:
        return Proof(period=Period(first=date(2026, 11, first), last=date(2026, 11, last)), capture=0)

    days = Period(first=date(2026, 11, 3), last=date(2026, 11, 20))
    proved = (proof(10, 12), proof(1, 5), proof(6, 7), proof(4, 4), proof(15, 30), proof(1, 2), proof(25, 26))
    found = read(recording(capture('{"events" : []}'), period=days, proved=proved)).proved
    assert [(p.first.day, p.last.day) for p in found] == [(3, 7), (10, 12), (15, 20)]


@for_each("name", ["detail", "said"])
def test_failure_of_a_recording_is_raised_again(name: str) -> None:
    """Class, reason, facts and exit code are the same; older versions wrote `said` for `detail`."""
    made = Failure(error="WrongCredentials", reason="refused", facts={name: "Non"})
    error = error_of(recording(failure=made))
    assert (type(error), error.reason, error.facts, error.exit_code) == (
        WrongCredentials,
        "refused",
        {"detail": "Non"},
        3,
    )
    expired = Failure(error="SessionExpired", reason="login-page")
    assert isinstance(error_of(recording(capture('{"events" : []}'), failure=expired)), SessionExpired)


def test_failure_of_reading_is_tried_again() -> None:
    """A version that can read the answer does; else the error is the same."""
    changed = Failure(error="PortalChanged", reason="no-schedule", facts={"detail": ""})
    assert read(recording(capture('{"events" : []}'), failure=changed)).events == ()
    assert error_of(recording(capture("<div/>"), failure=changed)).reason == "no-schedule"
    assert error_of(recording(failure=changed)).reason == "no-schedule"
    menu = Failure(error="PortalChanged", reason="no-planning-entry")
    assert error_of(recording(capture('{"events" : []}'), failure=menu)).reason == "no-planning-entry"


@for_each("name", ["ErrorOfTomorrow", "AurionErrors", "ClassVar", ""])
def test_unknown_failure_is_a_bad_recording(name: str) -> None:
    """The recording is of another version."""
    error = error_of(recording(failure=Failure(error=name)))
    assert (type(error), error.reason) == (BadRecording, "failure")


def test_recording_from_a_file_gives_the_same_planning() -> None:
    """Writing and reading the recording changes nothing."""
    made = recording(capture((EVENTS / "junia/odd-characters.json").read_text(encoding="utf-8")))
    assert read(loads(dumps(made))) == read(made)


@for_each(("start", "end"), [("0001-01-01", "2026-11-02"), ("9999-12-31", "9999-12-31")])
def test_day_at_the_limits_of_the_calendar_is_an_error(start: str, end: str) -> None:
    """No midnight in UTC comes before it, or no day after it: the portal has changed."""
    error = error_of(recording(answer(wire(7, start, end, allDay=True))))
    assert (type(error), error.reason, error.facts["id"]) == (PortalChanged, "event", "7")
