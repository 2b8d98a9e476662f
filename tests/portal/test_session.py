"""A session that is saved between runs: reused while it is alive, and replaced without an error afterwards."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from scraper.demo import LOGIN, Demo, Fault
from scraper.errors import ActionNeeded
from scraper.portal.planning_page import PlanningPage
from scraper.portal.session import Session
from scraper.system.session_file import SessionFile
from tests.cases import for_each
from tests.portal.conftest import MARCH

ALL = {str(70_000_000 + day) for day in range(2, 30)}
Start, LessonsOf = Callable[..., Demo], Callable[[Session], set[str]]
Run = Callable[[Demo], Session]


def logins(demo: Demo) -> int:
    """Return how often a login form was sent."""
    return Counter(exchange.kind for exchange in demo.log)["login"]


@pytest.fixture
def file(tmp_path: Path) -> SessionFile:
    """Return the file of the session, in folders that do not exist yet."""
    return SessionFile(tmp_path / "state" / "sessions" / "one.json")


@pytest.fixture
def run(visit: Callable[..., Session], file: SessionFile) -> Run:
    """Export once: from the session in the file to the session in the file."""

    def go(demo: Demo) -> Session:
        session = visit(demo, saved=file.read(LOGIN, demo.url))
        page = PlanningPage(session=session)
        page.record(MARCH)
        saved = session.make_saved_session(page.address)
        assert saved is not None
        file.write(saved)
        return session

    return go


@for_each(("direct", "most"), [("full", 1), ("shell", 4)])
def test_second_run_needs_no_login(start: Start, run: Run, lessons_of: LessonsOf, direct: str, most: int) -> None:
    """The timetable opens directly where the portal allows it, else by the menu: five exchanges at most."""
    demo = start(direct=direct)
    run(demo)
    before = len(demo.log)
    session = run(demo)
    assert lessons_of(session) == ALL
    assert logins(demo) == 1
    assert len(demo.log) - before <= most + len(session.captures)


def test_ended_session_is_replaced_by_one_login(start: Start, run: Run, lessons_of: LessonsOf) -> None:
    """A session that the portal has ended costs one login, and every lesson arrives; the new session is saved."""
    demo = start()
    run(demo)
    demo.control.faults = [Fault(method="GET", lose="session", times=1)]
    assert lessons_of(run(demo)) == ALL
    assert logins(demo) == 2
    run(demo)
    assert logins(demo) == 2


def test_saved_address_that_is_gone_is_replaced_by_the_menu(start: Start, run: Run, lessons_of: LessonsOf) -> None:
    """Where the page of the timetable has moved, the menu leads there."""
    demo = start()
    run(demo)
    demo.control.faults = [Fault(method="GET", path="/faces/Planning.xhtml", status=404, times=1)]
    assert lessons_of(run(demo)) == ALL
    assert logins(demo) == 1


SHELL = "code_type_rubrique_inconnu id_rubrique_inconnu page-inconnue"
JSF = '<form><input type="hidden" name="javax.faces.ViewState" value="1:2"></form>'
MENU = '<div role="menu"><a href="/faces/Other.xhtml">Annuaire</a></div>'


@for_each("inside", ["", JSF, JSF + MENU])
def test_saved_address_with_an_empty_frame_is_left_for_the_home_page(
    start: Start, run: Run, lessons_of: LessonsOf, inside: str
) -> None:
    """A page without schedule and menu is left for the home page, which leads to the timetable."""
    demo = start()
    run(demo)
    shell = f'<html><head><title></title></head><body class="{SHELL}"><div>{inside}</div></body></html>'
    demo.control.faults = [Fault(method="GET", path="/faces/Planning.xhtml", body=shell, times=1)]
    assert lessons_of(run(demo)) == ALL
    assert logins(demo) == 1


@for_each("direct", ["full", "shell"])
def test_charter_in_a_saved_session_is_left_to_the_user(start: Start, run: Run, direct: str) -> None:
    """A charter may appear at any time, also in a session that needs no login."""
    demo = start(direct=direct)
    run(demo)
    charter = "<html><body><form method='post'><input type='checkbox'><button>Valider</button></form></body></html>"
    demo.control.faults = [Fault(body=charter)]
    with pytest.raises(ActionNeeded) as raised:
        run(demo)
    assert raised.value.reason == "consent"


def test_cookies_of_other_hosts_are_not_saved(start: Start, visit: Callable[..., Session]) -> None:
    """After a single sign-on only the portal's own cookies are saved."""
    demo = start(login="sso-only")
    session = visit(demo, login_hosts=frozenset({"localhost"}))
    session.enter(session.new_login())
    session.tab.page.context.add_cookies([{"name": "SSO", "value": "theirs", "domain": "localhost", "path": "/"}])
    kept = session.make_saved_session("")
    assert kept is not None
    assert [cookie["name"] for cookie in kept.cookies] == ["JSESSIONID"]


def test_cookie_of_the_portal_is_saved_with_any_path(start: Start, visit: Callable[..., Session]) -> None:
    """The base address may be a subfolder of the portal, or a folder above it."""
    demo = start()
    session = visit(demo)
    cookie = {"name": "JSESSIONID", "value": "x", "domain": "127.0.0.1", "path": "/webAurion"}
    session.tab.page.context.add_cookies([cookie])
    kept = session.make_saved_session("")
    assert kept is not None
    assert [cookie["path"] for cookie in kept.cookies] == ["/webAurion"]
