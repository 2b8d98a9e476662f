"""The page of notifications: addresses are sealed at once and belong to one student."""

import json
import re
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from scraper.hosting.channels import RETRIES
from scraper.hosting.database.service_tables import notification_channel as channel
from scraper.hosting.sealing import Opener, Sealed
from scraper.hosting.service_settings import HostingSettings
from tests.cases import for_each
from tests.hosting.web.conftest import Browser, HostedService, MovedClock
from tests.hosting.web.test_pages import find_tables_with, unpack
from tests.http_requests import Answer

TOPIC, TOKEN = "canary-topic", "canary-token"
NTFY = {"server": "https://ntfy.sh", "topic": TOPIC}
DISCORD = {"webhook": f"https://discord.com/api/webhooks/1234/{TOKEN}"}


def save(browser: Browser, kind: str, **form: str) -> Answer:
    """Send the form of a kind."""
    return browser.post(f"/notifications/add/{kind}", page="/notifications", **form)


def open_channel(service: HostedService, owner: UUID) -> dict[str, str]:
    """Return the address as a worker opens it."""
    with service.state.engine.connect() as connection:
        row = connection.execute(select(channel).where(channel.c.student == owner)).one()
    sealed = Sealed(body=row.sealed, key_version=row.key_version)
    found: dict[str, str] = json.loads(Opener(service.state.settings.keys).open(owner, sealed))
    return found


def end_test(service: HostedService, **values: object) -> None:
    """Write how the test ended, as a worker does."""
    with service.state.engine.begin() as connection:
        connection.execute(update(channel).values(**values))


