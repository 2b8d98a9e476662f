"""Checks that start the browser, and open the portals and saved sessions in it, without a login."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from scraper.config.portal_account import Account
from scraper.diagnostics.doctor.check_result import Check, ok, result_of_error, warning
from scraper.domain.school import DEFAULT_ZONE
from scraper.errors import AurionError
from scraper.portal.browser import Chromium, first_that_starts, process_number
from scraper.portal.driver import start_driver
from scraper.portal.login import FIRST, arrive, is_inside
from scraper.portal.tab import new_tab
from scraper.system.find_browser import find_browsers
from scraper.system.network.access import Access
from scraper.system.platforms import runs_as_root
from scraper.system.processes import arguments_of

BLANK = "about:blank"
_UNSAFE = frozenset({"--no-sandbox", "--disable-seccomp-filter-sandbox", "--disable-namespace-sandbox"})
"""Switches that disable Chromium's sandbox, or a part of it."""
_NOWHERE = "nowhere.invalid"
"""The only allowed host of a browser without accounts."""
_SECONDS = 20.0
"""Time limit of one step at a portal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """An account for the browser's checks; `is_browsed` requests a check of the portal's first page.

    `is_reachable` is true if the network check found no error.
    """

    name: str
    account: Account
    is_reachable: bool
    is_browsed: bool = False


def browser(
    given: Path | None, visitors: Sequence[Visitor] = (), access: Access | None = None, *, sandboxed: bool = True
) -> Iterator[Check]:
    """Check that a browser is installed and starts, with its sandbox; then check each account's portal and session.

    `sandboxed` is false if the settings switch the sandbox off.
    """
    try:
        hosts = tuple(dict.fromkeys(host for visitor in visitors for host in visitor.account.hosts))
        build = partial(Chromium, hosts=hosts or (_NOWHERE,), access=access or Access(), sandbox=sandboxed)
        paths = find_browsers(given)
        with (
            start_driver() as driver,
            closing(first_that_starts([build(driver=driver, path=path) for path in paths])) as chromium,
        ):
            with chromium.context(DEFAULT_ZONE) as context:
                context.new_page().goto(BLANK)
            yield ok("browser", path=str(chromium.path), version=chromium.start().version)
            yield sandbox(arguments_of(process_number(chromium.start())), sandboxed=sandboxed)
            yield from [
                portal(visitor, chromium) for visitor in visitors if visitor.is_browsed and visitor.is_reachable
            ]
            yield from [session(visitor, chromium) for visitor in visitors]
    except AurionError as error:
        yield result_of_error("browser", error)
        yield from [session(visitor) for visitor in visitors]


def portal(visitor: Visitor, chromium: Chromium) -> Check:
    """Check that the browser opens the portal's first page, with its own choice of proxy and trusted certificates."""
    school = visitor.account.school
    host = urlsplit(school.base_url).hostname or ""
    try:
        with chromium.context(school.timezone) as context:
            new_tab(context, host, _SECONDS).goto(f"{school.base_url}/")
    except AurionError as error:
        return result_of_error("portal", error, visitor.name)
    return ok("portal", "well", visitor.name, host=host)


def sandbox(arguments: Sequence[str], *, sandboxed: bool, root: bool | None = None) -> Check:
    """Check that the running browser has its sandbox, by the arguments of its process; empty if they are unknown."""
    if runs_as_root() if root is None else root:
        return warning("sandbox", "root")
    if not arguments:
        return warning("sandbox", "unknown")
    if unsafe := _UNSAFE.intersection(arguments):
        return warning("sandbox", "switched", switch=min(unsafe)) if sandboxed else warning("sandbox", "off")
    return ok("sandbox")


def session(visitor: Visitor, chromium: Chromium | None = None) -> Check:
    """Check that the saved session is still valid, by the portal's first page and without a login."""
    kept, school = visitor.account.saved_session(), visitor.account.school
    if kept is None:
        return ok("session", "none", visitor.name)
    if chromium is None or not visitor.is_reachable:
        return warning("session", "unknown", visitor.name)
    try:
        with chromium.context(school.timezone, kept.state) as context:
            tab = new_tab(context, urlsplit(school.base_url).hostname or "", _SECONDS)
            tab.goto(f"{school.base_url}/")
            page = arrive(tab, FIRST)
    except AurionError:
        return warning("session", "unknown", visitor.name)
    return ok("session", "alive" if is_inside(page) else "gone", visitor.name)
