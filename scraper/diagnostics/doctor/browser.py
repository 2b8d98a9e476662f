"""The browser, started for this; and in it the sessions that are kept. No login is tried."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from scraper.config.account import Account
from scraper.diagnostics.doctor.check import Check, failed, ok, warning
from scraper.diagnostics.doctor.machine import ZONE
from scraper.errors import AurionError
from scraper.portal.browser import Chromium, first_that_starts, process_number, started_driver
from scraper.portal.find_browser import find_browsers, runs_as_root
from scraper.portal.login import FIRST, arrive, is_inside
from scraper.portal.tab import new_tab
from scraper.system.network.access import Access
from scraper.system.processes import arguments_of

BLANK = "about:blank"
UNSAFE = frozenset({"--no-sandbox", "--disable-seccomp-filter-sandbox", "--disable-namespace-sandbox"})
"""Switches that take Chromium's sandbox away, or a part of it."""
NOWHERE = "nowhere.invalid"
"""The only host of a browser that has none to reach."""
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


def browser(
    given: Path | None, visitors: Sequence[Visitor] = (), access: Access | None = None, *, sandboxed: bool = True
) -> Iterator[Check]:
    """Whether a browser is there and starts, with its sandbox; then whether each account's session is alive.

    `sandboxed` is false where the settings switch the sandbox off.
    """
    try:
        hosts = tuple(dict.fromkeys(host for visitor in visitors for host in visitor.account.hosts))
        made = partial(Chromium, hosts=hosts or (NOWHERE,), access=access or Access(), sandbox=sandboxed)
        paths = find_browsers(given)
        with (
            started_driver() as driver,
            closing(first_that_starts([made(driver=driver, path=path) for path in paths])) as chromium,
        ):
            with chromium.context(ZONE) as context:
                context.new_page().goto(BLANK)
            yield ok("browser", path=str(chromium.path), version=chromium.start().version)
            yield sandbox(arguments_of(process_number(chromium.start())), sandboxed=sandboxed)
            yield from [portal(visitor, chromium) for visitor in visitors if visitor.looked and visitor.reached]
            yield from [session(visitor, chromium) for visitor in visitors]
    except AurionError as error:
        yield failed("browser", error)
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


def sandbox(arguments: Sequence[str], *, sandboxed: bool, root: bool | None = None) -> Check:
    """Whether the running browser has its sandbox, by the arguments of its process; empty where they are not known."""
    if runs_as_root() if root is None else root:
        return warning("sandbox", "root")
    if not arguments:
        return warning("sandbox", "unknown")
    if taken := UNSAFE.intersection(arguments):
        return warning("sandbox", "switched", switch=min(taken)) if sandboxed else warning("sandbox", "off")
    return ok("sandbox")


def session(visitor: Visitor, chromium: Chromium | None = None) -> Check:
    """Whether the session kept still lives: the portal's first page shows it, without any login."""
    kept, school = visitor.account.saved_session(), visitor.account.school
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
