"""CalDAV sink at servers with other habits: the server has the calendar's events, or the error names the difference."""

from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scraper.config.configuration import Config
from scraper.config.outputs import destinations_of
from scraper.config.settings.model import Settings
from scraper.config.settings.table_schema import OutputTable
from scraper.errors import DeliveryError, SinkRefused
from scraper.i18n import LANGUAGES, Catalogue
from scraper.publishing.destinations import open_destination
from scraper.sinks.caldav.client import open_client
from scraper.sinks.caldav.discovery import create_calendar, discover_calendars
from scraper.sinks.caldav.objects import digest_of, split_calendar, uid_in
from scraper.sinks.caldav.server_reason import reason_of
from scraper.sinks.caldav.sink import CalDavSink
from scraper.sinks.retry_after import RetryBudget
from scraper.system.failed_run import failed_run, failure_of
from scraper.system.run_history import Runs
from tests.cases import for_each
from tests.effort import examples
from tests.sinks.calendars import calendar, uid_of
from tests.sinks.habits import NOW, PASSWORD, SYNC_REFUSALS, HabitServer, server_with
from tests.sinks.multistatus import HOME
from tests.sinks.server_habits import HABITS, SERVERS, STRANGE

LABEL = "Réseaux, groupe {}"

SERVER_HABITS = {habits for habits, _ in SERVERS.values()}
HABITS_TOGETHER = sorted(SERVER_HABITS | {frozenset({habit}) for habit in STRANGE}, key=sorted)


def push(sink: CalDavSink, body: bytes) -> SinkRefused | None:
    """Push; return the error that names the refused events."""
    try:
        sink.deliver(body)
    except SinkRefused as error:
        return error
    return None


def titles_in(error: SinkRefused | None) -> set[str]:
    """Return the titles of the events in an error, without their days."""
    events = error.facts["events"] if error else []
    assert isinstance(events, list)
    return {one.rpartition(" (")[0] for one in events}


def compare(
    server: HabitServer,
    body: bytes,
    error: SinkRefused | None,
    left: Collection[str] = (),
    edited: Collection[str] = (),
) -> None:
    """Check that the server has each event once, with its content; differences are named in the error.

    `left` are the events reported as edited. An `edited` event stays when the calendar no longer has it.
    """
    bodies = [one.body.replace("CLASS:PUBLIC\r\n", "").encode() for one in server.events.values()]
    there = {uid_in(one): digest_of(one) for one in bodies}
    assert len(there) == len(server.events), "an event is there twice"
    wanted = {uid: piece.digest for uid, piece in split_calendar(body).items()}
    differing = {uid for uid in {*there, *wanted} if there.get(uid) != wanted.get(uid)}
    differing -= {uid for uid in edited if uid not in wanted}
    titles = {uid_of(number): LABEL.format(number) for number in range(100)}
    assert {titles[uid] for uid in differing} == titles_in(error) | {titles[uid] for uid in left}


@cache
def calendar_states() -> tuple[bytes, ...]:
    """Return the states of a calendar that changes."""
    return (
        calendar(range(8), instant=[3]),
        calendar(range(12), instant=[3, 9], changed=[1, 3], revision=1),
        calendar([0, 1, 3, 5, 7, 9], instant=[3, 9], changed=[1, 3], revision=1),
        calendar(range(12), instant=[3, 9], cancelled=[2], revision=2),
        calendar([1, 2, 3], instant=[3], revision=3),
    )


def push_each_state(server: HabitServer, sink: CalDavSink) -> None:
    """Push a calendar as it changes; compare each state, and check that an unchanged one is not stored again."""
    for body in calendar_states():
        error = push(sink, body)
        compare(server, body, error)
        server.since()
        again = push(sink, body)
        compare(server, body, again)
        refused = sum(Counter(status for method, _, status in server.asked if method == "PUT").values())
        assert refused <= 7
        assert (again is None) == (error is None)
        assert sink.locally_modified == ()


