"""The connection to Google by the page: the consent in another tab, and its result."""

import re
from html import unescape
from pathlib import Path
from threading import Event
from urllib.parse import parse_qsl, urlsplit

import pytest

from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault.vaults import vaults
from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import GOOGLE_CALENDARS
from scraper.publishing.destinations import open_destination
from tests.http_requests import Answer, asked
from tests.sinks.google.fake_google import CLIENT, CLIENT_SECRET, FakeGoogle
from tests.sinks.google.google_calendars import stored
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import text_of


def connect(served: Served, **form: str) -> str:
    """Send the form and return the address of Google's page."""
    answer = served.post("/phone/google/connect", **form)
    assert (answer.status, answer.headers["location"]) == (303, "/phone/google/consent?account=anna")
    page = served.get("/phone/google/consent")
    found = re.search(r'href="([^"]+/auth\?[^"]+)" target="_blank" rel="noopener noreferrer"', page.text)
    assert found
    return unescape(found[1])


def return_from_google(served: Served, address: str, cookie: str = "") -> Answer:
    """Follow the redirect of Google's page, from another site and so without the page's cookie."""
    parts = urlsplit(address)
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    return asked(f"127.0.0.1:{served.port}", "GET", f"{parts.path}?{parts.query}", headers)


def result(served: Served) -> Answer:
    """Return the guide as soon as the connection is over."""
    for _ in range(1000):
        job = served.state.service_jobs.last("anna", "google")
        if job and job.ended_at:
            return served.get("/phone/google?account=anna")
        Event().wait(0.05)
    raise AssertionError


def destination() -> Destination:
    """Return the account's calendar at Google."""
    (found,) = load_account("anna", Config.from_environment()).destinations
    return found


def test_account_is_connected_and_disconnected(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """The client is that of all accounts; the lessons are in the calendar."""
    page = served.get("/phone/google")
    assert page.text.index("m-google_push") < page.text.index("m-google_file")
    assert CLIENT_SECRET not in page.text
    assert 'name="secret"' not in page.text
    address = connect(served, account=client_of_all)
    assert dict(parse_qsl(urlsplit(address).query))["redirect_uri"] == f"http://127.0.0.1:{served.port}/google"
    answer = return_from_google(served, google.decide(address))
    assert (answer.status, "close this page" in text_of(answer)) == (200, True)
    assert "are in your calendar" in text_of(result(served))
    ((name, made),) = google.calendars.items()
    assert (made.properties["summary"], made.properties["timeZone"]) == ("Lessons", "Europe/Paris")
    assert destination() == Destination(kind="google", address=f"{GOOGLE_CALENDARS}{name}/", user=CLIENT)
    sink = open_destination(destination(), "anna", Config.from_environment())
    assert len(stored(google, sink)) == 12  # type: ignore[arg-type]
    assert "Google Calendar" in text_of(served.get("/calendars"))
    served.post("/calendars/service/remove", address=destination().address, delete_calendar="yes")
    assert load_account("anna", Config.from_environment()).destinations == ()
    assert (google.calendars, google.refresh_tokens) == ({}, set())


def test_account_is_connected_with_its_own_client(anna: str, google: FakeGoogle, served: Served) -> None:
    """A missing field is reported before Google is asked."""
    page = served.get("/phone/google")
    assert page.text.index("m-google_push") > page.text.index("m-google_file")
    assert "Enter the client ID" in text_of(served.post("/phone/google/connect", account=anna))
    assert "Enter the client secret" in text_of(served.post("/phone/google/connect", account=anna, client_id=CLIENT))
    assert google.http == []
    return_from_google(served, google.decide(connect(served, account=anna, client_id=CLIENT, secret=CLIENT_SECRET)))
    assert "are in your calendar" in text_of(result(served))
    assert f'value="{CLIENT}"' in served.get("/phone/google").text


def test_consent_on_another_machine_is_pasted(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """The address of the last page is accepted as a whole or in part."""
    address = google.decide(connect(served, account=client_of_all))
    refused = served.post("/phone/google/paste", address="http://127.0.0.1/?state=x&code=y")
    assert "is not the address of Google" in text_of(refused)
    assert "was used already" in text_of(refused)
    assert 'target="_blank"' in refused.text
    assert served.post("/phone/google/paste", address=f"  {address}\n").status == 303
    assert "are in your calendar" in text_of(result(served))
    assert served.post("/phone/google/paste", address=address).headers["location"].startswith("/phone/google?")
    assert len(google.calendars) == 1


def test_unexpected_answer_of_google_is_refused(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """Another state, a second time, or before the form."""
    assert served.get("/phone/google/consent").headers["location"] == "/phone/google?account=anna#sending"
    for query in ("", "?code=x", "?state=x&code=y"):
        assert return_from_google(served, f"http://127.0.0.1/google{query}").status == 403
    address = google.decide(connect(served, account=client_of_all))
    assert return_from_google(served, address).status == 200
    assert return_from_google(served, address).status == 403
    result(served)
    assert len(google.calendars) == 1


@pytest.mark.slow
def test_refused_consent_stores_nothing(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """The user refuses, or Google refuses the client: the page explains it and has the form."""
    return_from_google(served, google.decide(connect(served, account=client_of_all), allowed=False))
    page = result(served)
    assert "was not allowed" in text_of(page)
    assert "Try again and allow the access" in text_of(page)
    google.token_fault = 401, "invalid_client"
    return_from_google(served, google.decide(connect(served, account=client_of_all)))
    assert "does not accept the OAuth client" in text_of(result(served))
    assert (load_account("anna", Config.from_environment()).destinations, google.calendars) == ((), {})


@pytest.mark.slow
def test_reconnection_after_a_revocation_keeps_the_calendar(
    client_of_all: str, google: FakeGoogle, served: Served
) -> None:
    """Its lessons stay."""
    return_from_google(served, google.decide(connect(served, account=client_of_all)))
    result(served)
    before = destination()
    google.revoke_all()
    return_from_google(served, google.decide(connect(served, account=client_of_all)))
    assert "are in your calendar" in text_of(result(served))
    assert destination() == before
    assert len(google.calendars) == 1


def test_failed_first_push_keeps_the_calendar(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """The next update sends the lessons."""
    google.fault = lambda method, _: 503 if method == "events.list" else None
    return_from_google(served, google.decide(connect(served, account=client_of_all)))
    assert "at the next update" in text_of(result(served))
    assert destination().kind == "google"


def test_client_secret_and_token_are_in_the_vault_only(
    anna: str, google: FakeGoogle, served: Served, home: Path
) -> None:
    """They are in no file and on no page."""
    return_from_google(served, google.decide(connect(served, account=anna, client_id=CLIENT, secret=CLIENT_SECRET)))
    page = result(served)
    secrets = {CLIENT_SECRET, *google.refresh_tokens, *google.access_tokens}
    texts = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    texts += [page.body, served.get("/calendars").body, served.get("/phone/google").body]
    assert not [secret for secret in secrets for text in texts if secret.encode() in text]
    assert vaults().find(destination().secret)
