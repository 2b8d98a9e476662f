"""The set-up in a browser, with the demo portal."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.settings.settings_file import change_account
from scraper.config.vault.vaults import vaults
from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.errors import WrongCredentials
from scraper.i18n import Catalogue
from scraper.runs.run import failed_result
from scraper.runs.worker import WorkerResult
from scraper.web.pages import start_run
from tests.lessons import DAYS_AHEAD, lessons_ahead
from tests.parsers import assert_same_events
from tests.sinks import caldav_servers
from tests.sinks.caldav_servers import radicale_in
from tests.web.accessibility import assert_accessible
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, lessons, publish_run
from tests.web.pages.test_runs_page import DONE

SPANISH = Fault(ajax=True, replace="Anglais", with_="Espagnol")


@pytest.fixture
def demo() -> Iterator[Demo]:
    """A demo portal."""
    with Demo(events=lessons_ahead()) as portal:
        yield portal


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, object], request: pytest.FixtureRequest) -> dict[str, object]:
    """The language of the visitor, French by default."""
    return {**browser_context_args, "locale": getattr(request, "param", "fr-FR")}


@pytest.fixture
def quick_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """A substitute for the process that exports: it publishes lessons, and the portal refuses any other login."""

    def run_worker(arguments: Sequence[str], environment: Mapping[str, str], *_: object, **__: object) -> WorkerResult:
        assert environment["AURION_PASSWORD"] == PASSWORD
        if arguments[0] != LOGIN:
            return failed_result(WrongCredentials(school="ISEN"), Catalogue("fr"))
        publish_run(LOGIN, tuple(lessons()))
        return WorkerResult(exit_code=0, output=DONE)

    monkeypatch.setattr(start_run, "run_worker", run_worker)


def test_set_up_ends_with_a_calendar_after_a_wrong_password(visitor: Page, demo: Demo, home: Path) -> None:
    """The run shows its steps and the page of the portal; no page contains a secret.

    The file that the guide offers is read by other programs' parsers.
    """
    page = visitor
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre planning dans votre agenda")
    assert_accessible(page)
    page.get_by_label("Votre école").type("isen ouest")
    expect(page.get_by_role("button", name="ISEN Ouest")).to_have_count(1)
    expect(page.get_by_role("button", name="Junia")).to_have_count(0)
    page.get_by_label("Votre école").fill(demo.url)
    page.get_by_role("button", name="Chercher").click()
    page.get_by_text("Options", exact=True).click()
    page.get_by_label("Nombre de mois").fill("60")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_label("Identifiant")).to_be_focused()
    expect(page.get_by_label("Identifiant")).to_have_accessible_description("Saisissez votre identifiant.")
    expect(page.get_by_label("Nombre de mois")).to_have_accessible_description(re.compile("entre 1 et 36"))
    assert_accessible(page)
    page.get_by_label("Identifiant").fill(LOGIN)
    page.get_by_label("Nombre de mois").fill("3")
    page.get_by_label("Mot de passe").fill("canary-wrong")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Où voulez-vous voir vos cours ?")
    assert_accessible(page)
    page.get_by_role("button", name="Thunderbird").click()
    expect(page.get_by_role("alert")).to_contain_text("refusé")
    assert vaults().find(LOGIN) is None
    assert_accessible(page)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    demo.control.latency = {"home": 60_000}  # until the picture was seen
    page.get_by_role("button", name="Enregistrer et réessayer").click()
    expect(page.get_by_text("Démarrer le navigateur", exact=True)).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Voir la page du portail").click()
    picture = page.get_by_role("img", name="La page du portail")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    demo.control.latency = {}
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre planning est à jour")
    expect(page.get_by_text("événements, du")).to_be_visible()
    assert_accessible(page)
    assert (home / "Downloads" / "planning.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert not any(secret in page.content() for secret in (PASSWORD, "canary-wrong"))
    page.get_by_role("link", name="Continuer : Thunderbird").click()
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Télécharger le fichier .ics").click()
    assert len(assert_same_events(downloaded.value.path().read_bytes())) == DAYS_AHEAD


@pytest.mark.usefixtures("quick_child")
@pytest.mark.parametrize(("way", "scripts"), [("button", False), ("back", True), ("add", True)])
def test_mistyped_login_is_corrected(
    browser: Browser, served: Served, demo: Demo, home: Path, way: str, *, scripts: bool
) -> None:
    """By the button, by the browser's Back or by a new account: one account and one calendar are left."""
    with browser.new_context(java_script_enabled=scripts, locale="fr-FR") as context:
        page = served.open_in(context.new_page())
        choose_school(page, demo)
        answer_account(page, f"{LOGIN}x")
        expect(page.get_by_role("alert")).to_contain_text("refusé")
        match way:
            case "button":
                page.get_by_role("button", name="Changer d").click()
            case "back":
                while not page.url.endswith("/welcome/account"):
                    page.go_back()
            case "add":
                page.get_by_role("link", name="Comptes").click()
                page.get_by_role("link", name="Ajouter un compte").click()
                choose_school(page, demo)
        expect(page.get_by_role("checkbox", name="Remplacer le compte")).to_be_checked()
        answer_account(page, LOGIN)
        expect(page.get_by_role("heading", level=1)).to_have_text("Votre planning est à jour")
    assert Config().account_names == (LOGIN,)
    assert [file.name for file in (home / "Downloads").iterdir()] == ["planning.ics"]
    assert vaults().find(f"{LOGIN}x") is None


