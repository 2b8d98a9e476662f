"""Fetch a calendar from its address as subscribing programs do.

The address of a calendar is a secret: only its host is ever displayed.
"""

import zlib
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from scraper.domain.urls import PORTS, is_safe
from scraper.errors import SettingsError
from scraper.ical.lint.finding import FindingCollector
from scraper.system.network.access import Access
from scraper.system.network.proxies import is_loopback
from scraper.system.network.tunnel import open_connection
from scraper.system.os_errors import connection_cause

SCHEMES = ("https://", "http://", "webcal://", "webcals://")
STEP, WHOLE = 30.0, 120.0
"""Seconds for one step, and for the whole download."""
LARGEST = 20_000_000
MOST_REDIRECTS = 5
LONGEST_FOR_GOOGLE = 256
OK, FIRST_FAILURE, KEPT = 200, 400, 404
MOVED, MOVED_FOR_GOOD = {301, 302, 303, 307, 308}, {301, 308}
PIECE = 1 << 16


def is_address(text: str) -> bool:
    """Return whether the text is a calendar's address rather than a file name."""
    return text.strip().lower().startswith(SCHEMES)


def mask_address(address: str) -> str:
    """Return the scheme and host of an address, safe to display."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "…"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}/…"


def fetch_calendar(address: str, access: Access, report: FindingCollector) -> bytes | None:
    """Fetch the calendar at an address; return None where subscribing programs would not read it.

    Faults of the response and known problems of programs with it are reported.

    Raise SettingsError: "check-address" for an address not suitable for a calendar, "check-unreachable" where the
    server does not respond; and what `open_connection` raises for a proxy.
    """
    given = address.strip()
    place = _web_address(given)
    if given.lower().startswith("webcal"):
        report.add("outlook-webcal", 1)
    if len(given) > LONGEST_FOR_GOOGLE:
        report.add("google-address", 1, octets=str(len(given)))
    until = monotonic() + WHOLE
    for _ in range(MOST_REDIRECTS + 1):
        try:
            status, head, body = _request(urlsplit(place), access, until)
        except (OSError, HTTPException, ValueError, zlib.error) as error:
            raise _unreachable_error(place, connection_cause(error), access) from None
        if status not in MOVED or not head.get("Location"):
            return _check_response(status, head, body, report)
        place = _join_address(place, head["Location"])
        if not is_safe(place):
            report.add("address-unsafe", 1, address=mask_address(place))
            return None
        if status in MOVED_FOR_GOOD:
            report.add("address-moved", 1, address=mask_address(place))
    report.add("address-redirects", 1, count=str(MOST_REDIRECTS))
    return None


def _unreachable_error(place: str, cause: str, access: Access) -> SettingsError:
    """Return the error of an address that cannot be reached; it names a PAC file, which only a browser can evaluate."""
    parts, script = urlsplit(place), access.proxies.script
    if script and access.proxies.concern(parts.hostname or "", parts.port or PORTS[parts.scheme]):
        return SettingsError("check-pac", address=mask_address(place), detail=cause, pac=script)
    return SettingsError("check-unreachable", address=mask_address(place), detail=cause)


def _join_address(place: str, location: str) -> str:
    try:
        return urljoin(place, location)
    except ValueError:
        return ""


def _web_address(given: str) -> str:
    scheme, _, rest = given.partition("://")
    try:
        parts = urlsplit(f"https://{rest}")
        host, user, _ = parts.hostname or "", parts.username, parts.port
    except ValueError:
        raise SettingsError("check-address", address=mask_address(given)) from None
    if scheme.lower().startswith("webcal"):
        scheme = "http" if is_loopback(host) and scheme.lower() == "webcal" else "https"
    place = f"{scheme.lower()}://{rest}"
    if user is not None or not is_safe(place):
        raise SettingsError("check-address", address=mask_address(place))
    return place


def _request(place: SplitResult, access: Access, until: float) -> tuple[int, Message, bytes]:
    host, port = place.hostname or "", place.port or PORTS[place.scheme]
    name = host if host.isascii() else host.encode("idna").decode()
    trust = access.trust
    plain = open_connection(name, port, access.proxies.hops(name, port, place.scheme), STEP, trust)
    connection = HTTPConnection(name, port, timeout=STEP)
    try:
        plain.settimeout(STEP)
        connection.sock = trust.wrap_socket(plain, server_hostname=name) if place.scheme == "https" else plain
        path = quote(f"{place.path or '/'}{'?' if place.query else ''}{place.query}", safe="/%:=&?~+!$,;'@()*[]")
        connection.request("GET", path, headers={
            "Host": name if port == PORTS[place.scheme] else f"{name}:{port}", "Connection": "close",
            "Accept": "text/calendar, */*;q=0.5", "Accept-Encoding": "gzip", "User-Agent": "aurion-check",
        })  # fmt: skip
        answer = connection.getresponse()
        body = b"" if answer.status in MOVED else _decompress(answer, until)
        return answer.status, answer.headers, body
    finally:
        connection.close()
        plain.close()


def _decompress(answer: HTTPResponse, until: float) -> bytes:
    """Return the body, decompressed, up to one byte more than LARGEST."""
    packed = answer.headers.get("Content-Encoding", "").strip().lower() in {"gzip", "x-gzip"}
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    body = bytearray()
    while len(body) <= LARGEST and (piece := answer.read1(PIECE)):
        body += unpack.decompress(piece, LARGEST + 1) if packed else piece
        if monotonic() > until:
            raise TimeoutError
    return bytes(body[: LARGEST + 1])


def _check_response(status: int, head: Message, body: bytes, report: FindingCollector) -> bytes | None:
    """Return the body, None where subscribing programs would not read it."""
    if status != OK:
        report.add("address-status", 1, status=str(status))
        if status >= FIRST_FAILURE and status != KEPT:
            report.add("thunderbird-status", 1, status=str(status))
        return None
    if len(body) > LARGEST:
        report.add("address-large", 1, megabytes=str(LARGEST // 1_000_000))
        return None
    kind, charset = head.get_content_type() if head.get("Content-Type") else "", head.get_content_charset()
    if kind != "text/calendar":
        report.add("address-type" if kind else "address-untyped", 1, type=kind)
    if charset and charset not in {"utf-8", "utf8", "us-ascii"}:
        report.add("address-charset", 1, charset=charset)
    coding = head.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        report.add("address-coding", 1, coding=coding)
        return None
    return body
