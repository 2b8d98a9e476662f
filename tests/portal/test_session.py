"""A session kept between runs: used while it lives, dropped without a word, the user's alone."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from scraper.config.schools.school_files import school_at
from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.domain.credentials import Credentials
from scraper.domain.progress import Silent
from scraper.errors import ActionNeeded
from scraper.portal.browser import new_context
from scraper.portal.planning_page import PlanningPage
from scraper.portal.screenshots import ScreenshotRecorder
from scraper.portal.session import Session, open_session
from scraper.system.session_file import SavedSession, SessionFile
from tests.portal.conftest import MARCH

ALL = {str(70_000_000 + day) for day in range(2, 30)}
Start, LessonsOf = Callable[..., Demo], Callable[[Session], set[str]]
Run = Callable[[Demo], Session]


def logins(demo: Demo) -> int:
    """How often a login form arrived."""
    return Counter(exchange.kind for exchange in demo.log)["login"]


@pytest.fixture
def file(tmp_path: Path) -> SessionFile:
    """Where the session is kept, in folders that are not there yet."""
    return SessionFile(tmp_path / "state" / "sessions" / "one.json")


@pytest.fixture
def run(browser: Browser, file: SessionFile, tmp_path: Path) -> Iterator[Run]:
    """A whole run in a browser of its own, from the session kept to the session kept."""
    contexts: list[BrowserContext] = []

    def go(demo: Demo) -> Session:
        kept = file.read(LOGIN, demo.url)
        contexts.append(new_context(browser, "Europe/Paris", kept.state if kept else None))
        session = open_session(
            contexts[-1],
            school=school_at(demo.url),
            credentials=Credentials(login=LOGIN, password=PASSWORD),
            steps=ScreenshotRecorder(last=tmp_path / "failure"),
            progress=Silent(),
            timeout=10,
            saved=kept,
        )
        page = PlanningPage(session=session)
        page.record(MARCH)
        session.keep(file, page.address)
        return session

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("direct", "most"), [("full", 1), ("shell", 4)])
def test_a_second_run_logs_in_no_more(start: Start, run: Run, lessons_of: LessonsOf, direct: str, most: int) -> None:
    """The planning opens directly where the portal allows it, else by the menu: at most five exchanges with the XHR."""
    demo = start(direct=direct)
    run(demo)
    before = len(demo.log)
    session = run(demo)
    assert lessons_of(session) == ALL
    assert logins(demo) == 1
    assert len(demo.log) - before <= most + len(session.captures)


def test_a_dead_session_is_dropped_without_a_word(start: Start, run: Run, lessons_of: LessonsOf) -> None:
    """A session that the portal forgot meanwhile costs one login, and every lesson comes; the new one is kept."""
    demo = start()
    run(demo)
    demo.control.faults = [Fault(method="GET", lose="session", times=1)]
    assert lessons_of(run(demo)) == ALL
    assert logins(demo) == 2
    run(demo)
    assert logins(demo) == 2


def test_a_kept_address_that_is_gone_is_no_failure(start: Start, run: Run, lessons_of: LessonsOf) -> None:
    """Where the planning's page has moved, the menu leads there."""
    demo = start()
    run(demo)
    demo.control.faults = [Fault(method="GET", path="/faces/Planning.xhtml", status=404, times=1)]
    assert lessons_of(run(demo)) == ALL
    assert logins(demo) == 1


SHELL = "code_type_rubrique_inconnu id_rubrique_inconnu page-inconnue"
JSF = '<form><input type="hidden" name="javax.faces.ViewState" value="1:2"></form>'
MENU = '<div role="menu"><a href="/faces/Other.xhtml">Annuaire</a></div>'


@pytest.mark.parametrize("inside", ["", JSF, JSF + MENU], ids=["empty", "jsf", "other-menu"])
def test_a_kept_address_that_shows_an_empty_frame_is_left_for_the_home_page(
    start: Start, run: Run, lessons_of: LessonsOf, inside: str
) -> None:
    """The portal answers a page without its schedule and without its menu: the home page leads to the planning."""
    demo = start()
    run(demo)
    shell = f'<html><head><title></title></head><body class="{SHELL}"><div>{inside}</div></body></html>'
    demo.control.faults = [Fault(method="GET", path="/faces/Planning.xhtml", body=shell, times=1)]
    assert lessons_of(run(demo)) == ALL
    assert logins(demo) == 1


