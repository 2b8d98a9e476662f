"""Launch Chromium, open one page and close it: the lower bound. `floor.py ADDRESS BROWSER SWITCH…`."""

import sys

from playwright.sync_api import sync_playwright


def main(address: str, browser: str, *switches: str) -> None:
    """Open the page as any program with Playwright does."""
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=switches)
        chromium.new_page().goto(address)
        chromium.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
