"""Network traffic of a page: its documents, its XHRs and its dialogs.

A body is read in its handler, because it is no longer available after the page's next document.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Dialog, Download, Error, Page, Request, Response

from scraper.domain.urls import is_safe
from scraper.portal.failures import Navigation

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses after which another document follows."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One XHR with a posted form: `parameters` as sent; `failure` where no complete response came.

    `is_redirected` is true where the response was a redirect, whatever followed.
    """

    at: datetime
    address: str
    parameters: dict[str, str] = field(repr=False)
    status: int = 0
    content_type: str = ""
    body: str = field(default="", repr=False)
    failure: str = ""
    is_redirected: bool = False
    done: bool = False


@dataclass  # no slots: Playwright sets attributes on the owner of handlers
class NetworkMonitor:
    """A listener to the network traffic of a page of the portal at `host`.

    `navigation` is the last document requested, `started` counts the requests that the page began, `asked` counts the
    exchanges with the portal; the exchanges from index `own` on belong to the current document. `blocked_hosts` are
    hosts from which a script was requested but not received.
    """

    page: Page
    host: str
    exchanges: list[Exchange] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    navigation: Navigation = field(default_factory=Navigation)
    started: int = 0
    asked: int = 0
    own: int = 0
    downloads: int = 0
    blocked_hosts: list[str] = field(default_factory=list)
    _document: Request | None = field(default=None, repr=False)
    _unanswered: Request | None = field(default=None, repr=False)
    _pending: set[Request] = field(default_factory=set, repr=False)
    _exchange_of: dict[Request, Exchange] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.page.on("request", self._on_request)
        self.page.on("response", self._on_response)
        self.page.on("requestfinished", self._on_finished)
        self.page.on("requestfailed", self._on_failed)
        self.page.on("dialog", self._on_dialog)
        self.page.on("download", self._on_download)

    @property
    def is_busy(self) -> bool:
        """Whether a response of the portal is awaited."""
        return bool(self._pending)

    @property
    def is_leaving(self) -> bool:
        """Whether the page has requested another document without a started response."""
        return self._unanswered is not None

    def is_unanswered(self, request: Request) -> bool:
        """Return whether the page waits for this document and no response has started."""
        return request == self._unanswered

    def _is_document(self, request: Request) -> bool:
        return request.is_navigation_request() and request.frame == self.page.main_frame

    def _on_request(self, request: Request) -> None:
        if self._is_document(request):
            before = request.redirected_from
            redirects = (*self.navigation.redirects, _plain_address(before.url)) if before else ()
            self.navigation = Navigation(redirects=redirects)
            self._place(request)
            self._document = self._unanswered = request
            self.started += 1
        elif request.resource_type not in {"xhr", "fetch"} or urlsplit(request.url).hostname != self.host:
            return
        else:
            self._begin_exchange(request)
        self.asked += 1
        if self._is_document(request) or request in self._exchange_of:  # polling for statistics may never end
            self._pending.add(request)

    def _begin_exchange(self, request: Request) -> None:
        """Record an XHR that posts a form; the target of a redirect continues the original exchange."""
        before = request.redirected_from
        if before is not None and before in self._exchange_of:
            self._exchange_of[request] = self._exchange_of[before]
        elif request.method == "POST":
            parameters = dict(parse_qsl(_post_data(request), keep_blank_values=True))
            exchange = Exchange(at=datetime.now(UTC), address=_plain_address(request.url), parameters=parameters)
            self.exchanges.append(exchange)
            self._exchange_of[request] = exchange
            self.started += 1

    def _on_response(self, response: Response) -> None:
        request, status = response.request, response.status
        if self._is_document(request):
            self.navigation.status = status
            if status not in REDIRECTS:
                self._unanswered = None
                self.own = len(self.exchanges)
        exchange = self._exchange_of.get(request)
        if exchange is None:
            return
        exchange.status = status
        if 300 <= status < 400:  # noqa: PLR2004 - a redirect: its target is a request of its own, unless it is on another host
            target = urlsplit(response.headers.get("location", "")).hostname
            exchange.is_redirected, exchange.done = True, bool(target) and target != self.host
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
        if request == self._unanswered:
            self._unanswered = None
        host = urlsplit(request.url).hostname or ""
        if request.resource_type == "script" and host not in {"", self.host, *self.blocked_hosts}:
            self.blocked_hosts.append(host)
        exchange = self._exchange_of.get(request)
        if exchange is not None and not (exchange.done and exchange.body):
            exchange.failure, exchange.done = request.failure or "failed", True
        if request == self._document:  # a cancelled navigation is reported after the next one has started
            self.navigation.failure = request.failure or "failed"
            self._place(request)

    def _place(self, request: Request) -> None:
        self.navigation.host = urlsplit(request.url).hostname or ""
        self.navigation.plain = request.url.startswith("http:") and not is_safe(request.url)

    def _on_download(self, download: Download) -> None:
        """Cancel a file that arrives instead of a page; the page itself stays."""
        self.downloads += 1
        self.navigation.downloaded = True
        with suppress(Error):
            download.cancel()

    def _on_dialog(self, dialog: Dialog) -> None:
        self.alerts.append(dialog.message[:300])
        if dialog.type in {"alert", "beforeunload"}:
            dialog.accept()
        else:
            dialog.dismiss()


def _plain_address(address: str) -> str:
    """Return the address without query, session and fragment."""
    return address.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].split(";", maxsplit=1)[0]


def _post_data(request: Request) -> str:
    try:
        return request.post_data or ""
    except (Error, UnicodeDecodeError):
        return ""
