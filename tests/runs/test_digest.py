"""The evening digest: its time, its lines, and that it is sent once a day."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.config.configuration import Config
from scraper.domain.changes import Added, Change, Edited
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event
from scraper.domain.rules import Rule
from scraper.errors import SettingsError
from scraper.i18n import Catalogue, Language
from scraper.publishing.ledger.ledger_file import LedgerFile
from scraper.runs.notify.digest import DigestPreferences, digest_lines, due_day
from scraper.runs.unattended import ScheduledAccount, run_unattended
from scraper.runs.worker import WorkerResult
from tests.cases import for_each
from tests.factories import bare_event
from tests.runs.world import World
from tests.zones import machine_in

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 24, 20, 30, tzinfo=PARIS).astimezone(UTC)
TOMORROW = date(2026, 11, 25)
EVENING = DigestPreferences(hour=20)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """Return a time of the school in 2026, in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def lesson(day: int, hour: int, subject: str, **parts: object) -> Event:
    """Return a lesson of two hours in November."""
    return bare_event(at(day, hour).astimezone(PARIS), **{"subject": subject, **parts})


def tracked(*events: Event, cancelled: bool = False) -> list[TrackedEvent]:
    """Return these lessons as tracked events of a ledger."""
    since = NOW if cancelled else None
    return [
        TrackedEvent(uid=f"u{number}", event=one, first_seen=NOW, last_seen=NOW, cancelled_since=since)
        for number, one in enumerate(events)
    ]


def lines(
    events: list[TrackedEvent],
    *changes: Change,
    now: datetime = NOW,
    preferences: DigestPreferences = EVENING,
    language: Language = "fr",
) -> list[str]:
    """Return the digest for the 25th of November."""
    return digest_lines(TOMORROW, events, changes, preferences, now=now, zone=PARIS, words=Catalogue(language))


ALGEBRA = lesson(25, 8, "Algèbre", rooms=("IC1_314",))
ENGLISH = lesson(25, 10, "Anglais")
MOVED = Edited(uid="u", before=lesson(26, 8, "Réseaux", rooms=("B305",)), after=lesson(26, 8, "Réseaux", rooms=("C6",)))


def test_digest_has_the_lessons_of_tomorrow_and_the_changes() -> None:
    """Lessons are in order; cancelled lessons and those of other days are left out."""
    events = [
        *tracked(ENGLISH, ALGEBRA, lesson(24, 8, "Hier"), lesson(26, 8, "Après")),
        *tracked(ENGLISH, cancelled=True),
    ]
    assert lines(events, MOVED) == [
        "demain : 8:00 Algèbre, IC1_314 ; 10:00 Anglais",
        "changé : jeu. 26/11 8:00, Réseaux : salle changée B305 → C6",
    ]  # fmt: skip
    assert lines(events, MOVED, language="en") == [
        "tomorrow: 8:00 Algèbre, IC1_314; 10:00 Anglais",
        "changed: Thu 26/11 8:00, Réseaux: room changed B305 → C6",
    ]


def test_digest_without_lessons_has_changes_only() -> None:
    """A free day has a digest only for changes that are neither over nor far away."""
    assert lines([]) == []
    assert lines([], MOVED)[0] == "demain : pas de cours"
    assert lines([], Added(uid="u", after=lesson(23, 8, "Passé"))) == []
    assert lines([], Added(uid="u", after=bare_event(at(20, 8, month=12), 60, subject="Loin"))) == []


def test_digest_after_midnight_says_today() -> None:
    """The digest of the evening before has no lesson that is over."""
    events = tracked(ALGEBRA, ENGLISH)
    assert lines(events, now=at(25, 0, 10)) == ["aujourd’hui : 8:00 Algèbre, IC1_314 ; 10:00 Anglais"]  # noqa: RUF001
    assert lines(events, now=at(25, 11)) == ["aujourd’hui : 10:00 Anglais"]  # noqa: RUF001
    assert lines(events, now=at(25, 13)) == []


def test_digest_applies_the_rules_of_the_calendar() -> None:
    """A hidden lesson is left out, and a renamed lesson has its new name."""
    rules = (Rule(do="drop", subject="Anglais"), Rule(do="rename", subject="Algèbre", to="Maths"))
    preferences = DigestPreferences(hour=20, rules=rules)
    hidden = Added(uid="u", after=ENGLISH)
    assert lines(tracked(ALGEBRA, ENGLISH), hidden, preferences=preferences) == ["demain : 8:00 Maths, IC1_314"]


