"""Screenshots and pages of steps: numbered, and without secrets."""

import shutil
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from scraper.demo import LOGIN, Demo, Fault
from scraper.domain.progress import PICTURE, WANTED
from scraper.errors import PortalUnavailable
from scraper.portal.screenshots import ScreenshotRecorder
from scraper.portal.session import Session
from tests.cases import for_each

SECRET = 'Zq7é%+&"< canary/9'
STATE = "-5512876543210987654:4411223344556677889"
PAGE = f"""<html><body><form>
  <input type="text" name="user" value="prenom.nom">
  <input type="password" name="p" value="{escape(SECRET)}">
  <input type="hidden" name="again" value="{escape(SECRET)}">
  <input type="hidden" name="javax.faces.ViewState" value="{STATE}">
  <input value="{STATE}" name='jakarta.faces.ViewState' type="hidden">
  <input type="hidden" name="_csrf" value="token-of-the-form">
  <textarea>{escape(SECRET)}</textarea>
</form><p>Votre mot de passe est {escape(SECRET)}</p><p>Bonjour</p>
<script>var kept = {SECRET!r}; var where = "/p;jsessionid=0123456789ABCDEF"</script></body></html>"""


@pytest.fixture
def page(context: BrowserContext, start: Callable[..., Demo]) -> Page:
    """Open a page with every kind of secret, and a session cookie."""
    demo = start()
    made = context.new_page()
    made.goto(demo.url)
    context.add_cookies([{"name": "JSESSIONID", "value": "0123456789ABCDEF", "url": demo.url}])
    made.set_content(PAGE)
    return made


def test_each_step_writes_a_numbered_screenshot_and_page(page: Page, tmp_path: Path) -> None:
    """Each step has a screenshot and a page, numbered in their order; the folder is created."""
    steps = ScreenshotRecorder(folder=tmp_path / "new" / "debug", last=tmp_path / "failure")
    for name in ("first", "login", ""):
        steps.take(page, name)
    found = sorted(path.name for path in (tmp_path / "new" / "debug").iterdir())
    assert found == [f"{stem}.{end}" for stem in ("01-first", "02-login", "03-page") for end in ("html", "png")]
    assert (tmp_path / "new/debug/01-first.png").read_bytes().startswith(b"\x89PNG")


def test_screenshot_is_taken_once_for_each_request(page: Page, tmp_path: Path) -> None:
    """A file `wanted` gets one screenshot, private to its user and without secrets.

    The fields, which the run still needs, are covered in it and keep their values.
    """
    steps = ScreenshotRecorder(last=tmp_path / "failure", pictures=tmp_path, secrets=(SECRET, "prenom.nom"))
    steps.show(page)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / WANTED).touch()
    steps.show(page)
    (found,) = tmp_path.iterdir()
    assert (found.name, found.stat().st_mode & 0o777) == (PICTURE, 0o600)
    assert found.read_bytes().startswith(b"\x89PNG")
    fields = "[...document.querySelectorAll('input, textarea')].map(field => field.value)"
    assert page.evaluate(fields) == ["prenom.nom", SECRET, SECRET, STATE, STATE, "token-of-the-form", SECRET]
    assert SECRET not in page.locator("p").first.inner_text()
    covered = found.read_bytes()
    page.evaluate("for (const field of document.querySelectorAll('input, textarea')) field.value = 'x'")
    (tmp_path / WANTED).touch()
    steps.show(page)
    assert found.read_bytes() == covered


def test_closed_page_deletes_the_request_of_a_screenshot(page: Page, tmp_path: Path) -> None:
    """The request of a screenshot is deleted, and there is no screenshot."""
    (tmp_path / WANTED).touch()
    page.close()
    ScreenshotRecorder(last=tmp_path / "failure", pictures=tmp_path).show(page)
    assert list(tmp_path.iterdir()) == []


def test_step_writes_nothing_without_a_folder(page: Page, tmp_path: Path) -> None:
    """Then only a failure writes its page, at a known path and private to the user."""
    steps = ScreenshotRecorder(last=tmp_path / "failure")
    steps.take(page, "first")
    assert list(tmp_path.iterdir()) == []
    assert steps.fail(page) == tmp_path / "failure.html"
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"failure.html": 0o600, "failure.png": 0o600}


def test_page_of_a_failure_contains_no_secret(page: Page, tmp_path: Path) -> None:
    """Password, login, cookie, view state and token are removed; the rest of the page stays."""
    ScreenshotRecorder(last=tmp_path / "failure", secrets=(SECRET, "prenom.nom")).fail(page)
    text = (tmp_path / "failure.html").read_text(encoding="utf-8")
    for secret in (SECRET, escape(SECRET), "canary", "prenom.nom", "0123456789ABCDEF", STATE, "token-of-the-form"):
        assert secret not in text, secret
    assert "Bonjour" in text
    assert 'name="javax.faces.ViewState"' in text


def test_screenshot_of_a_failure_contains_no_secret(page: Page, tmp_path: Path) -> None:
    """The page shows no secret when the screenshot is taken, in fields and in text."""
    page.fill("[name=p]", SECRET)
    page.fill("[name=user]", "prenom.nom")
    ScreenshotRecorder(last=tmp_path / "failure", secrets=(SECRET, "prenom.nom")).fail(page)
    shown = page.evaluate(
        "document.body.innerText + [...document.querySelectorAll('input, textarea')].map(e => e.value)"
    )
    assert SECRET not in shown
    assert "prenom.nom" not in shown


@for_each("name", ["menu-Cours / TD", "menu-../../../evil", "menu-" + "é" * 300, "menu-a.b. c", "menu-\0", "a\nb"])
def test_label_of_the_portal_does_not_leave_the_folder(page: Page, tmp_path: Path, name: str) -> None:
    """Any label gives a screenshot and a page in the folder itself."""
    shutil.rmtree(tmp_path / "one", ignore_errors=True)
    folder = tmp_path / "one" / "two" / "three" / "debug"
    ScreenshotRecorder(folder=folder, last=tmp_path / "failure").take(page, name)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == [".html", ".png"]
    assert {path.parent for path in files} == {folder}


def test_screenshots_do_not_change_the_login(
    start: Callable[..., Demo], visit: Callable[..., Session], tmp_path: Path
) -> None:
    """A run with a screenshot of each step logs in like one without."""
    session = visit(start())
    session.steps = ScreenshotRecorder(
        folder=tmp_path / "debug", last=tmp_path / "failure", secrets=("motdepasse", LOGIN)
    )
    assert session.enter(session.new_login()).entries
    assert len(list((tmp_path / "debug").glob("*.png"))) == 2


def test_failure_is_written_while_the_portal_does_not_respond(
    start: Callable[..., Demo], visit: Callable[..., Session], tmp_path: Path
) -> None:
    """The last page is written, and the error raised, while the server has not responded."""
    session = visit(start(Fault(delay=60_000)), timeout=0.5)
    with pytest.raises(PortalUnavailable):
        session.enter(session.new_login())
    began = time.monotonic()
    ScreenshotRecorder(last=tmp_path).fail(session.tab.page)
    assert time.monotonic() - began < 20


def test_closed_page_writes_no_failure(page: Page, tmp_path: Path) -> None:
    """A closed window is no second failure."""
    page.close()
    assert ScreenshotRecorder(last=tmp_path / "failure").fail(page) is None
