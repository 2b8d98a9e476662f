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
from scraper.sinks.caldav.client import NAMESPACES, XML, CalDavClient, printable_address

CALDAV = "{urn:ietf:params:xml:ns:caldav}"
PROPERTIES = (
    f"<d:propfind {NAMESPACES}><d:prop><d:resourcetype/><d:displayname/><d:current-user-principal/>"
    "<c:calendar-home-set/><c:supported-calendar-component-set/><d:current-user-privilege-set/></d:prop></d:propfind>"
)
NEW_CALENDAR = (
    f"<{{method}} {NAMESPACES}><d:set><d:prop>{{type}}<d:displayname>{{name}}</d:displayname>"
    '<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>'
    "</d:prop></d:set></{method}>"
)
CALENDAR_TYPE = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
MISSING = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
)
"""Statuses of servers that do not support MKCALENDAR."""
DISCOVERY_PATHS = ("", "/.well-known/caldav", "remote.php/dav/", "dav.php/")
"""Paths to try: the address itself, RFC 6764's, and those of Nextcloud and Baïkal without a well-known redirect."""
PRINCIPAL, RIGHTS = "{DAV:}current-user-principal", "{DAV:}current-user-privilege-set"
WRITABLE = {"{DAV:}write", "{DAV:}write-content", "{DAV:}bind", "{DAV:}all"}
FINAL = frozenset({"caldav-password", "caldav-extra"})
"""Reasons of refusals that are the same for every path."""
MOST_STEPS = 5
SAFE_CHARACTERS = "/:@!$&'()*+,;=~"

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
    calendars: tuple[RemoteCalendar, ...]

    def find_by_name(self, name: str) -> tuple[RemoteCalendar, ...]:
        """Return the calendars with that display name, or else those with it as the last segment of the address."""
        same = tuple(one for one in self.calendars if one.name.casefold() == name.strip().casefold())
        return same or tuple(one for one in self.calendars if one.last == name.strip())


def discover_calendars(client: CalDavClient) -> Discovery:
    """Return the calendar at the address of `client`, or all calendars of its user on that server.

    Raise SinkRefused: "caldav-none" if no calendars are found, "caldav-redirect" if they are on another host.
    """
    address, properties = _find_entry_point(client)
    if _is_calendar(properties):
        return Discovery("", (RemoteCalendar(_folder(address), _name(address, properties)),))
    home = _folder(_home(client, address, properties))
    calendars = _list_calendars(client, home)
    return Discovery(home, tuple(sorted(calendars, key=lambda one: one.name.casefold())))


def create_calendar(client: CalDavClient, found: Discovery, name: str) -> RemoteCalendar:
    """Create a calendar with that name; return it with the address that the server lists.

    Raise SinkRefused("caldav-make") if the server refuses to create it; DeliveryError.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    last, known = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "aurion", {one.last for one in found.calendars}
    last = next(one for one in (last, *(f"{last}-{number}" for number in range(2, 999))) if one not in known)
    address = f"{found.home}{last}/"
    try:
        _create_at(client, address, name)
    except SinkRefused as error:
        if error.reason in FINAL:
            raise
        raise SinkRefused("caldav-make", path=client.address, name=name, answer=error.facts.get("answer", "")) from None
    before = {one.address for one in found.calendars}
    new = [one for one in _list_calendars(client, found.home) if one.address not in before]
    made = [one for one in new if one.address == address] or [one for one in new if one.name == name] or new
    return made[0] if made else RemoteCalendar(address, name)


def _create_at(client: CalDavClient, address: str, name: str) -> None:
    """Create a calendar at that address by MKCALENDAR, or by extended MKCOL (RFC 5689) if that is not supported."""
    title = escape(name)
    try:
        client.request("MKCALENDAR", address, NEW_CALENDAR.format(method="c:mkcalendar", type="", name=title), XML)
    except SinkRefused as error:
        if error.facts.get("status") not in MISSING:
            raise
        body = NEW_CALENDAR.format(method="d:mkcol", type=CALENDAR_TYPE, name=title)
        client.request("MKCOL", address, body, XML)


def _list_calendars(client: CalDavClient, home: str) -> tuple[RemoteCalendar, ...]:
    answer = client.multistatus("PROPFIND", home, PROPERTIES, depth=1)
    found = (
        (urljoin(home, quote(one.href, safe=SAFE_CHARACTERS)), one.properties)
        for one in client.read(answer.parse_propfind)
    )
    return tuple(
        RemoteCalendar(_folder(at), _name(at, properties))
        for at, properties in found
        if _is_calendar(properties) and _takes_events(properties)
    )


def _find_entry_point(client: CalDavClient) -> tuple[str, Properties]:
    """Return the first address that is a calendar or names the user's principal or home, and its properties."""
    refused = []
    for address in dict.fromkeys(urljoin(client.address, place) for place in DISCOVERY_PATHS):
        try:
            at, properties = _fetch_properties(client, address)
        except SinkRefused as error:
            if error.reason in FINAL:
                raise
            refused.append(error)
            continue
        if _is_calendar(properties) or properties.get(PRINCIPAL) or _home_addresses(properties):
            return at, properties
    elsewhere = [error for error in refused if error.reason == "caldav-redirect"]
    raise next(iter([*elsewhere, *refused]), SinkRefused("caldav-none", path=client.address))


