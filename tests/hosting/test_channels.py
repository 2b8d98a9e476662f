"""Addresses for notifications: a worker opens each for its own student only, and connects to permitted servers only."""

import json
from typing import Any

import pytest
from sqlalchemy import text, update

from scraper.hosting import notice_sender
from scraper.hosting.database.service_tables import notification_channel
from scraper.hosting.keys import add_identity
from scraper.hosting.notices import NoticeWriter
from scraper.hosting.rotation import Rotation, reseal_rows
from scraper.hosting.sealing import Sealer
from scraper.hosting.students import Students
from tests.hosting.demo_students import password_of
from tests.hosting.notified import NotifiedService
from tests.hosting.ntfy_server import NtfyServer

TEST = "Aurion : essai"
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


def test_a_web_tier_that_was_taken_over_cannot_choose_where_workers_connect(
    notified: NotifiedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it seals is checked by the worker as well: only permitted servers are connected to."""
    monkeypatch.setattr(notice_sender, "post_json", pytest.fail)
    owner = notified.add_student(1)
    for address in FORBIDDEN:
        notified.save(owner, "phone")
        sealed = Sealer(notified.settings.keys).seal(owner, json.dumps(address).encode())
        with notified.engine.begin() as connection:
            connection.execute(update(notification_channel).values(sealed=sealed.body))
        notified.send()
        assert notified.test_result(owner) == "invalid"


def test_an_address_opens_for_its_own_student_only(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """Copied into another student's row, or beside the password, it sends nothing; nor is a password ever sent."""
    one, other = notified.set_up(1), notified.set_up(2)
    ntfy.requests.clear()
    password = Students(notified.engine).get(other).sealed.body
    for sealed in (notified.row(one).sealed, password):
        with notified.engine.begin() as connection:
            own = notification_channel.c.student == other
            connection.execute(update(notification_channel).where(own).values(sealed=sealed))
        notified.channels.request_test(other)
        notified.send()
        assert notified.test_result(other) == "invalid"
    assert not ntfy.requests


def test_an_address_is_sealed_and_rotated(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """With the students' passwords; a worker without the new version waits, and the others send."""
    owner = notified.set_up()
    assert b"topic-1" not in notified.row(owner).sealed
    version = add_identity(notified.settings.keys)
    with notified.engine.begin() as connection:
        connection.execute(text("DELETE FROM portal_session"))
    assert reseal_rows(notified.engine, notified.settings.keys) == Rotation(version=version, resealed=2, unopened=0)
    assert notified.row(owner).key_version == version
    identities = notified.settings.keys / "worker.txt"
    whole = identities.read_text()
    identities.write_text(whole.partition("# version 2")[0])
    notified.channels.request_test(owner)
    notified.send()
    assert notified.test_result(owner) == "busy"
    identities.write_text(whole)
    notified.channels.request_test(owner)
    notified.send()
    assert ntfy.titles() == [TEST, TEST]


def test_nothing_secret_is_logged(
    notified: NotifiedService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where a bug has the address and the text in its message; the channel is tried again later."""

    def fail(*values: object) -> str:
        raise ValueError(values)

    caplog.set_level("INFO")
    monkeypatch.setattr(notice_sender, "deliver", fail)
    owner = notified.add_student(1)
    notified.save(owner, "canary-topic")
    notified.send()
    assert notified.test_result(owner) == "failed"
    assert "ValueError" in caplog.text
    assert "notice: ntfy failed" in caplog.text
    assert not [one for one in ("canary", "Aurion :", password_of(1)) if one in caplog.text]


def test_a_student_who_is_deleted_meanwhile_gets_nothing(
    notified: NotifiedService, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an error nor a row is left."""
    owner = notified.add_student(1)
    notified.save(owner, "phone")
    write = NoticeWriter.write

    def delete_first(*arguments: Any) -> object:  # noqa: ANN401 - those of the method
        Students(notified.engine).delete(owner)
        return write(*arguments)

    monkeypatch.setattr(NoticeWriter, "write", delete_first)
    notified.send()
    assert not ntfy.requests
    assert notified.channels.find(owner) is None


def test_a_channel_that_is_replaced_meanwhile_gets_its_own_test(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """The answer of the old one is not taken for that of the new one."""
    owner = notified.add_student(1)
    notified.save(owner, "old")

    def replace() -> None:
        ntfy.before_answer = lambda: None
        notified.save(owner, "new")

    ntfy.before_answer = replace
    notified.send()
    assert [list(ntfy.messages), notified.test_result(owner)] == [["old", "new"], "sent"]
