"""The schedule's events, whatever generation of PrimeFaces wrote them; what cannot be read is reported."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.recording import Window
from scraper.errors import PortalChanged, PortalUnavailable
from scraper.parsing.events import RawEvent, parse_capture, raw_events
from tests.cases import for_each
from tests.factories import PARIS, capture

NOW = datetime(2026, 11, 2, tzinfo=UTC)
FIVE_THREE = (
    '{"events" : [{"id": "81","title": "A\\/B\\n\\u2019 x","start": "2026-10-26T08:00:00+0100",'
    '"end": "2026-10-26T10:00:00+0100","allDay":false,"editable":true,"className":"TD",'
    '"description":"Dit\\nplus"}]}'
)
EIGHT = (
    '{"events":[{"allDay":false,"overlap":false,"editable":true,"start":"2026-10-26T08:00:00+01:00",'
    '"description":"Dit\\nplus","end":"2026-10-26T10:00:00+01:00","className":"TD","id":"81",'
    '"title":"A/B\\n\\u2019 x"}]}'
)
THIRTEEN = (
    '{"events":[{"startEditable":true,"allDay":false,"overlap":false,"start":"2026-10-26T08:00:00+01:00",'
    '"description":"Dit\\nplus","end":"2026-10-26T10:00:00+01:00","classNames":"TD","id":"81",'
    '"title":"A/B\\n\\u2019 x","durationEditable":true}]}'
)


def wire(**fields: object) -> dict[str, object]:
    """One event as JSON would give it, these fields changed; None leaves a field out."""
    event = {"id": "81", "title": "T", "start": "2026-05-04T08:00:00+0200", "end": "2026-05-04T10:00:00+0200"}
    return {name: value for name, value in (event | {"allDay": False} | fields).items() if value is not None}


def events(*wires: object, source: str = "s") -> list[RawEvent]:
    """The events of an answer that holds these."""
    return raw_events({"s": json.dumps({"events": list(wires)})}, source, PARIS)


def one(**fields: object) -> RawEvent:
    """The only event of an answer."""
    (event,) = events(wire(**fields))
    return event


@pytest.mark.parametrize("text", [FIVE_THREE, EIGHT, THIRTEEN], ids=["5.3", "8", "13"])
def test_each_generation_says_the_same(text: str) -> None:
    """PrimeFaces 5.3, 8 and 13, as recorded of each."""
    assert raw_events({"form:j_idt118": text}, "form:j_idt118", PARIS) == [
        RawEvent(
            id="81",
            start=datetime(2026, 10, 26, 8, tzinfo=PARIS),
            end=datetime(2026, 10, 26, 10, tzinfo=PARIS),
            all_day=False,
            title="A/B\n\u2019 x",
            kind="TD",
            description="Dit\nplus",
        )
    ]


def test_the_source_comes_first() -> None:
    """Of two schedules the one that was asked is read, wherever it is."""
    held = {"home": json.dumps({"events": [wire(id=1)]}), "s": json.dumps({"events": [wire(id=2)]})}
    assert [event.id for event in raw_events(held, "s", PARIS)] == ["2"]


def test_another_id_than_the_source() -> None:
    """An id that moved does not matter: the update that holds events is the schedule."""
    held = {"form:messages": "<div></div>", "x": '{"other": 1}', "s": json.dumps({"events": [wire()]})}
    assert [event.id for event in raw_events(held, "gone", PARIS)] == ["81"]
    assert [event.id for event in raw_events({"gone": "<div/>"} | held, "gone", PARIS)] == ["81"]


def test_an_empty_range() -> None:
    """An empty list is an answer: no events."""
    assert raw_events({"s": '{"events" : []}'}, "s", PARIS) == []


@for_each("text", ["", "<div/>", "{", '{"events" : [{"id"', '{"events":null}', "[]", '{"event":[]}'])
def test_no_answer_is_not_an_empty_planning(text: str) -> None:
    """Without a list of events there is no planning; the message of the portal is reported."""
    growl = "<script>cw('Growl','g',{msgs:[{summary:\"Fermé\",detail:\"Fermé\"}]})</script>"
    with pytest.raises(PortalChanged) as caught:
        raw_events({"s": text, "g": growl}, "s", PARIS)
    assert (caught.value.reason, caught.value.facts) == ("no-schedule", {"detail": "Fermé"})


@for_each(
    ("field", "value"),
    [
        *((field, value) for field in ("id", "start") for value in (None, "", " ", True, [], {})),
        *(("end", value) for value in (True, [], {})),
    ],
)
def test_an_event_that_lacks_what_makes_it_one(field: str, value: object) -> None:
    """No id, start or end, or an empty one: the portal changed, and the event and field are reported."""
    with pytest.raises(PortalChanged) as caught:
        one(**{field: value})
    assert caught.value.reason == "event"
    assert caught.value.facts == {"id": "" if field == "id" else "81", "field": field}


@for_each("missing", [None, "", " "])
@for_each(
    ("start", "hours"),
    [
        ("2026-05-04T08:00:00+0200", 2),
        ("2026-05-04T08:00:00+02:00", 1),
        (1777874400000, 2),
        ("2026-10-25T02:30:00+0200", 2),
    ],
)
def test_an_event_without_an_end_has_the_length_that_the_page_gives_it(
    missing: str | None, start: str | int, hours: int
) -> None:
    """FullCalendar's default: two hours up to version 3, one from 4 on, also over a change of clocks."""
    event = one(start=start, end=missing)
    assert (event.end.timestamp() - event.start.timestamp()) / 3600 == hours
    assert not event.has_end
    assert one().has_end


