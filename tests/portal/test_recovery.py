"""Recovery from sessions, views and connections that are lost, once or for good."""

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
from tests.cases import for_each

ALL = {str(70_000_000 + day) for day in range(2, 30)}
LAZY = (
    Rubrique(label="Scolarité", id=5, lazy=True, children=(Rubrique(label="Mon planning", id=6, opens="planning"),)),
)
EVENTS, SUBMENU = ".*_start", "webscolaapp.Sidebar.ID_SUBMENU"
MENU_POST = {"method": "POST", "path": "/faces/MainMenuPage.xhtml", "ajax": False}

Start, Record, LessonsOf = Callable[..., Demo], Callable[..., Session], Callable[[Session], set[str]]
Visit = Callable[..., Session]


def kinds(demo: Demo) -> Counter[str]:
    """Return how often each kind of request was sent."""
    return Counter(exchange.kind for exchange in demo.log)


@for_each(
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
)
def test_lost_session_or_view_is_renewed_once(  # noqa: PLR0917 - cases and fixtures
    start: Start, record: Record, lessons_of: LessonsOf, fault: Fault, variant: dict[str, Any], logins: int
) -> None:
    """Every lesson arrives wherever the session or view ends, after one more login where the session did."""
    demo = start(fault, **{"max_window_days": 14, **variant})
    assert lessons_of(record(demo)) == ALL
    assert kinds(demo)["login"] == logins


def test_session_lost_twice_in_a_row_ends_the_run(start: Start, record: Record) -> None:
    """A login page after a new login is exit code 5, and no third login is sent."""
    demo = start(Fault(parameter=EVENTS, lose="session"))
    with pytest.raises(SessionExpired) as caught:
        record(demo)
    assert caught.value.exit_code == 5
    assert kinds(demo)["login"] == 2


def test_view_lost_twice_in_a_row_ends_the_run(start: Start, record: Record) -> None:
    """A view that expires again is exit code 6."""
    with pytest.raises(ViewExpired) as caught:
        record(start(Fault(parameter=EVENTS, lose="view")))
    assert caught.value.exit_code == 6


@for_each("fault", [{"status": 503}, {"status": 502}, {"cut": 300}])
def test_temporary_failure_is_tried_again(
    start: Start, record: Record, lessons_of: LessonsOf, fault: dict[str, Any]
) -> None:
    """After an overload, a bad gateway or a cut response the next attempt has every lesson."""
    demo = start(Fault(parameter=EVENTS, times=1, **fault))
    assert lessons_of(record(demo)) == ALL


@for_each("kind", ["login", "open"])
def test_portal_without_a_response_gets_the_time_of_one_step(start: Start, record: Record, kind: str) -> None:
    """A form without a response ends the run after the time of a step, not after the server's."""
    demo = start()
    demo.control.latency = {kind: 60_000}
    began = time.monotonic()
    with pytest.raises(PortalUnavailable):
        record(demo, timeout=1)
    assert time.monotonic() - began < 30


def test_lasting_failure_is_tried_three_times(start: Start, record: Record) -> None:
    """A lasting overload ends the run after three attempts, with the message of the page's dialog."""
    demo = start(Fault(parameter=EVENTS, status=503))
    with pytest.raises(PortalUnavailable) as caught:
        record(demo)
    assert kinds(demo)["events"] == 3
    assert "surcharge" in str(caught.value.facts["detail"])


@for_each(
    ("fault", "error", "exit_code"),
    [
        ({"status": 500}, PortalUnavailable, 5),
        ({"body": "<html><body>Maintenance en cours</body></html>"}, PortalUnavailable, 5),
        ({"body": "<partial-response><changes></changes></partial-response>"}, PortalChanged, 6),
        ({"replace": r'"id": "[0-9]+",', "with_": ""}, PortalChanged, 6),
        ({"replace": r'"start": "2026', "with_": '"start": "hier'}, PortalChanged, 6),
    ],
)
def test_permanent_failure_is_tried_once(
    start: Start, record: Record, fault: dict[str, Any], error: type[Exception], exit_code: int
) -> None:
    """An internal error, a maintenance page or a response that cannot be read is not requested again."""
    demo = start(Fault(parameter=EVENTS, **fault))
    with pytest.raises(error) as caught:
        record(demo)
    assert caught.value.exit_code == exit_code  # type: ignore[attr-defined]
    assert kinds(demo)["events"] == 1


def test_page_that_leaves_for_a_silent_address_gets_the_time_of_one_step(start: Start, visit: Visit) -> None:
    """A page that goes to an address without response ends the step after its time and one second."""
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


def test_cut_request_of_a_page_that_was_left_is_no_failure(
    start: Start, record: Record, lessons_of: LessonsOf, tmp_path: Path
) -> None:
    """A saved address with a late schedule is left by the menu; its request, cut off then, is no failure."""
    widget = r'\$\(function\(\)\{(PrimeFaces\.cw\("Schedule".*?"schedule"\);)\}\);'
    late = r"setTimeout(function () { \1 }, 150);"
    demo = start(
        Fault(method="GET", path="/faces/Planning.xhtml", skip=1, times=1, replace=widget, with_=late), direct="full"
    )
    first, file = record(demo), SessionFile(tmp_path / "sessions" / "kept.json")
    saved = first.make_saved_session(f"{demo.url}/faces/Planning.xhtml")
    assert saved is not None
    file.write(saved)
    demo.control.latency = {"open": 500, "events": 1000}
    assert lessons_of(record(demo, saved=file.read(LOGIN, demo.url))) == ALL
    assert (kinds(demo)["login"], kinds(demo)["open"]) == (1, 2)
