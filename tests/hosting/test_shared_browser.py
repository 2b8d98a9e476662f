"""The browser that all students of a worker share."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import pytest

from scraper.config.schools.school_files import school_at
from scraper.demo import Demo
from scraper.domain.credentials import Credentials
from scraper.domain.planning import Period
from scraper.errors import PortalUnavailable, WrongCredentials
from scraper.hosting.shared_browser import PortalAccess, SharedBrowser
from scraper.parsing.read import read
from scraper.system.session_file import SavedSession
from tests.hosting.demo_students import OWN, demo_of, login_of, password_of

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
MARCH, WEEKS = Period(first=date(2026, 3, 2), last=date(2026, 3, 29)), 4


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """A demo portal with three students."""
    with demo_of(3, MONDAY) as running:
        yield running


@pytest.fixture
def shared(demo: Demo, browser_in_use: Path) -> Iterator[SharedBrowser]:
    """A browser for the demo portal, renewed after two sessions."""
    made = SharedBrowser(schools=[school_at(demo.url)], path=browser_in_use, sandbox=False, timeout=10, most_sessions=2)
    with closing(made):
        yield made


def access(
    demo: Demo,
    number: int,
    *,
    password: str = "",
    saved: SavedSession | None = None,
    throttle: Callable[[], float] = lambda: 0,
    verdicts: list[str] | None = None,
) -> PortalAccess:
    """The access of a student."""
    return PortalAccess(
        school=school_at(demo.url),
        credentials=Credentials(login=login_of(number), password=password or password_of(number)),
        throttle=throttle, on_verdict=(verdicts if verdicts is not None else []).append, saved=saved,
    )  # fmt: skip


def test_students_get_their_own_plannings_from_one_browser(demo: Demo, shared: SharedBrowser) -> None:
    """The browser is renewed after two sessions, and a saved session needs no log-in."""
    numbers, verdicts, sessions = [1, 2, 3, 1], list[str](), dict[int, SavedSession | None]()
    for number in numbers:
        recording, session = shared.record(access(demo, number, verdicts=verdicts, saved=sessions.get(number)), MARCH)
        sessions[number] = session
        subjects = [event.subject for event in read(recording).events]
        assert len(subjects) == WEEKS + OWN
        assert {one for one in subjects if one != "Optique"} == {f"Projet de l'étudiant {number}"}
    assert verdicts == ["accepted"] * 3
    assert shared.sessions == 2
    assert 0 < shared.memory() < 600_000_000


def test_session_that_does_not_end_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser to kill, as while one starts: the worker goes on with another thread."""
    monkeypatch.setattr("scraper.hosting.shared_browser.GRACE", 0.05)
    ended, shared = Event(), SharedBrowser(schools=[], bound=0.05)
    with pytest.raises(PortalUnavailable, match="hung"):
        shared._run(ended.wait)
    shared.bound = 60
    assert shared._run(lambda: 1) == 1
    ended.set()
    shared.close()


def test_errors_do_not_affect_the_next_student(demo: Demo, shared: SharedBrowser) -> None:
    """A refused password, an exchange that is not allowed, and a killed browser."""
    verdicts = list[str]()
    with pytest.raises(WrongCredentials):
        shared.log_in(access(demo, 1, password="false", verdicts=verdicts))
    assert verdicts == ["refused"]

    def refuse() -> float:
        raise PortalUnavailable("paused")

    before = len(demo.log)
    with pytest.raises(PortalUnavailable) as caught:
        shared.record(access(demo, 1, throttle=refuse), MARCH)
    assert caught.value.reason == "paused"
    assert len(demo.log) == before
    assert shared.log_in(access(demo, 2)) is not None
    assert shared._process is not None
    shared._process.kill()
    shared._process.wait()
    assert shared.log_in(access(demo, 3)) is not None


def test_hanging_browser_is_killed(demo: Demo, shared: SharedBrowser) -> None:
    """The session ends with an error, and the next one has a new browser."""

    def freeze() -> float:
        assert shared._process is not None
        shared._process.suspend()
        return 0

    shared.log_in(access(demo, 1))
    shared.bound = 1
    with pytest.raises(PortalUnavailable) as caught:
        shared.record(access(demo, 1, throttle=freeze), MARCH)
    assert caught.value.reason == "hung"
    shared.bound = 60
    assert shared.log_in(access(demo, 2)) is not None
