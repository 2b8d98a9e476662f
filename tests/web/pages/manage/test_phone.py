"""The guide to a calendar program, the calendars of an account, and the options of the server."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from scraper.config.configuration import Config
from scraper.config.outputs import outputs_of
from scraper.errors import SinkUnavailable
from scraper.i18n import Catalogue
from scraper.publishing.feeds.feed_urls import public_address
from scraper.sinks.push_state import CollectionState, ObjectState
from scraper.system import autostart
from scraper.system.paths import state_folder
from scraper.web import home_network
from scraper.web.feed.feed_app import Feed, feed_application
from scraper.web.home_network import HomeNetwork
from scraper.web.pages.phone import SERVICES, WAYS
from scraper.web.pages.service_form import FormDialog
from scraper.web.pages.service_jobs import Result, ServiceJob
from scraper.web.server import create_server, listen, serve_socket
from scraper.web.server_options import ServerOptions
from tests.cases import for_each
from tests.http_requests import Answer, asked
from tests.sinks.caldav_servers import PASSWORD, USER, Radicale, radicale_in
from tests.web.accessibility import assert_accessible, assert_fits
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, text_of

SCHEMES: tuple[tuple[str, Literal["dark", "light"], tuple[str, ...]], ...] = (
    ("fr-FR", "dark", ("/phone", *(f"/phone/{way}" for way in WAYS), "/calendars", "/subscribers", "/schedule")),
    ("en-GB", "light", ("/phone", "/phone/apple", "/calendars", "/schedule")),
)
"""Languages, colours and pages; the second has every part that is drawn in one colour or another."""
NEIGHBOUR = "127.0.0.9"
"""An address of this machine that plays its address in the home network."""


@pytest.fixture
def network(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[HomeNetwork]:
    """A home network that the page can open."""
    monkeypatch.setattr(home_network, "network_address", lambda: NEIGHBOUR)
    monkeypatch.setattr(home_network, "reach_of", lambda _: "network")
    state = served.state
    feed = Feed(state.folder, lambda: datetime.now(UTC))
    made = HomeNetwork(state=state.folder, feed=feed, port=0, own_address=served.origin)
    state.home_network = made
    yield made
    made.turn_off()


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[Radicale]:
    """A calendar server in iCloud's place."""
    with radicale_in(tmp_path) as running:
        yield running


@for_each("way", WAYS)
def test_guide_of_each_program_has_steps_with_drawings(anna: str, served: Served, way: str) -> None:
    """Each step has a drawing and a text, in both languages."""
    del anna
    for language in ("fr", "en"):
        page = served.get(f"/phone/{way}", Accept_Language=language)
        assert page.status == 200
        assert page.text.count('<svg class="drawing"') == page.text.count("<li><svg") > 2
        assert not re.search(r'<svg class="drawing"[^>]*>\s*</svg>', page.text)
    assert served.get("/phone/elsewhere").status == 404


def test_unreachable_page_is_reported_before_an_address_is_created(anna: str, served: Served) -> None:
    """Google cannot fetch from this computer: the guide explains it, and has a form once there is a public address."""
    del anna
    form = 'name="for" value="google"'
    here = served.get("/phone/google")
    assert form not in here.text
    assert "cannot be reached from there" in text_of(here)
    served.post("/subscribers/address", address="https://agenda.example.org")
    assert form in served.get("/phone/google").text


def test_home_network_reads_calendars_only(anna: str, served: Served, network: HomeNetwork) -> None:
    """A button opens it, also for later starts; the page itself does not answer there."""
    assert 'name="for" value="apple"' not in served.get("/phone/apple").text
    assert served.post("/network", on="yes", back="apple").headers["location"] == "/phone/apple?done=network"
    host = network.address.partition("://")[2]
    assert public_address(state_folder()) == network.address
    assert ServerOptions(state_folder()).has_network
    served.post("/subscribers/address", address=network.address.replace(NEIGHBOUR, "192.168.1.9"))
    page = served.subscribe(account=anna, here="", **{"for": "apple"})
    path = re.search(r'value="http://192\.168\.1\.9:\d+(/c/[^"]+)"', page.text)
    assert path
    assert 'class="qr"' in page.text
    assert asked(host, "GET", path[1], {}).status == 200
    for other in ("/", f"{served.state.home}/planning", "/open?token=x"):
        assert asked(host, "GET", other, {"Cookie": f"aurion={served.cookie}"}).status == 404
    assert served.post("/network", on="no").headers["location"] == "/subscribers?done=network"
    with pytest.raises(OSError, match=r"."):
        asked(host, "GET", path[1], {})
    assert not ServerOptions(state_folder()).has_network


def test_home_network_is_served_again_after_its_server_has_ended(served: Served, network: HomeNetwork) -> None:
    """The next look at the network starts it."""
    del served
    network.turn_on()
    assert network._server
    assert network._thread
    network._server.should_exit = True
    network._thread.join(60)
    network._follow_network()
    assert network._thread.is_alive()
    network.turn_off()


