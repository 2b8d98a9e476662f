"""The page of the subscribers: an address made, shown once, and what to do where no one can come to it."""

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
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, shown


def test_a_calendar_that_is_not_there_leads_to_an_update(new_account: str, served: Served) -> None:
    """Nothing is subscribed to without a calendar."""
    served.post("/subscribers/address", address="https://agenda.example.org")
    answer = served.subscribe(account=new_account, **{"for": "google"})
    assert (answer.status, 'href="/runs"' in answer.text) == (422, True)
    assert "never read" not in served.get("/subscribers").text


@pytest.mark.parametrize("client", ["google", "apple", "outlook", "other"])
def test_each_choice_has_its_own_calendar(anna: str, served: Served, client: str) -> None:
    """Whatever it is for, it is made of what is known; its address answers, and is shown this once."""
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


def test_the_history_is_of_the_account_s_own_calendars(anna: str, served: Served) -> None:
    """What is made for a subscriber is none of them; each of its own can be had again."""
    served.subscribe(account=anna, **{"for": "apple"})
    reported = shown(served.get("/history"))
    assert (reported.count("Download"), "anna.ics" in reported, "apple.ics" in reported) == (1, True, False)
    assert 'href="/history/1.ics"' in served.get("/history").text


def test_a_page_with_an_address_loaded_again_changes_nothing(anna: str, served: Served) -> None:
    """Whether it was made or renewed: its form counts once. A form of another run of the server counts no more."""
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
    assert "was already sent" in shown(served.get("/subscribers?done=before"))


def test_an_address_that_could_not_work_is_not_created(anna: str, served: Served) -> None:
    """Google needs the internet, a phone at least the network; a program on this computer is confirmed."""
    for client, address, here, status in (
        ("google", "", "yes", 422), ("outlook", "http://192.168.1.9:8765", "yes", 422), ("apple", "", "", 422),
        ("other", "", "", 422), ("other", "", "yes", 200), ("apple", "http://192.168.1.9:8765", "", 200),
        ("google", "https://a.example.org", "", 200),
    ):  # fmt: skip
        served.post("/subscribers/address", address=address)
        before = len(Subscribers(state_folder()).all())
        page = served.subscribe(account=anna, here=here, **{"for": client})
        assert (page.status, len(Subscribers(state_folder()).all()) - before) == (status, int(status == 200)), client
        assert ("cannot reach this computer" in shown(page)) is (status == 422)
    assert served.post("/subscribers/address", address="ftp://x").status == 422


@pytest.mark.parametrize(
    ("client", "address", "steps"),
    [
        ("google", "https://a.example.org", "Copy the address, then open Google"), ("apple", "", "On this Mac"),
        ("apple", "http://192.168.1.9:8765", "On an iPhone"), ("other", "", "Copy the address."),
    ],
)  # fmt: skip
def test_steps_follow_from_the_address(anna: str, served: Served, client: str, address: str, steps: str) -> None:
    """They lead to a calendar that can reach the address; only an iPhone scans a code, which subscribes it."""
    served.post("/subscribers/address", address=address)
    page = served.subscribe(account=anna, label="One", **{"for": client})
    assert steps in shown(page)
    assert ('class="qr"' in page.text) is (steps == "On an iPhone")


def test_a_part_is_shared_until_a_day(anna: str, served: Served) -> None:
    """The list shows what and until when; busy times have no word; the name in the address has none either."""
    today = NOON.astimezone().date()  # an end date counts in the machine's zone
    sent = {"account": anna, "label": "Parents", "for": "other", "content": "busy", "until": f"{today}"}
    address = re.search(r'value="http://127[^/"]+(?::\d+)?(/c/[^"]+/planning\.ics)"', served.subscribe(**sent).text)
    assert address
    calendar = served.get(address[1]).text
    assert calendar.count("BEGIN:VEVENT") == 12
    assert "SUMMARY" not in calendar
    assert re.search(rf"Only when I am busy · until {today.day} ", shown(served.get("/subscribers")))
    assert served.subscribe(**{**sent, "label": "x", "until": f"{today - timedelta(days=1)}"}).status == 422


def test_some_courses_are_shared(anna: str, served: Served) -> None:
    """They are chosen from the known ones; the form keeps the choice where none is made."""
    sent = {"account": anna, "label": "Group", "for": "other", "content": "courses"}
    assert 'name="course" value="Anglais LV1"' in served.get("/subscribers").text
    assert "No course is chosen" in shown(served.subscribe(**sent))
    address = re.search(r'value="http://127[^/"]+(/c/[^"]+)"', served.subscribe(**sent, course="Anglais LV1").text)
    assert address
    calendar = served.get(address[1]).text
    assert (calendar.count("BEGIN:VEVENT"), "Dupont" in calendar) == (4, False)


@pytest.mark.parametrize("now", [NOON, NOON + timedelta(days=1)])
def test_after_its_last_day_an_address_is_gone(anna: str, served: Served, now: datetime) -> None:
    """It answers 404, and its file is deleted, unless another subscription uses it."""
    store, calendar = Subscribers(state_folder()), FeedCalendar(sharing=Sharing(content="exams"))
    job = replace(job_for_account(anna, Config.from_environment()), feeds=(calendar,))
    assert ensure_feed_calendar(job, NOON)
    one, secret = subscribe(job, "Phone", NOON.astimezone().date())
    file = calendar_file(state_folder(), one.key, calendar)
    has_ended = now > NOON
    assert served.get(path_of(one, secret)).status == (404 if has_ended else 200)
    store.delete_ended(now)
    assert file.exists() is not has_ended
    assert ("Ended after" in shown(served.get("/subscribers"))) is has_ended
    assert [target.sink.name for target in feed_targets(replace(job, feeds=()), now)] == (
        [] if has_ended else [str(file)]
    )


def test_an_address_that_is_none_is_not_kept(served: Served) -> None:
    """The error is shown, and the page is there as before."""
    for wrong in ("https://[bad", "https://a:99999", "agenda"):
        assert served.post("/subscribers/address", address=wrong).status == 422
        assert served.get("/subscribers").status == 200
