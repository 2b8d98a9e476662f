"""The browser, started for this; and in it the sessions that are kept. No login is tried."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from scraper.account import Account
from scraper.doctor.check import Check, failed, ok, warning, wrong
from scraper.doctor.machine import ZONE
from scraper.errors import AurionError, BrowserMissing
from scraper.network.access import Access
from scraper.portal.browser import Chromium, started_driver
from scraper.portal.chromium import find_browser, runs_as_root
from scraper.portal.login import FIRST, arrive, is_inside
from scraper.portal.tab import new_tab

BLANK = "about:blank"
NOWHERE = "nowhere.invalid"
"""The only host of a browser that has none to reach."""
FORBIDDING = {
    "kernel/unprivileged_userns_clone": "0",
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "user/max_user_namespaces": "0",
}
"""Settings of Linux with which Chromium has no sandbox for those who are not root."""
SECONDS = 20.0
"""For one step of the portal, where a session is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """An account whose session is looked at, where its portal was `reached`.

    `looked` wants the browser's own view of the way there.
    """

    name: str
    account: Account
    reached: bool
    looked: bool = False


def browser(given: Path | None, visitors: Sequence[Visitor] = (), access: Access | None = None) -> Iterator[Check]:
    """Whether a browser is there and starts, with its sandbox; then whether each account's session is alive."""
    try:
        path = find_browser(given)
        if path is None:
            raise BrowserMissing("none")
        hosts = tuple(dict.fromkeys(host for visitor in visitors for host in visitor.account.hosts))
        made = partial(Chromium, path=path, hosts=hosts or (NOWHERE,), access=access or Access())
        with started_driver() as driver, closing(made(driver=driver)) as chromium:
            with chromium.context(ZONE) as context:
                context.new_page().goto(BLANK)
            yield ok("browser", path=str(path), version=chromium.start().version)
            yield sandbox(started=True)
            yield from [portal(visitor, chromium) for visitor in visitors if visitor.looked and visitor.reached]
            yield from [session(visitor, chromium) for visitor in visitors]
    except AurionError as error:
        yield failed("browser", error)
        if error.reason == "start":
            yield sandbox(started=False)
        yield from [session(visitor) for visitor in visitors]


def portal(visitor: Visitor, chromium: Chromium) -> Check:
    """Whether the browser opens the portal's first page: it alone decides which way, and which certificates count."""
    school = visitor.account.school
    host = urlsplit(school.base_url).hostname or ""
    try:
        with chromium.context(school.timezone) as context:
            new_tab(context, host, SECONDS).goto(f"{school.base_url}/")
    except AurionError as error:
        return failed("portal", error, visitor.name)
    return ok("portal", "well", visitor.name, host=host)


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


def session(visitor: Visitor, chromium: Chromium | None = None) -> Check:
    """Whether the session kept still lives: the portal's first page shows it, without any login."""
    kept, school = visitor.account.kept(), visitor.account.school
    if kept is None:
        return ok("session", "none", visitor.name)
    if chromium is None or not visitor.reached:
        return warning("session", "unknown", visitor.name)
    try:
        with chromium.context(school.timezone, kept.state) as context:
            tab = new_tab(context, urlsplit(school.base_url).hostname or "", SECONDS)
            tab.goto(f"{school.base_url}/")
            page = arrive(tab, FIRST)
    except AurionError:
        return warning("session", "unknown", visitor.name)
    return ok("session", "alive" if is_inside(page) else "gone", visitor.name)
