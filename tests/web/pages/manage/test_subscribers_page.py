"""The page of the subscribers: an address made, shown once, and what to do where nobody can come to it."""

import re

import pytest

from scraper.publishing.feeds.subscribers import Subscribers
from scraper.system.paths import state_folder
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import shown


def test_a_calendar_that_is_not_there_leads_to_an_update(begun: str, served: Served) -> None:
    """Nobody is subscribed to nothing."""
    served.post("/subscribers/address", address="https://agenda.example.org")
    answer = served.subscribe(account=begun, **{"for": "google"})
    assert (answer.status, 'href="/runs"' in answer.text) == (422, True)
    assert "never read" not in served.get("/subscribers").text


@pytest.mark.parametrize("client", ["google", "apple", "outlook", "other"])
def test_each_choice_has_its_own_calendar(anna: str, served: Served, client: str) -> None:
    """Whatever it is for, it is made of what is known; its address answers, and is said this once."""
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
    served.subscribe(account=anna, **{"for": "google"})
    told = shown(served.get("/history"))
    assert (told.count("Download"), "anna.ics" in told, "google.ics" in told) == (1, True, False)
    assert 'href="/history/1.ics"' in served.get("/history").text


def test_a_page_with_an_address_loaded_again_changes_nothing(anna: str, served: Served) -> None:
    """Whether it was made or renewed: its form counts once. A form of another run of the server counts no more."""
    sent = {"account": anna, "label": "Phone", "for": "google"}
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


def test_where_an_address_reaches_is_told(anna: str, served: Served) -> None:
    """Google is warned of where it cannot come; an address that is given is remembered, a wrong one is not."""
    here = shown(served.subscribe(account=anna, label="One", **{"for": "google"}))
    assert "Google cannot reach it" in here
    assert served.post("/subscribers/address", address="ftp://x").status == 422
    assert served.post("/subscribers/address", address="https://calendar.example.org/a/").status == 303
    there = served.subscribe(account=anna, label="Two", **{"for": "google"})
    assert 'value="https://calendar.example.org/a/c/' in there.text
    assert "cannot reach it" not in shown(there)


@pytest.mark.parametrize(
    ("client", "address", "steps", "ways"),
    [
        ("google", "", "", "First: make"), ("google", "http://192.168.1.9:8765", "", "First: make"),
        ("google", "https://a.example.org", "Copy the address, then open Google", ""),
        ("apple", "", "On this Mac", "First, for a phone"), ("apple", "http://192.168.1.9:8765", "On an iPhone", ""),
        ("outlook", "", "", "First: make"), ("other", "", "Copy the address.", "First, for a phone"),
    ],
)  # fmt: skip
def test_steps_are_told_where_they_lead_anywhere(
    anna: str, served: Served, client: str, address: str, *, steps: str, ways: str
) -> None:
    """Where a calendar cannot come to the address, what to do before that is told instead, with the way there."""
    served.post("/subscribers/address", address=address)
    page = served.subscribe(account=anna, label="One", **{"for": client})
    text = shown(page)
    assert ("Next steps" in text, steps in text) == (bool(steps), True)
    assert ("On an iPhone" in text) is (steps == "On an iPhone")
    told = ("First, for a phone" in text, "First: make" in text)
    assert told == (ways == "First, for a phone", ways == "First: make")
    assert ('href="/subscribers#reach"' in page.text, 'href="/subscribers/one?label=One"' in page.text) == (
        bool(ways), bool(ways),
    )  # fmt: skip


@pytest.mark.parametrize(("address", "has_code"), [("https://agenda.example.org", True), ("http://127.0.0.1:9", False)])
def test_a_code_is_drawn_where_a_phone_could_come(
    served: Served, anna: object, address: str, *, has_code: bool
) -> None:
    """Of an address that only this machine reaches it would lead a phone nowhere."""
    assert anna
    assert served.post("/subscribers/address", address=address).status == 303
    text = served.subscribe(label="Phone", **{"for": "other"}).text
    assert f"{address}/c/" in text
    assert ('class="qr"' in text) is has_code


def test_an_address_that_is_none_is_not_kept(served: Served) -> None:
    """It is told, and the page is there as before."""
    for wrong in ("https://[bad", "https://a:99999", "agenda"):
        assert served.post("/subscribers/address", address=wrong).status == 422
        assert served.get("/subscribers").status == 200
