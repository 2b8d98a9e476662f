"""The Chromium of a run, which reaches only the hosts of the run and is always closed at the end."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, StorageState, ViewportSize

from scraper import __version__
from scraper.errors import AurionError, BrowserMissing, PortalUnavailable
from scraper.portal.driver import Driver
from scraper.portal.failures import browser_error
from scraper.portal.launch import launch
from scraper.portal.local_proxy import Passage, passage, rules
from scraper.system.find_browser import is_shell
from scraper.system.network.access import Access
from scraper.system.platforms import user_agent_system

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
"""Features that Playwright disables; repeated here because Chromium uses only the last such list it gets."""
NEEDLESS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess")
"""The address bar's own pages, which take half a second of processor time per run, and a spare process."""
TALKING = ("AutofillServerCommunication", "DnsOverHttpsUpgrade")
"""Features that would contact a server of Google's or a DNS provider."""
QUIET = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--no-default-browser-check", "--no-pings", "--disable-domain-reliability", "--allow-browser-signin=false",
    "--gaia-url=https://accounts.invalid", "--component-updater=url-source=https://update.invalid",
    "--translate-script-url=https://translate.invalid",
)  # fmt: skip
"""Switches that keep Chromium from contacting other hosts than the pages'.

Services that cannot be switched off get an address where nothing exists.
"""
UNTRANSLATED = """
addEventListener("DOMContentLoaded", () => {
  document.head?.append(Object.assign(document.createElement("meta"), {name: "google", content: "notranslate"}));
});
"""
"""A script that disables the offer to translate the page, for which Chromium would contact Google."""
BRANDS = '"Not:A-Brand";v="8", "Chromium";v="{}"'
"""The brands of an ordinary Chromium: a headless shell adds its own, which some firewalls refuse."""
VIEWPORT = ViewportSize(width=1280, height=900)


def arguments(hosts: Sequence[str], *, images: bool) -> list[str]:
    """Return Chromium's switches; only `hosts` can be resolved (all where it is empty)."""
    switches = [*QUIET, f"--disable-features={','.join((*PLAYWRIGHTS, *NEEDLESS, *TALKING))}"]
    if hosts:
        switches.append(f"--host-resolver-rules={rules(hosts)}")
    # Nothing scrolls the page, so that frames must load at once.
    settings = ["lazyLoadEnabled=false", *([] if images else ["imagesEnabled=false"])]
    switches.append(f"--blink-settings={','.join(settings)}")
    return switches


@dataclass(slots=True, kw_only=True)
class Chromium:
    """The Chromium at `path`, started on first use and again where it has ended; shared by all accounts of a run.

    `hosts` are the hosts it may reach; all where it is empty. `images` loads images. `sandbox` is off only where a
    setting disables it.
    """

    driver: Driver = field(repr=False)
    path: Path
    headless: bool = True
    hosts: Sequence[str] = ()
    images: bool = False
    sandbox: bool = True
    access: Access = field(default_factory=Access)
    _browser: Browser | None = field(default=None, compare=False)
    _passage: Passage | None = field(default=None, compare=False)
    _open: ExitStack = field(default_factory=ExitStack, compare=False)

    def start(self) -> Browser:
        """Return the running browser. Raise BrowserMissing where it does not start."""
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
        """Yield a context for one account. Raise like `start`, and PortalUnavailable where the browser fails later."""
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
            raise browser_error(error.message, windowed=not self.headless) from None
        except AurionError as error:
            # Without a window the user cannot have closed it.
            if self.headless and isinstance(error, PortalUnavailable) and error.reason == "closed":
                raise browser_error("closed", windowed=False) from None
            raise (self._passage.explain(error) if self._passage else error) from None

    def close(self) -> None:
        """Close the browser and its network gate."""
        if self._browser is not None:
            with suppress(Error):
                self._browser.close()
        self._open.close()


def new_context(browser: Browser, zone: str, kept: StorageState | None = None) -> BrowserContext:
    """Return a context like a student's in that zone: in French, because the English pages lack the rooms."""
    major = browser.version.split(".")[0]
    system = user_agent_system()
    agent = f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
    return browser.new_context(
        locale="fr-FR", timezone_id=zone, viewport=VIEWPORT, user_agent=agent, storage_state=kept
    )


def process_number(browser: Browser) -> int:
    """Return the id of the browser's main process."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return next(int(process["id"]) for process in processes if process["type"] == "browser")


def browser_versions(browser: Browser) -> dict[str, str]:
    """Return the versions of the program, Playwright and Chromium for the recording."""
    return {"program": __version__, "playwright": version("playwright"), "chromium": browser.version}


def first_that_starts(candidates: Iterable[Chromium]) -> Chromium:
    """Start the candidates in order and return the first that runs; else raise the first one's error."""
    failed: BrowserMissing | None = None
    for candidate in candidates:
        try:
            candidate.start()
        except BrowserMissing as error:
            candidate.close()
            failed = error if failed is None or failed.reason == "none" else failed
        else:
            return candidate
    raise failed or BrowserMissing("none")
