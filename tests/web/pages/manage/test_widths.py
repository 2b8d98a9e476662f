"""The width of every page, with long names and paths without a space."""

import os
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from scraper.config.settings.edit import change_settings
from scraper.config.settings.settings_file import change_account
from scraper.errors import PortalChanged
from scraper.publishing.feeds.feed_urls import remember_served
from scraper.system.failed_run import failed_run
from scraper.system.paths import state_folder
from scraper.system.run_history import Runs
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON

LONG = "prenom.nomdefamillecompose@etudiant.ecole-superieure.example"
PAGES = (
    "/planning", "/changes", "/history", "/runs", "/runs/anna", f"/runs/{LONG}", "/accounts", "/accounts/anna/remove",
    f"/accounts/{LONG}/remove", "/phone", "/phone/apple", "/phone/google", "/phone/outlook", "/phone/thunderbird",
    "/phone/nextcloud", "/phone/file", "/calendars", "/subscribers", "/settings", f"/settings?account={LONG}", "/rules",
    "/schedule", "/help", "/help/log", "/log-out", "/welcome", "/elsewhere",
)  # fmt: skip
OVERHANGING = """() => [...document.querySelectorAll("main *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth)
    .map((one) => one.outerHTML.slice(0, 90))"""
"""The elements that are too wide, the outermost first."""
WIDTHS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (320, "light"), (360, "dark"), (768, "light"), (1280, "dark")
)  # fmt: skip


def test_no_page_is_wider_than_its_window(anna: str, home: Path, served: Served, visitor: Page) -> None:
    """Check each page at four widths, in light and dark colours."""
    folder = home / "un-dossier-au-nom-tres-long-sans-aucun-espace-entre-ses-mots"
    change_account(LONG, {"school": "junia", "login": LONG, "output": str(folder / f"{LONG}.ics")})
    change_settings(anna, {"alarms": ()})
    remember_served(served.state.folder, f"https://{'agenda-' * 8}.example.org")
    error = PortalChanged("no-planning", labels=["Emploi-du-temps-de-la-formation-initiale-2026-2027", "Mes notes"])
    Runs(state_folder(), LONG).add(failed_run(NOON, error))
    wide = []
    for number, path in enumerate(PAGES):
        answer = visitor.goto(served.address + path)
        assert answer
        assert answer.status == (404 if path == "/elsewhere" else 200), path
        visitor.wait_for_load_state()  # the widths are those of the style sheets
        for width, scheme in WIDTHS:
            visitor.set_viewport_size({"width": width, "height": 800})
            visitor.emulate_media(color_scheme=scheme)
            if visitor.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((path, width, visitor.evaluate(OVERHANGING)))
            if shots := os.environ.get("SCREENSHOTS"):
                visitor.screenshot(path=f"{shots}/all-{width}-{number}.png", full_page=True)
    assert wide == [], wide
