"""Notifications: each change once, to its own student, in the student's language; a failing service stops nothing."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, Engine, Row, func, select, text, update

from scraper.hosting import notifier
from scraper.hosting.channels import RETRIES, Channels
from scraper.hosting.database.service_tables import notification_channel
from scraper.hosting.keys import add_identity
from scraper.hosting.notices import NoticeWriter
from scraper.hosting.notifier import LEASE, Notifier
from scraper.hosting.rotation import Rotation, reseal_rows
from scraper.hosting.sealing import Opener, Sealer
from scraper.hosting.students import Students
from scraper.i18n import Catalogue
from tests.hosting.demo_students import password_of
from tests.hosting.killed_notifier import POINTS, ROOM
from tests.hosting.ntfy_server import NtfyServer, running_ntfy
from tests.hosting.service import HostedService, PortalInMemory
from tests.paths import ROOT

FRENCH = Catalogue("fr")
NEWS, PROBLEM, RESOLVED = (FRENCH(key) for key in ("news.title", "notify.problem", "notify.resolved"))
TEST = "Aurion : essai"
NEVER = Event()
OUTCOMES = {200: "sent", 302: "refused", 403: "refused", 429: "busy", 503: "failed", 0: "unreachable"}
FORBIDDEN = (
    ["login", "password"],
    {"kind": "ntfy", "server": "http://127.0.0.1:1", "topic": "a"},
    {"kind": "ntfy", "server": "https://ntfy.sh", "topic": "a"},
    {"kind": "ntfy", "topic": "a"},
    {"kind": "discord", "webhook": "https://discord.com.example.org/api/webhooks/1/a"},
    {"kind": "discord", "webhook": "http://discord.com/api/webhooks/1/a"},
    {"kind": ["ntfy"]},
    {"kind": "mail", "to": "a@example.org"},
)


@pytest.fixture
def ntfy() -> Iterator[NtfyServer]:
    """A server of ntfy."""
    with running_ntfy() as server:
        yield server


@pytest.fixture
def portal() -> PortalInMemory:
    """A portal."""
    return PortalInMemory()


@pytest.fixture
def service(
    engine: Engine, database_address: str, tmp_path: Path, portal: PortalInMemory, ntfy: NtfyServer
) -> HostedService:
    """A service without students; its only server of ntfy is that of the test."""
    return HostedService(
        engine=engine, address=database_address, folder=tmp_path, portal=portal, ntfy_servers=[ntfy.url]
    )


@pytest.fixture
def set_up(service: HostedService) -> Callable[..., UUID]:
    """Add a student whose planning was read, with a channel that got its test; the topic is `topic-` and the number."""

    def added(number: int = 1, language: str = "fr") -> UUID:
        owner = service.add_student(number)
        Students(service.engine).save_language(owner, language)
        service.work()
        save(service, owner, topic=f"topic-{number}")
        service.worker.notifier.send_due(NEVER)
        return owner

    return added


def channels(service: HostedService) -> Channels:
    """The channels as the web tier has them."""
    return Channels(service.engine, Sealer(service.settings.keys))


def save(service: HostedService, owner: UUID, **address: str) -> None:
    """Save a channel of ntfy."""
    channels(service).save(owner, "ntfy", {"server": service.ntfy_servers[0], **address})


def row(service: HostedService, owner: UUID) -> Row[Any]:
    """The row of the student's channel."""
    with service.engine.connect() as connection:
        found = select(notification_channel).where(notification_channel.c.student == owner)
        return connection.execute(found).one()


def later(**time: int) -> Callable[[], ColumnElement[Any]]:
    """A clock that is ahead."""
    return lambda: func.clock_timestamp() + func.make_interval(0, 0, 0, 0, time.get("hours", 0), time.get("minutes", 0))


def send_later(service: HostedService, **time: int) -> None:
    """Send what will be due then."""
    notifier_then = Notifier(
        engine=service.engine, settings=service.settings, opener=Opener(service.settings.keys), clock=later(**time)
    )
    notifier_then.send_due(NEVER)


def titles(ntfy: NtfyServer, topic: str = "topic-1") -> list[str]:
    """The titles of the topic's messages."""
    return [message.partition("\n")[0] for message in ntfy.messages.get(topic, [])]


