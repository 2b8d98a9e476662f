"""One page of the portal: looked at, pressed, listened to.

`look` takes snapshots until one is what the caller waits for; nothing waits for a fixed time or for network silence.
Exchanges of the page's own XHRs are kept as they arrive: a body is read in its handler, before the page moves on.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Dialog, Error, Page, Request, Response, TimeoutError  # noqa: A004 - Playwright's own

from scraper.errors import PortalUnavailable
from scraper.portal import failures
from scraper.portal.failures import Visit
from scraper.recording import Button, Field, Form, MenuEntry, Schedule, Snapshot

Enough = Callable[[Snapshot], bool]
LEAST_WAIT, MOST_WAIT = 10, 200
"""Milliseconds between two looks, growing with the time already waited."""
QUIET = 1.5
"""Seconds without a change, after which what is missing on a page is taken not to come."""
AGAIN_AFTER = 0.7
"""Seconds without any effect after which a press is repeated, then twice as many."""


def script(name: str) -> str:
    """A script of `in_page/`, without its opening comment."""
    text = files(__package__).joinpath("in_page", name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("//"))


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One XHR of the page that posted a form: `parameters` as they went out, `failure` where no whole answer came."""

    at: datetime
    address: str
    parameters: dict[str, str] = field(repr=False)
    status: int = 0
    content_type: str = ""
    body: str = field(default="", repr=False)
    failure: str = ""
    landed: str = ""
    done: bool = False


