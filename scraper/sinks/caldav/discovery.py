"""Discovery of a user's calendars from a server's address (RFC 6764 §6, RFC 4791 §6.2.1).

Only the given host is asked: a link to another host is refused like a redirect, and the error names it.
"""

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from scraper.domain.urls import origin
from scraper.errors import SinkRefused
from scraper.sinks.caldav.client import NAMESPACES, XML, CalDavClient, place_of

CALDAV = "{urn:ietf:params:xml:ns:caldav}"
SAID = (
    f"<d:propfind {NAMESPACES}><d:prop><d:resourcetype/><d:displayname/><d:current-user-principal/>"
    "<c:calendar-home-set/><c:supported-calendar-component-set/><d:current-user-privilege-set/></d:prop></d:propfind>"
)
NEW = (
    f"<c:mkcalendar {NAMESPACES}><d:set><d:prop><d:displayname>{{name}}</d:displayname>"
    '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
    "</d:prop></d:set></c:mkcalendar>"
)
NEW_COLLECTION = (
    f"<d:mkcol {NAMESPACES}><d:set><d:prop><d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
    "<d:displayname>{name}</d:displayname>"
    '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
    "</d:prop></d:set></d:mkcol>"
)
MISSING = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
)
"""Statuses of servers that do not support MKCALENDAR."""
PLACES = ("", "/.well-known/caldav", "remote.php/dav/", "dav.php/")
"""Paths to try: the address itself, RFC 6764's, and those of Nextcloud and Baïkal without a well-known redirect."""
PRINCIPAL, RIGHTS = "{DAV:}current-user-principal", "{DAV:}current-user-privilege-set"
WRITABLE = {"{DAV:}write", "{DAV:}write-content", "{DAV:}bind", "{DAV:}all"}
FINAL = frozenset({"caldav-password", "caldav-extra"})
"""Reasons of refusals that are the same for every path."""
MOST_STEPS = 5
PATH = "/:@!$&'()*+,;=~"

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RemoteCalendar:
    """A calendar on the server: its address, which ends with a slash, and its display name."""

    address: str
    name: str

    @property
    def last(self) -> str:
        """The last segment of the address, unescaped."""
        return unquote(self.address.rstrip("/").rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Discovery:
    """A user's writable calendars, in the collection at `home`; "" if the given address is itself a calendar."""

    home: str
    offered: tuple[RemoteCalendar, ...]

    def called(self, name: str) -> tuple[RemoteCalendar, ...]:
        """Return the calendars with that display name, or else those with it as the last segment of the address."""
        same = tuple(one for one in self.offered if one.name.casefold() == name.strip().casefold())
        return same or tuple(one for one in self.offered if one.last == name.strip())


def look_around(there: CalDavClient) -> Discovery:
    """Return the calendar at the address of `there`, or all calendars of its user on that server.

    Raises SinkRefused: "caldav-none" if no calendars are found, "caldav-redirect" if they are on another host.
    """
    address, said = _entrance(there)
    if _is_calendar(said):
        return Discovery("", (RemoteCalendar(_folder(address), _name(address, said)),))
    home = _folder(_home(there, address, said))
    offered = _offered(there, home)
    return Discovery(home, tuple(sorted(offered, key=lambda one: one.name.casefold())))


def make(there: CalDavClient, found: Discovery, name: str) -> RemoteCalendar:
    """Create a calendar with that name; return it with the address that the server lists.

    Raises SinkRefused("caldav-make") if the server refuses to create it; DeliveryError.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    last, known = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "aurion", {one.last for one in found.offered}
    last = next(one for one in (last, *(f"{last}-{number}" for number in range(2, 999))) if one not in known)
    address = f"{found.home}{last}/"
    try:
        _make_at(there, address, name)
    except SinkRefused as error:
        if error.reason in FINAL:
            raise
        raise SinkRefused("caldav-make", path=there.address, name=name, answer=error.facts.get("answer", "")) from None
    before = {one.address for one in found.offered}
    new = [one for one in _offered(there, found.home) if one.address not in before]
    made = [one for one in new if one.address == address] or [one for one in new if one.name == name] or new
    return made[0] if made else RemoteCalendar(address, name)


def _make_at(there: CalDavClient, address: str, name: str) -> None:
    """Create a calendar at that address by MKCALENDAR, or by extended MKCOL (RFC 5689) if that is not supported."""
    try:
        there.asked("MKCALENDAR", address, NEW.format(name=escape(name)), XML)
    except SinkRefused as error:
        if error.facts.get("status") not in MISSING:
            raise
        there.asked("MKCOL", address, NEW_COLLECTION.format(name=escape(name)), XML)


def _offered(there: CalDavClient, home: str) -> tuple[RemoteCalendar, ...]:
    answer = there.told("PROPFIND", home, SAID, depth=1)
    found = ((urljoin(home, quote(one.href, safe=PATH)), one.properties) for one in there.read(answer.parse_propfind))
    return tuple(
        RemoteCalendar(_folder(at), _name(at, said)) for at, said in found if _is_calendar(said) and _takes_events(said)
    )


def _entrance(there: CalDavClient) -> tuple[str, Properties]:
    """Return the first address that is a calendar or names the user's principal or home, and its properties."""
    refused = []
    for address in dict.fromkeys(urljoin(there.address, place) for place in PLACES):
        try:
            at, said = _said_of(there, address)
        except SinkRefused as error:
            if error.reason in FINAL:
                raise
            refused.append(error)
            continue
        if _is_calendar(said) or said.get(PRINCIPAL) or _homes(said):
            return at, said
    elsewhere = [error for error in refused if error.reason == "caldav-redirect"]
    raise next(iter([*elsewhere, *refused]), SinkRefused("caldav-none", path=there.address))


def _said_of(there: CalDavClient, address: str) -> tuple[str, Properties]:
    """Return the address, after redirects on the same host, and its properties."""
    for _ in range(MOST_STEPS):
        try:
            answer = there.told("PROPFIND", address, SAID, depth=0)
        except SinkRefused as error:
            if error.reason != "caldav-redirect":
                raise
            address = _here(there, address, str(error.facts["to"]))
        else:
            return address, next((one.properties for one in there.read(answer.parse_propfind)), {})
    raise SinkRefused("caldav-none", path=there.address)


def _home(there: CalDavClient, address: str, said: Properties) -> str:
    """Return the address of the user's calendar home. Raises SinkRefused."""
    homes = _homes(said)
    if not homes and (principal := said.get(PRINCIPAL)):
        address, said = _said_of(there, _here(there, address, principal))
        homes = _homes(said)
    if not homes:
        raise SinkRefused("caldav-none", path=there.address)
    return _here(there, address, homes[0])


def _here(there: CalDavClient, address: str, href: str) -> str:
    """Return the absolute address of a link. Raises SinkRefused for another host, which must not get the password."""
    with suppress(ValueError):
        to = urljoin(address, href)
        if origin(to) == origin(there.address):
            return to
    raise SinkRefused("caldav-redirect", path=there.address, to=place_of(href))


def _homes(said: Properties) -> list[str]:
    told = said.get(f"{CALDAV}calendar-home-set")
    return [told] if isinstance(told, str) else [one for one in told or () if isinstance(one, str)]


def _is_calendar(said: Properties) -> bool:
    return f"{CALDAV}calendar" in (said.get("{DAV:}resourcetype") or ())


def _takes_events(said: Properties) -> bool:
    """Return whether the user may store events, also true if the server does not specify it."""
    kinds, rights = (said.get(name) for name in (f"{CALDAV}supported-calendar-component-set", RIGHTS))
    return (not kinds or "VEVENT" in kinds) and (not rights or not WRITABLE.isdisjoint(rights))


def _name(address: str, said: Properties) -> str:
    told = said.get("{DAV:}displayname")
    return told.strip() if isinstance(told, str) and told.strip() else RemoteCalendar(address, "").last


def _folder(address: str) -> str:
    """Return the address with a slash at the end, without query and fragment."""
    parts = urlsplit(address)
    return parts._replace(path=f"{parts.path.rstrip('/')}/", query="", fragment="").geturl()
