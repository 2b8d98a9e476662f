"""A calendar collection at a server of CalDAV (RFC 4791): asked and changed event by event, each under a condition.

The library caldav carries and reads the messages. It is imported by the first use, its own words reach nobody, and
what it raises becomes SinkUnavailable or SinkRefused here. No redirect is followed, so no other host gets the password.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from scraper.errors import DeliveryError, SinkRefused, SinkUnavailable

if TYPE_CHECKING:
    from caldav.davclient import DAVClient
    from caldav.response import DAVResponse

T = TypeVar("T")
Task: TypeAlias = "tuple[Callable[[], DAVResponse], SimpleQueue[DAVResponse | Exception]]"

SILENCE, PATIENCE = 30, 90.0
"""Seconds without a sign from the server, and for one whole exchange."""
XML = {"Content-Type": 'application/xml; charset="utf-8"'}
CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
NAMESPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
ETAGS = f"<d:propfind {NAMESPACES}><d:prop><d:getetag/></d:prop></d:propfind>"
KIND = f"<d:propfind {NAMESPACES}><d:prop><d:resourcetype/></d:prop></d:propfind>"
EVERYTHING = (
    f"<c:calendar-query {NAMESPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
    '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"/></c:comp-filter></c:filter>'
    "</c:calendar-query>"
)
CHANGES = (
    f"<d:sync-collection {NAMESPACES}><d:sync-token>{{token}}</d:sync-token><d:sync-level>1</d:sync-level>"
    "<d:prop><d:getetag/></d:prop></d:sync-collection>"
)
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
FULL = {HTTPStatus.INSUFFICIENT_STORAGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.LOCKED, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The ETags of events by their names; `whole` tells that no other is there, else it is what changed since a token.

    `token` is the state that this is of, empty where the server has no such word.
    """

    etags: Mapping[str, str]
    gone: frozenset[str] = frozenset()
    token: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class There:
    """One event as it stands there."""

    etag: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Collection:
    """The collection at `address`, which ends with a slash; opened by `opened`."""

    address: str
    client: "DAVClient" = field(repr=False)
    tasks: "SimpleQueue[Task | None]" = field(repr=False)
    patience: float = PATIENCE

    def check(self) -> None:
        """Raises SinkRefused("caldav-none") where no calendar is; DeliveryError."""
        answer = self._told("PROPFIND", KIND, depth=0)
        kinds = [one.properties.get("{DAV:}resourcetype") for one in self._read(answer.parse_propfind)]
        if not any("{urn:ietf:params:xml:ns:caldav}calendar" in (kind or ()) for kind in kinds):
            raise SinkRefused("caldav-none", path=self.address)

    def listing(self, token: str | None = None) -> Listing:
        """What changed since the state of that token (RFC 6578), in one exchange.

        All that is there where None is known, or the server has no tokens (""), or does not know this one any more.
        """
        if token == "":
            return self._all()
        try:
            return self._since(token or "")
        except SinkRefused as error:
            if error.reason not in {"caldav-status", "caldav-forbidden", "caldav-none"}:
                raise
            return self.listing(None if token else "")

    def events(self) -> dict[str, There]:
        """Every event there, by its name."""
        answer = self._told("REPORT", EVERYTHING, depth=1)
        return {
            _name(one.href): There(_strong(one.etag), one.calendar_data.encode())
            for one in self._read(answer.parse_calendar_query)
            if one.calendar_data
        }

    def event(self, name: str) -> There | None:
        """One event; None where it is not there."""
        answer = self._asked("GET", self._at(name), "", {"Accept": "text/calendar"}, may=GONE)
        if answer.status in GONE:
            return None
        if not (body := answer.raw).lstrip().startswith("BEGIN:VCALENDAR"):
            raise SinkRefused("caldav-none", path=self.address)
        return There(_strong(answer.headers.get("ETag")), body.encode())

    def put(self, name: str, body: bytes, etag: str = "") -> str | None:
        """Puts the event there where it is still the one of that ETag, or, without one, where there is none.

        Gives its new ETag, empty where the server does not tell; None where the condition did not hold.
        """
        condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        answer = self._asked(
            "PUT", self._at(name), body.decode(), {**CALENDAR, **condition}, may={HTTPStatus.PRECONDITION_FAILED}
        )  # fmt: skip
        return None if answer.status == HTTPStatus.PRECONDITION_FAILED else _strong(answer.headers.get("ETag"))

    def delete(self, name: str, etag: str) -> bool:
        """Takes the event away where it is still the one of that ETag; one that is gone is well, too."""
        condition = {"If-Match": etag} if etag else {}
        answer = self._asked(
            "DELETE", self._at(name), "", condition, may={HTTPStatus.PRECONDITION_FAILED, *GONE}
        )  # fmt: skip
        return answer.status != HTTPStatus.PRECONDITION_FAILED

    def _since(self, token: str) -> Listing:
        etags: dict[str, str] = {}
        gone: set[str] = set()
        given = token
        while True:
            answer = self._told("REPORT", CHANGES.format(token=escape(given)), depth=0)
            found = self._read(answer.parse_sync_collection)
            etags |= {_name(one.href): _strong(one.etag) for one in found.changed}
            gone |= {_name(href) for href in found.deleted}
            if not found.truncated or found.sync_token in {None, given}:
                return Listing(etags=etags, gone=frozenset(gone), token=found.sync_token or "", whole=not token)
            given = found.sync_token or ""

    def _all(self) -> Listing:
        answer = self._told("PROPFIND", ETAGS, depth=1)
        found = {_name(one.href): one.properties.get("{DAV:}getetag") for one in self._read(answer.parse_propfind)}
        return Listing(etags={name: _strong(etag) for name, etag in found.items() if name and etag})

    @property
    def scheme(self) -> str:
        """How the server wants the password: `basic`, `digest`, or empty where it did not ask."""
        kind = type(self.client.auth).__name__
        return "digest" if "Digest" in kind else "basic" if self.client.auth else ""

    def _at(self, name: str) -> str:
        return self.address + quote(name)

    def _told(self, method: str, body: str, *, depth: int) -> "DAVResponse":
        """What is said of the collection. Raises SinkRefused for a page of something else, which tells of no event."""
        answer = self._asked(method, self.address, body, {**XML, "Depth": str(depth)})
        if answer.status != HTTPStatus.MULTI_STATUS or answer.tree is None or answer.tree.tag != "{DAV:}multistatus":
            raise SinkRefused("caldav-none", path=self.address)
        return answer

    def _read(self, parse: Callable[[], T]) -> T:
        """What an answer says. Raises SinkRefused where it cannot be read."""
        try:
            return parse()
        except Exception as error:  # noqa: BLE001 - the library's many ways to say so
            raise _complaint(error, self.address) from None

    def _asked(
        self, method: str, address: str, body: str, headers: Mapping[str, str], may: "set[HTTPStatus] | None" = None
    ) -> "DAVResponse":
        """One exchange, within its time. Raises SinkUnavailable or SinkRefused unless it went well, or as it `may`."""
        answers: SimpleQueue[DAVResponse | Exception] = SimpleQueue()
        self.tasks.put((lambda: self.client.request(address, method, body, headers), answers))
        try:
            answer = answers.get(timeout=self.patience)
        except Empty:
            raise SinkUnavailable("caldav-timeout", path=self.address, seconds=round(self.patience)) from None
        if isinstance(answer, Exception):
            raise _complaint(answer, self.address) from None
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES and answer.status not in (may or ()):
            raise _refusal(answer.status, self.address)
        return answer


