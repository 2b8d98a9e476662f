"""Screenshots and pages: of each step for `--debug`, of the last page of a failure, and for watchers of a run.

They contain no secrets.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error, Page

from scraper.domain.progress import PICTURE, WANTED
from scraper.parsing.redaction.redact_recording import redact_text
from scraper.parsing.redaction.redact_response import INPUT
from scraper.system.files import create_folders, write_private

TOKEN = re.compile(r'\bname="[^"]*(ViewState|_csrf|execution|token)[^"]*"', re.IGNORECASE)
UNSAFE = re.compile(r"[^\w-]+")
VALUE = re.compile(r'\bvalue="[^"]*"', re.IGNORECASE)
GLANCE = 3
"""Seconds that a run spends on a screenshot for its watchers."""
HIDE = """([secrets, emptied]) => {
  const holds = text => secrets.some(secret => secret && text.includes(secret));
  for (const field of emptied ? document.querySelectorAll('input, textarea') : []) {
    if (field.type === 'password' || holds(field.value)) field.value = '';
  }
  const words = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const word = words.currentNode;
    if (!emptied && word.parentElement && word.parentElement.closest('textarea, select')) continue;
    if (holds(word.data)) word.data = '•••';
  }
}"""
"""A script that hides secrets; it empties fields only if the run no longer uses them."""
COVER = "#d8d8d8"


@dataclass(slots=True, kw_only=True)
class ScreenshotRecorder:
    """A writer of screenshots and pages.

    `folder` gets those of each step, if set; `last` is the path for a failure's page, without suffix, if it is wanted.
    `pictures` is the folder in which a watcher requests a screenshot. `secrets` are removed from all of them.
    """

    folder: Path | None = None
    last: Path | None = None
    pictures: Path | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    count: int = 0

    def take(self, page: Page, name: str) -> None:
        """Write the step's screenshot and page, numbered, where a folder for steps is set."""
        if self.folder is not None:
            self.count += 1
            plain = UNSAFE.sub("-", name).strip("-")[:60]  # a label of the portal may contain any character
            self._write(page, self.folder / f"{self.count:02}-{plain or 'page'}")

    def fail(self, page: Page) -> Path | None:
        """Write the page of a failure and return its path; None where the page is gone, or not wanted."""
        if self.last is None:
            return None
        with suppress(Error):  # otherwise the page may wait for an address that never answers
            page.context.new_cdp_session(page).send("Page.stopLoading")
        return self._write(page, self.last)

    def show(self, page: Page) -> None:
        """Write a screenshot where a file `wanted` requests it, and delete that file."""
        if self.pictures is None or not (wanted := self.pictures / WANTED).exists():
            return
        with suppress(Error, OSError):
            page.evaluate(HIDE, [self._texts_to_hide(self._cookies(page)), False])
            fields = [page.locator("input, textarea, select")]
            taken = page.screenshot(timeout=GLANCE * 1000, animations="disabled", mask=fields, mask_color=COVER)
            write_private(self.pictures / PICTURE, taken)
        with suppress(OSError):
            wanted.unlink(missing_ok=True)

    def _cookies(self, page: Page) -> list[str]:
        return [cookie.get("value", "") for cookie in page.context.cookies()]

    def _texts_to_hide(self, cookies: Iterable[str]) -> list[str]:
        return [secret for secret in (*self.secrets, *cookies) if len(secret) > 3]  # noqa: PLR2004 - a word

    def _write(self, page: Page, stem: Path) -> Path | None:
        with suppress(Error, OSError):
            create_folders(stem.parent)
            cookies = self._cookies(page)
            page.evaluate(HIDE, [self._texts_to_hide(cookies), True])
            html = self._redact(page.content(), cookies)
            written, picture = (stem.with_name(f"{stem.name}{ending}") for ending in (".html", ".png"))
            write_private(written, html.encode())
            write_private(picture, page.screenshot(timeout=10_000, animations="disabled"))
            return written
        return None

    def _redact(self, html: str, cookies: Iterable[str]) -> str:
        html = INPUT.sub(lambda tag: VALUE.sub('value=""', tag[0]) if TOKEN.search(tag[0]) else tag[0], html)
        return redact_text(html, (*self.secrets, *(c for c in cookies if c)))