def test_a_day_without_an_end_is_one_day() -> None:
    """FullCalendar's default for a whole day, which ends with it."""
    event = one(start="2026-05-04", end=None, allDay=None)
    assert (event.all_day, event.end, event.has_end) == (True, event.start, False)


@for_each(
    "value",
    [
        *("demain", "04/05/2026", "2026-13-01", "2026-05-04T25:00:00", "20260504", "2026-W19-1", "2026-05"),
        *("2026-05-04T08:00:00+9999", "0001-01-01T00:00:00+0200", "2026-05-04T08:00:00 Europe/Paris"),
        *(10**20, 1e300, float("nan")),
    ],
)
@for_each("field", ["start", "end"])
def test_a_time_that_cannot_be_read(field: str, value: object) -> None:
    """Nothing is guessed: the portal changed."""
    with pytest.raises(PortalChanged) as caught:
        one(**{field: value})
    assert caught.value.facts == {"id": "81", "field": field}


@pytest.mark.parametrize("event", [None, "81", 3, ["81"]])
def test_an_event_that_is_none(event: object) -> None:
    """The list holds events only."""
    with pytest.raises(PortalChanged, match="event"):
        events(event)


@pytest.mark.parametrize(("field", "value"), [("title", 3), ("description", {}), ("allDay", "yes")])
def test_a_field_of_another_kind(field: str, value: object) -> None:
    """A title that is no text, or a flag that is none, is reported and not bent."""
    with pytest.raises(PortalChanged) as caught:
        one(**{field: value})
    assert caught.value.facts == {"id": "81", "field": field}


@for_each(
    "written",
    [
        "2026-05-04T08:15:00+0200",
        "2026-05-04T08:15:00+02:00",
        "2026-05-04T08:15:00.000+0200",
        "2026-05-04T08:15:00.123456789+02:00",
        "2026-05-04T06:15:00Z",
        "2026-05-04T06:15:00.5Z",
        "2026-05-04T08:15:00",
        "2026-05-04 08:15",
        "2026-05-04T01:15:00-0500",
        " 2026-05-04T08:15:00+0200 ",
        1777875300000,
        1777875300999,
        1777875300000.0,
        "1777875300000",
    ],
)
def test_each_way_to_write_a_time(written: object) -> None:
    """Offsets, Z, fractions, epoch milliseconds; without an offset the school's own clock; whole seconds."""
    start = one(start=written).start
    assert (start, start.tzinfo) == (datetime(2026, 5, 4, 8, 15, tzinfo=PARIS), PARIS)
    assert start.astimezone(UTC).hour == 6