def test_each_change_arrives_once_at_its_own_student(
    service: HostedService, portal: PortalInMemory, ntfy: NtfyServer, set_up: Callable[..., UUID]
) -> None:
    """The changes of the next days, in the language of the student, who is asked for nothing; then nothing more."""
    set_up(1)
    set_up(2, "en")
    service.add_student(3)
    service.work()
    assert set(ntfy.messages) == {"topic-1", "topic-2"}
    portal.room = ROOM
    for _ in range(3):
        service.read_again()
        service.worker.notifier.send_due(NEVER)
    (test, french), (english_test, english) = ntfy.messages["topic-1"], ntfy.messages["topic-2"]
    assert test == f"{TEST}\nLes notifications arrivent ici."
    assert english_test == "Aurion: test\nNotifications arrive here."
    title, *lines, link = french.splitlines()
    assert title == NEWS
    assert len(lines) == 4
    assert all("salle changée IC1_427 → IC9_999" in line for line in lines)
    assert sum("Projet de l'étudiant 1" in line for line in lines) == 3
    assert link == "https://a.example.org/changes"
    assert english.startswith("Aurion: changes in your timetable\n")
    assert "room changed IC1_427 → IC9_999" in english
    assert "étudiant 1" not in english
    assert sum(map(len, ntfy.messages.values())) == 4


def test_what_a_rule_hides_is_no_news(
    service: HostedService, portal: PortalInMemory, ntfy: NtfyServer, set_up: Callable[..., UUID]
) -> None:
    """A student who hides a course is not notified of it."""
    owner = set_up()
    rules = [{"subject": "Projet", "do": "drop"}]
    Students(service.engine).save_settings(owner, {"rules": rules})
    portal.room = ROOM
    service.read_again()
    service.worker.notifier.send_due(NEVER)
    (_, message) = ntfy.messages["topic-1"]
    assert "Optique" in message
    assert "Projet" not in message


def test_a_password_that_is_refused_is_news_once(
    service: HostedService, portal: PortalInMemory, ntfy: NtfyServer, set_up: Callable[..., UUID]
) -> None:
    """Otherwise the student would take an old calendar for a current one; the end of it is news as well."""
    set_up()
    portal.passwords[1] = "new"
    portal.sessions.clear()
    for _ in range(2):
        service.read_again()
        service.worker.notifier.send_due(NEVER)
    assert titles(ntfy) == [TEST, PROBLEM]
    assert "https://a.example.org/updates" in ntfy.messages["topic-1"][1]
    service.submit(1, "new")
    service.work()
    service.read_again()
    service.worker.notifier.send_due(NEVER)
    assert titles(ntfy)[2:] == [RESOLVED]
    service.read_again()
    service.worker.notifier.send_due(NEVER)
    assert len(titles(ntfy)) == 3


def test_a_failing_service_pauses_and_stops_no_reading(
    service: HostedService, portal: PortalInMemory, ntfy: NtfyServer, set_up: Callable[..., UUID]
) -> None:
    """It is tried again, later each time; a test that arrives ends the pause, and what was not sent follows."""
    owner, other = set_up(1), set_up(2)
    portal.room, ntfy.status = ROOM, 500
    service.read_again()
    service.worker.notifier.send_due(NEVER)
    assert service.turn(owner).error is None
    assert "IC9_999" in service.calendar(owner)
    for hours in RETRIES:
        assert not channels(service).find(owner).is_paused
        with service.engine.connect() as connection:
            wait = connection.scalar(select(notification_channel.c.due_at - func.clock_timestamp()).limit(1))
        assert 0 < wait.total_seconds() <= hours * 3600
        send_later(service, hours=max(RETRIES) + 1)
        with service.engine.begin() as connection:  # as if the time had passed
            ahead = notification_channel.c.due_at - func.make_interval(0, 0, 0, 0, max(RETRIES) + 1)
            connection.execute(update(notification_channel).values(due_at=ahead))
    assert row(service, owner).due_at is None
    assert channels(service).find(owner).is_paused
    assert titles(ntfy) == [TEST, *[NEWS] * (len(RETRIES) + 1)]
    service.read_again()
    send_later(service, hours=48)
    ntfy.status = 200
    ntfy.requests.clear()
    channels(service).request_test(owner)
    service.worker.notifier.send_due(NEVER)
    assert titles(ntfy) == [TEST, NEWS]
    assert not channels(service).find(owner).is_paused
    assert channels(service).find(other).is_paused