def choose_school(page: Page, demo: Demo) -> None:
    """Do the first step of the set-up."""
    page.get_by_label("Votre école").fill(demo.url)
    page.get_by_role("button", name="Chercher").click()


def answer_account(page: Page, login: str, way: str = "Un fichier") -> None:
    """Do the second step with the right password, and the third."""
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name=way).click()


@pytest.mark.usefixtures("quick_child")
def test_two_tabs_create_two_accounts(visitor: Page, served: Served, demo: Demo, home: Path) -> None:
    """Each gets a file of its own without a typed name."""
    second = visitor.context.new_page()
    second.goto(f"{served.address}/welcome")
    for page in (visitor, second):
        choose_school(page, demo)
        expect(page.get_by_label("Identifiant")).to_be_visible()
    answer_account(visitor, LOGIN)
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Votre planning est à jour")
    answer_account(second, f"{LOGIN}x")
    expect(second.get_by_role("alert")).to_contain_text("refusé")
    assert Config().account_names == (LOGIN, f"{LOGIN}x")
    assert load_account(f"{LOGIN}x", Config()).outputs == (str(home / "Downloads" / f"planning-{LOGIN}x.ics"),)


@pytest.mark.parametrize("browser_context_args", ["en-GB"], indirect=True)
def test_keyboard_sets_up_an_account_and_publishes_a_change(
    context: BrowserContext, served: Served, demo: Demo, home: Path
) -> None:
    """Tab, Enter and Space are enough; the pending change shows old and new values."""
    page = context.new_page()
    page.goto(f"{served.origin}/open?token={served.state.authenticator.new_token()}")
    page.wait_for_url(lambda address: "/open" not in address)
    keyboard = page.keyboard
    expect(page.get_by_label("Your school")).to_be_focused()
    keyboard.type(demo.url)
    keyboard.press("Enter")
    expect(page.get_by_label("Username")).to_be_focused()
    keyboard.type(LOGIN)
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Where do you want to see your lessons?")
    page.get_by_role("button", name="A file").focus()
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your timetable is up to date")
    change_account(LOGIN, {"publish": "review"})
    demo.control.faults = (SPANISH,)
    page.get_by_role("button", name="Update now").focus()
    keyboard.press("Space")
    expect(page.get_by_role("heading", level=1)).to_have_text("Changes to review")
    assert_accessible(page)
    assert b"Espagnol" not in (home / "Downloads" / "planning.ics").read_bytes()
    page.goto(f"{served.address}/runs")
    assert_accessible(page)
    page.get_by_role("link", name="Review changes").click()
    row = page.get_by_role("listitem").filter(has_text="Espagnol").first
    expect(row).to_contain_text("Changed")
    expect(row.locator("del")).to_have_text("Anglais")
    assert_accessible(page)
    page.get_by_role("button", name="Publish").focus()
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your timetable is up to date")
    assert b"Espagnol" in (home / "Downloads" / "planning.ics").read_bytes()


@pytest.mark.usefixtures("quick_child")
def test_set_up_on_a_phone_sends_lessons_to_a_caldav_server(
    visitor: Page, served: Served, demo: Demo, tmp_path: Path
) -> None:
    """A real CalDAV server represents iCloud."""
    served.state.clock = lambda: NOON
    visitor.set_viewport_size({"width": 360, "height": 740})
    choose_school(visitor, demo)
    answer_account(visitor, LOGIN, "iPhone")
    expect(visitor.locator(".notice.good")).to_be_visible()
    visitor.get_by_role("link", name="iPhone, iPad ou Mac").click()
    with radicale_in(tmp_path) as radicale:
        visitor.get_by_label("Adresse e-mail de votre compte Apple").fill(caldav_servers.USER)
        visitor.get_by_label("Mot de passe pour applications").fill(caldav_servers.PASSWORD)
        visitor.get_by_text("Autre adresse de serveur").click()
        visitor.get_by_label("Adresse du serveur").fill(radicale.address)
        visitor.get_by_role("button", name="Envoyer mes cours").click()
        expect(visitor.get_by_text("vos cours sont dans votre calendrier. Ouvrez")).to_be_visible()
        assert_accessible(visitor)
        (destination,) = load_account(LOGIN, Config()).destinations
        assert len(radicale.events(radicale.sink_at(destination.address))) == len([*lessons()])
