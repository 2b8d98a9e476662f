"""Events of the schedule, in the notation of each PrimeFaces generation, and errors of unreadable ones."""

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
    """Return one event as in the JSON, with these fields; None leaves a field out."""
    event = {"id": "81", "title": "T", "start": "2026-05-04T08:00:00+0200", "end": "2026-05-04T10:00:00+0200"}
    return {name: value for name, value in (event | {"allDay": False} | fields).items() if value is not None}


def events(*wires: object, source: str = "s") -> list[RawEvent]:
    """Return the events of an answer with these."""
    return raw_events({"s": json.dumps({"events": list(wires)})}, source, PARIS)


def one(**fields: object) -> RawEvent:
    """Return the only event of an answer."""
    (event,) = events(wire(**fields))
    return event


@for_each(
    "text",
    [FIVE_THREE, EIGHT, THIRTEEN],
)
def test_events_of_each_primefaces_generation_are_read(text: str) -> None:
    """The answers of PrimeFaces 5.3, 8 and 13 are as recorded."""
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


def test_schedule_of_the_request_is_read() -> None:
    """Another schedule of the answer is ignored."""
    held = {"home": json.dumps({"events": [wire(id=1)]}), "s": json.dumps({"events": [wire(id=2)]})}
    assert [event.id for event in raw_events(held, "s", PARIS)] == ["2"]


def test_schedule_with_another_id_is_found() -> None:
    """The update that contains events is the schedule."""
    held = {"form:messages": "<div></div>", "x": '{"other": 1}', "s": json.dumps({"events": [wire()]})}
    assert [event.id for event in raw_events(held, "gone", PARIS)] == ["81"]
    assert [event.id for event in raw_events({"gone": "<div/>"} | held, "gone", PARIS)] == ["81"]


def test_empty_list_is_an_answer_without_events() -> None:
    """A range can have no lessons."""
    assert raw_events({"s": '{"events" : []}'}, "s", PARIS) == []


@for_each("text", ["", "<div/>", "{", '{"events" : [{"id"', '{"events":null}', "[]", '{"event":[]}'])
def test_answer_without_a_list_of_events_is_an_error(text: str) -> None:
    """The error has the message of the portal."""
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
def test_event_without_id_start_or_end_is_an_error(field: str, value: object) -> None:
    """The error has the event and the field."""
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
def test_event_without_an_end_has_the_default_length_of_fullcalendar(
    missing: str | None, start: str | int, hours: int
) -> None:
    """Two hours up to version 3, one from 4 on, also over a change of clocks."""
    event = one(start=start, end=missing)
    assert (event.end.timestamp() - event.start.timestamp()) / 3600 == hours
    assert not event.has_end
    assert one().has_end


def test_whole_day_without_an_end_is_one_day() -> None:
    """FullCalendar's default is the end of the day."""
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
def test_unreadable_time_is_an_error(field: str, value: object) -> None:
    """Nothing is guessed."""
    with pytest.raises(PortalChanged) as caught:
        one(**{field: value})
    assert caught.value.facts == {"id": "81", "field": field}


@for_each("event", [None, "81", 3, ["81"]])
def test_list_entry_that_is_not_an_event_is_an_error(event: object) -> None:
    """The list contains only events."""
    with pytest.raises(PortalChanged, match="event"):
        events(event)


@for_each(("field", "value"), [("title", 3), ("description", {}), ("allDay", "yes")])
def test_field_of_another_type_is_an_error(field: str, value: object) -> None:
    """The value is not converted."""
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
def test_time_is_read_in_every_notation(written: object) -> None:
    """Offsets, Z, fractions, epoch milliseconds; without an offset it is the school's time; whole seconds."""
    start = one(start=written).start
    assert (start, start.tzinfo) == (datetime(2026, 5, 4, 8, 15, tzinfo=PARIS), PARIS)
    assert start.astimezone(UTC).hour == 6


def test_repeated_hour_follows_the_offset() -> None:
    """On 25 October 2026 half past two occurs twice; without an offset it is the first."""
    first, second, bare = (
        one(start=f"2026-10-25T02:30:00{offset}").start.astimezone(UTC) for offset in ("+0200", "+0100", "")
    )
    assert (first.hour, second.hour, bare.hour) == (0, 1, 0)


def test_missing_hour_is_an_hour_later() -> None:
    """Half past two on 28 March 2027 is half past three."""
    assert one(start="2027-03-28T02:30:00").start == datetime(2027, 3, 28, 3, 30, tzinfo=PARIS)
    assert one(start="2027-03-28T02:30:00").start.hour == 3


@for_each(
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
def test_whole_day_follows_the_flag_or_the_start(detail: object, start: str, expected: object) -> None:
    """Without a flag a start without an hour is a day, as in FullCalendar."""
    assert one(allDay=detail, start=start).all_day is expected
    assert one(allDay=detail, start=start).start == datetime(2026, 5, 4, tzinfo=PARIS)


@for_each(("written", "read"), [(82, "82"), ("81", "81"), (" 83 ", "83"), ("a-b-c", "a-b-c"), (0, "0"), (84.0, "84")])
def test_id_is_a_number_or_a_text(written: object, read: str) -> None:
    """Both become text."""
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
def test_classes_are_joined(fields: dict[str, object], kind: str) -> None:
    """There are one, several or none, under either name."""
    assert one(**fields).kind == kind


def test_description_of_the_extended_properties_is_read() -> None:
    """FullCalendar 5 puts unknown fields into `extendedProps`."""
    assert one(extendedProps={"description": "x"}).description == "x"
    assert one(extendedProps={"description": "x"}, description="y").description == "y"


def test_event_without_a_title_is_read() -> None:
    """Return an empty title."""
    assert one(title=None).title == ""


def test_texts_are_cleaned() -> None:
    r"""Entities are resolved once, invisible characters removed, letters composed, lines end with LF; emoji stay."""
    title = "&Eacute;t&#233; &amp;eacute; R&D B&notes\r\nE\u0301\u200b\ufeff\x07\tx\x9f\ud83d 👩\u200d🔬"
    assert one(title=title).title == "Été &eacute; R&D B&notes\nÉ x\ufffd 👩\u200d🔬"


def test_control_characters_in_json_are_accepted() -> None:
    """A portal writes them so; strict JSON would refuse the whole answer."""
    text = '{"events" : [{"id": "81","title": "a\nb\tc\x01","start": "2026-05-04","end": "2026-05-04"}]}'
    assert raw_events({"s": text}, "s", PARIS)[0].title == "a\nb c"


def test_server_error_is_an_unavailable_portal() -> None:
    """A status of 5xx counts, whatever the body is."""
    window = Window(start=NOW, end=NOW + timedelta(days=7))
    with pytest.raises(PortalUnavailable) as caught:
        parse_capture(capture("", NOW, window, status=503), PARIS)
    assert caught.value.facts["status"] == 503


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - drawn without zone, given one below
    st.integers(-14 * 60, 14 * 60),
)
def test_offset_does_not_change_the_instant(clock: datetime, minutes: int) -> None:
    """The time is in the school's zone, exact to the second."""
    stated = clock.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    read = one(start=stated.strftime("%Y-%m-%dT%H:%M:%S%z")).start
    assert read.astimezone(UTC) == stated.astimezone(UTC)
    assert read.tzinfo is PARIS
