"""Google Calendar on a phone: connection, changed lessons, removal."""

from dataclasses import replace
from datetime import timedelta

from playwright.sync_api import Page, expect

from scraper.domain.planning import Event
from tests.sinks.google.fake_google import FakeGoogle, Json
from tests.web.accessibility import assert_fits
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, lessons, publish_run


def events_at(google: FakeGoogle) -> dict[str, Json]:
    """Return the events at Google by title and start."""
    (calendar,) = google.calendars
    return {f"{one['summary']} {one['start']['dateTime'][:10]}": one for one in google.live(calendar).values()}


def check(page: Page, part: str) -> None:
    """Fail where the page with this part is wider than the screen."""
    expect(page.locator(part)).to_be_visible()
    assert_fits(page)


def test_calendar_at_google_is_connected_updated_and_removed(
    client_of_all: str, google: FakeGoogle, served: Served, visitor: Page
) -> None:
    """A lesson that moves, is cancelled and is held again has a higher sequence each time."""
    visitor.set_viewport_size({"width": 360, "height": 740})
    visitor.goto(f"{served.address}/phone")
    visitor.get_by_role("link", name="Google").click()
    check(visitor, "#google")
    visitor.locator("#google button.main").click()
    check(visitor, "a[target=_blank]")
    with visitor.context.expect_page() as opened:
        visitor.locator("a[target=_blank]").click()
    with opened.value as tab:
        tab.get_by_role("button", name="Allow").click()
        expect(tab.locator("h1")).to_be_visible()
        assert tab.url.startswith(f"{served.origin}/google?")
    check(visitor, "#google .notice.good")
    first = events_at(google)
    assert len(first) == 12
    assert {one["sequence"] for one in first.values()} == {0}

    known = list(lessons())
    moved = replace(known[0], start=known[0].start + timedelta(hours=1), end=known[0].end + timedelta(hours=1))
    title = next(key for key in first if known[0].subject in key)
    assert change(google, client_of_all, [moved, *known[1:]])[title]["sequence"] == 1
    cancelled = change(google, client_of_all, [moved, *known[2:]])
    assert len(cancelled) == 12
    (gone,) = (one for key, one in cancelled.items() if key.startswith("Annulé"))
    assert (gone["sequence"], gone["colorId"], gone["transparency"]) == (1, "8", "transparent")
    again = change(google, client_of_all, [moved, *known[1:]])
    (back,) = (one for one in again.values() if one["id"] == gone["id"])
    assert (back["sequence"], back["summary"].startswith("Annulé")) == (2, False)

    visitor.goto(f"{served.address}/calendars")
    check(visitor, "main h1")
    visitor.get_by_role("checkbox").check()
    visitor.locator("li", has=visitor.get_by_role("checkbox")).locator("button.bad").click()
    expect(visitor.locator(".notice.good")).to_be_visible()
    assert (google.calendars, google.refresh_tokens) == ({}, set())


def change(google: FakeGoogle, account: str, events: list[Event]) -> dict[str, Json]:
    """Run an export that reads these lessons and return the events at Google; it takes two calls."""
    google.since()
    publish_run(account, tuple(events), at=NOON + timedelta(hours=1))
    assert google.http[0] == "POST /token"
    assert len(google.http) == 3
    return events_at(google)