@contextmanager
def opened(
    address: str, user: str, password: str, *, scheme: str = "", patience: float = PATIENCE
) -> Iterator[Collection]:
    """The collection, and its connection while the block lasts.

    `scheme` is how the server is known to want the password; else it is asked first. Raises SinkRefused("caldav-extra")
    where the library is not installed.
    """
    before = logging.root.manager.disable
    logging.disable()  # the library logs what servers send, and on standard error where nobody says otherwise
    try:
        client = _client(address, user, password, scheme, max(1, min(SILENCE, int(patience))))
        tasks: SimpleQueue[Task | None] = SimpleQueue()
        Thread(target=_work, args=(tasks,), daemon=True).start()
        try:
            yield Collection(address, client, tasks, patience)
        finally:
            tasks.put(None)
            client.close()
    finally:
        logging.disable(before)


def _work(tasks: "SimpleQueue[Task | None]") -> None:
    """Asks what it is told to, in one thread: what a server challenged (Digest) is known to that alone."""
    while (task := tasks.get()) is not None:
        ask, answers = task
        try:
            answers.put(ask())
        except Exception as error:  # noqa: BLE001 - it is told in the thread that waits
            answers.put(error)


def _client(address: str, user: str, password: str, scheme: str, silence: int) -> "DAVClient":
    try:
        from caldav.davclient import DAVClient  # noqa: PLC0415 - only where a calendar is pushed
        from caldav.lib import error  # noqa: PLC0415 - likewise
    except ImportError as missing:
        raise SinkRefused("caldav-extra", path=address, name=missing.name or "caldav") from None
    error.debug_dump_communication = False  # a variable of the library's own would have it write passwords to files
    client = DAVClient(
        address, username=user, password=password, auth_type=scheme or None, timeout=silence, enable_rfc6764=False
    )  # fmt: skip
    client.session.max_redirects = 0
    if urlsplit(address).scheme == "http":
        client.session.trust_env = False  # a proxy would be told the password in clear
    return client


