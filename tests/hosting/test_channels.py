"""Addresses for notifications: each opens for its own student only, and permitted servers only are connected to."""

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


def test_worker_checks_the_address_that_the_web_tier_sealed(
    notified: NotifiedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compromised web tier cannot make workers connect to other servers."""
    monkeypatch.setattr(notice_sender, "post_json", pytest.fail)
    owner = notified.add_student(1)
    for address in FORBIDDEN:
        notified.save(owner, "phone")
        sealed = Sealer(notified.settings.keys).seal(owner, json.dumps(address).encode())
        with notified.engine.begin() as connection:
            connection.execute(update(notification_channel).values(sealed=sealed.body))
        notified.send()
        assert notified.test_result(owner) == "invalid"


def test_address_opens_for_its_own_student_only(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """A copy in the row of another student sends nothing; a password is never sent as an address."""
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


def test_address_is_sealed_and_rotated_with_the_passwords(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """A worker without the new key waits, while the others send."""
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


def test_log_has_no_address_or_text_after_a_bug(
    notified: NotifiedService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The channel is tried again later."""

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


def test_student_deleted_during_a_sending_gets_nothing(
    notified: NotifiedService, ntfy: NtfyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no error, and no row is left."""
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


def test_channel_replaced_during_a_sending_gets_its_own_test(notified: NotifiedService, ntfy: NtfyServer) -> None:
    """The result of the old channel is not stored for the new one."""
    owner = notified.add_student(1)
    notified.save(owner, "old")

    def replace() -> None:
        ntfy.before_answer = lambda: None
        notified.save(owner, "new")

    ntfy.before_answer = replace
    notified.send()
    assert [list(ntfy.messages), notified.test_result(owner)] == [["old", "new"], "sent"]