@pytest.mark.slow
@for_each("habits", HABITS_TOGETHER)
def test_calendar_equals_the_planning_with_the_habits_of_each_server(tmp_path: Path, habits: frozenset[str]) -> None:
    """Two lessons are in another calendar of the account too, and two are refused by some servers."""
    with server_with(*habits) as server:
        server.elsewhere |= {uid_of(5), uid_of(10)}
        server.odd |= {uid_of(3), uid_of(7)}
        push_each_state(server, server.sink(tmp_path / "-".join(sorted(habits))))


NUMBERS = st.frozensets(st.integers(0, 9), max_size=10)
STATES = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.booleans()), min_size=2, max_size=5)
FOLDERS = count()


@pytest.mark.slow
@settings(
    max_examples=examples(15),
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # a failing case is small enough, and making it smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(habits=st.frozensets(st.sampled_from(HABITS), max_size=4), states=STATES, elsewhere=NUMBERS)
def test_calendar_equals_the_planning_with_any_habits_and_changes(
    tmp_path: Path,
    habits: frozenset[str],
    states: list[tuple[frozenset[int], frozenset[int], frozenset[int], frozenset[int], bool]],
    elsewhere: frozenset[int],
) -> None:
    """Any habits together: the causes of refusals disappear, and events are edited on the server."""
    with server_with(*habits) as server:
        server.elsewhere |= {uid_of(number) for number in elsewhere}
        server.odd |= {uid_of(number) for number in (0, 1, 2)}
        sink, edited = server.sink(tmp_path / str(next(FOLDERS))), set[str]()
        for revision, (numbers, changed, instant, by_hand, cleared) in enumerate(states):
            body = calendar(sorted(numbers), changed=changed, instant=instant, revision=revision)
            if cleared:
                server.elsewhere.clear()
                server.deleted.clear()
                server.odd.clear()
            edited |= edit(server, {uid_of(number) for number in by_hand})
            for _ in range(2):
                error = push(sink, body)
                left = {uid for uid in sink.locally_modified if uid in split_calendar(body)}
                compare(server, body, error, left - unchanged(server, body), edited)


def edit(server: HabitServer, uids: set[str]) -> set[str]:
    """Edit these events, as their user does; return those that are there."""
    found = {uid_in(one.body.encode()): name for name, one in server.events.items()}
    there = uids & set(found)
    for uid in there:
        server.by_hand(found[uid], server.events[found[uid]].body.replace("SUMMARY:", "SUMMARY:x"))
    return there


def unchanged(server: HabitServer, body: bytes) -> set[str]:
    """Return the UIDs of the events that are the same on the server and in the calendar."""
    there = {digest_of(one.body.replace("CLASS:PUBLIC\r\n", "").encode()) for one in server.events.values()}
    return {uid for uid, piece in split_calendar(body).items() if piece.digest in there}


def test_events_with_uids_of_another_calendar_are_named(tmp_path: Path) -> None:
    """No event counts as stored; the next push tries a few of them, and all once the other calendar is empty."""
    body = calendar(range(40))
    with server_with("uid-412") as server:
        server.elsewhere |= {uid_of(number) for number in range(40)}
        sink = server.sink(tmp_path)
        error = push(sink, body)
        assert error
        assert (error.reason, error.facts["count"], error.exit_code) == ("caldav-taken", 40, 8)
        assert (sink.current(), server.since()) == (None, 40)
        assert "Réseaux, groupe 0 (2026-11-26 08:00)" in error.facts["named"]  # type: ignore[operator]
        assert push(sink, body)
        assert server.since() == 3
        server.elsewhere.clear()
        assert push(sink, body) is None
        compare(server, body, None)


@for_each("habit", ["uid-412", "uid-403", "uid-409", "uid-unique", "uid-silent"])
def test_own_uids_differ_from_the_other_calendar_and_stay_the_same(tmp_path: Path, habit: str) -> None:
    """The sink pushes events that the server refused under their usual UIDs, with the same UIDs at each push."""
    body = calendar(range(5))
    with server_with(habit) as server:
        server.elsewhere |= {uid_of(number) for number in range(5)}
        error = push(server.sink(tmp_path / habit), body)
        assert error
        assert error.reason == ("caldav-lost" if habit == "uid-silent" else "caldav-taken")
        sink = server.sink(tmp_path / habit, uids="own")
        assert sink.deliver(body) is True
        first = {uid_in(one.body.encode()) for one in server.events.values()}
        assert (len(first), first & server.elsewhere) == (5, set())
        assert sink.deliver(body) is False
        changed = calendar(range(5), changed=[1], revision=1)
        assert sink.deliver(changed) is True
        assert {uid_in(one.body.encode()) for one in server.events.values()} == first
        name = next(name for name, one in server.events.items() if "groupe 2" in one.body)
        server.by_hand(name, server.events[name].body.replace("C601", "chez moi"))
        sink.deliver(changed)
        assert sink.locally_modified == (uid_of(2),)


def test_refusal_names_the_other_event_with_that_uid(tmp_path: Path) -> None:
    """The message contains the address that the server gives."""
    with server_with("uid-403") as server:
        server.elsewhere.add(uid_of(2))
        error = push(server.sink(tmp_path), calendar(range(4)))
        assert error
        message, hint = Catalogue("en").error(error)
        assert f"{HOME}other/{uid_of(2)}.ics" in message
        assert "Réseaux, groupe 2" in message
        assert 'uids = "own"' in hint
        assert len(server.events) == 3


@for_each("habits", [(), ("here-409",), ("here-412",)])
def test_imported_event_with_the_same_uid_follows_the_planning(tmp_path: Path, habits: tuple[str, ...]) -> None:
    """An event that was imported by hand, under another name, is not stored a second time."""
    body = calendar(range(4))
    with server_with(*habits) as server:
        sink = server.sink(tmp_path / "-".join(habits))
        sink.deliver(calendar([0]))
        server.by_hand("imported.ics", split_calendar(body)[uid_of(2)].body.decode())
        assert push(sink, body) is None
        compare(server, body, None)
        moved = calendar(range(4), changed=[2], revision=1)
        assert push(sink, moved) is None
        compare(server, moved, None)
        assert "imported.ics" in server.events


def test_uids_setting_reaches_the_sink() -> None:
    """An output without the key keeps the usual UIDs."""
    output = OutputTable.model_validate({"caldav": "https://cloud.test/a/", "user": "anna", "uids": "own"})
    (found,) = destinations_of(Settings(outputs=(output,)))
    for destination, expected in ((found, True), (replace(found, options={}), False)):
        sink = open_destination(destination, "anna", Config.from_environment())
        assert isinstance(sink, CalDavSink)
        assert (sink.destination.options.get("uids") == "own") is expected


@for_each("habit", ["end-404", "end-403"])
def test_event_gets_an_end_where_the_server_requires_it(tmp_path: Path, habit: str) -> None:
    """The end equals the start; the next events have it in their first request."""
    with server_with(habit) as server:
        sink = server.sink(tmp_path / habit)
        assert push(sink, calendar([1], instant=[1])) is None
        assert server.since() == 2
        assert push(sink, calendar([1, 2], instant=[1, 2])) is None
        assert server.since() == 1
        start, end = (
            next(line for line in one.body.split("\r\n")[::-1] if line.startswith(word)).removeprefix(word)
            for one in server.events.values()
            for word in ("DTSTART", "DTEND")
            if "groupe 2" in one.body
        )
        assert start == end
        assert sink.locally_modified == ()


def test_event_in_the_trash_bin_of_the_server_is_named(tmp_path: Path) -> None:
    """The other events are stored; once the trash bin is empty, all are."""
    with server_with("trash") as server:
        sink = server.sink(tmp_path)
        sink.deliver(calendar(range(4)))
        sink.deliver(calendar(range(3)))
        body = calendar(range(6), changed=[0], revision=1)
        error = push(sink, body)
        assert error
        assert (error.reason, titles_in(error)) == ("caldav-trash", {LABEL.format(3)})
        assert "corbeille" in Catalogue("fr").error(error)[0]
        compare(server, body, error)
        server.deleted.clear()
        assert push(sink, body) is None


def test_refused_second_deletion_is_named(tmp_path: Path) -> None:
    """The error has the title of the event, and the rest of the push is done."""
    with server_with("trash-delete") as server:
        sink = server.sink(tmp_path)
        for numbers in (range(4), range(3), range(4)):
            sink.deliver(calendar(numbers))
        body = calendar([0, 1, 5], changed=[0], revision=1)
        error = push(sink, body)
        assert error
        assert (error.reason, titles_in(error)) == ("caldav-trash", {LABEL.format(3)})
        compare(server, body, error)


def test_refusal_within_a_multistatus_is_tried_again(tmp_path: Path) -> None:
    """A change and a deletion are named in the error, and tried again by the next push."""
    with server_with("one-207") as server:
        sink = server.sink(tmp_path)
        sink.deliver(calendar(range(5)))
        server.odd |= {uid_of(1), uid_of(2)}
        body = calendar([0, 1, 3, 5], changed=[1], revision=1)
        for _ in range(2):
            error = push(sink, body)
            assert error
            assert (error.reason, titles_in(error)) == ("caldav-refused", {LABEL.format(1), LABEL.format(2)})
            compare(server, body, error)
        server.odd.clear()
        assert push(sink, body) is None
        compare(server, body, None)


@for_each("etags", ["", "no-etag"])
def test_sync_answer_without_events_and_token_is_followed_by_a_listing(tmp_path: Path, etags: str) -> None:
    """An empty sync-collection does not mean an empty calendar."""
    with server_with("empty-sync", etags) as server:
        sink = server.sink(tmp_path / f"state{etags}")
        sink.deliver(calendar(range(5)))
        assert sink.deliver(calendar(range(2))) is True
        compare(server, calendar(range(2)), None)
        server.since()
        assert sink.deliver(calendar(range(2))) is False
        assert server.since() == 0


@for_each("habit", ["busy", "busy-date"])
def test_push_waits_for_a_busy_server_and_goes_on(tmp_path: Path, habit: str) -> None:
    """The wait is that of `Retry-After`, in seconds or as a date."""
    with server_with(habit) as server:
        assert server.sink(tmp_path / habit).deliver(calendar(range(30))) is True
        assert set(server.slept) == {7.0}
        assert len(server.events) == 30


@for_each("habit", SYNC_REFUSALS)
def test_refused_sync_collection_is_replaced_by_a_listing(tmp_path: Path, habit: str) -> None:
    """The next push lists the events at once, without another sync-collection."""
    with server_with(habit) as server:
        sink = server.sink(tmp_path / habit)
        sink.deliver(calendar(range(3)))
        server.since()
        assert sink.deliver(calendar(range(3))) is False
        assert [method for method, _, _ in server.asked] == ["PROPFIND"]


@for_each("habits", [("own-address",), ("mkcol",), ("mkcol", "own-address"), ()])
def test_created_calendar_has_the_address_that_the_server_lists(habits: tuple[str, ...]) -> None:
    """Servers choose the address themselves, or know MKCOL only."""
    with server_with(*habits) as server, open_client(f"{server.address}{HOME}", "anna", PASSWORD) as there:
        made = create_calendar(there, discover_calendars(there), "Cours")
        assert made.address.removeprefix(server.address) in server.calendars
        assert server.calendars[made.address.removeprefix(server.address)] == "Cours"


def test_change_stored_without_an_answer_is_not_a_local_edit(tmp_path: Path) -> None:
    """The answer to a push is lost, and the planning changes again."""
    with server_with() as server:
        sink = server.sink(tmp_path)
        sink.deliver(calendar(range(3)))
        server.habits = frozenset({"cut"})
        with suppress(DeliveryError):
            sink.deliver(calendar(range(3), changed=[1], revision=1))
        server.habits = frozenset()
        body = calendar(range(3), cancelled=[1], revision=2)
        assert push(sink, body) is None
        compare(server, body, None)
        assert sink.locally_modified == ()


def test_edited_event_is_reported_beside_a_refused_event(tmp_path: Path) -> None:
    """No push has been complete so far."""
    with server_with("uid-403") as server:
        server.elsewhere.add(uid_of(2))
        sink = server.sink(tmp_path)
        assert push(sink, calendar(range(3)))
        edit(server, {uid_of(1)})
        body = calendar(range(3), changed=[1], revision=1)
        error = push(sink, body)
        assert sink.locally_modified == (uid_of(1),)
        compare(server, body, error, sink.locally_modified)


@for_each("habits", [(), ("own-name", "here-twice"), ("own-name", "here-twice", "no-etag")])
def test_edited_event_stays_while_the_planning_drops_and_restores_it(tmp_path: Path, habits: tuple[str, ...]) -> None:
    """The event is reported while the planning has it; once its edit is undone, it is deleted with the planning's."""
    with server_with(*habits) as server:
        sink = server.sink(tmp_path / f"state{len(habits)}")
        sink.deliver(calendar(range(3)))
        edit(server, {uid_of(1)})
        for numbers, left in ([0], ()), (range(3), (uid_of(1),)), ([0], ()), ([0], ()):
            assert push(sink, calendar(numbers)) is None
            assert sink.locally_modified == left
            assert [uid_in(one.body.encode()) for one in server.events.values()].count(uid_of(1)) == 1
        name = next(name for name, one in server.events.items() if "SUMMARY:x" in one.body)
        server.by_hand(name, server.events[name].body.replace("SUMMARY:x", "SUMMARY:"))
        assert push(sink, calendar([0])) is None
        compare(server, calendar([0]), None)


@for_each("sync", [(), ("sync-501",)])
def test_new_event_stored_without_an_answer_is_not_stored_twice(tmp_path: Path, sync: tuple[str, ...]) -> None:
    """The server has given the event a name that the lost answer contained."""
    with server_with("own-name", "here-twice", *sync) as server:
        sink = server.sink(tmp_path / f"state{len(sync)}")
        sink.deliver(calendar(range(3)))
        server.habits |= {"cut"}
        with suppress(DeliveryError):
            sink.deliver(calendar(range(4)))
        server.habits -= {"cut"}
        body = calendar(range(5), changed=[3], revision=1)
        assert push(sink, body) is None
        compare(server, body, None)
        assert sink.locally_modified == ()


def test_server_reason_comes_from_the_dav_error_alone() -> None:
    """Other content gives the status alone; a password in the message is masked."""
    body = (
        '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:c="urn:ietf:params:xml:ns:caldav">'
        "<s:exception>X</s:exception><s:message>No, not\n with geheim.</s:message><c:valid-calendar-data/></d:error>"
    )
    reason = reason_of(415, body, "geheim")
    assert (reason.condition, reason.message, reason.kind) == ("valid-calendar-data", "No, not with …", "other")
    for other in (b"", "<html><s>x</html>", "<a/>", b"\xff\xfe", None, "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"):
        assert reason_of(400, other).words == "HTTP 400"


@for_each(
    ("header", "slept"),
    [
        ("7", [7.0]), ("0", [1.0]), ("60", [60.0]), ("61", []), ("", []), (None, []), ("soon", []), ("-5", []),
        ("Sun, 29 Nov 2026 12:00:30 GMT", [30.0]), ("Sun, 29 Nov 2026 11:00:00 GMT", [1.0]),
        ("Sun, 29 Nov 2026 13:00:00 GMT", []), ("Sun, 29 Nov 2026 12:00:30 -0000", [30.0]), ("9" * 400, []),
    ],
)  # fmt: skip
def test_retry_after_is_followed_for_a_minute_at_most(header: str | None, slept: list[float]) -> None:
    """The header is a number of seconds or a date; all waits of a push together take at most a minute."""
    waits: list[float] = []
    budget = RetryBudget(sleep=waits.append, now=lambda: NOW)
    assert budget.wait(header) is bool(slept)
    assert waits == slept
    assert budget.wait("60") is not bool(slept)


def test_stored_run_names_the_refused_lessons(tmp_path: Path) -> None:
    """The stored run keeps titles and days of the lessons."""
    with server_with("uid-403") as server:
        server.elsewhere.add(uid_of(2))
        error = push(server.sink(tmp_path), calendar(range(4)))
    assert error
    runs = Runs(tmp_path, "anna")
    runs.add(failed_run(datetime(2026, 11, 29, tzinfo=UTC), error))
    last = runs.last()
    assert last
    for language in LANGUAGES:
        assert "Réseaux, groupe 2 (2026-11-28 10:00)" in Catalogue(language).error(failure_of(last, "anna"))[0]
    assert (last.exit_code, last.facts["events"]) == (8, ["Réseaux, groupe 2 (2026-11-28 10:00)"])