def test_the_test_reports_how_it_ended(service: HostedService, ntfy: NtfyServer) -> None:
    """A redirect is not followed; a service that is busy does not count as failing."""
    owner = service.add_student(1)
    ntfy.headers = {"Location": f"{ntfy.url}/elsewhere"}
    for status, test in OUTCOMES.items():
        ntfy.status = status
        save(service, owner, topic="phone")
        assert channels(service).find(owner).test == "waiting"
        service.worker.notifier.send_due(NEVER)
        assert channels(service).find(owner).test == test
        assert row(service, owner).failures == (status not in {200, 429})
    assert [path for path, _ in ntfy.requests] == ["/"] * len(OUTCOMES)


def test_a_message_without_an_answer_is_not_repeated(
    service: HostedService, portal: PortalInMemory, ntfy: NtfyServer, set_up: Callable[..., UUID]
) -> None:
    """It may have arrived; one that the service refused for now is repeated until it is accepted."""
    set_up()
    portal.room, ntfy.status = "IC1_001", 0
    service.read_again()
    service.worker.notifier.send_due(NEVER)
    ntfy.status = 429
    send_later(service, hours=2)
    assert titles(ntfy) == [TEST, NEWS]
    portal.room = "IC1_002"
    service.read_again()
    service.worker.notifier.send_due(NEVER)
    ntfy.status = 200
    service.worker.notifier.send_due(NEVER)
    assert titles(ntfy) == [TEST, NEWS, NEWS]
    send_later(service, hours=2)
    send_later(service, hours=48)
    assert titles(ntfy) == [TEST, *[NEWS] * 3]
    assert ntfy.messages["topic-1"][2] == ntfy.messages["topic-1"][3]


