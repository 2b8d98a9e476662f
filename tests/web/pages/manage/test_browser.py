"""The pages of settings, rules and subscriptions in a browser: by mouse, by keyboard, without scripts."""

import http.client
import re
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from scraper.config.configuration import Config
from scraper.publishing.feeds.feed_urls import remember_served
from scraper.system.paths import settings_file
from tests.web.accessibility import assert_accessible, assert_fits
from tests.web.pages.conftest import Served

PAGES = (
    "/accounts", "/accounts/anna/remove", "/settings", "/settings?account=-", "/rules", "/notifications",
    "/schedule", "/subscribers", "/help", "/help/log",
)  # fmt: skip
BRIGHT = ("/accounts", "/settings", "/rules", "/subscribers")
"""Pages with every part that is drawn in one colour or another."""


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """A French visitor."""
    return {**browser_context_args, "locale": "fr-FR"}


def check(page: Page) -> None:
    """Fail where the page is too wide or not accessible."""
    assert_accessible(page)
    assert_fits(page)


def fetch(address: str) -> tuple[int, str]:
    """Get a calendar as its program does; return status and text."""
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_every_page_fits_and_is_accessible(anna: str, served: Served, visitor: Page) -> None:
    """Check a phone with dark colours and a desktop with light colours; no script fails."""
    del anna
    errors: list[str] = []
    visitor.on("pageerror", lambda error: errors.append(str(error)))
    for width, scheme in ((360, "dark"), (1280, "light")):
        visitor.set_viewport_size({"width": width, "height": 800})
        visitor.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for path in PAGES if scheme == "dark" else BRIGHT:
            visitor.goto(served.address + path)
            check(visitor)
    assert errors == []


def test_subscription_is_created_fetched_renewed_and_deleted(anna: str, served: Served, visitor: Page) -> None:
    """Its address is shown once and can be copied; after a renewal or deletion the old address answers 404."""
    del anna
    remember_served(served.state.folder, served.origin)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.goto(f"{served.address}/subscribers")
    visitor.get_by_role("radio", name="Apple").check()
    visitor.get_by_label("Nom (facultatif)").fill("Téléphone")
    visitor.get_by_label("installé sur cet ordinateur").check()
    visitor.get_by_role("button", name="Créer l").click()
    address = visitor.get_by_label("adresse secrète").input_value()
    check(visitor)
    visitor.get_by_role("button", name="Copier").click()
    expect(visitor.get_by_role("status")).to_have_text("Copiée.")
    assert visitor.evaluate("navigator.clipboard.readText()") == address
    assert address not in visitor.url
    expect(visitor.get_by_role("img", name="Code QR")).to_have_count(0)  # a phone cannot come to this machine alone
    status, calendar = fetch(address)
    assert (status, calendar.count("BEGIN:VEVENT")) == (200, 12)
    visitor.goto(f"{served.address}/subscribers")
    assert urlsplit(address).path.split("/")[2] not in visitor.content()
    visitor.get_by_role("link", name="Gérer Téléphone").click()
    check(visitor)
    visitor.get_by_role("button", name="Renouveler").click()
    renewed = visitor.get_by_label("adresse secrète").input_value()
    assert (fetch(address)[0], fetch(renewed)[0]) == (404, 200)
    visitor.get_by_role("link", name="Tous les abonnements").click()
    visitor.get_by_role("link", name="Gérer Téléphone").click()
    visitor.get_by_role("button", name="Supprimer", exact=True).click()
    expect(visitor.get_by_role("status")).to_contain_text("abonnement est supprimé")
    assert fetch(renewed) == (404, "")


def test_settings_are_changed_by_keyboard(anna: str, served: Served, visitor: Page) -> None:
    """An invalid value is announced and marked; the language is changed by keyboard, too."""
    visitor.goto(f"{served.address}/settings?account={anna}")
    press_tab_until(visitor, "f-months")
    visitor.keyboard.type("40")
    visitor.keyboard.press("Enter")
    months = visitor.get_by_label("Nombre de mois")
    expect(months).to_have_attribute("aria-invalid", "true")
    expect(visitor.get_by_role("alert")).to_contain_text("a été enregistré")
    check(visitor)
    press_tab_until(visitor, "f-months")
    visitor.keyboard.press("Control+a")
    visitor.keyboard.type("4")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("status")).to_contain_text("enregistrés")
    assert Config.from_environment().settings(anna).months == 4
    visitor.get_by_role("button", name="English").focus()
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Settings")


def press_tab_until(page: Page, field: str) -> None:
    """Move the focus with Tab to the field with this id."""
    for _ in range(60):
        if page.evaluate("document.activeElement?.id") == field:
            return
        page.keyboard.press("Tab")
    raise AssertionError(field)


def test_rules_are_previewed_ordered_saved_and_applied(anna: str, served: Served, visitor: Page) -> None:
    """Enter previews a new rule; leaving the page before it is saved shows a warning."""
    visitor.goto(f"{served.address}/rules")
    add = visitor.get_by_role("button", name="Ajouter une règle")
    add.click()
    visitor.get_by_label("Matière").fill("Réseaux")
    visitor.get_by_label("Alors").select_option("drop")
    visitor.get_by_label("Matière").press("Enter")
    expect(visitor.get_by_role("status")).to_contain_text("Sur 12 cours : 4 masqués")
    expect(visitor.get_by_text("Masque 4 cours.")).to_be_visible()
    check(visitor)
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


def test_buttons_that_need_a_script_are_hidden_without_scripts(anna: str, served: Served, browser: Browser) -> None:
    """An address can be created all the same."""
    del anna
    with browser.new_context(java_script_enabled=False, locale="fr-FR") as context:
        page = served.open_in(context.new_page())
        page.goto(f"{served.address}/subscribers")
        page.get_by_role("radio", name="Apple").check()
        page.get_by_label("installé sur cet ordinateur").check()
        page.get_by_role("button", name="Créer l").click()
        expect(page.get_by_label("adresse secrète")).to_have_value(re.compile("/c/"))
        expect(page.get_by_role("button", name="Copier")).to_have_count(0)