def test_the_hour_that_comes_twice() -> None:
    """On 25 October 2026 the offset shows which half past two is intended; without one it is the first."""
    first, second, bare = (
        one(start=f"2026-10-25T02:30:00{offset}").start.astimezone(UTC) for offset in ("+0200", "+0100", "")
    )
    assert (first.hour, second.hour, bare.hour) == (0, 1, 0)


def test_the_hour_that_is_missing() -> None:
    """Half past two on 28 March 2027 is half past three: the clock had gone forward."""
    assert one(start="2027-03-28T02:30:00").start == datetime(2027, 3, 28, 3, 30, tzinfo=PARIS)
    assert one(start="2027-03-28T02:30:00").start.hour == 3


@pytest.mark.parametrize(
    ("detail", "start", "expected"),
    [
        (True, "2026-05-04T00:00:00+0200", True),
        (False, "2026-05-04", False),
        (None, "2026-05-04", True),
        (None, "2026-05-04T00:00:00+0200", False),
        ("true", "2026-05-04T00:00:00+0200", True),
        (" False ", "2026-05-04", False),
    ],
)
def test_whole_days(detail: object, start: str, expected: object) -> None:
    """The flag decides; without one, a start without an hour is a day, as in FullCalendar."""
    assert one(allDay=detail, start=start).all_day is expected
    assert one(allDay=detail, start=start).start == datetime(2026, 5, 4, tzinfo=PARIS)


@for_each(("written", "read"), [(82, "82"), ("81", "81"), (" 83 ", "83"), ("a-b-c", "a-b-c"), (0, "0"), (84.0, "84")])
def test_ids(written: object, read: str) -> None:
    """Numbers and texts alike."""
    assert one(id=written).id == read


@for_each(
    ("fields", "kind"),
    [
        ({}, ""),
        ({"className": "TD"}, "TD"),
        ({"classNames": "TD"}, "TD"),
        ({"classNames": ["TD", "est-epreuve"]}, "TD est-epreuve"),
        ({"className": "", "classNames": []}, ""),
    ],
)
def test_classes(fields: dict[str, object], kind: str) -> None:
    """One or several, under either name, or none."""
    assert one(**fields).kind == kind


def test_a_description_among_the_further_properties() -> None:
    """FullCalendar 5 keeps what it does not know under `extendedProps`."""
    assert one(extendedProps={"description": "x"}).description == "x"
    assert one(extendedProps={"description": "x"}, description="y").description == "y"


def test_a_title_may_be_missing() -> None:
    """An event without a title is an event."""
    assert one(title=None).title == ""


def test_texts_are_cleaned() -> None:
    r"""Entities once, no unseen characters, composed letters, `\n` alone; emoji stay whole."""
    title = "&Eacute;t&#233; &amp;eacute; R&D B&notes\r\nE\u0301\u200b\ufeff\x07\tx\x9f\ud83d 👩\u200d🔬"
    assert one(title=title).title == "Été &eacute; R&D B&notes\nÉ x\ufffd 👩\u200d🔬"


def test_control_characters_as_they_are_in_the_json() -> None:
    """A portal was seen to write them so; strict JSON would refuse the whole answer."""
    text = '{"events" : [{"id": "81","title": "a\nb\tc\x01","start": "2026-05-04","end": "2026-05-04"}]}'
    assert raw_events({"s": text}, "s", PARIS)[0].title == "a\nb c"


def test_a_server_that_fails() -> None:
    """A status of 5xx is a portal that is not available, whatever its body says."""
    window = Window(start=NOW, end=NOW + timedelta(days=7))
    with pytest.raises(PortalUnavailable) as caught:
        parse_capture(capture("", NOW, window, status=503), PARIS)
    assert caught.value.facts["status"] == 503


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - drawn without zone, given one below
    st.integers(-14 * 60, 14 * 60),
)
def test_the_instant_is_kept_whatever_the_offset(clock: datetime, minutes: int) -> None:
    """A time with an offset is that instant in the school's zone, to the second."""
    stated = clock.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    read = one(start=stated.strftime("%Y-%m-%dT%H:%M:%S%z")).start
    assert read.astimezone(UTC) == stated.astimezone(UTC)
    assert read.tzinfo is PARIS
