"""Google sink: a push sends only the difference, stores no event twice, and leaves the user's edits."""

import json
import stat
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scraper.cli.summary import result_data, write_warnings
from scraper.errors import DeliveryError, Interrupted, SinkRefused, SinkUnavailable
from scraper.i18n import LANGUAGES, Catalogue
from scraper.sinks.google import google_client
from scraper.sinks.google.event_body import LIMITS, digest_of, events_of, id_of
from scraper.sinks.google.google_client import GoogleClient
from scraper.sinks.google.sink import GoogleSink
from tests.cases import for_each
from tests.publishing.ledger.runs import Lesson, Memory, Runs, recorded, target
from tests.sinks.calendars import calendar, uid_of
from tests.sinks.google.discovery_document import NotAllowed, check_request, find_method
from tests.sinks.google.fake_google import FakeGoogle
from tests.sinks.google.google_calendars import expected, new_sink, stored

pytestmark = pytest.mark.slow


@pytest.fixture
def sink(google: FakeGoogle, tmp_path: Path) -> GoogleSink:
    """A sink for a new calendar."""
    return new_sink(google, tmp_path)


def failure(sink: GoogleSink, body: bytes) -> DeliveryError:
    """Return the error of a push; it has a sentence in each language, and no secret."""
    with pytest.raises(DeliveryError) as caught:
        sink.deliver(body)
    for language in LANGUAGES:
        message, hint = Catalogue(language).error(caught.value)
        assert message
        assert hint
    secrets = json.loads(sink.connection.password()).values()
    assert all(secret not in str(caught.value) + repr(sink) for secret in secrets)
    return caught.value


def state_file(sink: GoogleSink) -> Path:
    """Return the file of the sink's state."""
    return sink.destination.state_file(sink.connection.state)


def test_push_sends_the_difference_in_few_requests(google: FakeGoogle, sink: GoogleSink) -> None:
    """420 events need nine batches; without changes one call is made, for ten changes at most eleven."""
    assert sink.deliver(calendar(range(420))) is True
    assert len(google.http) == 1 + 1 + 9  # the token, the listing, the batches
    assert google.since() == {"events.list": 1, "events.insert": 420}
    assert sink.deliver(calendar(range(420))) is False
    assert google.http == ["POST /token", f"GET /calendar/v3/calendars/{sink.calendar}/events"]
    assert google.since() == {"events.list": 1}
    changed = calendar(range(3, 423), changed=range(10, 14), revision=1)
    assert sink.deliver(changed) is True
    assert google.since() == {"events.list": 1, "events.insert": 3, "events.update": 4, "events.delete": 3}
    assert stored(google, sink) == expected(changed)
    sequences = [one["sequence"] for one in google.live(sink.calendar).values() if one["location"] == "B305"]
    assert sequences == [1] * 4


def test_event_at_google_has_all_properties(google: FakeGoogle, sink: GoogleSink) -> None:
    """Send texts, the name of the zone, reminders, UID and fingerprint, and no attendees."""
    sink.deliver(calendar([1], cancelled=[1]))
    (one,) = google.live(sink.calendar).values()
    assert one["id"] == id_of(uid_of(1))
    assert one["start"] == {"dateTime": "2026-11-27T09:00:00+01:00", "timeZone": "Europe/Paris"}
    assert one["description"].startswith("Texte du portail :\nligne ; une\nligne \\ deux, é")
    assert (one["status"], one["transparency"], one["colorId"]) == ("confirmed", "transparent", "8")
    assert one["reminders"] == {"useDefault": False, "overrides": []}
    assert one["extendedProperties"]["private"] == {"aurionUid": uid_of(1), "aurionFingerprint": digest_of(one)}
    sink.deliver(calendar([1]))
    (one,) = google.live(sink.calendar).values()
    assert one["reminders"]["overrides"] == [{"method": "popup", "minutes": 10}]
    assert "transparency" not in one
    assert "attendees" not in one


EVENT = "BEGIN:VEVENT\r\nUID:u\r\n{}\r\nSUMMARY:x\r\nEND:VEVENT\r\n"
PARIS = "Europe/Paris"


