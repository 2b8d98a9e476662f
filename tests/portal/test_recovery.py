"""What goes wrong on the way and comes right: sessions, views and connections that are lost, once or for good."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scraper.demo import LOGIN, Demo, Fault, Rubrique
from scraper.errors import PortalChanged, PortalUnavailable, SessionExpired, ViewExpired
from scraper.portal.session import Session
from scraper.system.session_file import SessionFile

ALL = {str(70_000_000 + day) for day in range(2, 30)}
LAZY = (
    Rubrique(label="Scolarité", id=5, lazy=True, children=(Rubrique(label="Mon planning", id=6, opens="planning"),)),
)
EVENTS, SUBMENU = ".*_start", "webscolaapp.Sidebar.ID_SUBMENU"
MENU_POST = {"method": "POST", "path": "/faces/MainMenuPage.xhtml", "ajax": False}

Start, Record, LessonsOf = Callable[..., Demo], Callable[..., Session], Callable[[Session], set[str]]
Visit = Callable[..., Session]


def kinds(demo: Demo) -> Counter[str]:
    """How often each kind of request came."""
    return Counter(exchange.kind for exchange in demo.log)


@pytest.mark.parametrize(
    ("fault", "variant", "logins"),
    [
        (Fault(parameter=EVENTS, lose="session", times=1), {}, 2),
        (Fault(parameter=EVENTS, lose="session", times=1), {"expired": "redirect"}, 2),
        (Fault(parameter=EVENTS, lose="session", skip=1, times=1), {}, 2),
        (Fault(parameter=EVENTS, lose="view", times=1), {}, 1),
        (Fault(parameter=EVENTS, location="/faces/Planning.xhtml", times=1), {}, 1),
        (Fault(parameter=SUBMENU, lose="session", times=1), {"menu": LAZY}, 2),
        (Fault(parameter=SUBMENU, lose="view", times=1), {"menu": LAZY}, 1),
        (Fault(**MENU_POST, lose="session", times=1), {}, 2),
        (Fault(method="GET", path="/", lose="session", skip=1, times=1), {}, 2),
    ],
    ids=["first", "redirected", "second", "view", "sent back", "submenu", "submenu's view", "menu post", "home"],
)
def test_a_lost_session_or_view_is_renewed_once_and_the_run_goes_on(  # noqa: PLR0917 - cases and fixtures
    start: Start, record: Record, lessons_of: LessonsOf, fault: Fault, variant: dict[str, Any], logins: int
) -> None:
    """Wherever the session or the view ends, every lesson arrives, after one more login or none."""
    demo = start(fault, **{"max_window_days": 14, **variant})
    assert lessons_of(record(demo)) == ALL
    assert kinds(demo)["login"] == logins


def test_a_session_lost_twice_in_a_row_is_reported(start: Start, record: Record) -> None:
    """The login page again after a new login is exit 5, and no third login is sent."""
    demo = start(Fault(parameter=EVENTS, lose="session"))
    with pytest.raises(SessionExpired) as caught:
        record(demo)
    assert caught.value.exit_code == 5
    assert kinds(demo)["login"] == 2


def test_a_view_lost_twice_in_a_row_is_reported(start: Start, record: Record) -> None:
    """A view that expires again is exit 6."""
    with pytest.raises(ViewExpired) as caught:
        record(start(Fault(parameter=EVENTS, lose="view")))
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 502}, {"cut": 300}], ids=["503", "502", "cut"])
def test_a_passing_failure_is_tried_again(
    start: Start, record: Record, lessons_of: LessonsOf, fault: dict[str, Any]
) -> None:
    """An overload, a dead gateway, an answer cut: the next try has every lesson."""
    demo = start(Fault(parameter=EVENTS, times=1, **fault))
    assert lessons_of(record(demo)) == ALL


@pytest.mark.parametrize("kind", ["login", "open"])
def test_a_portal_that_falls_silent_is_given_its_time_only(start: Start, record: Record, kind: str) -> None:
    """A form that gets no answer ends the run after the step's time, not after the server's."""
    demo = start()
    demo.control.latency = {kind: 60_000}
    began = time.monotonic()
    with pytest.raises(PortalUnavailable):
        record(demo, timeout=2)
    assert time.monotonic() - began < 30


def test_a_failure_that_lasts_is_tried_three_times_in_all(start: Start, record: Record) -> None:
    """An overload that lasts is exit 5 after the first try and two more, with what the page reported in its dialog."""
    demo = start(Fault(parameter=EVENTS, status=503))
    with pytest.raises(PortalUnavailable) as caught:
        record(demo)
    assert kinds(demo)["events"] == 3
    assert "surcharge" in str(caught.value.facts["detail"])


@pytest.mark.parametrize(
    ("fault", "error", "exit_code"),
    [
        ({"status": 500}, PortalUnavailable, 5),
        ({"body": "<html><body>Maintenance en cours</body></html>"}, PortalUnavailable, 5),
        ({"body": "<partial-response><changes></changes></partial-response>"}, PortalChanged, 6),
        ({"replace": r'"id": "[0-9]+",', "with_": ""}, PortalChanged, 6),
        ({"replace": r'"start": "2026', "with_": '"start": "hier'}, PortalChanged, 6),
    ],
    ids=["500", "maintenance", "no schedule", "no id", "no time"],
)
def test_what_does_not_pass_is_asked_once(
    start: Start, record: Record, fault: dict[str, Any], error: type[Exception], exit_code: int
) -> None:
    """An error of the server's own, a maintenance page or an answer that cannot be read is not asked for again."""
    demo = start(Fault(parameter=EVENTS, **fault))
    with pytest.raises(error) as caught:
        record(demo)
    assert caught.value.exit_code == exit_code  # type: ignore[attr-defined]
    assert kinds(demo)["events"] == 1


