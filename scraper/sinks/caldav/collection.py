"""A CalDAV calendar collection (RFC 4791), read and changed event by event with conditional requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from caldav.response import DAVResponse

from scraper.errors import DeliveryError, SinkRefused
from scraper.sinks.caldav.client import NAMESPACES, CalDavClient
from scraper.sinks.caldav.server_reason import reason_of
from scraper.sinks.sink_service import GONE

_CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
ETAGS = f"<d:propfind {NAMESPACES}><d:prop><d:getetag/></d:prop></d:propfind>"
EVERYTHING = (
    f"<c:calendar-query {NAMESPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
    '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"/></c:comp-filter></c:filter>'
    "</c:calendar-query>"
)
CHANGES = (
    f"<d:sync-collection {NAMESPACES}><d:sync-token>{{token}}</d:sync-token><d:sync-level>1</d:sync-level>"
    "<d:prop><d:getetag/></d:prop></d:sync-collection>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The ETags of events by their names: of all events if `whole`, else of those changed since a sync token.

    `gone` are the names of deleted events. `token` is the sync token of this state, "" if the server has none.
    """

    etags: Mapping[str, str]
    gone: frozenset[str] = frozenset()
    token: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """An event as currently stored on the server."""

    etag: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """The name and ETag that the server assigned to an event; the ETag is empty if the server sent none."""

    name: str
    etag: str


@dataclass(frozen=True, slots=True)
class Collection:
    """The collection at the client's address, which ends with a slash."""

    client: CalDavClient

    @property
    def address(self) -> str:
        """The collection's address."""
        return self.client.address

    def listing(self, token: str | None = None) -> Listing:
        """Return the changes since a sync token (RFC 6578), in one request.

        Return all events if no token is known (None), if the server has no tokens (""), or if it no longer accepts
        this one.
        """
        if token == "":
            return self._list_all()
        try:
            return self._list_changes(token or "")
        except DeliveryError as error:
            if error.reason not in {"caldav-status", "caldav-forbidden", "caldav-none"}:
                raise
            return self.listing(None if token else "")

    def events(self) -> dict[str, RemoteObject]:
        """Return all events of the collection by their names."""
        answer = self._multistatus("REPORT", EVERYTHING, depth=1)
        return {
            _name(one.href): RemoteObject(_strong_etag(one.etag), one.calendar_data.encode())
            for one in self.client.read(answer.parse_calendar_query)
            if one.calendar_data
        }

    def event(self, name: str) -> RemoteObject | None:
        """Return one event, None if it does not exist."""
        answer = self.client.request("GET", self._address_of(name), "", {"Accept": "text/calendar"}, allowed=GONE)
        if answer.status in GONE:
            return None
        if not (body := answer.raw).lstrip().startswith("BEGIN:VCALENDAR"):
            raise SinkRefused("caldav-none", path=self.address)
        return RemoteObject(_strong_etag(answer.headers.get("ETag")), body.encode())

    def create(self, name: str, body: bytes) -> Stored | None:
        """Store a new event; return None if an event with that name or its UID already exists."""
        return self._put(name, body, {"If-None-Match": "*"})

    def replace(self, name: str, body: bytes, etag: str) -> Stored | None:
        """Replace the event if it still has that ETag, otherwise return None.

        Without an ETag, replace it unconditionally.
        """
        return self._put(name, body, {"If-Match": etag} if etag else {})

    def _put(self, name: str, body: bytes, condition: Mapping[str, str]) -> Stored | None:
        answer = self.client.request(
            "PUT", self._address_of(name), body.decode(), {**_CALENDAR, **condition},
            allowed={HTTPStatus.PRECONDITION_FAILED},
        )  # fmt: skip
        if answer.status == HTTPStatus.PRECONDITION_FAILED:
            reason = reason_of(answer.status, answer.raw)
            if reason.kind != "other":
                raise SinkRefused("caldav-status", path=self.address, **reason.facts)
            return None
        return Stored(
            self.name_at(answer.headers.get("Location", "")) or name, _strong_etag(answer.headers.get("ETag"))
        )

    def name_at(self, href: str) -> str:
        """Return the event's name if the address is in this collection, otherwise an empty string."""
        try:
            at, own = urlsplit(urljoin(self.address, href)), urlsplit(self.address)
        except ValueError:
            return ""
        folder, _, name = unquote(at.path).rpartition("/")
        return name if folder == unquote(own.path).rstrip("/") else ""

    def delete(self, name: str, etag: str) -> bool:
        """Delete the event if it has that ETag, or unconditionally without one; return True also if it is gone."""
        condition = {"If-Match": etag} if etag else {}
        answer = self.client.request(
            "DELETE", self._address_of(name), "", condition, allowed={HTTPStatus.PRECONDITION_FAILED, *GONE}
        )  # fmt: skip
        return answer.status != HTTPStatus.PRECONDITION_FAILED

    def _list_changes(self, token: str) -> Listing:
        etags: dict[str, str] = {}
        gone: set[str] = set()
        given = token
        while True:
            answer = self._multistatus("REPORT", CHANGES.format(token=escape(given)), depth=0)
            found = self.client.read(answer.parse_sync_collection)
            etags |= {_name(one.href): _strong_etag(one.etag) for one in found.changed}
            gone |= {_name(href) for href in found.deleted}
            if not found.truncated or found.sync_token in {None, given}:
                return Listing(etags=etags, gone=frozenset(gone), token=found.sync_token or "", whole=not token)
            given = found.sync_token or ""

    def _list_all(self) -> Listing:
        answer = self._multistatus("PROPFIND", ETAGS, depth=1)
        found = {
            _name(one.href): one.properties.get("{DAV:}getetag") for one in self.client.read(answer.parse_propfind)
        }
        return Listing(etags={name: _strong_etag(etag) for name, etag in found.items() if name})

    def _address_of(self, name: str) -> str:
        return self.address + quote(name)

    def _multistatus(self, method: str, body: str, *, depth: int) -> DAVResponse:
        return self.client.multistatus(method, self.address, body, depth=depth)


def _name(href: str) -> str:
    """Return the last segment of a path, which the library has unescaped; empty for a collection."""
    return href.rpartition("/")[2]


def _strong_etag(etag: str | None) -> str:
    """Return the ETag as If-Match needs it; a compressing proxy makes it weak, but the event is the same."""
    return (etag or "").strip().removeprefix("W/")