@for_each(
    ("hour", "sent", "now", "day"),
    [
        (20, None, at(24, 19, 59), None),
        (20, None, at(24, 20), date(2026, 11, 25)),
        (20, at(24, 20), at(24, 23, 59), None),
        (20, at(23, 20), at(25, 0, 1), date(2026, 11, 25)),
        (20, at(25, 0, 1), at(25, 19), None),
        (20, at(25, 0, 1), at(25, 20), date(2026, 11, 26)),
        (20, None, at(25, 0, 1), None),
        (20, at(30, 20), at(24, 21), date(2026, 11, 25)),
        (20, at(30, 20), at(24, 19), None),
        (0, at(23, 0), at(24, 0), date(2026, 11, 25)),
        (23, at(30, 23, month=12), at(31, 23, month=12), date(2027, 1, 1)),
        (2, at(28, 3, month=3), at(29, 1, 59, month=3), None),
        (2, at(28, 3, month=3), at(29, 3, month=3), date(2026, 3, 30)),
        (2, at(24, 3, month=10), at(25, 0, month=10) + timedelta(hours=2), date(2026, 10, 26)),
        (2, at(25, 0, month=10) + timedelta(hours=2), at(25, 0, month=10) + timedelta(hours=3), None),
    ],
)
def test_digest_is_due_from_its_hour_on(hour: int, sent: datetime | None, now: datetime, day: date | None) -> None:
    """It is due once an evening, also after midnight, and also when clocks change or are set back."""
    assert due_day(hour, sent, now, PARIS) == day


@given(
    hour=st.integers(0, 23),
    start=st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 5), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.lists(st.integers(1, 600), min_size=1, max_size=60),
)
def test_each_day_has_at_most_one_digest(hour: int, start: datetime, minutes: list[int]) -> None:
    """No digest is sent twice, and with a run every ten hours none is left out."""
    now, sent, days = start, None, []
    for pause in minutes:
        if day := due_day(hour, sent, now, PARIS):
            days.append(day)
            sent = now
        now += timedelta(minutes=pause)
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def test_digest_is_sent_once_and_after_a_failed_delivery(world: World) -> None:
    """The first successful run after the hour sends it; without a desktop, the next run does."""
    ledger = LedgerFile(world.state / "ledgers" / "a.sqlite", PARIS)
    with ledger.writing() as transaction:
        transaction.record_events(tracked(ALGEBRA), [], [MOVED], NOW - timedelta(hours=3))
        transaction.commit()
    account = ScheduledAccount(name="a", label="a", notifier=world.reader, ledger=ledger, digest=EVENING)
    name = world.words("notify.account", title=world.words("digest.title"), account="a")
    reached, digests = [], list[str]()
    for code, there, now in (
        (0, True, at(24, 19)), (8, True, at(24, 20)), (0, False, at(24, 21)), (0, True, at(24, 22)),
        (0, True, at(24, 23)), (0, True, at(25, 1)), (0, True, at(25, 20)),
    ):  # fmt: skip
        world.now, world.reader.there = now, there
        with machine_in("Europe/Paris"):
            run_unattended([account], lambda *_, code=code: WorkerResult(exit_code=code), world.context)
        digests = [text for title, text in world.reader.reported if title == name]
        reached.append(len(digests))
    assert reached == [0, 0, 0, 1, 1, 1, 1]
    assert digests == ["demain : 8:00 Algèbre, IC1_314\nchangé : jeu. 26/11 8:00, Réseaux : salle changée B305 → C6"]


def test_hour_of_the_digest_is_a_setting() -> None:
    """It comes from the file or a variable; an invalid hour is refused."""
    assert Config().settings().digest_hour is None
    assert Config(environment={"AURION_DIGEST_HOUR": "20"}).settings().digest_hour == 20
    for wrong in ("24", "-1", "20:00", "x"):
        with pytest.raises(SettingsError) as raised:
            Config(environment={"AURION_DIGEST_HOUR": wrong}).settings()
        assert raised.value.reason == "digest_hour"
