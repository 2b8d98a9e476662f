"""The connection to Google from the page: the consent in another tab, and what becomes of it."""

import re
from html import unescape
from pathlib import Path
from threading import Event
from urllib.parse import parse_qsl, urlsplit

from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault import vaults
from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import GOOGLE_CALENDARS
from scraper.publishing.destinations import open_destination
from tests.http_requests import Answer, asked
from tests.sinks.google.fake_google import CLIENT, CLIENT_SECRET, FakeGoogle
from tests.sinks.google.google_calendars import stored
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import shown


def connect(served: Served, **form: str) -> str:
    """Send the form and return the address of Google's page."""
    answer = served.post("/phone/google/connect", **form)
    assert (answer.status, answer.headers["location"]) == (303, "/phone/google/consent?account=anna")
    page = served.get("/phone/google/consent")
    found = re.search(r'href="([^"]+/auth\?[^"]+)" target="_blank" rel="noopener noreferrer"', page.text)
    assert found
    return unescape(found[1])


def come_back(served: Served, address: str, cookie: str = "") -> Answer:
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


def test_a_client_of_all_accounts(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """One button, Google's page, and the lessons are in the calendar; all is removed by another button."""
    page = served.get("/phone/google")
    assert page.text.index("m-google_push") < page.text.index("m-google_file")
    assert CLIENT_SECRET not in page.text
    assert 'name="secret"' not in page.text
    address = connect(served, account=client_of_all)
    assert dict(parse_qsl(urlsplit(address).query))["redirect_uri"] == f"http://127.0.0.1:{served.port}/google"
    answer = come_back(served, google.decide(address))
    assert (answer.status, "close this page" in shown(answer)) == (200, True)
    assert "are in your calendar" in shown(result(served))
    ((name, made),) = google.calendars.items()
    assert (made.properties["summary"], made.properties["timeZone"]) == ("Lessons", "Europe/Paris")
    assert destination() == Destination(kind="google", address=f"{GOOGLE_CALENDARS}{name}/", user=CLIENT)
    sink = open_destination(destination(), "anna", Config.from_environment())
    assert len(stored(google, sink)) == 12  # type: ignore[arg-type]
    assert "Google Calendar" in shown(served.get("/calendars"))
    served.post("/calendars/service/remove", address=destination().address, delete_calendar="yes")
    assert load_account("anna", Config.from_environment()).destinations == ()
    assert (google.calendars, google.refresh_tokens) == ({}, set())


def test_a_client_of_ones_own(anna: str, google: FakeGoogle, served: Served) -> None:
    """It is typed, after the other ways; what is missing is reported before Google is asked."""
    page = served.get("/phone/google")
    assert page.text.index("m-google_push") > page.text.index("m-google_file")
    assert "Enter the client ID" in shown(served.post("/phone/google/connect", account=anna))
    assert "Enter the client secret" in shown(served.post("/phone/google/connect", account=anna, client_id=CLIENT))
    assert google.http == []
    come_back(served, google.decide(connect(served, account=anna, client_id=CLIENT, secret=CLIENT_SECRET)))
    assert "are in your calendar" in shown(result(served))
    assert f'value="{CLIENT}"' in served.get("/phone/google").text


def test_on_another_machine(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """The address of the last page is pasted, as a whole or in part; another text is not accepted."""
    address = google.decide(connect(served, account=client_of_all))
    refused = served.post("/phone/google/paste", address="http://127.0.0.1/?state=x&code=y")
    assert "is not the address of Google" in shown(refused)
    assert "was used already" in shown(refused)
    assert 'target="_blank"' in refused.text
    assert served.post("/phone/google/paste", address=f"  {address}\n").status == 303
    assert "are in your calendar" in shown(result(served))
    assert served.post("/phone/google/paste", address=address).headers["location"].startswith("/phone/google?")
    assert len(google.calendars) == 1


def test_an_answer_that_no_connection_waits_for(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """Another state, a second time, or before the form: the page says how to log in, and nothing happens."""
    assert served.get("/phone/google/consent").headers["location"] == "/phone/google?account=anna#sending"
    for query in ("", "?code=x", "?state=x&code=y"):
        assert come_back(served, f"http://127.0.0.1/google{query}").status == 403
    address = google.decide(connect(served, account=client_of_all))
    assert come_back(served, address).status == 200
    assert come_back(served, address).status == 403
    result(served)
    assert len(google.calendars) == 1


def test_the_consent_is_refused(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """By the user, or the client by Google: the page says so and leads back to the form; nothing is stored."""
    come_back(served, google.decide(connect(served, account=client_of_all), allowed=False))
    page = result(served)
    assert "was not allowed" in shown(page)
    assert "Try again and allow the access" in shown(page)
    google.token_fault = 401, "invalid_client"
    come_back(served, google.decide(connect(served, account=client_of_all)))
    assert "does not accept the OAuth client" in shown(result(served))
    assert (load_account("anna", Config.from_environment()).destinations, google.calendars) == ((), {})


def test_connect_again(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """After the access was revoked, the calendar stays, and its lessons."""
    come_back(served, google.decide(connect(served, account=client_of_all)))
    result(served)
    before = destination()
    google.revoke_all()
    come_back(served, google.decide(connect(served, account=client_of_all)))
    assert "are in your calendar" in shown(result(served))
    assert destination() == before
    assert len(google.calendars) == 1


def test_google_is_busy_at_the_first_push(client_of_all: str, google: FakeGoogle, served: Served) -> None:
    """The calendar is stored; the next update sends the lessons."""
    google.fault = lambda method, _: 503 if method == "events.list" else None
    come_back(served, google.decide(connect(served, account=client_of_all)))
    assert "at the next update" in shown(result(served))
    assert destination().kind == "google"


def test_the_secret_is_in_the_vault_alone(anna: str, google: FakeGoogle, served: Served, home: Path) -> None:
    """A typed secret and the token are in no file and on no page."""
    come_back(served, google.decide(connect(served, account=anna, client_id=CLIENT, secret=CLIENT_SECRET)))
    page = result(served)
    secrets = {CLIENT_SECRET, *google.refresh_tokens, *google.access_tokens}
    texts = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    texts += [page.body, served.get("/calendars").body, served.get("/phone/google").body]
    assert not [secret for secret in secrets for text in texts if secret.encode() in text]
    assert vaults().find(destination().secret)
