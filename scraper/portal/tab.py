"""A browser tab with a page of the portal: functions to inspect, click and monitor it.

`look` takes snapshots until one satisfies the caller; there are no fixed delays and no waits for network silence.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page, Request, TimeoutError  # noqa: A004 - Playwright's own

from scraper.domain.recording import Button, Field, Form, MenuEntry, Schedule, Snapshot
from scraper.errors import PortalUnavailable
from scraper.parsing.menu import login_link
from scraper.parsing.page import Page as Kind
from scraper.parsing.page import classify, is_empty_frame, may_ask_login
from scraper.portal import failures
from scraper.portal.failures import Navigation
from scraper.portal.network import NetworkMonitor

Enough = Callable[[Snapshot], bool]
Show = Callable[[Page], None]
LEAST_WAIT, MOST_WAIT = 10, 200
"""Milliseconds between two snapshots, growing with the time waited."""
BLINK = 4
"""Milliseconds between two checks of what the browser reports without a snapshot."""
QUIET = 1.5
"""Seconds without a change after which missing content is considered not to come."""
ERROR_PAGE = 1
"""Seconds in which Chromium shows its own page for a failed address."""
GRACE = 1
"""Seconds beyond a step's time after which a document without response is cancelled."""
AGAIN_AFTER = 0.7
"""Seconds without effect after which a click is repeated, at first."""
MOST_PAUSE = 2.0
"""Seconds without effect after which a click is repeated, at most."""


@cache
def script(name: str) -> str:
    """Return a script of `in_page/`, without its opening comment."""
    text = files(__package__).joinpath("in_page", name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("//"))


