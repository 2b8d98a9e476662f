"""The same pages as a person uses them, in a real browser: by mouse, by keyboard, in both languages, by any eyes."""

import http.client
import re
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from scraper.config.configuration import Config
from scraper.publishing.feeds.feed_urls import remember_served
from scraper.system.paths import settings_file
from tests.web.pages.conftest import Served

PAGES = (
    "/accounts", "/accounts/anna/remove", "/settings", "/settings?account=-", "/rules", "/notifications",
    "/schedule", "/subscribers", "/help", "/help/log",
)  # fmt: skip
BRIGHT = ("/accounts", "/settings", "/rules", "/subscribers")
"""What has every part that is drawn in the one colour or the other."""
SERIOUS = {"serious", "critical"}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """A French visitor."""
    return {**browser_context_args, "locale": "fr-FR"}


def looked_at(page: Page) -> None:
    """Nothing serious for a screen reader, a keyboard or weak eyes; nothing sticks out of a phone's width."""
    page.wait_for_load_state()  # colours are judged once every style sheet is there
    found = Axe().run(page).response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]
    assert not serious, (page.url, serious)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def fetched(address: str) -> tuple[int, str]:
    """As a calendar fetches it."""
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_each_page_for_everybody(anna: str, served: Served, visitor: Page) -> None:
    """On a phone in the dark and on a wide screen in the light, axe finds nothing serious, and all of it fits."""
    del anna
    wrong: list[str] = []
    visitor.on("pageerror", lambda error: wrong.append(str(error)))
    for width, scheme in ((360, "dark"), (1280, "light")):
        visitor.set_viewport_size({"width": width, "height": 800})
        visitor.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for path in PAGES if scheme == "dark" else BRIGHT:
            visitor.goto(served.address + path)
            looked_at(visitor)
    assert wrong == []


def test_a_subscription_from_its_making_to_its_end(anna: str, served: Served, visitor: Page) -> None:
    """Its address is shown once, copied, fetched; the list shows the visit; revoked, it is 404."""
    del anna
    remember_served(served.state.folder, served.origin)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.goto(f"{served.address}/subscribers")
    visitor.get_by_role("radio", name="Apple").check()
    visitor.get_by_label("Nom (facultatif)").fill("Téléphone")
    visitor.get_by_label("installé sur cet ordinateur").check()
    visitor.get_by_role("button", name="Créer l").click()
    address = visitor.get_by_label("adresse secrète").input_value()
    looked_at(visitor)
    visitor.get_by_role("button", name="Copier").click()
    expect(visitor.get_by_role("status")).to_have_text("Copiée.")
    assert visitor.evaluate("navigator.clipboard.readText()") == address
    assert address not in visitor.url
    expect(visitor.get_by_role("img", name="Code QR")).to_have_count(0)  # a phone cannot come to this machine alone
    status, calendar = fetched(address)
    assert (status, calendar.count("BEGIN:VEVENT")) == (200, 12)
    visitor.goto(f"{served.address}/subscribers")
    assert urlsplit(address).path.split("/")[2] not in visitor.content()
    visitor.get_by_role("link", name="Gérer Téléphone").click()
    looked_at(visitor)
    visitor.get_by_role("button", name="Renouveler").click()
    renewed = visitor.get_by_label("adresse secrète").input_value()
    assert (fetched(address)[0], fetched(renewed)[0]) == (404, 200)
    visitor.get_by_role("link", name="Tous les abonnements").click()
    visitor.get_by_role("link", name="Gérer Téléphone").click()
    visitor.get_by_role("button", name="Supprimer", exact=True).click()
    expect(visitor.get_by_role("status")).to_contain_text("abonnement est supprimé")
    assert fetched(renewed) == (404, "")


def test_settings_by_the_keyboard_alone(anna: str, served: Served, visitor: Page) -> None:
    """Tab, letters and Enter change them; what is wrong is announced and named; both languages say so."""
    visitor.goto(f"{served.address}/settings?account={anna}")
    tabbed(visitor, "f-months")
    visitor.keyboard.type("40")
    visitor.keyboard.press("Enter")
    months = visitor.get_by_label("Nombre de mois")
    expect(months).to_have_attribute("aria-invalid", "true")
    expect(visitor.get_by_role("alert")).to_contain_text("a été enregistré")
    looked_at(visitor)
    tabbed(visitor, "f-months")
    visitor.keyboard.press("Control+a")
    visitor.keyboard.type("4")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("status")).to_contain_text("enregistrés")
    assert Config.from_environment().settings(anna).months == 4
    visitor.get_by_role("button", name="English").focus()
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Settings")


def tabbed(page: Page, wanted: str) -> None:
    """Until that field has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement?.id") == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(wanted)


def test_rules_with_their_effect(anna: str, served: Served, visitor: Page) -> None:
    """A rule added, seen at work by Enter, moved behind another, kept and applied."""
    visitor.goto(f"{served.address}/rules")
    add = visitor.get_by_role("button", name="Ajouter une règle")
    add.click()
    visitor.get_by_label("Matière").fill("Réseaux")
    visitor.get_by_label("Alors").select_option("drop")
    visitor.get_by_label("Matière").press("Enter")
    expect(visitor.get_by_role("status")).to_contain_text("Sur 12 cours : 4 masqués")
    expect(visitor.get_by_text("Masque 4 cours.")).to_be_visible()
    looked_at(visitor)
    visitor.once("dialog", lambda dialog: dialog.dismiss())
    visitor.get_by_role("link", name="Aide").click(no_wait_after=True)
    expect(visitor.get_by_text("Pas encore enregistré.")).to_be_visible()
    add.click()
    visitor.get_by_label("Alors").nth(1).select_option("keep")
    visitor.get_by_role("button", name="Monter la règle 2").click()
    expect(visitor.get_by_role("status")).to_contain_text("0 masqué")
    visitor.get_by_role("button", name="Supprimer Règle 1").click()
    visitor.get_by_role("button", name="Enregistrer").click()
    visitor.get_by_role("button", name="Recalculer les calendriers maintenant").click()
    expect(visitor.get_by_role("status").first).to_contain_text("recalculés")
    visitor.get_by_role("link", name="Aide").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Aide")
    calendar = Path(Config().settings(anna).output or "")
    assert calendar.read_text().count("BEGIN:VEVENT") == 8
    assert "[[accounts.anna.rules]]" in settings_file().read_text()


def test_no_button_that_does_nothing_without_scripts(anna: str, served: Served, browser: Browser) -> None:
    """An address is made all the same and is there to be marked; what needs a script is not offered."""
    del anna
    with browser.new_context(java_script_enabled=False, locale="fr-FR") as context:
        page = context.new_page()
        page.goto(f"{served.origin}/open?token={served.state.authenticator.new_token()}")
        page.wait_for_url(lambda address: "/open" not in address)
        page.goto(f"{served.address}/subscribers")
        page.get_by_role("radio", name="Apple").check()
        page.get_by_label("installé sur cet ordinateur").check()
        page.get_by_role("button", name="Créer l").click()
        expect(page.get_by_label("adresse secrète")).to_have_value(re.compile("/c/"))
        expect(page.get_by_role("button", name="Copier")).to_have_count(0)
