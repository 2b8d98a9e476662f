"""Explanation of an event: the source of each property."""

from datetime import UTC, datetime, timedelta

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
    """Return the options of a French calendar for that client, with an alarm."""
    return RenderOptions(zone=PARIS, words=FRENCH, client=client, alarms=(timedelta(minutes=10),))


def known(*, cancelled: bool = False, all_day: bool = False) -> TrackedEvent:
    """Return a tracked lesson."""
    start = datetime(2026, 3, 3, tzinfo=PARIS)
    reported = event(start=start, end=start + DAY, all_day=True) if all_day else event()
    return TrackedEvent(
        uid="uid", event=reported, first_seen=AT, last_seen=AT, cancelled_since=AT if cancelled else None
    )


@for_each("all_day", [False, True])
@for_each("cancelled", [False, True])
def test_explanation_has_every_published_property(*, cancelled: bool, all_day: bool) -> None:
    """The values are the same, also of the stamps; each source has a text in both languages."""
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
def test_explanation_names_the_properties_of_a_cancellation(client: Client) -> None:
    """The title is among them only for clients that show the word in it."""
    lines, _ = explain_event(known(cancelled=True), look(client), (), {}, None)
    titled = {"SUMMARY"} if client in {"outlook", "google"} else set()
    assert {line.name for line in lines if line.source == "cancelled"} == CANCELLED | titled


def test_explanation_of_a_whole_day_names_its_times() -> None:
    """TRANSP follows from the hours at the portal, not from the kind."""
    lines, _ = explain_event(known(all_day=True), look(), (), {}, None)
    assert {line.name: line.source for line in lines}["TRANSP"] == "portal-start"
