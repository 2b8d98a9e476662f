"""The way to a server, step by step as the program goes it: name or proxy, connection, certificate, answer, clock."""

import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

from scraper.diagnostics.doctor.certificates import Certificates, what_is_wrong
from scraper.diagnostics.doctor.check import Check, failed, ok, warning, wrong
from scraper.errors import AurionError
from scraper.system.network.access import Access
from scraper.system.network.tunnel import open_connection

SKEW = 120
"""Seconds by which the clock may differ from the portal's."""
SERVERS_OWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPath:
    """The way to the portal at an address.

    `account` is whose portal it is, `hosts` are those that the browser will reach, `seconds` the time for one step.
    `access` are the proxies and authorities in force. `browsed` says that the browser goes there, which alone knows
    what a PAC file decides.
    """

    address: str
    account: str = ""
    hosts: Collection[str] = ()
    seconds: float = 10
    access: Access = field(default_factory=Access)
    browsed: bool = False

    @property
    def parts(self) -> SplitResult:
        """The address taken apart."""
        return urlsplit(self.address)

    @property
    def host(self) -> str:
        """The portal's host."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)

    def go(self, now: datetime | None = None) -> tuple[Check, ...]:
        """How far one comes; where the portal answers, also the clock beside its own: `now` (aware), else the clock."""
        proxies = self.access.proxies
        if self.browsed and proxies.script and proxies.concern(self.host, self.port):
            return (ok("network", "pac", self.account, host=self.host, pac=proxies.script),)
        if self.proxy:
            return self._through(now)
        try:
            socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return (self._not("dns"),)
        try:
            plain = socket.create_connection((self.host, self.port), self.seconds)
        except TimeoutError:
            return (self._not("timeout", port=self.port, seconds=round(self.seconds)),)
        except OSError as error:
            return (self._not("connect", port=self.port, said=error.strerror or type(error).__name__),)
        with plain:
            return self._ask(plain, now) if self.parts.scheme == "http" else self._secured(plain, now)

    @property
    def proxy(self) -> str:
        """The proxy that leads there, without its login; empty where none does."""
        return next((hop.name for hop in self.access.proxies.hops(self.host, self.port) if hop), "")

    def _through(self, now: datetime | None) -> tuple[Check, ...]:
        hops = self.access.proxies.hops(self.host, self.port)
        try:
            with open_connection(self.host, self.port, hops, self.seconds, self.access.trust) as plain:
                return self._secured(plain, now)
        except AurionError as error:
            return (failed("network", error, self.account),)

    def _secured(self, plain: socket.socket, now: datetime | None) -> tuple[Check, ...]:
        context = self.access.trust
        try:
            with context.wrap_socket(plain, server_hostname=self.host) as secure:
                return self._ask(secure, now)
        except ssl.SSLCertVerificationError as error:
            if _knows_nobody(context):
                return (self._but("no-authorities"),)
            seen = Certificates(self.host, self.port, self.seconds, self.access)
            return (what_is_wrong(error, seen, self.account, self.hosts, browsed=self.browsed),)
        except TimeoutError:
            return (self._not("tls-timeout"),)
        except OSError as error:
            said = getattr(error, "reason", None) or error.strerror or type(error).__name__
            return (self._not("tls", said=said),)

    def _ask(self, way: socket.socket, now: datetime | None) -> tuple[Check, ...]:
        """The first page, without login or cookie, its body unread: its status and its Date."""
        address = "" if self.proxy else way.getpeername()[0]
        asking = HTTPConnection(self.host, self.port)
        asking.sock = way
        try:
            asking.request("GET", f"{self.parts.path}/", headers={"Host": self.parts.netloc, "Connection": "close"})
            answer = asking.getresponse()
        except (OSError, HTTPException) as error:
            return (self._not("answer", said=type(error).__name__),)
        beside = clock(answer.headers["Date"], now or datetime.now(UTC), self.host)
        if answer.status >= SERVERS_OWN:
            came = self._but("status", status=answer.status, address=address)
        else:
            reason = "https-proxy" if self.proxy else self.parts.scheme
            came = ok("network", reason, self.account, host=self.host, address=address, proxy=self.proxy)
        return (came, beside) if beside else (came,)

    def _not(self, reason: str, **facts: object) -> Check:
        return wrong("network", reason, self.account, host=self.host, **facts)

    def _but(self, reason: str, **facts: object) -> Check:
        return warning("network", reason, self.account, host=self.host, **facts)


def clock(theirs: str | None, now: datetime, host: str) -> Check | None:
    """The clock beside the portal's Date; None where it tells none. `now` is aware."""
    try:
        there = parsedate_to_datetime(theirs or "")
    except ValueError:
        return None
    off = round((now - (there if there.tzinfo else there.replace(tzinfo=UTC))).total_seconds())
    if abs(off) <= SKEW:
        return ok("clock", host=host, seconds=abs(off))
    return warning("clock", "fast" if off > 0 else "slow", host=host, minutes=abs(off) // 60)


def _knows_nobody(context: ssl.SSLContext) -> bool:
    """Whether this Python has no list of authorities at all (macOS, from python.org): the browser has its own."""
    return not context.cert_store_stats()["x509_ca"] and ssl.get_default_verify_paths().capath is None
