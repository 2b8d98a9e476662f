"""Notifications to students: each change once, in the student's language; a failing service delays no reading."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import func, select, update

from scraper.errors import DatabaseUnavailable
from scraper.hosting import notice_sender
from scraper.hosting.channels import RETRIES
from scraper.hosting.database.service_tables import notification_channel
from scraper.hosting.notice_sender import LEASE, NoticeSender
from scraper.hosting.students import Students
from scraper.i18n import Catalogue
from tests.hosting.killed_notice_sender import POINTS, ROOM
from tests.hosting.notified import NotifiedService
from tests.hosting.ntfy_server import NtfyServer
from tests.paths import ROOT

FRENCH = Catalogue("fr")
NEWS, PROBLEM, RESOLVED = (FRENCH(key) for key in ("news.title", "notify.problem", "notify.resolved"))
TEST = "Aurion : essai"
OUTCOMES = {200: "sent", 302: "refused", 403: "refused", 429: "busy", 503: "failed", 0: "unreachable"}


def test_change_is_sent_once_to_its_own_student(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """The message is in the student's language; a student without a channel gets none."""
    notified.set_up(1)
    notified.set_up(2, "en")
    notified.add_student(3)
    notified.work()
    assert set(ntfy.messages) == {"topic-1", "topic-2"}
    notified.portal.room = ROOM
    for _ in range(3):
        notified.read_again()
        notified.send()
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