def notice(browser: Browser, path: str = "/notifications") -> str:
    """The status on the page, without markup."""
    found = re.search(r'role="status">(.*?)</div>', browser.get(path).text, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def test_address_is_sealed_and_not_shown_again(service: HostedService) -> None:
    """The page shows the kind and the result of the test; the next address replaces the first."""
    owner, browser = service.add_student(), service.log_in()
    assert "Nowhere yet." in browser.get("/notifications").text
    first = save(browser, "ntfy", **NTFY)
    assert first.headers["location"] == "/notifications?result=test"
    assert open_channel(service, owner) == {"kind": "ntfy", **NTFY}
    assert "The test is being sent" in notice(browser)
    for outcome, sentence in (
        ("sent", "The test was sent"),
        ("refused", "refused"),
        ("busy", "does not accept more messages"),
    ):
        end_test(service, test=outcome)
        assert sentence in notice(browser, "/notifications?result=test")
    end_test(service, test="sent")
    assert notice(browser) == ""
    page = browser.get("/notifications").text
    assert "<strong>ntfy (phone)</strong>" in page
    save(browser, "discord", **DISCORD)
    assert open_channel(service, owner) == {"kind": "discord", **DISCORD}
    page += browser.get("/notifications").text
    assert "<strong>Discord</strong>" in page
    assert "canary" not in page
    with service.state.engine.connect() as connection:
        dump = connection.scalar(text("SELECT string_agg(one::text, '') FROM notification_channel AS one"))
    assert not [one for one in (TOPIC, TOKEN) if one in dump or one.encode().hex() in dump]


@for_each(
    ("kind", "form", "sentence"),
    [
        ("ntfy", {**NTFY, "topic": "canary topic"}, "letters, digits"),
        ("ntfy", {**NTFY, "server": "https://10.0.0.1"}, "address of a server"),
        ("ntfy", {**NTFY, "server": "https://ntfy.sh.example.org"}, "address of a server"),
        ("ntfy", {"topic": TOPIC}, "address of a server"),
        ("discord", {"webhook": f"https://discord.example.org/api/webhooks/1/{TOKEN}"}, "that Discord shows"),
        ("discord", {"webhook": f"https://127.0.0.1/api/webhooks/1/{TOKEN}"}, "that Discord shows"),
    ],
)
def test_only_permitted_addresses_are_saved(
    service: HostedService, kind: str, form: dict[str, str], sentence: str
) -> None:
    """Errors are shown beside their fields; the answer contains no secret."""
    answer = save(service.log_in(), kind, **form)
    assert (answer.status, sentence in answer.text, "canary" in answer.text) == (422, True, False)
    with service.state.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM notification_channel")) == 0


def test_mail_and_commands_are_not_offered(service: HostedService) -> None:
    """The service has no such form."""
    owner, browser = service.add_student(), service.log_in()
    for kind in ("mail", "computer", "canary"):
        assert save(browser, kind, **NTFY, to="a@example.org").status == 200
    assert service.state.channels.find(owner) is None


class TestWithoutNotifications:
    """A service that offers no notifications."""

    @pytest.fixture
    def hosting_settings(self, hosting_settings: HostingSettings) -> HostingSettings:
        """A service that sends nothing to others."""
        return hosting_settings.model_copy(update={"ntfy_servers": (), "discord": False})

    def test_page_and_forms_are_absent(self, service: HostedService) -> None:
        """No page links to them."""
        owner, browser = service.add_student(), service.log_in()
        assert "/notifications" not in browser.get("/account").text
        assert save(browser, "ntfy", **NTFY).status == 200
        assert service.state.channels.find(owner) is None


def test_five_tests_are_allowed_in_an_hour(service: HostedService, clock: MovedClock) -> None:
    """Saving counts as a test; another student has five as well."""
    service.add_student()
    service.add_student("another")
    browser, other = service.log_in(), service.log_in("another")
    assert browser.post("/notifications/test", page="/notifications").headers["location"].endswith("result=gone")
    save(browser, "ntfy", **NTFY)
    for _ in range(3):
        answer = browser.post("/notifications/test", page="/notifications", service="channel")
        assert answer.headers["location"] == "/notifications?result=test"
    for answer in (browser.post("/notifications/test", page="/notifications"), save(browser, "ntfy", **NTFY)):
        assert (answer.status, "Too many tests were sent." in answer.text) == (429, True)
    assert save(other, "ntfy", **NTFY).status == 303
    clock.pass_by(hours=1, seconds=1)
    assert browser.post("/notifications/test", page="/notifications").status == 303


def test_pause_is_shown_until_a_test_is_requested(service: HostedService) -> None:
    """The sentence has a next step."""
    service.add_student()
    browser = service.log_in()
    save(browser, "ntfy", **NTFY)
    end_test(service, test="sent", failures=len(RETRIES) + 1, due_at=None)
    assert notice(browser).startswith("Notifications are paused, because the last ones did not get through")
    browser.post("/notifications/test", page="/notifications")
    assert "The test is being sent" in notice(browser)
    with service.state.engine.connect() as connection:
        assert connection.scalar(select(channel.c.due_at)) is not None


def test_students_have_separate_channels(service: HostedService) -> None:
    """Saving, testing and removing affect one student; a form of another site does nothing."""
    one, other = service.add_student(), service.add_student("another")
    first, second = service.log_in(), service.log_in("another")
    save(first, "ntfy", **NTFY)
    save(second, "discord", **DISCORD)
    end_test(service, test="sent")
    for form in ({}, {"account": str(other)}, {"service": str(other)}, {"student": str(other)}):
        first.post("/notifications/test", page="/notifications", **form)
        first.post("/notifications/remove", page="/notifications", **form)
    assert service.state.channels.find(one) is None
    assert open_channel(service, other) == {"kind": "discord", **DISCORD}
    found = service.state.channels.find(other)
    assert (found and found.test, "is removed" in notice(first, "/notifications?result=removed")) == ("sent", True)
    stranger = service.browser()
    assert stranger.ask("POST", "/notifications/remove", form={}).status == 403
    assert service.state.channels.find(other) is not None


def test_channel_is_downloaded_without_its_secret_and_deleted_with_the_student(service: HostedService) -> None:
    """The archive has the kind; nothing is left after the deletion."""
    owner, browser = service.add_student(), service.log_in()
    save(browser, "ntfy", **NTFY)
    files = unpack(browser.get("/account/download").body)
    [row] = json.loads(files["notification_channel.json"])
    assert row["kind"] == "ntfy"
    assert not [name for name, content in files.items() if b"canary" in content or b'"sealed"' in content]
    assert "notification_channel" in find_tables_with(service, str(owner))
    browser.post("/account/delete", page="/account", sure="yes")
    assert find_tables_with(service, str(owner)) == []
