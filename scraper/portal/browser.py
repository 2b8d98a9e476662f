"""The Chromium of a run: shut to all hosts but those named, and closed whatever happens."""

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
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
from scraper.errors import BrowserMissing, PortalUnavailable
from scraper.portal.chromium import has_screen, runs_as_root
from scraper.portal.scratch import VARIABLE, scratch_folder
from scraper.private import private_folder
from scraper.settings.file import cache_folder

KEPT_FROM_CHILDREN = ("AURION_PASSWORD", "AURION_PASSPHRASE", "AURION_NOTIFY")
"""Variables that Chromium and its driver do not get."""
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
Driver = Playwright
"""What drives browsers: a process of its own."""
VIEWPORT = ViewportSize(width=1280, height=900)


def arguments(hosts: Sequence[str], *, images: bool) -> list[str]:
    """Chromium's own switches: no host but `hosts` is found (all are where none is named), no images unless wished."""
    switches = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    switches.append(f"--disable-features={','.join((*PLAYWRIGHTS, *NEEDLESS))}")
    if hosts:
        excluded = ", ".join(f"EXCLUDE {host}" for host in hosts)
        switches.append(f"--host-resolver-rules=MAP * ~NOTFOUND, {excluded}")
    settings = ["lazyLoadEnabled=false", *([] if images else ["imagesEnabled=false"])]  # nobody scrolls to a frame
    switches.append(f"--blink-settings={','.join(settings)}")
    if runs_as_root():
        switches.append("--no-sandbox")
    return switches


@contextmanager
def _environment_of_driver(scratch: Path | None) -> Iterator[None]:
    """While the block goes on no variable holds a password, and one says where Node may keep what it has compiled."""
    before = dict(os.environ)
    for name in KEPT_FROM_CHILDREN:
        os.environ.pop(name, None)
    with suppress(OSError):
        private_folder(cache_folder())
        os.environ.setdefault(COMPILED, str(cache_folder() / "driver"))
    if scratch:
        os.environ[VARIABLE] = str(scratch)
    try:
        yield
    finally:
        for name in (COMPILED, VARIABLE):
            os.environ.pop(name, None)
        os.environ.update(before)


@contextmanager
def started_driver() -> Iterator[Driver]:
    """Playwright's driver, stopped at the end; it starts without the variables that hold a password.

    Raises BrowserMissing("driver") where it does not start.
    """
    with scratch_folder() as scratch:
        with _environment_of_driver(scratch):
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
    _browser: Browser | None = None

    def start(self) -> Browser:
        """The browser, running. Raises BrowserMissing: "start" where it does not start, "screen" without a screen."""
        if self._browser is None or not self._browser.is_connected():
            if not self.headless and not has_screen():
                raise BrowserMissing("screen")
            try:
                self._browser = self.driver.chromium.launch(
                    executable_path=self.path, headless=self.headless, args=arguments(self.hosts, images=self.images),
                    handle_sigint=False, handle_sigterm=False, handle_sighup=False, timeout=60_000,
                )  # fmt: skip
            except Error as error:
                raise BrowserMissing("start", path=str(self.path), said=_first_line(error)) from None
        return self._browser

    @contextmanager
    def context(self, zone: str, kept: StorageState | None = None) -> Iterator[BrowserContext]:
        """A context for one account. Raises what `start` does, PortalUnavailable("browser") when it breaks later."""
        browser = self.start()
        try:
            made = new_context(browser, zone, kept)
            try:
                yield made
            finally:
                with suppress(Error):
                    made.close()
        except Error as error:
            raise PortalUnavailable("browser", said=_first_line(error)) from None

    def close(self) -> None:
        """No Chromium is left."""
        if self._browser is not None:
            with suppress(Error):
                self._browser.close()


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
