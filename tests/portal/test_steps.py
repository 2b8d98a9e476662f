"""Pictures and pages of steps: numbered, and without anything secret."""

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
    """A page that holds every secret, with a session's cookie."""
    demo = start()
    made = context.new_page()
    made.goto(demo.url)
    context.add_cookies([{"name": "JSESSIONID", "value": "0123456789ABCDEF", "url": demo.url}])
    made.set_content(PAGE)
    return made


def test_steps_are_numbered(page: Page, tmp_path: Path) -> None:
    """A picture and a page for each step, in their order; the folder is made."""
    steps = ScreenshotRecorder(folder=tmp_path / "new" / "debug", last=tmp_path / "failure")
    for name in ("first", "login", ""):
        steps.take(page, name)
    found = sorted(path.name for path in (tmp_path / "new" / "debug").iterdir())
    assert found == [f"{stem}.{end}" for stem in ("01-first", "02-login", "03-page") for end in ("html", "png")]
    assert (tmp_path / "new/debug/01-first.png").read_bytes().startswith(b"\x89PNG")


def test_who_watches_is_shown_the_page_when_asked(page: Page, tmp_path: Path) -> None:
    """A file `wanted` is answered once, by a picture for its user alone, which shows no secret.

    The fields, with which the run goes on, are covered in it and stay as they are.
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


def test_a_page_that_is_gone_keeps_no_one_waiting(page: Page, tmp_path: Path) -> None:
    """The request is withdrawn, and there is no picture."""
    (tmp_path / WANTED).touch()
    page.close()
    ScreenshotRecorder(last=tmp_path / "failure", pictures=tmp_path).show(page)
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_no_step_is_written(page: Page, tmp_path: Path) -> None:
    """Only a failure leaves its page then, at a known place and readable by the user alone."""
    steps = ScreenshotRecorder(last=tmp_path / "failure")
    steps.take(page, "first")
    assert list(tmp_path.iterdir()) == []
    assert steps.fail(page) == tmp_path / "failure.html"
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"failure.html": 0o600, "failure.png": 0o600}


def test_nothing_secret_is_in_a_page_kept(page: Page, tmp_path: Path) -> None:
    """Password, login, cookie, view state and token are gone; what helps to understand stays."""
    ScreenshotRecorder(last=tmp_path / "failure", secrets=(SECRET, "prenom.nom")).fail(page)
    text = (tmp_path / "failure.html").read_text(encoding="utf-8")
    for secret in (SECRET, escape(SECRET), "canary", "prenom.nom", "0123456789ABCDEF", STATE, "token-of-the-form"):
        assert secret not in text, secret
    assert "Bonjour" in text
    assert 'name="javax.faces.ViewState"' in text


def test_nothing_secret_is_in_a_picture(page: Page, tmp_path: Path) -> None:
    """What the picture is taken of shows no secret any more, typed or written."""
    page.fill("[name=p]", SECRET)
    page.fill("[name=user]", "prenom.nom")
    ScreenshotRecorder(last=tmp_path / "failure", secrets=(SECRET, "prenom.nom")).fail(page)
    shown = page.evaluate(
        "document.body.innerText + [...document.querySelectorAll('input, textarea')].map(e => e.value)"
    )
    assert SECRET not in shown
    assert "prenom.nom" not in shown


@pytest.mark.parametrize(
    "name", ["menu-Cours / TD", "menu-../../../evil", "menu-" + "é" * 300, "menu-a.b. c", "menu-\0", "a\nb"]
)
def test_a_label_of_the_portal_is_no_path(page: Page, tmp_path: Path, name: str) -> None:
    """Whatever a step is called, its picture and its page lie in the folder given, beside each other."""
    folder = tmp_path / "one" / "two" / "three" / "debug"
    ScreenshotRecorder(folder=folder, last=tmp_path / "failure").take(page, name)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == [".html", ".png"]
    assert {path.parent for path in files} == {folder}


def test_a_picture_changes_nothing(start: Callable[..., Demo], visit: Callable[..., Session], tmp_path: Path) -> None:
    """A run with a picture of each step goes in as one without."""
    session = visit(start())
    session.steps = ScreenshotRecorder(
        folder=tmp_path / "debug", last=tmp_path / "failure", secrets=("motdepasse", LOGIN)
    )
    assert session.enter(session.new_login()).entries
    assert len(list((tmp_path / "debug").glob("*.png"))) == 2


def test_a_portal_that_never_answers_holds_up_no_failure(
    start: Callable[..., Demo], visit: Callable[..., Session], tmp_path: Path
) -> None:
    """The last page is kept, and the error reported, while the server still says nothing."""
    session = visit(start(Fault(delay=60_000)), timeout=1)
    with pytest.raises(PortalUnavailable):
        session.enter(session.new_login())
    began = time.monotonic()
    ScreenshotRecorder(last=tmp_path).fail(session.tab.page)
    assert time.monotonic() - began < 20


def test_a_page_that_is_gone_leaves_nothing(page: Page, tmp_path: Path) -> None:
    """A closed window is no further failure."""
    page.close()
    assert ScreenshotRecorder(last=tmp_path / "failure").fail(page) is None
