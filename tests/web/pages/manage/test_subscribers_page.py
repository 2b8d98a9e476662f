"""The page of subscribers: addresses that are created, shown once, limited and revoked."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scraper.config.configuration import Config
from scraper.domain.sharing import Sharing
from scraper.publishing.feed_calendars import ensure_feed_calendar, feed_targets, subscribe
from scraper.publishing.feeds.feed_files import FeedCalendar, calendar_file
from scraper.publishing.feeds.feed_urls import path_of
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.publishing.job import job_for_account
from scraper.system.paths import state_folder
from tests.cases import for_each
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, text_of


def test_account_without_a_calendar_links_to_an_update(new_account: str, served: Served) -> None:
    """No form is shown before there is a calendar."""
    served.post("/subscribers/address", address="https://agenda.example.org")
    answer = served.subscribe(account=new_account, **{"for": "google"})
    assert (answer.status, 'href="/runs"' in answer.text) == (422, True)
    assert "never read" not in served.get("/subscribers").text


@for_each("client", ["google", "apple", "outlook", "other"])
def test_calendar_of_each_client_is_rendered_at_once(anna: str, served: Served, client: str) -> None:
    """The address answers and is shown once."""
    served.post("/subscribers/address", address="https://agenda.example.org")
    answer = served.subscribe(account=anna, **{"for": client})
    address = re.search(r'value="(https://agenda\.example\.org[^"]+\.ics)"', answer.text)
    assert address
    path = "/" + address[1].split("/", 3)[3]
    assert served.get(path).text.count("BEGIN:VEVENT") == 12
    secret = path.split("/")[2]
    assert ("webcal://" in answer.text) == (client == "apple")
    for page in ("/subscribers", "/help/log", "/accounts"):
        assert secret not in served.get(page).text
    kept = [file for file in state_folder().rglob("*") if file.is_file()]
    assert not any(secret.encode() in file.read_bytes() for file in kept)


def test_history_has_the_account_s_own_calendars_only(anna: str, served: Served) -> None:
    """Calendars of subscribers are not in it; each of its own can be downloaded."""
    served.subscribe(account=anna, **{"for": "apple"})
    reported = text_of(served.get("/history"))
    assert (reported.count("Download"), "anna.ics" in reported, "apple.ics" in reported) == (1, True, False)
    assert 'href="/history/1.ics"' in served.get("/history").text


def test_form_submitted_twice_creates_one_address(anna: str, served: Served) -> None:
    """Forms of an earlier server are refused."""
    sent = {"account": anna, "label": "Phone", "for": "other", "here": "yes"}
    for path in ("/subscribers", "/subscribers/renew"):
        once = served.once()
        address = re.search(r'value="(http://[^"]+\.ics)"', served.post(path, **sent, once=once).text)
        assert address is not None
        for number in (once, "", "forged"):
            again = served.post(path, **sent, once=number)
            assert (again.status, again.headers["location"]) == (303, "/subscribers?done=before")
        assert [one.label for one in Subscribers(state_folder()).all()] == ["Phone"]
        assert served.get("/" + address[1].split("/", 3)[3]).status == 200
    assert "was already sent" in text_of(served.get("/subscribers?done=before"))


def test_address_that_the_client_cannot_reach_is_refused(anna: str, served: Served) -> None:
    """A program on this computer is confirmed by a box."""
    for client, address, here, status in (
        ("google", "", "yes", 422), ("outlook", "http://192.168.1.9:8765", "yes", 422), ("apple", "", "", 422),
        ("other", "", "", 422), ("other", "", "yes", 200), ("apple", "http://192.168.1.9:8765", "", 200),
        ("google", "https://a.example.org", "", 200),
    ):  # fmt: skip
        served.post("/subscribers/address", address=address)
        before = len(Subscribers(state_folder()).all())
        page = served.subscribe(account=anna, here=here, **{"for": client})
        assert (page.status, len(Subscribers(state_folder()).all()) - before) == (status, int(status == 200)), client
        assert ("cannot reach this computer" in text_of(page)) is (status == 422)
    assert served.post("/subscribers/address", address="ftp://x").status == 422


@for_each(
    ("client", "address", "steps"),
    [
        ("google", "https://a.example.org", "Copy the address, then open Google"), ("apple", "", "On this Mac"),
        ("apple", "http://192.168.1.9:8765", "On an iPhone"), ("other", "", "Copy the address."),
    ],
)  # fmt: skip
def test_steps_depend_on_client_and_address(anna: str, served: Served, client: str, address: str, steps: str) -> None:
    """Only an iPhone subscribes by a scanned code."""
    served.post("/subscribers/address", address=address)
    page = served.subscribe(account=anna, **{"for": client})
    assert steps in text_of(page)
    assert ('class="qr"' in page.text) is (steps == "On an iPhone")


def test_shared_part_and_last_day_are_listed(anna: str, served: Served) -> None:
    """Busy times contain no title, and the address no name."""
    today = NOON.astimezone().date()  # an end date counts in the machine's zone
    sent = {"account": anna, "label": "Parents", "for": "other", "content": "busy", "until": f"{today}"}
    address = re.search(r'value="http://127[^/"]+(?::\d+)?(/c/[^"]+/planning\.ics)"', served.subscribe(**sent).text)
    assert address
    calendar = served.get(address[1]).text
    assert calendar.count("BEGIN:VEVENT") == 12
    assert "SUMMARY" not in calendar
    assert re.search(rf"Only when I am busy · until {today.day} ", text_of(served.get("/subscribers")))
    assert served.subscribe(**{**sent, "label": "x", "until": f"{today - timedelta(days=1)}"}).status == 422


def test_chosen_courses_are_shared(anna: str, served: Served) -> None:
    """A form without a choice is shown again."""
    sent = {"account": anna, "label": "Group", "for": "other", "content": "courses"}
    assert 'name="course" value="Anglais LV1"' in served.get("/subscribers").text
    assert "No course is chosen" in text_of(served.subscribe(**sent))
    address = re.search(r'value="http://127[^/"]+(/c/[^"]+)"', served.subscribe(**sent, course="Anglais LV1").text)
    assert address
    calendar = served.get(address[1]).text
    assert (calendar.count("BEGIN:VEVENT"), "Dupont" in calendar) == (4, False)


@pytest.mark.parametrize("now", [NOON, NOON + timedelta(days=1)])
def test_expired_address_answers_404(anna: str, served: Served, now: datetime) -> None:
    """Its file is deleted unless another subscription uses it."""
    store, calendar = Subscribers(state_folder()), FeedCalendar(sharing=Sharing(content="exams"))
    job = replace(job_for_account(anna, Config.from_environment()), feeds=(calendar,))
    assert ensure_feed_calendar(job, NOON)
    one, secret = subscribe(job, "Phone", NOON.astimezone().date())
    file = calendar_file(state_folder(), one.key, calendar)
    has_ended = now > NOON
    assert served.get(path_of(one, secret)).status == (404 if has_ended else 200)
    store.delete_ended(now)
    assert file.exists() is not has_ended
    assert ("Ended after" in text_of(served.get("/subscribers"))) is has_ended
    assert [target.sink.name for target in feed_targets(replace(job, feeds=()), now)] == (
        [] if has_ended else [str(file)]
    )


def test_invalid_public_address_is_refused(served: Served) -> None:
    """The error is shown on the page."""
    for wrong in ("https://[bad", "https://a:99999", "agenda"):
        assert served.post("/subscribers/address", address=wrong).status == 422
        assert served.get("/subscribers").status == 200