def _complaint(error: Exception, address: str) -> DeliveryError:
    """What the library's error, or that of what it stands on, means; of its words none that could hold a secret."""
    names = {kind.__name__ for kind in type(error).__mro__}
    status: Any = getattr(error, "status", None)
    if isinstance(status, int):
        return _refusal(status, address)
    if "RateLimitError" in names:
        return SinkUnavailable("caldav-busy", path=address)
    if "TooManyRedirects" in names:
        return SinkRefused("caldav-redirect", path=address, to=_redirected(error))
    if "Timeout" in names:
        return SinkUnavailable("caldav-timeout", path=address, seconds=SILENCE)
    if "SSLError" in names:
        return SinkUnavailable("caldav-tls", path=address)
    if {"RequestException", "OSError"} & names:
        return SinkUnavailable("caldav-connection", path=address)
    return SinkRefused("caldav-none", path=address)


def _refusal(status: int, address: str) -> DeliveryError:
    if status == HTTPStatus.UNAUTHORIZED:
        return SinkRefused("caldav-password", path=address)
    if status == HTTPStatus.FORBIDDEN:
        return SinkRefused("caldav-forbidden", path=address)
    if status in GONE or status == HTTPStatus.METHOD_NOT_ALLOWED:
        return SinkRefused("caldav-none", path=address)
    if status in FULL:
        return SinkUnavailable("caldav-full", path=address)
    if status in BUSY or status == HTTPStatus.SERVICE_UNAVAILABLE:
        return SinkUnavailable("caldav-busy", path=address)
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
    kind = SinkUnavailable if passing else SinkRefused
    return kind("caldav-status", path=address, status=status)


def _redirected(error: Exception) -> str:
    """Where a server sends us, without what may be a secret."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        to = urlsplit(str(headers.get("Location", "")))
    except ValueError:
        return "?"
    return f"{to.scheme}://{to.hostname}{to.path}" if to.hostname else to.path or "?"


def _name(href: str) -> str:
    """The last part of a path, which the library gives without escapes; empty for a collection's."""
    return href.rpartition("/")[2]


def _strong(etag: str | None) -> str:
    """As If-Match takes it: what a proxy that packs answers made weak is the same event."""
    return (etag or "").strip().removeprefix("W/")