@dataclass(slots=True)
class Tab:
    """A Playwright page of the portal at `host`.

    `timeout` is in seconds, for one step. `show` is called with the page repeatedly, whenever the page can be
    inspected. `document_id` is the creation time of the last snapshot's document.
    """

    page: Page
    host: str
    timeout: float
    show: Show = lambda _: None
    network: NetworkMonitor = field(init=False)
    document_id: float = 0

    def __post_init__(self) -> None:
        self.page.set_default_timeout(self.timeout * 1000)
        self.network = NetworkMonitor(self.page, self.host)
        self.page.on("request", lambda request: self._end_in_time(request))  # noqa: PLW0108 - Playwright sets attributes on a bound method's owner

    # ---- going and looking

    def goto(self, address: str) -> None:
        """Open the address. Raise the error for a failure (see `failures`)."""
        self.network.navigation = Navigation()
        try:
            self.page.goto(address, wait_until="commit")
        except TimeoutError:
            raise PortalUnavailable("timeout", host=self.host, seconds=round(self.timeout)) from None
        except Error as error:
            # Chromium's own error page is still to load, and would interrupt the next navigation.
            with suppress(Error):
                self.wait(lambda: self._is_error_page or self.network.navigation.downloaded, ERROR_PAGE)
            navigation = self.network.navigation
            raise failures.navigation_error(navigation.failure or error.message, navigation, self.host) from None

    @property
    def _is_error_page(self) -> bool:
        return self.page.url.startswith("chrome-error:")

    def look(
        self,
        enough: Enough,
        step: str = "",
        *,
        settled: Enough | None = None,
        again: Callable[[], object] | None = None,
        timeout: float | None = None,
        patience: float | None = None,
        quiet: Callable[[Snapshot], float] = lambda _: QUIET,
    ) -> Snapshot:
        """Return the first snapshot that is `enough`, or is `settled` and has not changed for `quiet` seconds.

        `again` repeats a click that had no effect, because its handler may not have been bound yet: while no request
        has followed; or, with `patience`, for that many seconds while nothing is under way, after which the page is
        taken as it is. Raise PortalUnavailable("timeout") after `timeout` seconds (by default the step's time), and the
        error for a failed navigation.
        """
        began = changed = pressed = time.monotonic()
        started, pause = self.network.started, AGAIN_AFTER
        last: Snapshot | None = None
        if again:  # the click may be about to leave the page
            self.page.wait_for_timeout(2 * LEAST_WAIT)
        while True:
            page = self._take(step)
            now = time.monotonic()
            if page is not None:
                self.show(self.page)
            if page is not None and page != last:
                last, changed = page, now
            if page is not None and (enough(page) or self._has_settled(page, settled, now - changed, quiet)):
                return page
            if now - began > (timeout or self.timeout):
                raise PortalUnavailable("timeout", host=self.host, seconds=round(timeout or self.timeout))
            if again and page and not self.is_busy(page):
                if patience and now - began > patience:
                    return page
                if now - pressed > pause and (patience or self.network.started == started):
                    again()
                    pressed, pause = now, min(2 * pause, MOST_PAUSE)
            self.page.wait_for_timeout(min(MOST_WAIT, max(LEAST_WAIT, (now - began) * 50)))

    def _has_settled(
        self, page: Snapshot, settled: Enough | None, unchanged: float, quiet: Callable[[Snapshot], float]
    ) -> bool:
        if settled is None or page.ready == "loading" or self.is_busy(page) or not settled(page):
            return False
        return unchanged > quiet(page) * (1 if page.ready == "complete" else 3)

    def is_busy(self, page: Snapshot) -> bool:
        """Return whether the page still waits for a response of the portal."""
        return page.busy or self.network.is_busy

    @property
    def short_wait(self) -> float:
        """Seconds to wait for more of a page that seems complete."""
        return self.timeout / 6

    @property
    def long_wait(self) -> float:
        """Seconds to wait for content that must still come."""
        return self.timeout / 2

    def patience(self, page: Snapshot) -> float:
        """Return the seconds to wait for the page's menu or form before it is considered to have none."""
        if page.framed or login_link(page) or is_empty_frame(page):
            return QUIET
        return self.long_wait if classify(page) is Kind.UNKNOWN or may_ask_login(page) else QUIET

    def _take(self, step: str) -> Snapshot | None:
        if self.network.is_leaving and not self.page.is_closed():  # a script would wait as long as the server does
            return None
        try:
            data = self.page.evaluate(script("snapshot.js"))
        except Error as error:
            if self.page.is_closed():
                raise PortalUnavailable("closed", host=self.host) from None
            if "closed" in error.message or "crashed" in error.message:
                raise failures.browser_error(error.message, windowed=True) from None
            return None
        navigation = self.network.navigation
        if self._is_error_page or (navigation.failure and not navigation.downloaded):
            if failures.is_superseded(navigation.failure):
                return None
            raise failures.navigation_error(navigation.failure, navigation, self.host)
        self.document_id = data.pop("document_id")
        return replace(_snapshot(data), step=step, status=navigation.status)

    # ---- acting

    def press(self, entry: MenuEntry, *, by_mouse: bool = False) -> bool:
        """Click an entry of the last snapshot with the page's own click; False where the page has replaced it.

        `by_mouse` also sends the events of a mouse before the click, for entries that wait for them.
        """
        return bool(self._try(script("press.js"), [entry.number, by_mouse]))

    def open_frame(self) -> None:
        """Open the frame with the content that the last snapshot's page lacks (see its `framed`)."""
        if address := self._try("() => (window[Symbol.for('aurion.kept')] || {}).frame", None):
            self.goto(address)

    def submit(self, form: int, button: int | None, values: Mapping[int, str]) -> bool:
        """Fill in fields of the last snapshot, by number, and send their form: by its button, else as Enter does.

        One script does all of it, so that the page cannot change in between. Return False where it has replaced the
        form.
        """
        return bool(self._try(script("submit.js"), [form, button, list(values.items())]))

    def ask(self, want: dict[str, str | None], source: str) -> bool:
        """Make the page's schedule repeat its request, widened to `want`; False where it has no such widget.

        A hidden schedule, in a tab or panel, has neither rendered nor requested anything: it is shown first.
        """
        both = f"([want, source]) => {{ ({script('widen.js')})(want); return ({script('ask.js')})(source); }}"
        return bool(self._ask_frames(both, [want, source]))

    def widen(self, want: dict[str, str | None]) -> None:
        """Widen the schedules' own requests to `want` from now on, in this document and the following ones."""
        self.page.add_init_script(f"({script('widen.js')})({json.dumps(want)})")
        if self.document_id:
            self._try(script("widen.js"), want)

    def own_window(self, source: str) -> list[float] | None:
        """Return the first window that the page itself requested for that schedule, in epoch milliseconds."""
        found = self._ask_frames("source => (window[Symbol.for('aurion.own')] || {})[source] || null", source)
        return found if isinstance(found, list) else None

    def _try(self, expression: str, argument: object) -> Any:  # noqa: ANN401 - any value of the script
        try:
            return self.page.evaluate(expression, argument)
        except Error:
            return None

    def _ask_frames(self, expression: str, argument: object) -> Any:  # noqa: ANN401 - any value of the script
        """Return the first result that is not empty, from the page or the portal's own frames in it."""
        for frame in self.page.frames:
            if frame == self.page.main_frame or urlsplit(frame.url).hostname == self.host:
                with suppress(Error):
                    if found := frame.evaluate(expression, argument):
                        return found
        return None

    def _end_in_time(self, request: Request) -> None:
        """Cancel a document without response: while it is awaited, the browser answers nothing about the page."""
        if not self.network.is_unanswered(request):
            return
        with suppress(Error):
            self.page.wait_for_timeout((self.timeout + GRACE) * 1000)
            if self.network.is_unanswered(request):
                self.page.context.new_cdp_session(self.page).send("Page.stopLoading")

    # ---- listening

    def wait(self, condition: Callable[[], object], seconds: float | None = None) -> bool:
        """Wait, while the page runs, until the condition holds; False after `seconds` (by default the step's time)."""
        until = time.monotonic() + (seconds or self.timeout)
        while not condition():
            if time.monotonic() > until:
                return False
            if not self.network.is_leaving:
                self.show(self.page)
            self.page.wait_for_timeout(BLINK)
        return True


def new_tab(context: BrowserContext, host: str, timeout: float, show: Show = lambda _: None) -> Tab:
    """Open a page in the context; links that would open another window open in this page instead."""
    context.add_init_script(f"({script('one_window.js')})()")  # before a page exists that would open one
    return Tab(context.new_page(), host, timeout, show)


def _snapshot(data: dict[str, Any]) -> Snapshot:
    forms = tuple(
        Form(
            action=form["action"],
            method=form["method"],
            fields=tuple(Field(**f) for f in form["fields"]),
            buttons=tuple(Button(**b) for b in form["buttons"]),
        )
        for form in data.pop("forms")
    )
    entries = tuple(MenuEntry(**{**e, "path": tuple(e["path"])}) for e in data.pop("entries"))
    schedules = tuple(Schedule(**s) for s in data.pop("schedules"))
    messages, traces = tuple(data.pop("messages")), tuple(data.pop("traces"))
    return Snapshot(forms=forms, entries=entries, schedules=schedules, messages=messages, traces=traces, **data)