def _fetch_properties(client: CalDavClient, address: str) -> tuple[str, Properties]:
    """Return the address, after redirects on the same host, and its properties."""
    for _ in range(MOST_STEPS):
        try:
            answer = client.multistatus("PROPFIND", address, PROPERTIES, depth=0)
        except SinkRefused as error:
            if error.reason != "caldav-redirect":
                raise
            address = _resolve_on_host(client, address, str(error.facts["to"]))
        else:
            return address, next((one.properties for one in client.read(answer.parse_propfind)), {})
    raise SinkRefused("caldav-none", path=client.address)


def _home(client: CalDavClient, address: str, properties: Properties) -> str:
    """Return the address of the user's calendar home. Raise SinkRefused."""
    homes = _home_addresses(properties)
    if not homes and (principal := properties.get(PRINCIPAL)):
        address, properties = _fetch_properties(client, _resolve_on_host(client, address, principal))
        homes = _home_addresses(properties)
    if not homes:
        raise SinkRefused("caldav-none", path=client.address)
    return _resolve_on_host(client, address, homes[0])


def _resolve_on_host(client: CalDavClient, address: str, href: str) -> str:
    """Return the absolute address of a link. Raise SinkRefused for another host, which must not get the password."""
    with suppress(ValueError):
        to = urljoin(address, href)
        if origin(to) == origin(client.address):
            return to
    raise SinkRefused("caldav-redirect", path=client.address, to=printable_address(href))


def _home_addresses(properties: Properties) -> list[str]:
    value = properties.get(f"{CALDAV}calendar-home-set")
    return [value] if isinstance(value, str) else [one for one in value or () if isinstance(one, str)]


def _is_calendar(properties: Properties) -> bool:
    return f"{CALDAV}calendar" in (properties.get("{DAV:}resourcetype") or ())


def _takes_events(properties: Properties) -> bool:
    """Return whether the user may store events, also true if the server does not specify it."""
    kinds, rights = (properties.get(name) for name in (f"{CALDAV}supported-calendar-component-set", RIGHTS))
    return (not kinds or "VEVENT" in kinds) and (not rights or not WRITABLE.isdisjoint(rights))


def _name(address: str, properties: Properties) -> str:
    name = properties.get("{DAV:}displayname")
    return name.strip() if isinstance(name, str) and name.strip() else RemoteCalendar(address, "").last


def _folder(address: str) -> str:
    """Return the address with a slash at the end, without query and fragment."""
    parts = urlsplit(address)
    return parts._replace(path=f"{parts.path.rstrip('/')}/", query="", fragment="").geturl()
