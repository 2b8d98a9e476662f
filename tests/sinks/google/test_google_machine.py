"""Google sink: after any sequence of changes, faults and restarts, the calendar at Google equals the .ics."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from scraper.errors import DeliveryError
from scraper.sinks.google.sink import GoogleSink
from tests.effort import examples
from tests.publishing.ledger.runs import Memory, Runs
from tests.publishing.ledger.test_random_portal import Portal
from tests.sinks.calendars import calendar
from tests.sinks.google.fake_google import FakeGoogle
from tests.sinks.google.google_calendars import expected, new_sink, stored

FAULTS = (403, 409, 412, 429, 500, 503)
numbers = st.sets(st.integers(0, 11))


def every(status: int, step: int) -> Iterator[int | None]:
    """Answer each call of that number with the status."""
    return (None if number % step else (403, "rateLimitExceeded") if status == 403 else status for number in count(1))  # type: ignore[misc]


@dataclass(slots=True, kw_only=True)
class Mirrored(Memory):
    """A calendar in memory, and the same one at Google."""

    google: FakeGoogle
    pushed: GoogleSink

    def deliver(self, body: bytes) -> bool:
        """Deliver to both places; check that Google has the same events."""
        changed = Memory.deliver(self, body)
        self.pushed.deliver(body)
        assert stored(self.google, self.pushed) == expected(body)
        return changed


class PushedPortal(Portal):
    """The portal of the ledger's machine; each of its calendars is pushed to Google too."""

    google: ClassVar[FakeGoogle]

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        super().__init__(Runs(self.folder / "ledgers" / "one.sqlite"))
        self.sink = Mirrored(google=self.google, pushed=new_sink(self.google, self.folder / "state"))

    def teardown(self) -> None:
        """Delete the folder."""
        super().teardown()
        shutil.rmtree(self.folder)

    @rule()
    def lose_the_state(self) -> None:
        """The state of the push is gone."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)


class PushedCalendar(RuleBasedStateMachine):
    """A calendar that changes, is pushed with faults, and is changed at Google by its user."""

    google: ClassVar[FakeGoogle]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.sink = new_sink(self.google, self.folder)
        self.body = b""
        self.revision = 0

    def teardown(self) -> None:
        """Push without faults: Google's calendar equals the last one."""
        self.push()
        shutil.rmtree(self.folder)

    @rule(shown=numbers, changed=numbers, cancelled=numbers)
    def change(self, shown: set[int], changed: set[int], cancelled: set[int]) -> None:
        """The calendar changes."""
        self.revision += 1
        self.body = calendar(sorted(shown), changed=changed, cancelled=cancelled, revision=self.revision)

    @rule()
    def push(self) -> None:
        """A push without faults succeeds."""
        self.google.fault, self.google.lost = (lambda _, __: None), (lambda _: False)
        self.sink.deliver(self.body)
        assert stored(self.google, self.sink) == expected(self.body)
        assert self.sink.locally_modified == ()

    @rule(status=st.sampled_from(FAULTS), step=st.integers(1, 5))
    def push_with_refusals(self, status: int, step: int) -> None:
        """Push while some calls, or all, are refused."""
        faults = every(status, step)
        self.google.fault = lambda _, __: next(faults)
        with suppress(DeliveryError):
            self.sink.deliver(self.body)
        self.google.fault = lambda _, __: None

    @rule(last=st.integers(1, 4))
    def push_without_answers(self, last: int) -> None:
        """The connection ends after some requests, which were done."""
        requests = count(1)
        self.google.lost = lambda _: next(requests) >= last
        with suppress(DeliveryError):
            self.sink.deliver(self.body)
        self.google.lost = lambda _: False

    @rule()
    def lose_the_state(self) -> None:
        """The state folder is lost."""
        file = self.sink.destination.state_file(self.folder)
        file.unlink(missing_ok=True)

    @rule()
    def expire_the_token(self) -> None:
        """The sync token is not valid any more."""
        self.google.expired = self.google.turn

    @rule()
    def expire_the_access(self) -> None:
        """The access token is not valid any more."""
        self.google.access_tokens.clear()

    @precondition(lambda self: self.google.live(self.sink.calendar))
    @rule(data=st.data())
    def delete_by_hand(self, data: st.DataObject) -> None:
        """The user deletes an event."""
        self.google.remove(self.sink.calendar, data.draw(st.sampled_from(sorted(self.google.live(self.sink.calendar)))))

    @precondition(lambda self: self.google.live(self.sink.calendar))
    @rule(data=st.data())
    def mark_by_hand(self, data: st.DataObject) -> None:
        """The user changes a property that the sink does not set."""
        event = data.draw(st.sampled_from(sorted(self.google.live(self.sink.calendar))))
        self.google.edit(self.sink.calendar, event, visibility="private")


@pytest.mark.slow
@pytest.mark.parametrize("machine", [PushedCalendar, PushedPortal])
def test_google_equals_the_calendar(google: FakeGoogle, machine: type[PushedCalendar | PushedPortal]) -> None:
    """Any sequence of changes, faults and lost states ends with the same events at both places."""
    machine.google = google
    number = 6 if machine is PushedCalendar else 2
    tried = settings(max_examples=examples(number), stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=tried)