@pytest.mark.parametrize("direct", ["full", "shell"])
def test_a_charter_before_a_kept_session_is_left_to_a_person(start: Start, run: Run, direct: str) -> None:
    """A charter may come at any time, also to a session that needs no login."""
    demo = start(direct=direct)
    run(demo)
    charter = "<html><body><form method='post'><input type='checkbox'><button>Valider</button></form></body></html>"
    demo.control.faults = [Fault(body=charter)]
    with pytest.raises(ActionNeeded) as raised:
        run(demo)
    assert raised.value.reason == "consent"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_file_is_its_user_s_alone(file: SessionFile) -> None:
    """0600 in folders of 0700, whatever the umask and whatever was there before."""
    file.path.parent.mkdir(parents=True, mode=0o755)
    file.path.write_text("old")
    file.path.chmod(0o644)
    before = os.umask(0)
    try:
        file.write(SavedSession(login=LOGIN, address="https://aurion.example.fr"))
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (file.path, file.path.parent, file.path.parents[1])]
    assert modes == [0o600, 0o700, 0o700]
    assert list(file.path.parent.iterdir()) == [file.path]


def test_only_the_same_login_at_the_same_address_has_it(file: SessionFile) -> None:
    """A session of someone else, or of another portal, is none; one dropped neither."""
    file.write(
        SavedSession(login="a", address="https://one.example.fr", planning="x", cookies=tuple(json.loads(cookies())))
    )
    assert file.read("a", "https://one.example.fr") == SavedSession(
        login="a", address="https://one.example.fr", planning="x", cookies=tuple(json.loads(cookies()))
    )
    assert file.read("b", "https://one.example.fr") is None
    assert file.read("a", "https://two.example.fr") is None
    file.delete()
    assert file.read("a", "https://one.example.fr") is None


def test_a_cookie_is_in_no_repr() -> None:
    """Neither the cookies nor the login show where a session is printed."""
    shown = repr(
        SavedSession(login="qui", address="https://a.fr", cookies=({"name": "JSESSIONID", "value": "SECRET"},))
    )
    assert "SECRET" not in shown
    assert "qui" not in shown


def test_another_host_s_cookies_are_not_kept(
    start: Start, context: BrowserContext, visit: Callable[..., Session], file: SessionFile
) -> None:
    """Of a single sign-on only the portal's own cookies stay."""
    demo = start(login="sso-only")
    session = visit(demo, login_hosts=frozenset({"localhost"}))
    session.enter(session.new_login())
    context.add_cookies([{"name": "SSO", "value": "theirs", "domain": "localhost", "path": "/"}])
    session.keep(file, "")
    kept = file.read(LOGIN, demo.url)
    assert kept is not None
    assert [cookie["name"] for cookie in kept.cookies] == ["JSESSIONID"]


def test_the_portal_s_cookie_is_kept_whatever_its_path(
    context: BrowserContext, visit: Callable[..., Session], start: Start, file: SessionFile
) -> None:
    """The address that a person gives may lead to a portal further down."""
    demo = start()
    context.add_cookies([{"name": "JSESSIONID", "value": "x", "domain": "127.0.0.1", "path": "/webAurion"}])
    visit(demo).keep(file, "")
    kept = file.read(LOGIN, demo.url)
    assert kept is not None
    assert [cookie["path"] for cookie in kept.cookies] == ["/webAurion"]


def cookies(**changed: object) -> str:
    """The session's cookie as a file holds it, something of it changed."""
    whole = {"name": "JSESSIONID", "value": "x", "domain": "127.0.0.1", "path": "/", "expires": -1}
    return json.dumps([{**whole, "httpOnly": True, "secure": False, "sameSite": "Lax", **changed}])


@pytest.mark.parametrize(
    "damaged",
    ["[{}]", '["x"]', "[[]]", "7", cookies(value=7), cookies(domain=None), cookies(sameSite="x"), cookies(expires="x")],
)
def test_a_damaged_cookie_is_no_session(file: SessionFile, damaged: str) -> None:
    """Cookies that a browser would not take are dropped with their session, without a word."""
    parts = f'{{"login": "{LOGIN}", "address": "https://a.fr", "planning": "", "cookies": %s}}'
    file.path.parent.mkdir(parents=True)
    file.path.write_text(parts % cookies())
    assert file.read(LOGIN, "https://a.fr") is not None
    file.path.write_text(parts % damaged)
    assert file.read(LOGIN, "https://a.fr") is None
