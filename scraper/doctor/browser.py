"""The browser, started for this; and in it the sessions that are kept. No login is tried."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from scraper.account import Account
from scraper.doctor.check import Check, failed, ok, warning, wrong
from scraper.doctor.machine import ZONE
from scraper.errors import AurionError, BrowserMissing
from scraper.portal.browser import Chromium, started_driver
from scraper.portal.chromium import find_browser, runs_as_root
from scraper.portal.login import FIRST, arrive, is_inside
from scraper.portal.tab import Tab

BLANK = "about:blank"
FORBIDDING = {
    "kernel/unprivileged_userns_clone": "0",
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "user/max_user_namespaces": "0",
}
"""Settings of Linux with which Chromium has no sandbox for those who are not root."""
SECONDS = 20.0
"""For one step of the portal, where a session is looked at."""


def browser(given: Path | None, accounts: Iterable[tuple[str, Account]] = ()) -> Iterator[Check]:
    """Whether a browser is there and starts, with its sandbox; then whether each account's session is alive."""
    asked = tuple(accounts)
    try:
        path = find_browser(given)
    except BrowserMissing as error:
        yield failed("browser", error)
        return
    if path is None:
        yield failed("browser", BrowserMissing("none"))
        return
    hosts = tuple(dict.fromkeys(host for _, account in asked for host in account.hosts))
    with started_driver() as driver, closing(Chromium(driver=driver, path=path, hosts=hosts)) as chromium:
        try:
            with chromium.context(ZONE) as context:
                context.new_page().goto(BLANK)
        except AurionError as error:
            yield failed("browser", error)
            yield sandbox(started=False)
            return
        yield ok("browser", path=str(path), version=chromium.start().version)
        yield sandbox(started=True)
        for name, account in asked:
            yield session(name, account, chromium)


def sandbox(*, started: bool, root: bool | None = None, system: Path = Path("/proc/sys")) -> Check:
    """Whether Chromium has its sandbox, by whether it started and who runs it."""
    if runs_as_root() if root is None else root:
        return warning("sandbox", "root")
    if started:
        return ok("sandbox")
    for name, value in FORBIDDING.items():
        try:
            if (system / name).read_text().strip() == value:
                return wrong("sandbox", "forbidden", setting=name.replace("/", "."), value=value)
        except OSError:
            continue
    return warning("sandbox", "unknown")


def session(name: str, account: Account, chromium: Chromium) -> Check:
    """Whether the session kept still lives: the portal's first page shows it, without any login."""
    kept = account.kept()
    if kept is None:
        return ok("session", "none", name)
    school = account.school
    try:
        with chromium.context(school.timezone, kept.state) as context:
            tab = Tab(context.new_page(), urlsplit(school.base_url).hostname or "", SECONDS)
            tab.goto(f"{school.base_url}/")
            page = arrive(tab, FIRST)
    except AurionError:
        return warning("session", "unknown", name)
    return ok("session", "alive" if is_inside(page) else "gone", name)