def test_changes_of_hidden_courses_are_not_sent(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """A student who hides a course is not notified of it."""
    owner = notified.set_up()
    rules = [{"subject": "Projet", "do": "drop"}]
    Students(notified.engine).save_settings(owner, {"rules": rules})
    notified.portal.room = ROOM
    notified.read_again()
    notified.send()
    (_, message) = ntfy.messages["topic-1"]
    assert "Optique" in message
    assert "Projet" not in message


def test_clock_that_was_set_back_delays_no_notice(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """What was written by the clock that was ahead would keep the channel silent for weeks; changes are sent once."""
    notified.set_up()
    ahead = func.clock_timestamp() + func.make_interval(0, 0, 0, 40)
    with notified.engine.begin() as connection:
        connection.execute(update(notification_channel).values(sent_until=ahead, claimed_until=ahead, due_at=ahead))
    notified.send()
    notified.portal.room = ROOM
    for _ in range(2):
        notified.read_again()
        notified.send()
    assert ntfy.titles() == [TEST, NEWS]


def test_refused_password_is_reported_once(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """So is the next reading that succeeds."""
    notified.set_up()
    notified.portal.passwords[1] = "new"
    notified.portal.sessions.clear()
    for _ in range(2):
        notified.read_again()
        notified.send()
    assert ntfy.titles() == [TEST, PROBLEM]
    assert "https://a.example.org/updates" in ntfy.messages["topic-1"][1]
    notified.submit(1, "new")
    notified.work()
    notified.read_again()
    notified.send()
    assert ntfy.titles()[2:] == [RESOLVED]
    notified.read_again()
    notified.send()
    assert len(ntfy.titles()) == 3


def test_failing_channel_is_retried_then_paused(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """Readings go on. A test that succeeds ends the pause, and the unsent news follow."""
    owner, other = notified.set_up(1), notified.set_up(2)
    notified.portal.room, ntfy.status = ROOM, 500
    notified.read_again()
    notified.send()
    assert notified.turn(owner).error is None
    assert "IC9_999" in notified.calendar(owner)
    for hours in RETRIES:
        assert not notified.is_paused(owner)
        with notified.engine.connect() as connection:
            wait = connection.scalar(select(notification_channel.c.due_at - func.clock_timestamp()).limit(1))
        assert 0 < wait.total_seconds() <= hours * 3600
        notified.send_later(hours=max(RETRIES) + 1)
        with notified.engine.begin() as connection:  # as if the time had passed
            ahead = notification_channel.c.due_at - func.make_interval(0, 0, 0, 0, max(RETRIES) + 1)
            connection.execute(update(notification_channel).values(due_at=ahead))
    assert notified.row(owner).due_at is None
    assert notified.is_paused(owner)
    assert ntfy.titles() == [TEST, *[NEWS] * (len(RETRIES) + 1)]
    notified.read_again()
    notified.send_later(hours=48)
    ntfy.status = 200
    ntfy.requests.clear()
    notified.channels.request_test(owner)
    notified.send()
    assert ntfy.titles() == [TEST, NEWS]
    assert not notified.is_paused(owner)
    assert notified.is_paused(other)


def test_result_of_a_test_notification_is_stored(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """A redirect is not followed; a busy service does not count as failing."""
    owner = notified.add_student(1)
    ntfy.headers = {"Location": f"{ntfy.url}/elsewhere"}
    for status, test in OUTCOMES.items():
        ntfy.status = status
        notified.save(owner, "phone")
        assert notified.test_result(owner) == "waiting"
        notified.send()
        assert notified.test_result(owner) == test
        assert notified.row(owner).failures == (status not in {200, 429})
    assert [path for path, _ in ntfy.requests] == ["/"] * len(OUTCOMES)


def test_message_without_an_answer_is_not_repeated(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """It may have arrived. A message that the service refuses for now is repeated."""
    notified.set_up()
    notified.portal.room, ntfy.status = "IC1_001", 0
    notified.read_again()
    notified.send()
    ntfy.status = 429
    notified.send_later(hours=2)
    assert ntfy.titles() == [TEST, NEWS]
    notified.portal.room = "IC1_002"
    notified.read_again()
    notified.send()
    ntfy.status = 200
    notified.send()
    assert ntfy.titles() == [TEST, NEWS, NEWS]
    notified.send_later(hours=2)
    notified.send_later(hours=48)
    assert ntfy.titles() == [TEST, *[NEWS] * 3]
    assert ntfy.messages["topic-1"][2] == ntfy.messages["topic-1"][3]


def test_discord_gets_the_message_without_mentions(
    notified: NotifiedService, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent to Discord's own host, whatever the address names."""
    monkeypatch.setattr(notice_sender, "DISCORD", ntfy.url)
    owner = notified.add_student(1)
    notified.channels.save(owner, "discord", {"webhook": "https://canary.discord.com/api/v10/webhooks/12/to-ken/"})
    notified.send()
    content = f"**{TEST}**\nLes notifications arrivent ici."
    body = {"content": content, "allowed_mentions": {"parse": []}}
    assert ntfy.requests == [("/api/webhooks/12/to-ken", body)]


def test_concurrent_workers_send_each_message_once(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """A worker that is asked to end sends nothing more."""
    for number in range(1, 5):
        notified.set_up(number)
    notified.portal.room = ROOM
    notified.read_again()
    ended = Event()
    ended.set()
    notified.worker.notice_sender.send_due(ended)
    assert len(ntfy.requests) == 4
    with ThreadPoolExecutor(3) as workers:
        for work in [workers.submit(notified.send) for _ in range(3)]:
            work.result()
    assert [ntfy.titles(f"topic-{number}") for number in range(1, 5)] == [[TEST, NEWS]] * 4


@pytest.mark.slow
def test_killed_workers_send_no_message_twice(
    notified: NotifiedService, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message is lost only if the worker was killed during its request."""
    command = [
        sys.executable,
        "-m",
        "tests.hosting.killed_notice_sender",
        notified.address,
        str(notified.folder),
        ntfy.url,
    ]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert killed.stdout.split() == ["-9"] * len(POINTS), killed.stderr
    monkeypatch.setattr("scraper.hosting.queue.STALLED_SECONDS", 0)
    notified.portal.room = ROOM
    for _ in range(2):
        notified.read_again()
        notified.send_later(minutes=LEASE.seconds // 60 + 1)
    found = {point: ntfy.titles(f"topic-{number}") for number, point in enumerate(POINTS, 1)}
    assert found == {point: [TEST] if point == "before" else [TEST, NEWS] for point in POINTS}


def test_sender_runs_until_it_is_asked_to_end(
    notified: NotifiedService, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away for a moment does not end it."""
    monkeypatch.setattr(notice_sender, "EVERY_SECONDS", 0.01)
    stop, faults = Event(), iter([True])
    real = NoticeSender.send_due

    def send(self: NoticeSender, stop: Event) -> None:
        if next(faults, False):
            raise DatabaseUnavailable
        real(self, stop)
        if ntfy.requests:
            stop.set()

    monkeypatch.setattr(NoticeSender, "send_due", send)
    notified.save(notified.add_student(1), "phone")
    notified.worker.notice_sender.run(stop)
    assert ntfy.titles("phone") == [TEST]