@for_each(
    ("lines", "start", "end"),
    [
        ("DTSTART;VALUE=DATE:20261231", {"date": "2026-12-31"}, {"date": "2027-01-01"}),
        (
            "DTSTART;VALUE=DATE:20261230\r\nDTEND;VALUE=DATE:20270101",
            {"date": "2026-12-30"},
            {"date": "2027-01-01"},
        ),
        ("DTSTART:20261025T003000Z", {"dateTime": "2026-10-25T00:30:00Z", "timeZone": PARIS}, None),
        ("DTSTART;TZID=Europe/Paris:20261025T090000", {"dateTime": "2026-10-25T09:00:00", "timeZone": PARIS}, None),
    ],
)
def test_times_are_dates_or_have_the_name_of_their_zone(
    google: FakeGoogle, sink: GoogleSink, lines: str, start: dict[str, str], end: dict[str, str] | None
) -> None:
    """All-day events are dates, also in the hour that occurs twice; an event without an end gets the implied one."""
    body = f"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Paris\r\n{EVENT.format(lines)}END:VCALENDAR\r\n".encode()
    (event,) = events_of(body).values()
    assert (event.resource["start"], event.resource["end"]) == (start, end or start)
    sink.deliver(body)
    assert stored(google, sink) == {"u": event.digest}