def test_socket_is_closed_by_a_server_that_ends_during_its_start(served: Served) -> None:
    """The port is free again at once."""
    feed = Feed(served.state.folder, served.state.clock)
    server, listening = create_server(feed_application(feed, "")), listen(NEIGHBOUR, 0)
    server.should_exit = True
    thread = Thread(target=serve_socket, args=(server, listening))
    thread.start()
    thread.join()
    assert listening.fileno() == -1


def test_home_network_is_opened_at_the_next_start(served: Served, network: HomeNetwork) -> None:
    """The server waits until there is a network."""
    del served
    over = Event()
    ServerOptions(state_folder()).set_network(is_on=True)
    thread = Thread(target=network.follow, args=(over,))
    thread.start()
    while not network.is_on:
        assert not over.wait(0.05)
    over.set()
    thread.join(20)
    assert not network.is_on


def test_home_network_stays_closed_without_a_network(
    served: Served, network: HomeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page explains it."""
    monkeypatch.setattr(home_network, "reach_of", lambda _: "here")
    assert "is in no network" in text_of(served.post("/network", on="yes"))
    assert not network.is_on
    served.state.home_network = None
    assert served.post("/network", on="yes").status == 422


def test_update_interval_is_stored_for_this_and_later_servers(anna: str, served: Served) -> None:
    """An invalid interval is refused."""
    del anna
    assert served.post("/schedule/page", every="6h").headers["location"] == "/schedule?done=page_on"
    assert served.state.options.plan
    assert '<option value="6h" selected>' in served.get("/schedule").text
    assert "every 6 hours" in text_of(served.get("/phone/file"))
    assert served.post("/schedule/page", every="7m").status == 422
    served.post("/schedule/page", every="")
    assert served.state.options.plan is None


def test_updates_with_a_passphrase_in_a_variable_show_a_warning(anna: str, served: Served) -> None:
    """They work while the program runs; a later start needs the variable again."""
    del anna
    assert "is set for this start" not in text_of(served.get("/schedule"))
    served.state.environment = {**served.state.environment, "AURION_PASSPHRASE": "canary"}
    assert served.post("/schedule/page", every="6h").headers["location"] == "/schedule?done=page_on"
    page = served.get("/schedule")
    assert "AURION_PASSPHRASE is set for this start of the program only" in text_of(page)
    assert "canary" not in page.text


@for_each("platform", ["linux", "darwin", "win32"])
def test_autostart_file_runs_the_program_without_a_window(home: Path, platform: str) -> None:
    """It is in the folder that the system reads."""
    del home
    autostart.turn_on(os.environ, platform)
    text = autostart.autostart_file(os.environ, platform).read_text()
    assert "scraper" in text
    assert "--no-open" in text


def test_autostart_is_turned_on_and_off(anna: str, served: Served) -> None:
    """One button writes the file, another deletes it."""
    del anna
    assert served.post("/schedule/autostart", on="yes").headers["location"] == "/schedule?done=start_on"
    assert autostart.is_on(served.state.environment)
    assert 'value="no"' in served.get("/schedule").text
    served.post("/schedule/autostart", on="no")
    assert not autostart.is_on(served.state.environment)


@pytest.mark.slow
def test_lessons_are_sent_to_a_caldav_server(anna: str, served: Served, radicale: Radicale) -> None:
    """The calendar is created and filled at once, and can be removed; no page contains the password."""
    sent = {"way": "apple", "url": radicale.address, "user": USER, "account": anna, "calendar": "Cours"}
    for secret, text in (("canary-wrong", "password"), (PASSWORD, "Done: your lessons are in your calendar")):
        answer = served.post("/phone/service", **sent, secret=secret)
        assert (answer.status, answer.headers["location"]) == (303, f"/phone/apple?account={anna}#sending")
        assert text in text_of(wait_for_job(served, anna))
    outputs = outputs_of(Config().settings(anna))
    assert outputs[0].destination is None
    assert outputs[1].destination
    address = outputs[1].destination.address
    assert len(radicale.events(radicale.sink_at(address))) == 12
    for page in (f"/phone/apple?account={anna}", "/calendars", "/settings"):
        assert PASSWORD not in served.get(page).text
    assert address in served.get("/calendars").text
    served.post("/calendars/service/remove", account=anna, address=address)
    assert [output.destination for output in outputs_of(Config().settings(anna))] == [None]


def wait_for_job(served: Served, account: str) -> Answer:
    """Return the guide once the job has ended."""
    for _ in range(600):
        job = served.state.service_jobs.last(account, "apple")
        if job and job.ended_at:
            return served.get(f"/phone/apple?account={account}")
        Event().wait(0.05)
    raise AssertionError


def test_guide_shows_progress_while_a_server_is_slow(anna: str, served: Served) -> None:
    """Meanwhile it has no form; after an error the form has the typed values, without the password."""
    pushing, jobs = Event(), served.state.service_jobs

    def push(job: ServiceJob) -> Result:
        state = CollectionState(path=state_folder() / "caldav" / "x.json")
        state.offered = dict.fromkeys("abcd", "")
        state.events = {"a": ObjectState(name="a", etag="", digest="")}
        state.path.parent.mkdir()
        state.save()
        job.state_file = state.path
        assert pushing.wait(30)
        raise SinkUnavailable("caldav-slow", path="https://dav.example/", done=1, left=3)

    jobs.start(anna, "apple", {"user": "anna@example.org"}, push)
    for _ in range(600):
        if (job := jobs.last(anna, "apple")) and job.state_file:
            break
        Event().wait(0.05)
    page = served.get("/phone/apple")
    assert "1 of 4 sent" in text_of(page)
    assert 'name="secret"' not in page.text
    jobs.start(anna, "apple", {}, lambda _: "sent")  # a second click
    pushing.set()
    after = wait_for_job(served, anna)
    assert 'value="anna@example.org"' in after.text
    assert "https://dav.example/" in text_of(after)


def test_result_of_a_job_is_shown_for_ten_minutes(anna: str, served: Served) -> None:
    """Later the guide has its form again."""
    served.state.service_jobs.start(anna, "apple", {}, lambda _: "later")
    assert "at the next update" in text_of(wait_for_job(served, anna))
    served.state.service_jobs.clock = lambda: NOON + timedelta(minutes=11)
    assert "at the next update" not in text_of(served.get("/phone/apple"))


@for_each(
    ("way", "to", "is_followed"),
    [
        ("apple", "https://p42-caldav.icloud.com/", True), ("apple", "http://p42-caldav.icloud.com/", False),
        ("apple", "https://icloud.com.evil.example/", False), ("apple", "https://evil-icloud.com/", False),
        ("nextcloud", "https://p42-caldav.icloud.com/", False), ("apple", "", False),
    ],
)  # fmt: skip
def test_password_is_sent_to_hosts_of_the_service_only(way: str, to: str, *, is_followed: bool) -> None:
    """A service distributes its users among its hosts; any other redirect is refused."""
    dialog = FormDialog(words=Catalogue("en"), secret="canary", service=SERVICES[way])
    assert dialog.confirm("caldav.elsewhere", path="https://caldav.icloud.com/", to=to) is is_followed
    assert "canary" not in repr(dialog)


def test_incomplete_form_of_a_service_is_refused(anna: str, served: Served) -> None:
    """A password is missing or an address is invalid: nothing is stored, and the other fields stay."""
    page = served.post("/phone/service", way="nextcloud", account=anna, url="cloud.example.org", user="anna")
    assert page.status == 422
    assert 'value="cloud.example.org"' in page.text
    assert (
        served.post("/phone/service", way="nextcloud", account=anna, url="http://x", user="a", secret="b").status == 422
    )
    assert served.post("/phone/service", way="elsewhere", account=anna).status == 422


def test_second_calendar_is_added_and_removed(anna: str, served: Served, home: Path) -> None:
    """A path in use is refused, and the last calendar cannot be removed."""
    added = {"account": anna, "path": str(home / "exams.ics"), "name": "Examens", "for": "google"}
    assert served.post("/calendars", **added).headers["location"] == f"/calendars?account={anna}&done=added"
    assert served.post("/calendars", **added).status == 422
    assert served.post("/calendars", account=anna, path="-").status == 422
    outputs = outputs_of(Config().settings(anna))
    assert [(Path(one.path).name, one.name, one.client) for one in outputs] == [
        ("anna.ics", "", "any"), ("exams.ics", "Examens", "google"),
    ]  # fmt: skip
    assert served.post("/settings/apply", account=anna, back="calendars").status == 303
    assert "NAME:Examens" in (home / "exams.ics").read_text()
    served.post("/calendars/remove", account=anna, index="1")
    assert [Path(one.path).name for one in outputs_of(Config().settings(anna))] == ["anna.ics"]
    assert served.post("/calendars/remove", account=anna, index="0").status == 422
    assert (home / "exams.ics").exists()


def test_guide_is_accessible_and_opens_the_home_network(
    anna: str, served: Served, visitor: Page, network: HomeNetwork
) -> None:
    """Check each page in French with dark colours, some in English with light ones; then create an address at home."""
    del anna, network
    for locale, scheme, paths in SCHEMES:
        visitor.set_extra_http_headers({"Accept-Language": locale})
        visitor.emulate_media(color_scheme=scheme)
        for path in paths:
            visitor.goto(served.address + path)
            for width in (1280, 768, 360, 320):
                visitor.set_viewport_size({"width": width, "height": 800})
                assert_fits(visitor)
                if folder := os.environ.get("SCREENSHOTS"):
                    name = f"{locale[:2]}-{width}{path.replace('/', '-')}.png"
                    visitor.screenshot(path=f"{folder}/{name}", full_page=True)
            assert_accessible(visitor)
    visitor.goto(f"{served.address}/planning")
    visitor.get_by_role("link", name="Phone", exact=True).click()
    visitor.get_by_role("link", name="iPhone").click()
    visitor.locator('form[action$="/network"] button').click()
    expect(visitor.get_by_role("status")).to_contain_text(NEIGHBOUR)