@dataclass  # no slots: Playwright marks the handlers' owner
class Tab:
    """A Playwright page of the portal at `host`. `timeout` is in seconds, for one step."""

    page: Page
    host: str
    timeout: float
    exchanges: list[Exchange] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    visit: Visit = field(default_factory=Visit)
    started: int = 0
    asked: int = 0
    _pending: set[Request] = field(default_factory=set, repr=False)
    _exchange_of: dict[Request, Exchange] = field(default_factory=dict, repr=False)
    _born: float = 0
    _snapshot: str = field(default_factory=lambda: script("snapshot.js"), repr=False)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(self.timeout * 1000)
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)
        self.page.on("requestfinished", self._on_finished)
        self.page.on("requestfailed", self._on_failed)
        self.page.on("dialog", self._on_dialog)

    # ---- going and looking

    def goto(self, address: str) -> None:
        """Asks for that address. Raises what the failure means (see failures)."""
        self.visit = Visit()
        try:
            self.page.goto(address, wait_until="commit")
        except TimeoutError:
            raise PortalUnavailable("timeout", host=self.host, seconds=round(self.timeout)) from None
        except Error as error:
            raise failures.of_visit(self.visit.failure or error.message, self.visit, self.host) from None

    def look(
        self,
        enough: Enough,
        step: str = "",
        *,
        settled: Enough | None = None,
        again: Callable[[], object] | None = None,
        timeout: float | None = None,
        patience: float | None = None,
    ) -> Snapshot:
        """The first snapshot that is `enough`; or that is `settled` and no longer changes.

        `again` repeats a press that had no effect, for its handler may not have been bound yet: as long as no request
        followed it; or, where `patience` is given, while nothing is under way, for so many seconds, after which the page
        is taken as it is. Raises PortalUnavailable("timeout") after `timeout` seconds (the step's time unless given), and
        what a failed navigation means.
        """
        began = changed = pressed = time.monotonic()
        started, pause = self.started, AGAIN_AFTER
        last: Snapshot | None = None
        while True:
            page = self._take(step)
            now = time.monotonic()
            if page is not None and page != last:
                last, changed = page, now
            if page is not None and (enough(page) or self._has_settled(page, settled, now - changed)):
                return page
            if now - began > (timeout or self.timeout):
                raise PortalUnavailable("timeout", host=self.host, seconds=round(timeout or self.timeout))
            if again and page and not self.is_busy(page):
                if patience and now - began > patience:
                    return page
                if now - pressed > pause and (patience or self.started == started):
                    again()
                    pressed, pause = now, 2 * pause
            self.page.wait_for_timeout(min(MOST_WAIT, max(LEAST_WAIT, (now - began) * 50)))

    def _has_settled(self, page: Snapshot, settled: Enough | None, unchanged: float) -> bool:
        if settled is None or page.ready == "loading" or self.is_busy(page) or not settled(page):
            return False
        return unchanged > (QUIET if page.ready == "complete" else 3 * QUIET)

    def is_busy(self, page: Snapshot) -> bool:
        """Whether the page still waits for an answer of the portal."""
        return page.busy or bool(self._pending)

    @property
    def born(self) -> float:
        """When the document last looked at began: another document, another number."""
        return self._born

    def _take(self, step: str) -> Snapshot | None:
        try:
            data = self.page.evaluate(self._snapshot)
        except Error as error:
            if self.page.is_closed():
                raise PortalUnavailable("closed", host=self.host) from None
            if "closed" in error.message or "crashed" in error.message:
                raise PortalUnavailable("closed", host=self.host) from None
            return None
        if self.page.url.startswith("chrome-error:") or self.visit.failure:
            if failures.is_superseded(self.visit.failure):
                return None
            raise failures.of_visit(self.visit.failure, self.visit, self.host)
        self._born = data.pop("born")
        return replace(_snapshot(data), step=step, status=self.visit.status)

    # ---- acting

    def press(self, entry: MenuEntry) -> bool:
        """Clicks an entry of the last snapshot by the page's own click; False if the page has replaced it since."""
        return bool(self._try("""n => { const e = (window[Symbol.for('aurion.kept')] || {entries: []}).entries[n];
            if (!e || !e.isConnected) return false;
            e.removeAttribute('target'); e.click(); return true; }""", entry.number))  # fmt: skip

    def fill(self, form: int, number: int, value: str) -> None:
        """Types a value into a field of the last snapshot."""
        handle = self.page.evaluate_handle(
            "([f, n]) => window[Symbol.for('aurion.kept')].forms[f].fields[n]", [form, number]
        )
        element = handle.as_element()
        if element is None:
            raise PortalUnavailable("closed", host=self.host)
        element.evaluate("(e, value) => { e.focus(); e.value = ''; }")
        element.fill(value, force=True)

    def submit(self, form: int, button: int | None) -> bool:
        """Sends a form of the last snapshot: by its button, else as Enter does; False if the page has replaced it."""
        return bool(self._try("""([f, b]) => { const kept = (window[Symbol.for('aurion.kept')] || {forms: []}).forms[f];
            if (!kept || !kept.fields.some(field => field.isConnected)) return false;
            if (kept.form) kept.form.removeAttribute('target');
            if (b !== null) kept.buttons[b].click();
            else if (kept.form) HTMLFormElement.prototype.requestSubmit.call(kept.form);
            return true; }""", [form, button]))  # fmt: skip

    def ask(self, want: dict[str, str | None], source: str) -> bool:
        """Lets the page's own schedule send its request again, widened to `want`; False if it has no such widget."""
        self._try(script("widen.js"), want)
        return bool(self._try("""source => { const w = Object.values((window.PrimeFaces || {}).widgets || {}).find(w => w && w.id === source);
            if (!w) return false;
            if (w.jqc && w.jqc.fullCalendar) w.jqc.fullCalendar('refetchEvents');
            else if (w.calendar && w.calendar.refetchEvents) w.calendar.refetchEvents();
            else if (w.update) w.update();
            else return false;
            return true; }""", source))  # fmt: skip

    def widen(self, want: dict[str, str | None]) -> None:
        """From now on the schedules' own requests ask for `want`, in this document and in those to come."""
        self.page.add_init_script(f"({script('widen.js')})({json.dumps(want)})")
        self._try(script("widen.js"), want)

    def own_window(self, source: str) -> list[float] | None:
        """What the page itself had asked for that schedule first: two times in epoch milliseconds."""
        found = self._try("source => (window[Symbol.for('aurion.own')] || {})[source] || null", source)
        return found if isinstance(found, list) else None

    def _try(self, expression: str, argument: object) -> Any:  # noqa: ANN401 - what the page answers
        try:
            return self.page.evaluate(expression, argument)
        except Error:
            return None

    # ---- listening

    def wait(self, condition: Callable[[], object], seconds: float | None = None) -> bool:
        """Waits, while the page goes on, until the condition holds; False after `seconds`, the step's time unless given."""
        until = time.monotonic() + (seconds or self.timeout)
        while not condition():
            if time.monotonic() > until:
                return False
            self.page.wait_for_timeout(LEAST_WAIT)
        return True

    def _is_document(self, request: Request) -> bool:
        return request.is_navigation_request() and request.frame == self.page.main_frame

    def _on_request(self, request: Request) -> None:
        if self._is_document(request):
            redirects = self.visit.redirects + 1 if request.redirected_from else 0
            self.visit = Visit(host=urlsplit(request.url).hostname or "", redirects=redirects)
            self.started += 1
        elif request.resource_type not in {"xhr", "fetch"} or urlsplit(request.url).hostname != self.host:
            return
        else:
            self._begin_exchange(request)
        self.asked += 1
        self._pending.add(request)

    def _begin_exchange(self, request: Request) -> None:
        """Notes an XHR that posts a form; one that a redirect led to goes on with the exchange that it began as."""
        before = request.redirected_from
        if before is not None and before in self._exchange_of:
            self._exchange_of[request] = self._exchange_of[before]
        elif request.method == "POST":
            parameters = dict(parse_qsl(_post_data(request), keep_blank_values=True))
            exchange = Exchange(at=datetime.now(UTC), address=_plain(request.url), parameters=parameters)
            self.exchanges.append(exchange)
            self._exchange_of[request] = exchange
            self.started += 1

    def _on_response(self, response: Response) -> None:
        request, status = response.request, response.status
        if self._is_document(request):
            self.visit.status = status
        exchange = self._exchange_of.get(request)
        if exchange is None:
            return
        exchange.status, exchange.landed = status, _plain(response.url)
        if 300 <= status < 400:  # noqa: PLR2004 - a redirect: its target is a request of its own, but not elsewhere
            target = urlsplit(response.headers.get("location", ""))
            if target.hostname and target.hostname != self.host:
                exchange.landed, exchange.done = f"{target.scheme}://{target.netloc}", True
            return
        exchange.content_type = response.headers.get("content-type", "")
        try:
            exchange.body = response.text()
        except (Error, UnicodeDecodeError):
            exchange.failure = exchange.failure or "cut"
        exchange.done = True

    def _on_finished(self, request: Request) -> None:
        self._pending.discard(request)

    def _on_failed(self, request: Request) -> None:
        self._pending.discard(request)
        exchange = self._exchange_of.get(request)
        if exchange is not None and not (exchange.done and exchange.body):
            exchange.failure, exchange.done = request.failure or "failed", True
        if self._is_document(request):
            self.visit.failure = request.failure or "failed"
            self.visit.host = urlsplit(request.url).hostname or ""

    def _on_dialog(self, dialog: Dialog) -> None:
        self.alerts.append(dialog.message[:300])
        if dialog.type in {"alert", "beforeunload"}:
            dialog.accept()
        else:
            dialog.dismiss()


def _plain(address: str) -> str:
    """An address without its query, its session and its fragment."""
    return address.split("#")[0].split("?")[0].split(";")[0]


def _post_data(request: Request) -> str:
    try:
        return request.post_data or ""
    except (Error, UnicodeDecodeError):
        return ""


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
    lists = {name: tuple(data.pop(name)) for name in ("messages", "traces")}
    return Snapshot(forms=forms, entries=entries, schedules=schedules, **lists, **data)
