"""The Chromium of a run: shut to all hosts but those named, and closed whatever happens."""

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Playwright,
    StorageState,
    ViewportSize,
    sync_playwright,
)

from scraper import __version__
from scraper.errors import AurionError, BrowserMissing, PortalUnavailable
from scraper.network.access import Access
from scraper.portal.chromium import has_screen, runs_as_root
from scraper.portal.passage import KEPT_FROM_CHILDREN, Passage, passage, rules
from scraper.private import private_folder
from scraper.settings.file import cache_folder

COMPILED = "NODE_COMPILE_CACHE"
"""The driver is a program of Node's, and a third of its start is compiling itself."""
SYSTEMS = {
    "darwin": "Macintosh; Intel Mac OS X 10_15_7",
    "win32": "Windows NT 10.0; Win64; x64",
}
PLAYWRIGHTS = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
"""Features that Playwright itself switches off: Chromium heeds only the last list it is given, which is ours."""
NEEDLESS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess")
"""What an address bar suggests, pages of Chromium's own that take half of a processor's second a run; and a process
ready for the next site."""
TALKING = ("AutofillServerCommunication", "DnsOverHttpsUpgrade")
"""Features that would ask a server of Google's, or of whoever offers to look up names."""
QUIET = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--no-default-browser-check", "--no-pings", "--disable-domain-reliability", "--allow-browser-signin=false",
    "--gaia-url=https://accounts.invalid", "--component-updater=url-source=https://update.invalid",
    "--translate-script-url=https://translate.invalid",
)  # fmt: skip
"""Chromium asks only the pages' own hosts. What cannot be switched off is moved to where nothing is."""
UNTRANSLATED = """
addEventListener("DOMContentLoaded", () => {
  document.head?.append(Object.assign(document.createElement("meta"), {name: "google", content: "notranslate"}));
});
"""
"""A window offers no translation, for which the page would go to Google."""
Driver = Playwright
"""What drives browsers: a process of its own."""
VIEWPORT = ViewportSize(width=1280, height=900)


def arguments(hosts: Sequence[str], *, images: bool) -> list[str]:
    """Chromium's own switches: no host but `hosts` is found (all are where none is named), no images unless wished."""
    switches = [*QUIET, f"--disable-features={','.join((*PLAYWRIGHTS, *NEEDLESS, *TALKING))}"]
    if hosts:
        switches.append(f"--host-resolver-rules={rules(hosts)}")
    settings = ["lazyLoadEnabled=false", *([] if images else ["imagesEnabled=false"])]  # nobody scrolls to a frame
    switches.append(f"--blink-settings={','.join(settings)}")
    if runs_as_root():
        switches.append("--no-sandbox")
    return switches


@contextmanager
def _environment_of_driver() -> Iterator[None]:
    """While the block goes on no variable holds a password, and one says where Node may keep what it has compiled."""
    before = dict(os.environ)
    for name in KEPT_FROM_CHILDREN:
        os.environ.pop(name, None)
    with suppress(OSError):
        private_folder(cache_folder())
        os.environ.setdefault(COMPILED, str(cache_folder() / "driver"))
    try:
        yield
    finally:
        os.environ.pop(COMPILED, None)
        os.environ.update(before)


@contextmanager
def started_driver() -> Iterator[Driver]:
    """Playwright's driver, stopped at the end; it starts without the variables that hold a password.

    Raises BrowserMissing("driver") where it does not start.
    """
    with _environment_of_driver():
        try:
            driver = sync_playwright().start()
        except Exception as error:  # noqa: BLE001 - whatever it is that this machine refuses
            logging.getLogger("asyncio").disabled = True  # it would tell of it again, with a traceback
            raise BrowserMissing("driver", said=str(error).partition("\n")[0]) from None
    try:
        yield driver
    finally:
        with suppress(Error):
            driver.stop()


@dataclass(slots=True, kw_only=True)
class Chromium:
    """The Chromium at `path`, started when it is first needed, and again where it has gone; for every account of a run.

    `hosts` are those that it may reach, all where none is named; `images` tells whether it loads any.
    """

    driver: Driver = field(repr=False)
    path: Path
    headless: bool = True
    hosts: Sequence[str] = ()
    images: bool = False
    access: Access = field(default_factory=Access)
    _browser: Browser | None = None
    _passage: Passage | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def start(self) -> Browser:
        """The browser, running. Raises BrowserMissing: "start" where it does not start, "screen" without a screen."""
        if self._browser is None or not self._browser.is_connected():
            if not self.headless and not has_screen():
                raise BrowserMissing("screen")
            if self._passage is None:
                self._passage = self._open.enter_context(passage(self.access, self.hosts))
            switches = [*arguments(self._passage.direct, images=self.images), *self._passage.switches]
            try:
                started = self.driver.chromium.launch(
                    executable_path=self.path, headless=self.headless, args=switches, env=self._passage.environment,
                    handle_sigint=False, handle_sigterm=False, handle_sighup=False, timeout=60_000,
                )  # fmt: skip
            except Error as error:
                raise BrowserMissing("start", path=str(self.path), said=_first_line(error)) from None
            try:
                self._passage.begin(started)
            except AurionError:
                started.close()
                raise
            self._browser = started
        return self._browser

    @contextmanager
    def context(self, zone: str, kept: StorageState | None = None) -> Iterator[BrowserContext]:
        """A context for one account. Raises what `start` does, PortalUnavailable("browser") when it breaks later."""
        browser = self.start()
        try:
            made = new_context(browser, zone, kept)
            if not self.headless:
                made.add_init_script(UNTRANSLATED)
            try:
                yield made
            finally:
                with suppress(Error):
                    made.close()
        except Error as error:
            raise PortalUnavailable("browser", said=_first_line(error)) from None
        except AurionError as error:
            raise (self._passage.explained(error) if self._passage else error) from None

    def close(self) -> None:
        """No Chromium is left."""
        if self._browser is not None:
            with suppress(Error):
                self._browser.close()
        self._open.close()


def new_context(browser: Browser, zone: str, kept: StorageState | None = None) -> BrowserContext:
    """A context as a student in that zone has it: French, because the English pages leave the rooms out."""
    system = SYSTEMS.get(sys.platform, "X11; Linux x86_64")
    major = browser.version.split(".")[0]
    agent = f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
    return browser.new_context(
        locale="fr-FR", timezone_id=zone, viewport=VIEWPORT, user_agent=agent, storage_state=kept
    )


def versions(browser: Browser) -> dict[str, str]:
    """What took part, for the recording."""
    return {"program": __version__, "playwright": version("playwright"), "chromium": browser.version}


def _first_line(error: Error) -> str:
    line = next((line.strip() for line in error.message.splitlines() if line.strip()), "")
    return line.removeprefix("BrowserType.launch: ")
