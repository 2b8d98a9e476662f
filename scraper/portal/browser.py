"""The Chromium of a run: shut to all hosts but those named, and closed whatever happens."""

import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile

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
from scraper.portal.failures import of_browser
from scraper.portal.find_browser import is_shell
from scraper.portal.launch import launch
from scraper.portal.launch_errors import clean, last_line, missing_library, shortened
from scraper.portal.local_proxy import KEPT_FROM_CHILDREN, Passage, passage, rules
from scraper.portal.scratch import VARIABLE, scratch_folder
from scraper.system.files import private_folder
from scraper.system.network.access import Access
from scraper.system.paths import cache_folder

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
BRANDS = '"Not:A-Brand";v="8", "Chromium";v="{}"'
"""What Chromium calls itself; a headless shell adds that it is one, and some firewalls refuse that."""
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
def _temporary_files_in(scratch: Path | None) -> Iterator[None]:
    """Let the driver and its browsers, which get our variables, keep their temporary files there."""
    before = os.environ.get(VARIABLE)
    if scratch:
        os.environ[VARIABLE] = str(scratch)
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


@contextmanager
def started_driver() -> Iterator[Driver]:
    """Playwright's driver, stopped at the end; it starts without the variables that hold a password.

    Raises BrowserMissing where it does not start: "driver-package" or "driver-library" where a library is missing,
    else "driver". What it writes by itself reaches no reader.
    """
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it would report a driver that ends, with a traceback
    with scratch_folder() as scratch, _temporary_files_in(scratch):
        with _environment_of_driver(), TemporaryFile("w+", encoding="utf-8", errors="replace") as written:
            try:
                with redirect_stderr(written):
                    driver = sync_playwright().start()
            except Exception as error:  # noqa: BLE001 - whatever it is that this machine refuses
                written.seek(0)
                raise _no_driver(written.read(), str(error)) from None
        try:
            yield driver
        finally:
            with suppress(Error):
                driver.stop()


def _no_driver(written: str, error: str) -> BrowserMissing:
    """Why the driver did not start: by what it wrote, else by Playwright's error."""
    if missing := missing_library(written):
        return BrowserMissing("driver-package" if missing["package"] else "driver-library", **missing)
    return BrowserMissing("driver", said=last_line(written.splitlines()) or shortened(clean(error.partition("\n")[0])))


@dataclass(slots=True, kw_only=True)
class Chromium:
    """The Chromium at `path`, started when it is first needed, and again where it has gone; for every account of a run.

    `hosts` are those that it may reach, all where none is named; `images` tells whether it loads any. `sandbox` is
    off only where a setting says so.
    """

    driver: Driver = field(repr=False)
    path: Path
    headless: bool = True
    hosts: Sequence[str] = ()
    images: bool = False
    sandbox: bool = True
    access: Access = field(default_factory=Access)
    _browser: Browser | None = None
    _passage: Passage | None = None
    _open: ExitStack = field(default_factory=ExitStack)

    def start(self) -> Browser:
        """The browser, running. Raises BrowserMissing where it does not start."""
        if self._browser is None or not self._browser.is_connected():
            if self._passage is None:
                self._passage = self._open.enter_context(passage(self.access, self.hosts))
            switches = [*arguments(self._passage.direct, images=self.images), *self._passage.switches]
            started = launch(
                self.driver, self.path, switches, headless=self.headless, sandbox=self.sandbox,
                environment=self._passage.environment,
            )  # fmt: skip
            try:
                self._passage.begin(started)
            except AurionError:
                started.close()
                raise
            self._browser = started
        return self._browser

    @contextmanager
    def context(self, zone: str, kept: StorageState | None = None) -> Iterator[BrowserContext]:
        """A context for one account. Raises what `start` does, and PortalUnavailable where it breaks later."""
        browser = self.start()
        try:
            made = new_context(browser, zone, kept)
            if not self.headless:
                made.add_init_script(UNTRANSLATED)
            if is_shell(self.path):
                made.set_extra_http_headers({"sec-ch-ua": BRANDS.format(browser.version.split(".")[0])})
            try:
                yield made
            finally:
                with suppress(Error):
                    made.close()
        except Error as error:
            raise of_browser(error.message, windowed=not self.headless) from None
        except AurionError as error:
            if self.headless and isinstance(error, PortalUnavailable) and error.reason == "closed":
                raise of_browser("closed", windowed=False) from None  # there was no window that anyone could close
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


def process_number(browser: Browser) -> int:
    """The number of the browser's main process."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return next(int(process["id"]) for process in processes if process["type"] == "browser")


def versions(browser: Browser) -> dict[str, str]:
    """What took part, for the recording."""
    return {"program": __version__, "playwright": version("playwright"), "chromium": browser.version}


def first_that_starts(candidates: Iterable[Chromium]) -> Chromium:
    """The first of them that starts, running. Raises what the first one that does not start says: the best one."""
    failed: BrowserMissing | None = None
    for candidate in candidates:
        try:
            candidate.start()
        except BrowserMissing as error:
            candidate.close()
            failed = failed or error
        else:
            return candidate
    raise failed or BrowserMissing("none")
