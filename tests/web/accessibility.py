"""Checks of a page in a browser: its accessibility, as axe-core judges it, and its width."""

import json
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCRIPT = Axe().axe_script
OPTIONS = {"resultTypes": ["violations"], "preload": False}
"""Only what is wrong is looked for in detail; style sheets need no second download, they are there."""


def find_violations(page: Page) -> list[dict[str, Any]]:
    """Return what axe-core finds wrong on the page. Colours are judged once every style sheet is there."""
    page.wait_for_load_state()
    page.evaluate(SCRIPT)
    return list(page.evaluate(f"axe.run({json.dumps(OPTIONS)}).then(result => result.violations)"))


def assert_accessible(page: Page) -> None:
    """Fail where axe-core finds anything wrong on the page."""
    found = find_violations(page)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], page.url


def assert_fits(page: Page) -> None:
    """Fail where the page is wider than its window. Widths are judged once every style sheet is there."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
