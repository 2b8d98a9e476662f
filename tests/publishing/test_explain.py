"""Where each property of one event comes from."""

from datetime import UTC, datetime, timedelta

import pytest

from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY
from scraper.i18n import Catalogue
from scraper.ical.entry import Client, EventToRender, PublishedEvent, RenderOptions
from scraper.ical.render import render, render_events
from scraper.publishing.explain import explain_event
from scraper.publishing.ledger.revisions import Revision
from tests.cases import for_each
from tests.factories import PARIS, event
from tests.publishing.ledger.runs import FRENCH, vevents

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CANCELLED = {"STATUS", "TRANSP", "COLOR"}


def look(client: Client = "any") -> RenderOptions:
    """A French calendar for that client, with an alarm."""
    return RenderOptions(zone=PARIS, words=FRENCH, client=client, alarms=(timedelta(minutes=10),))


def known(*, cancelled: bool = False, all_day: bool = False) -> TrackedEvent:
    """A lesson that is known."""
    start = datetime(2026, 3, 3, tzinfo=PARIS)
    reported = event(start=start, end=start + DAY, all_day=True) if all_day else event()
    return TrackedEvent(
        uid="uid", event=reported, first_seen=AT, last_seen=AT, cancelled_since=AT if cancelled else None
    )


@pytest.mark.parametrize("all_day", [False, True])
@pytest.mark.parametrize("cancelled", [False, True])
def test_every_property_that_is_published_is_reported(*, cancelled: bool, all_day: bool) -> None:
    """With its very value, the stamps too; and each source is a sentence of both languages."""
    one = known(cancelled=cancelled, all_day=all_day)
    lines, _ = explain_event(one, look(), (), {}, Revision(fingerprint="", sequence=2, revised=AT))
    reported = render_events([EventToRender(one.event, "uid", "CANCELLED" if cancelled else "CONFIRMED")], look())
    (shown,) = vevents(render([PublishedEvent(rendered=reported[0], sequence=2, revised=AT)], look(), "x")).values()
    own = {(line.name, line.value) for line in lines if line.source != "alarms"}
    assert own >= {
        (name.partition(";")[0], value) for name, value in shown.items() if name not in {"BEGIN", "END", "TRIGGER"}
    } - {("DESCRIPTION", shown["DESCRIPTION"]), ("ACTION", "DISPLAY")}
    for line in lines:
        assert all(Catalogue(language).has(f"explain.sources.{line.source}") for language in ("fr", "en"))


@for_each("client", ["any", "apple", "thunderbird", "outlook", "google"])
def test_what_is_written_otherwise_since_it_was_cancelled_is_reported_so(client: Client) -> None:
    """The title only where that client has the word in it."""
    lines, _ = explain_event(known(cancelled=True), look(client), (), {}, None)
    titled = {"SUMMARY"} if client in {"outlook", "google"} else set()
    assert {line.name for line in lines if line.source == "cancelled"} == CANCELLED | titled


def test_a_whole_day_is_free_time_because_of_its_hours() -> None:
    """TRANSP comes of what the portal says of its time, not of its kind."""
    lines, _ = explain_event(known(all_day=True), look(), (), {}, None)
    assert {line.name: line.source for line in lines}["TRANSP"] == "portal-start"
