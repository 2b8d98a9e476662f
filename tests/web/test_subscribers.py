"""Subscribers of the feed: secrets, labels, visits."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from scraper.errors import SettingsError
from scraper.publishing.feeds import subscribers
from scraper.publishing.feeds.feed_files import AS_THE_FILE, calendar_file
from scraper.publishing.feeds.subscribers import Subscriber, Subscribers, Visit, find_subscriber
from scraper.system import secret_digest
from tests.cases import for_each

KEY = "0123456789abcdef"


@pytest.fixture
def known(tmp_path: Path) -> Subscribers:
    """An empty list of subscribers."""
    return Subscribers(tmp_path)


def add_subscriber(known: Subscribers, label: str) -> tuple[Subscriber, str]:
    """Add a subscriber of Anna's."""
    return known.add(label, account="anna", key=KEY, calendar=AS_THE_FILE, name="anna")


def test_secret_is_random_and_not_stored(known: Subscribers) -> None:
    """It has at least 128 bits and is in no file; neither secret nor digest is in a `repr`."""
    made = [add_subscriber(known, f"Phone {number}") for number in range(20)]
    made.append(known.renew("Phone 1"))
    found = {secret for _, secret in made}
    assert len(found) == 21
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22,}", secret) for secret in found)
    written = "".join(path.read_text() for path in known.path.parent.iterdir()) + repr(made[0][0]) + repr(known.all())
    assert not [secret for secret in found if secret in written]
    assert made[0][0].digest not in repr(known.all())
    assert [find_subscriber(secret, known.all()) == one for one, secret in made] == [True, False, *[True] * 19]


def test_calendar_of_a_new_subscriber_is_not_deleted_with_an_ended_one(
    known: Subscribers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is added, in another process, while the server looks for subscriptions that have ended."""
    old, real = known.add("Old", account="anna", key=KEY, calendar=AS_THE_FILE, name="anna", until=date(2026, 1, 1)), []
    calendar = calendar_file(known.state, KEY, AS_THE_FILE)
    calendar.parent.mkdir(parents=True)
    calendar.write_text("BEGIN:VCALENDAR", encoding="utf-8")
    all_of = Subscribers.all

    def read_then_add(self: Subscribers) -> tuple[Subscriber, ...]:
        found = all_of(self)
        if not real:
            real.append(found)
            add_subscriber(known, "New")
        return found

    monkeypatch.setattr(Subscribers, "all", read_then_add)
    known.delete_ended(datetime(2026, 2, 1, tzinfo=UTC))
    assert calendar.exists()
    known.revoke("New")
    known.delete_ended(datetime(2026, 2, 1, tzinfo=UTC))
    assert not calendar.exists()
    assert known.all() == (old[0],)


def test_all_digests_are_compared_in_constant_time(known: Subscribers, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are compared, whether the first, the last or none matches."""
    made = [add_subscriber(known, f"Phone {number}") for number in range(5)]
    real, compared = secret_digest.compare_digest, []

    def compare(one: str, other: str) -> bool:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr(secret_digest, "compare_digest", compare)
    for secret in (made[0][1], made[4][1], "unknown", "\udcff\0é"):
        compared.clear()
        find_subscriber(secret, known.all())
        assert compared == [one.digest for one, _ in made]


@for_each("label", ["", "  ", "a\nb", "\x1b[2J", "x" * 65])
def test_label_that_cannot_be_shown_is_refused(known: Subscribers, label: str) -> None:
    """An empty or long label, or one that moves the cursor of a terminal."""
    with pytest.raises(SettingsError, match="feed-label"):
        add_subscriber(known, label)


def test_label_is_unique(known: Subscribers) -> None:
    """An unknown label is reported with similar ones."""
    add_subscriber(known, "Téléphone")
    with pytest.raises(SettingsError, match="feed-taken"):
        add_subscriber(known, "Téléphone")
    for act in (known.renew, known.revoke):
        with pytest.raises(SettingsError, match="feed-unknown") as caught:
            act("Telephone")
        assert caught.value.facts["near"] == ["Téléphone"]
    known.revoke_all("anna")
    assert known.all() == ()


def test_visits_of_revoked_secrets_are_deleted(known: Subscribers) -> None:
    """A renewal revokes the old secret."""
    one, _ = add_subscriber(known, "Phone")
    visit = Visit(at=datetime(2026, 11, 24, 12, tzinfo=UTC), agent="curl", version="abc")
    known.note({one.digest: visit})
    assert known.visits() == {one.digest: visit}
    known.renew("Phone")
    known.note({})
    assert known.visits() == {}
    known.path.with_name("visits.json").write_text('{"x": 1, "y": {"at": "never"}}')
    assert known.visits() == {}


@for_each("wrong", [{"key": "../.."}, {"digest": "é" * 64}, {"client": "../x"}, {"name": "a b"}, {"label": 1}])
def test_invalid_subscriber_in_the_file_is_ignored(wrong: dict[str, object]) -> None:
    """No path leads out of the folder."""
    reported: dict[str, object] = {
        "digest": "0" * 64,
        "label": "a",
        "account": "b",
        "key": KEY,
        "client": "",
        "name": "c",
    }
    assert len(subscribers._subscribers({"subscribers": [reported, reported | wrong, None]})) == 1
