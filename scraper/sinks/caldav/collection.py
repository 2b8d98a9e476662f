"""A calendar collection at a server of CalDAV (RFC 4791): asked and changed event by event, each under a condition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from scraper.errors import DeliveryError, SinkRefused
from scraper.sinks.caldav.client import GONE, NAMESPACES, CalDavClient
from scraper.sinks.caldav.server_reason import reason_of

if TYPE_CHECKING:
    from caldav.response import DAVResponse

CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
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
    """The ETags of events by their names; `whole` tells that no other is there, else it is what changed since a token.

    `token` is the state that this is of, empty where the server has no such word.
    """

    etags: Mapping[str, str]
    gone: frozenset[str] = frozenset()
    token: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """One event as it stands there."""

    etag: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """The name and the ETag that the server gave to an event; the ETag is empty where it names none."""

    name: str
    etag: str


@dataclass(frozen=True, slots=True)
class Collection:
    """The collection at the address of `there`, which ends with a slash."""

    there: CalDavClient

    @property
    def address(self) -> str:
        """The address."""
        return self.there.address

    def listing(self, token: str | None = None) -> Listing:
        """What changed since the state of that token (RFC 6578), in one exchange.

        All that is there where None is known, or the server has no tokens (""), or does not know this one any more.
        """
        if token == "":
            return self._all()
        try:
            return self._since(token or "")
        except DeliveryError as error:
            if error.reason not in {"caldav-status", "caldav-forbidden", "caldav-none"}:
                raise
            return self.listing(None if token else "")

    def events(self) -> dict[str, RemoteObject]:
        """Every event there, by its name."""
        answer = self._told("REPORT", EVERYTHING, depth=1)
        return {
            _name(one.href): RemoteObject(_strong(one.etag), one.calendar_data.encode())
            for one in self.there.read(answer.parse_calendar_query)
            if one.calendar_data
        }

    def event(self, name: str) -> RemoteObject | None:
        """One event; None where it is not there."""
        answer = self.there.asked("GET", self._at(name), "", {"Accept": "text/calendar"}, may=GONE)
        if answer.status in GONE:
            return None
        if not (body := answer.raw).lstrip().startswith("BEGIN:VCALENDAR"):
            raise SinkRefused("caldav-none", path=self.address)
        return RemoteObject(_strong(answer.headers.get("ETag")), body.encode())

    def create(self, name: str, body: bytes) -> Stored | None:
        """Store a new event; return None where one of that name, or of its UID, is there."""
        return self._put(name, body, {"If-None-Match": "*"})

    def replace(self, name: str, body: bytes, etag: str) -> Stored | None:
        """Store the event in place of the one with that ETag; return None where it has another one now.

        Without an ETag it replaces whatever is there.
        """
        return self._put(name, body, {"If-Match": etag} if etag else {})

    def _put(self, name: str, body: bytes, condition: Mapping[str, str]) -> Stored | None:
        answer = self.there.asked(
            "PUT", self._at(name), body.decode(), {**CALENDAR, **condition}, may={HTTPStatus.PRECONDITION_FAILED}
        )  # fmt: skip
        if answer.status == HTTPStatus.PRECONDITION_FAILED:
            reason = reason_of(answer.status, answer.raw)
            if reason.kind != "other":
                raise SinkRefused("caldav-status", path=self.address, **reason.facts)
            return None
        return Stored(self.name_at(answer.headers.get("Location", "")) or name, _strong(answer.headers.get("ETag")))

    def name_at(self, href: str) -> str:
        """Return the name of the event of this collection at that address; empty where it is in another one."""
        try:
            at, own = urlsplit(urljoin(self.address, href)), urlsplit(self.address)
        except ValueError:
            return ""
        folder, _, name = unquote(at.path).rpartition("/")
        return name if folder == unquote(own.path).rstrip("/") else ""

    def delete(self, name: str, etag: str) -> bool:
        """Delete the event with that ETag, or, without one, whatever is there; True where it is gone already."""
        condition = {"If-Match": etag} if etag else {}
        answer = self.there.asked(
            "DELETE", self._at(name), "", condition, may={HTTPStatus.PRECONDITION_FAILED, *GONE}
        )  # fmt: skip
        return answer.status != HTTPStatus.PRECONDITION_FAILED

    def _since(self, token: str) -> Listing:
        etags: dict[str, str] = {}
        gone: set[str] = set()
        given = token
        while True:
            answer = self._told("REPORT", CHANGES.format(token=escape(given)), depth=0)
            found = self.there.read(answer.parse_sync_collection)
            etags |= {_name(one.href): _strong(one.etag) for one in found.changed}
            gone |= {_name(href) for href in found.deleted}
            if not found.truncated or found.sync_token in {None, given}:
                return Listing(etags=etags, gone=frozenset(gone), token=found.sync_token or "", whole=not token)
            given = found.sync_token or ""

    def _all(self) -> Listing:
        answer = self._told("PROPFIND", ETAGS, depth=1)
        found = {_name(one.href): one.properties.get("{DAV:}getetag") for one in self.there.read(answer.parse_propfind)}
        return Listing(etags={name: _strong(etag) for name, etag in found.items() if name})

    def _at(self, name: str) -> str:
        return self.address + quote(name)

    def _told(self, method: str, body: str, *, depth: int) -> "DAVResponse":
        return self.there.told(method, self.address, body, depth=depth)


def _name(href: str) -> str:
    """The last part of a path, which the library gives without escapes; empty for a collection's."""
    return href.rpartition("/")[2]


def _strong(etag: str | None) -> str:
    """As If-Match takes it: what a proxy that packs answers made weak is the same event."""
    return (etag or "").strip().removeprefix("W/")