def test_discord_gets_the_message(service: HostedService, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """On its own host, whatever the address names, and it calls no member of the channel."""
    monkeypatch.setattr(notifier, "DISCORD", ntfy.url)
    owner = service.add_student(1)
    channels(service).save(owner, "discord", {"webhook": "https://canary.discord.com/api/v10/webhooks/12/to-ken/"})
    service.worker.notifier.send_due(NEVER)
    content = f"**{TEST}**\nLes notifications arrivent ici."
    body = {"content": content, "allowed_mentions": {"parse": []}}
    assert ntfy.requests == [("/api/webhooks/12/to-ken", body)]


def test_a_web_tier_that_was_taken_over_cannot_choose_where_workers_connect(
    service: HostedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it seals is checked by the worker as well: only permitted servers are connected to."""
    monkeypatch.setattr(notifier, "post_json", pytest.fail)
    owner = service.add_student(1)
    for address in FORBIDDEN:
        save(service, owner, topic="phone")
        sealed = Sealer(service.settings.keys).seal(owner, json.dumps(address).encode())
        with service.engine.begin() as connection:
            connection.execute(update(notification_channel).values(sealed=sealed.body))
        service.worker.notifier.send_due(NEVER)
        assert channels(service).find(owner).test == "invalid"


def test_an_address_opens_for_its_own_student_only(
    service: HostedService, ntfy: NtfyServer, set_up: Callable[..., UUID]
) -> None:
    """Copied into another student's row, or beside the password, it sends nothing; nor is a password ever sent."""
    one, other = set_up(1), set_up(2)
    ntfy.requests.clear()
    password = Students(service.engine).get(other).sealed.body
    for sealed in (row(service, one).sealed, password):
        with service.engine.begin() as connection:
            own = notification_channel.c.student == other
            connection.execute(update(notification_channel).where(own).values(sealed=sealed))
        channels(service).request_test(other)
        service.worker.notifier.send_due(NEVER)
        assert channels(service).find(other).test == "invalid"
    assert not ntfy.requests


def test_an_address_is_sealed_and_rotated(
    service: HostedService, ntfy: NtfyServer, set_up: Callable[..., UUID]
) -> None:
    """With the students' passwords; a worker without the new version waits, and the others send."""
    owner = set_up()
    assert b"topic-1" not in row(service, owner).sealed
    version = add_identity(service.settings.keys)
    with service.engine.begin() as connection:
        connection.execute(text("DELETE FROM portal_session"))
    assert reseal_rows(service.engine, service.settings.keys) == Rotation(version=version, resealed=2, unopened=0)
    assert row(service, owner).key_version == version
    identities = service.settings.keys / "worker.txt"
    whole = identities.read_text()
    identities.write_text(whole.partition("# version 2")[0])
    channels(service).request_test(owner)
    service.worker.notifier.send_due(NEVER)
    assert channels(service).find(owner).test == "busy"
    identities.write_text(whole)
    channels(service).request_test(owner)
    service.worker.notifier.send_due(NEVER)
    assert titles(ntfy) == [TEST, TEST]


def test_nothing_secret_is_logged(
    service: HostedService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where a bug has the address and the text in its message; the channel is tried again later."""

    def fail(*values: object) -> str:
        raise ValueError(values)

    caplog.set_level("INFO")
    monkeypatch.setattr(notifier, "deliver", fail)
    owner = service.add_student(1)
    save(service, owner, topic="canary-topic")
    service.worker.notifier.send_due(NEVER)
    assert channels(service).find(owner).test == "failed"
    assert "ValueError" in caplog.text
    assert "notice: ntfy failed" in caplog.text
    assert not [one for one in ("canary", "Aurion :", password_of(1)) if one in caplog.text]


def test_a_student_who_is_deleted_meanwhile_gets_nothing(
    service: HostedService, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an error nor a row is left."""
    owner = service.add_student(1)
    save(service, owner, topic="phone")
    write = NoticeWriter.write

    def delete_first(*arguments: Any) -> object:  # noqa: ANN401 - those of the method
        Students(service.engine).delete(owner)
        return write(*arguments)

    monkeypatch.setattr(NoticeWriter, "write", delete_first)
    service.worker.notifier.send_due(NEVER)
    assert not ntfy.requests
    assert channels(service).find(owner) is None


def test_a_channel_that_is_replaced_meanwhile_gets_its_own_test(service: HostedService, ntfy: NtfyServer) -> None:
    """The answer of the old one is not taken for that of the new one."""
    owner = service.add_student(1)
    save(service, owner, topic="old")

    def replace() -> None:
        ntfy.before_answer = lambda: None
        save(service, owner, topic="new")

    ntfy.before_answer = replace
    service.worker.notifier.send_due(NEVER)
    assert [list(ntfy.messages), channels(service).find(owner).test] == [["old", "new"], "sent"]


def test_several_workers_send_a_message_once(
    service: HostedService, portal: PortalInMemory, ntfy: NtfyServer, set_up: Callable[..., UUID]
) -> None:
    """Each takes channels that the others have not taken; one that is asked to end sends nothing more."""
    for number in range(1, 5):
        set_up(number)
    portal.room = ROOM
    service.read_again()
    ended = Event()
    ended.set()
    service.worker.notifier.send_due(ended)
    assert len(ntfy.requests) == 4
    with ThreadPoolExecutor(3) as workers:
        for work in [workers.submit(service.worker.notifier.send_due, NEVER) for _ in range(3)]:
            work.result()
    assert [titles(ntfy, f"topic-{number}") for number in range(1, 5)] == [[TEST, NEWS]] * 4


@pytest.mark.slow
def test_a_worker_may_be_killed_at_any_moment(
    service: HostedService, portal: PortalInMemory, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No message is sent twice; one is left out only if the worker was killed during its request."""
    command = [sys.executable, "-m", "tests.hosting.killed_notifier", service.address, str(service.folder), ntfy.url]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert killed.stdout.split() == ["-9"] * len(POINTS), killed.stderr
    monkeypatch.setattr("scraper.hosting.queue.STALLED_SECONDS", 0)
    portal.room = ROOM
    for _ in range(2):
        service.read_again()
        send_later(service, minutes=LEASE.seconds // 60 + 1)
    found = {point: titles(ntfy, f"topic-{number}") for number, point in enumerate(POINTS, 1)}
    assert found == {point: [TEST] if point == "before" else [TEST, NEWS] for point in POINTS}


def test_a_worker_runs_until_it_is_asked_to_end(
    service: HostedService, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks again and again; a database that is away for a moment does not end it."""
    monkeypatch.setattr(notifier, "EVERY_SECONDS", 0.01)
    stop, faults = Event(), iter([True])
    real = Notifier.send_due

    def send(self: Notifier, stop: Event) -> None:
        if next(faults, False):
            raise notifier.DatabaseUnavailable
        real(self, stop)
        if ntfy.requests:
            stop.set()

    monkeypatch.setattr(Notifier, "send_due", send)
    save(service, service.add_student(1), topic="phone")
    service.worker.notifier.run(stop)
    assert titles(ntfy, "phone") == [TEST]