def test_a_kept_session_logs_in_no_more(start: Start, record: Record, lessons_of: LessonsOf, tmp_path: Path) -> None:
    """The next run with the session's file opens the planning directly, without a login."""
    demo = start()
    first = record(demo)
    file = SessionFile(tmp_path / "state" / "sessions" / "one.json")
    first.keep(file, next(s.address for s in reversed(first.snapshots) if s.schedules))
    kept = file.read(LOGIN, demo.url)
    assert kept is not None
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700
    second = record(demo, saved=kept)
    assert lessons_of(second) == ALL
    assert kinds(demo)["login"] == 1
    assert second.tab.network.asked <= 5


@pytest.mark.parametrize("text", ["", "{", "[]", '{"login": "x", "address": "y", "cookies": []}', "\x00"])
def test_a_foreign_or_damaged_session_is_no_session(tmp_path: Path, text: str) -> None:
    """What is no session of this login at this address is not used, without a word."""
    file = SessionFile(tmp_path / "s.json")
    file.path.write_text(text, encoding="utf-8")
    assert file.read(LOGIN, "http://127.0.0.1") is None


def test_a_page_that_leaves_while_it_is_looked_at_is_given_its_time_only(start: Start, visit: Visit) -> None:
    """A page that goes to a silent address at any moment is given up after the step's time and one second."""
    demo = start(Fault(path="/silent", delay=20_000))
    tab = visit(demo, timeout=1).tab
    tab.goto(f"{demo.url}/")
    tab.look(lambda _: True)
    tab.page.evaluate("location.assign('/silent')")
    began = time.monotonic()
    with pytest.raises(PortalUnavailable) as failed:
        tab.look(lambda _: False)
    assert failed.value.reason == "timeout"
    assert time.monotonic() - began < 6


def test_what_a_page_left_behind_had_asked_ended_with_it(
    start: Start, record: Record, lessons_of: LessonsOf, tmp_path: Path
) -> None:
    """A kept address with a late schedule is left through the menu; its request, cut off then, is no failure."""
    widget = r'\$\(function\(\)\{(PrimeFaces\.cw\("Schedule".*?"schedule"\);)\}\);'
    late = r"setTimeout(function () { \1 }, 300);"
    demo = start(
        Fault(method="GET", path="/faces/Planning.xhtml", skip=1, times=1, replace=widget, with_=late), direct="full"
    )
    first, file = record(demo), SessionFile(tmp_path / "sessions" / "kept.json")
    first.keep(file, f"{demo.url}/faces/Planning.xhtml")
    demo.control.latency = {"open": 1000, "events": 2000}
    assert lessons_of(record(demo, saved=file.read(LOGIN, demo.url))) == ALL
    assert (kinds(demo)["login"], kinds(demo)["open"]) == (1, 2)