def test_long_texts_are_cut_at_the_limits_of_google(google: FakeGoogle, sink: GoogleSink) -> None:
    """Cut texts end with an ellipsis; reminders are limited, too, and the event is reported."""
    texts = "".join(f"{name.upper()}:{'é' * 9000}\r\n" for name in LIMITS if name != "summary")
    alarms = "".join(f"BEGIN:VALARM\r\nTRIGGER:-PT{n}M\r\nDESCRIPTION:y\r\nEND:VALARM\r\n" for n in range(50000, 50009))
    event = EVENT.format(f"DTSTART;VALUE=DATE:20261231\r\n{texts}{alarms}".rstrip())
    sink.deliver(f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n".encode())
    (one,) = google.live(sink.calendar).values()
    assert {name: len(one[name]) for name in LIMITS} == {**LIMITS, "summary": 1}
    assert one["description"].endswith("é…")
    assert one["reminders"]["overrides"] == [{"method": "popup", "minutes": 40320}]
    assert sink.shortened == ("u",)
    sink.deliver(f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n".encode())
    assert sink.shortened == ()


def test_edited_event_stays_and_is_reported(google: FakeGoogle, sink: GoogleSink) -> None:
    """The event is neither changed nor deleted until the edit is undone; a mark of Google's is no edit."""
    sink.deliver(calendar(range(4)))
    before = google.calendars[sink.calendar].events[id_of(uid_of(1))]
    google.edit(sink.calendar, id_of(uid_of(1)), location="at home")
    google.edit(sink.calendar, id_of(uid_of(2)), visibility="private")
    changed = calendar(range(4), changed=[1, 2], revision=1)
    sink.deliver(changed)
    assert sink.locally_modified == (uid_of(1),)
    assert {uid for uid, one in stored(google, sink).items() if one != expected(changed)[uid]} == {uid_of(1)}
    sink.deliver(calendar([0]))
    assert stored(google, sink).keys() == {uid_of(0), uid_of(1)}
    assert sink.locally_modified == ()
    sink.deliver(calendar(range(2)))
    assert sink.locally_modified == (uid_of(1),)
    google.edit(sink.calendar, id_of(uid_of(1)), location=before["location"])
    sink.deliver(changed)
    assert sink.locally_modified == ()
    assert stored(google, sink) == expected(changed)


def test_event_moved_by_hand_and_back_is_updated(google: FakeGoogle, sink: GoogleSink) -> None:
    """Google raises the sequence and refuses a lower one: the next change has a higher one."""
    sink.deliver(calendar([0]))
    event = google.calendars[sink.calendar].events[id_of(uid_of(0))]
    for day in (date(2026, 12, 1), date(2026, 11, 26)):
        moved = {name: {**event[name], "dateTime": f"{day}{event[name]['dateTime'][10:]}"} for name in ("start", "end")}
        google.edit(sink.calendar, event["id"], **moved)
    sink.deliver(calendar([0], changed=[0], revision=1))
    assert stored(google, sink) == expected(calendar([0], changed=[0]))
    assert google.calendars[sink.calendar].events[event["id"]]["sequence"] == 2


def test_event_deleted_by_hand_is_restored(google: FakeGoogle, sink: GoogleSink) -> None:
    """One call is enough; an event of the user's own stays."""
    body = calendar(range(3))
    sink.deliver(body)
    own = {"start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}, "summary": "own"}
    google._events_insert(sink.calendar, "", {}, {}, own)
    google.remove(sink.calendar, id_of(uid_of(1)))
    google.since()
    sink.deliver(body)
    assert google.since() == {"events.list": 1, "events.update": 1}
    assert stored(google, sink) == expected(body)
    sink.deliver(b"")
    assert [one["summary"] for one in google.live(sink.calendar).values()] == ["own"]


def test_restored_lesson_updates_the_deleted_event(google: FakeGoogle, sink: GoogleSink) -> None:
    """Google still has its id (409): the deleted event is updated."""
    for numbers in (range(3), range(2), range(3)):
        sink.deliver(calendar(numbers))
    assert stored(google, sink) == expected(calendar(range(3)))
    assert google.since()["events.update"] == 1


def test_push_without_state_sends_only_the_difference(google: FakeGoogle, sink: GoogleSink) -> None:
    """Events are found by their id: only the difference is sent, and edits stay."""
    sink.deliver(calendar(range(6)))
    google.edit(sink.calendar, id_of(uid_of(1)), location="at home")
    state_file(sink).unlink()
    google.since()
    changed = calendar(range(1, 7), changed=[2], revision=1)
    sink.deliver(changed)
    assert google.since() == {"events.list": 1, "events.insert": 1, "events.update": 1, "events.delete": 1}
    assert sink.locally_modified == (uid_of(1),)
    assert {uid for uid, one in stored(google, sink).items() if one != expected(changed)[uid]} == {uid_of(1)}


def test_expired_sync_token_is_followed_by_a_full_listing(google: FakeGoogle, sink: GoogleSink) -> None:
    """410 is followed by a full listing, in pages; events that were deleted meanwhile are inserted again."""
    sink.deliver(calendar(range(25)))
    google.remove(sink.calendar, id_of(uid_of(3)))
    google.expired, google.page = google.turn, 10
    google.since()
    assert sink.deliver(calendar(range(25))) is True
    assert google.since() == {"events.list": 1 + 3, "events.insert": 1, "events.update": 1}
    assert stored(google, sink) == expected(calendar(range(25)))


@for_each(
    "refused",
    [
        (403, "rateLimitExceeded"),
        (403, "userRateLimitExceeded"),
        (429, "rateLimitExceeded"),
        (500, "backendError"),
        (503, "backendError"),
    ],
)
def test_refused_calls_are_repeated(google: FakeGoogle, tmp_path: Path, refused: tuple[int, str]) -> None:
    """Calls that were done are not repeated."""
    sink = new_sink(google, tmp_path)
    left = Counter({id_of(uid_of(number)): 2 for number in range(0, 60, 2)})

    def busy(method: str, event: str) -> tuple[int, str] | None:
        left[event] -= method == "events.insert"
        return refused if method == "events.insert" and left[event] >= 0 else None

    google.fault = busy
    google.since()
    sink.deliver(calendar(range(60)))
    assert google.since()["events.insert"] == 60 + 30 * 2
    assert stored(google, sink) == expected(calendar(range(60)))


@pytest.mark.parametrize("count", [1, 60], ids=["one call", "batches"])
def test_push_waits_for_retry_after_within_its_time(
    google: FakeGoogle, sink: GoogleSink, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause that is longer than the push may take ends it at once."""
    pauses: list[float] = []

    def pause(client: GoogleClient, error: Exception) -> float | bool:
        pauses.append(asked := pause_of(client, error))
        return asked

    pause_of = GoogleClient._pause
    monkeypatch.setattr(GoogleClient, "_pause", pause)
    left = Counter({id_of(uid_of(number)): 1 for number in range(count)})

    def busy(method: str, event: str) -> int | None:
        left[event] -= method == "events.insert"
        return 503 if method == "events.insert" and left[event] >= 0 else None

    google.fault, google.pause = busy, "17"
    sink.deliver(calendar(range(count)))
    assert stored(google, sink) == expected(calendar(range(count)))
    assert all(17 <= one < 18 for one in pauses)
    assert len(pauses) == -(-count // 50)
    google.fault, google.pause = (lambda _, __: 429), "9999"
    google.since()
    error = failure(sink, calendar(range(count)))
    assert (type(error), error.reason) == (SinkUnavailable, "google-busy")
    assert google.since() == {"events.list": 1}


def test_push_after_a_failed_one_sends_the_rest(google: FakeGoogle, sink: GoogleSink) -> None:
    """The next push inserts only the missing events."""
    google.fault = lambda _, event: (403, "quotaExceeded") if event > "8" else None
    error = failure(sink, calendar(range(60)))
    assert (type(error), error.reason) == (SinkUnavailable, "google-busy")
    google.fault = lambda _, __: None
    done = len(stored(google, sink))
    assert 0 < done < 60
    google.since()
    sink.deliver(calendar(range(60)))
    assert google.since()["events.insert"] == 60 - done


def test_refused_event_does_not_stop_the_others(google: FakeGoogle, sink: GoogleSink) -> None:
    """The refused ones are named, and the next push tries them again."""
    odd = {id_of(uid_of(number)) for number in range(0, 10, 2)}
    google.fault = lambda _, event: (400, "invalid") if event in odd else None
    error = failure(sink, calendar(range(10)))
    assert (type(error), error.reason, error.facts["count"]) == (SinkRefused, "google-refused", 5)
    assert "Réseaux, groupe 0 (2026-11-26 08:00)" in str(error.facts["named"])
    assert stored(google, sink).keys() == {uid_of(number) for number in range(1, 10, 2)}
    assert sink.current() is None
    google.fault = lambda _, __: None
    assert sink.deliver(calendar(range(10))) is True
    assert stored(google, sink) == expected(calendar(range(10)))


@for_each("lost", ["/batch/calendar/v3", "/token"])
def test_event_stored_without_an_answer_is_not_inserted_twice(google: FakeGoogle, tmp_path: Path, lost: str) -> None:
    """The connection ended; the next push finds the events."""
    sink = new_sink(google, tmp_path)
    google.since()
    google.lost = lambda path: path == lost
    error = failure(sink, calendar(range(60)))
    assert (type(error), error.reason) == (SinkUnavailable, "google-connection")
    google.lost = lambda _: False
    sink.deliver(calendar(range(60)))
    assert stored(google, sink) == expected(calendar(range(60)))
    assert google.since()["events.insert"] == 60


def test_edit_between_listing_and_push_stays(google: FakeGoogle, sink: GoogleSink) -> None:
    """Google answers 412: an event edited meanwhile stays, one with another mark is changed or deleted."""
    sink.deliver(calendar(range(6)))
    changes: dict[str, dict[str, Any]] = {
        uid_of(0): {"location": "at home"}, uid_of(1): {"visibility": "private"}, uid_of(2): {"status": "cancelled"},
        uid_of(3): {"location": "at home"}, uid_of(4): {"visibility": "private"}, uid_of(5): {"status": "cancelled"},
    }  # fmt: skip

    def meanwhile(method: str, _: str) -> None:
        if method != "events.list":
            for uid in list(changes):
                google.edit(sink.calendar, id_of(uid), **changes.pop(uid))

    google.fault = meanwhile
    sink.deliver(calendar(range(3), changed=range(3), revision=1))
    wanted = expected(calendar(range(3), changed=range(3)))
    there = stored(google, sink)
    assert {uid for uid in there if there[uid] != wanted.get(uid)} == {uid_of(0), uid_of(3)}
    assert sink.locally_modified == (uid_of(0),)


def test_concurrent_push_stores_no_event_twice(google: FakeGoogle, tmp_path: Path) -> None:
    """Another computer pushes between listing and push, and both pushes succeed."""
    one = new_sink(google, tmp_path / "one")
    other = replace(one, connection=replace(one.connection, state=tmp_path / "other"))
    body, is_first = calendar(range(5)), [True]

    def meanwhile() -> None:
        if is_first.pop() if is_first else False:
            other.deliver(body)

    def fault(method: str, _: str) -> None:
        if method == "events.insert" and is_first:
            google.lock.release()
            meanwhile()
            google.lock.acquire()

    google.fault = fault
    one.deliver(body)
    assert stored(google, one) == expected(body)
    changed = calendar(range(5), changed=[1], revision=1)
    other.deliver(changed)
    one.deliver(changed)
    assert stored(google, one) == expected(changed)
    assert one.locally_modified == other.locally_modified == ()


def test_deleted_calendar_is_reported(google: FakeGoogle, sink: GoogleSink) -> None:
    """The error has its own reason, and the calendar is not created again."""
    sink.deliver(calendar(range(3)))
    del google.calendars[sink.calendar]
    error = failure(sink, calendar(range(3)))
    assert (type(error), error.reason, error.exit_code) == (SinkRefused, "google-gone", 8)
    assert google.calendars == {}
    with pytest.raises(SinkRefused, match="google-gone"):
        sink.verify()


def test_revoked_token_is_reported(google: FakeGoogle, sink: GoogleSink) -> None:
    """The token is revoked before a push and during one; the next push knows the stored events."""
    google.revoke_all()
    error = failure(sink, calendar(range(60)))
    assert (type(error), error.reason, error.exit_code) == (SinkRefused, "google-expired", 8)
    with pytest.raises(SinkRefused, match="google-expired"):
        sink.verify()
    token = json.loads(sink.connection.password())["refresh_token"]
    google.refresh_tokens.add(token)
    calls = Counter[str]()

    def revoke(method: str, _: str) -> None:
        calls[method] += 1
        if calls["events.insert"] == 55:
            google.revoke_all()

    google.fault = revoke
    assert failure(sink, calendar(range(60))).reason == "google-expired"
    google.fault = lambda _, __: None
    google.refresh_tokens.add(token)
    sink.verify()
    sink.deliver(calendar(range(60)))
    assert stored(google, sink) == expected(calendar(range(60)))


def test_other_destinations_are_published_without_access_to_google(
    google: FakeGoogle, sink: GoogleSink, tmp_path: Path
) -> None:
    """Without access to Google the file is published; with access again, Google gets the same events."""
    run, memory = Runs(tmp_path / "one.sqlite"), Memory()
    token = json.loads(sink.connection.password())["refresh_token"]
    lesson = Lesson(id="1", start=datetime(2026, 3, 9, 8, tzinfo=UTC), minutes=60, subject="Anglais")
    targets = (target(memory), target(sink, "google"))  # type: ignore[arg-type]
    google.revoke_all()
    with pytest.raises(SinkRefused, match="google-expired"):
        run(recorded([lesson]), *targets)
    assert memory.body
    google.refresh_tokens.add(token)
    run(recorded([lesson]), *targets)
    run(recorded([]), *targets, accept_empty=True)
    ((uid, digest),) = stored(google, sink).items()
    assert (uid, digest) == next(iter(expected(sink.current() or b"").items()))
    (one,) = google.live(sink.calendar).values()
    assert (one["summary"], one["sequence"], one["status"]) == ("Annulé : Anglais", 1, "confirmed")
    run(recorded([lesson]), *targets)
    (one,) = google.live(sink.calendar).values()
    assert (one["summary"], one["sequence"]) == ("Anglais", 2)


def test_cut_texts_are_reported_once(
    google: FakeGoogle, sink: GoogleSink, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run that sends the event reports it, as text and in its JSON; the next run does not."""
    del google
    run = Runs(tmp_path / "one.sqlite")
    lessons = [
        Lesson(id=str(day), start=datetime(2026, 3, day, 8, tzinfo=UTC), minutes=60, subject=subject)
        for day, subject in ((9, "Anglais"), (10, "Réseaux " * 150))
    ]
    outcome = run(recorded(lessons), target(sink, "google"))  # type: ignore[arg-type]
    write_warnings(outcome, Catalogue("en"))
    assert "1 event was sent to https://www.googleapis.com/" in capsys.readouterr().err
    assert result_data(outcome)["shortened"] == {sink.name: 1}
    outcome = run(recorded(lessons), target(sink, "google"))  # type: ignore[arg-type]
    write_warnings(outcome, Catalogue("en"))
    assert "was sent" not in capsys.readouterr().err
    assert "shortened" not in result_data(outcome)


def test_access_token_that_expires_during_a_push_is_renewed(google: FakeGoogle, sink: GoogleSink) -> None:
    """A new one is requested: the clock of this computer does not matter."""
    calls = Counter[str]()

    def expire(method: str, _: str) -> None:
        calls[method] += 1
        if calls["events.insert"] == 20:
            google.access_tokens.clear()

    google.fault = expire
    sink.deliver(calendar(range(60)))
    assert stored(google, sink) == expected(calendar(range(60)))
    assert google.http.count("POST /token") == 2


@for_each(
    "fault, reason",
    [
        ((401, "invalid_client"), "google-client"),
        ((401, "deleted_client"), "google-client"),
        ((503, "internal_failure"), "google-busy"),
    ],
)
def test_refused_token_request_is_reported(
    google: FakeGoogle, sink: GoogleSink, fault: tuple[int, str], reason: str
) -> None:
    """The client was deleted, or the address for tokens does not answer."""
    google.token_fault = fault
    assert failure(sink, calendar(range(2))).reason == reason


def test_push_ends_after_its_time(google: FakeGoogle, sink: GoogleSink) -> None:
    """The error has the number of events that are left."""
    error = failure(replace(sink, connection=replace(sink.connection, bound=-1)), calendar(range(60)))
    assert (error.reason, error.facts["done"], error.facts["left"]) == ("google-slow", 0, 60)
    assert google.since()["events.insert"] == 0


def test_missing_network_is_reported(google: FakeGoogle, sink: GoogleSink) -> None:
    """No other request is made."""
    away = replace(sink.endpoints, token="http://127.0.0.1:1/token")
    assert failure(replace(sink, endpoints=away), calendar(range(2))).reason == "google-connection"
    assert google.asked == []


def test_secret_of_another_format_is_refused(sink: GoogleSink) -> None:
    """The check refuses it before any request."""
    for text in ("not ours", "[]", "{}"):
        with pytest.raises(SinkRefused, match="google-expired"):
            replace(sink, connection=replace(sink.connection, password=lambda text=text: text)).check()


def test_push_after_an_interruption_goes_on(
    google: FakeGoogle, sink: GoogleSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next push completes the calendar."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(google_client.GoogleClient, "send", interrupt)
        with pytest.raises(Interrupted, match="google"):
            sink.deliver(calendar(range(3)))
    sink.deliver(calendar(range(3)))
    assert stored(google, sink) == expected(calendar(range(3)))


def test_missing_library_is_reported(sink: GoogleSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the command that installs it, before the portal is asked."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    monkeypatch.delitem(sys.modules, "scraper.sinks.google.google_http", raising=False)  # other tests have imported it
    with pytest.raises(SinkRefused, match="google-extra"):
        sink.check()
    error = failure(sink, calendar(range(1)))
    assert error.reason == "google-extra"
    assert "pip install 'aurion-planning[google]'" in Catalogue("en").error(error)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="no modes")
def test_state_is_private_and_has_no_secret(sink: GoogleSink) -> None:
    """Only its user can read the file."""
    sink.deliver(calendar(range(2)))
    assert stat.S_IMODE(state_file(sink).stat().st_mode) == 0o600
    text = state_file(sink).read_text()
    assert not any(secret in text for secret in json.loads(sink.connection.password()).values())
    at = datetime.fromisoformat(json.loads(text)["pushed"])
    assert abs((datetime.now(UTC) - at).total_seconds()) < 300


def test_digest_of_a_time_depends_on_the_instant_alone() -> None:
    """Two times of one instant have the same digest, whatever their zones."""
    local = {"dateTime": "2026-11-26T08:00:00", "timeZone": "Europe/Paris"}
    moment = datetime(2026, 11, 26, 8, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
    assert digest_of({"start": local}) == digest_of({"start": {"dateTime": moment.isoformat(), "timeZone": "UTC"}})


OUTSIDE = {"id": "xyz", "start": {"date": "2026-01-01"}, "end": {"date": "2026-01-02"}}


@for_each(
    "verb, path, query, body",
    [
        ("PUT", "calendars/a/acl", {}, None),
        ("GET", "users/me/calendarList", {}, None),
        ("GET", "calendars/a/events", {"page": "1"}, None),
        ("DELETE", "calendars/a/events/b", {"sendUpdates": "no"}, None),
        ("POST", "calendars", {}, {"summary": "x", "color": "1"}),
        ("POST", "calendars", {}, {"summary": 1}),
        ("POST", "calendars", {}, {}),
        ("POST", "calendars", {}, {"summary": "x", "dataOwner": "y"}),
        ("POST", "calendars/a/events", {}, OUTSIDE),
        ("GET", "calendars/a/events", {"syncToken": "x", "q": "y"}, None),
    ],
)
def test_fake_google_refuses_undocumented_requests(verb: str, path: str, query: dict[str, str], body: Any) -> None:  # noqa: ANN401
    """An unknown method, scope, parameter, property, type or combination is an error."""
    with pytest.raises(NotAllowed):
        check_request(find_method(verb, path), query, body)
