"""Check of the connection to a server, step by step: DNS or proxy, TCP, certificate, response, clock."""

import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

from scraper.diagnostics.doctor.certificates import Certificates, certificate_check
from scraper.diagnostics.doctor.check_result import Check, State, ok, problem, result_of_error, warning
from scraper.errors import AurionError
from scraper.system.network.access import Access
from scraper.system.network.localhost import resolvable
from scraper.system.network.tunnel import open_connection

SKEW = 120
"""Seconds by which the clock may differ from the portal's."""
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPath:
    """The network path to the server at an address.

    `account` is the account of the check, `hosts` are those that the browser can reach, `seconds` is the time limit of
    one step. `access` has the proxies and authorities in force. `browsed` is true if the browser goes there: only the
    browser can evaluate a PAC file.
    """

    address: str
    account: str = ""
    hosts: Collection[str] = ()
    seconds: float = 10
    access: Access = field(default_factory=Access)
    browsed: bool = False

    @property
    def parts(self) -> SplitResult:
        """The parsed address."""
        return urlsplit(self.address)

    @property
    def host(self) -> str:
        """The server's host."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """The server's port."""
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)

    def check(self, now: datetime | None = None) -> tuple[Check, ...]:
        """Connect and return the network check; if the server answers, also the clock's, against `now` (aware)."""
        proxies = self.access.proxies
        if self.browsed and proxies.script and proxies.concern(self.host, self.port):
            return (ok("network", "pac", self.account, host=self.host, pac=proxies.script),)
        if self.proxy:
            return self._check_through_proxy(now)
        found = self._check_directly(now)
        if found[0].state is State.ERROR and proxies.script and proxies.concern(self.host, self.port):
            return (self._error("pac-direct", pac=proxies.script),)
        return found

    def _check_directly(self, now: datetime | None) -> tuple[Check, ...]:
        try:
            socket.getaddrinfo(resolvable(self.host), self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return (self._error("dns"),)
        try:
            plain = socket.create_connection((resolvable(self.host), self.port), self.seconds)
        except TimeoutError:
            return (self._error("timeout", port=self.port, seconds=round(self.seconds)),)
        except OSError as error:
            return (self._error("connect", port=self.port, message=error.strerror or type(error).__name__),)
        with plain:
            return self._check_http(plain, now) if self.parts.scheme == "http" else self._check_tls(plain, now)

    @property
    def proxy(self) -> str:
        """The proxy for the server, without its login; "" if there is none."""
        return next((hop.name for hop in self.access.proxies.hops(self.host, self.port) if hop), "")

    def _check_through_proxy(self, now: datetime | None) -> tuple[Check, ...]:
        hops = self.access.proxies.hops(self.host, self.port)
        try:
            with open_connection(self.host, self.port, hops, self.seconds, self.access.trust) as plain:
                return self._check_tls(plain, now)
        except AurionError as error:
            return (result_of_error("network", error, self.account),)

    def _check_tls(self, plain: socket.socket, now: datetime | None) -> tuple[Check, ...]:
        context = self.access.trust
        try:
            with context.wrap_socket(plain, server_hostname=self.host) as secure:
                return self._check_http(secure, now)
        except ssl.SSLCertVerificationError as error:
            if _has_no_authorities(context):
                return (self._warning("no-authorities"),)
            certificates = Certificates(self.host, self.port, self.seconds, self.access)
            return (certificate_check(error, certificates, self.account, self.hosts, browsed=self.browsed),)
        except TimeoutError:
            return (self._error("tls-timeout"),)
        except OSError as error:
            message = getattr(error, "reason", None) or error.strerror or type(error).__name__
            return (self._error("tls", message=message),)

    def _check_http(self, connection: socket.socket, now: datetime | None) -> tuple[Check, ...]:
        """Request the first page without cookies or login, and read only its status and Date."""
        address = "" if self.proxy else connection.getpeername()[0]
        client = HTTPConnection(self.host, self.port)
        client.sock = connection
        try:
            client.request("GET", f"{self.parts.path}/", headers={"Host": self.parts.netloc, "Connection": "close"})
            response = client.getresponse()
        except (OSError, HTTPException) as error:
            return (self._error("answer", message=type(error).__name__),)
        clock_check = clock(response.headers["Date"], now or datetime.now(UTC), self.host)
        if response.status >= SERVER_ERROR:
            network = self._warning("status", status=response.status, address=address)
        else:
            reason = "https-proxy" if self.proxy else self.parts.scheme
            network = ok("network", reason, self.account, host=self.host, address=address, proxy=self.proxy)
        return (network, clock_check) if clock_check else (network,)

    def _error(self, reason: str, **facts: object) -> Check:
        return problem("network", reason, self.account, host=self.host, **facts)

    def _warning(self, reason: str, **facts: object) -> Check:
        return warning("network", reason, self.account, host=self.host, **facts)


def clock(date: str | None, now: datetime, host: str) -> Check | None:
    """Check the clock `now` (aware) against a server's Date header; return None without a valid header."""
    try:
        server_time = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    off = round((now - (server_time if server_time.tzinfo else server_time.replace(tzinfo=UTC))).total_seconds())
    if abs(off) <= SKEW:
        return ok("clock", host=host, seconds=abs(off))
    return warning("clock", "fast" if off > 0 else "slow", host=host, minutes=abs(off) // 60)


def _has_no_authorities(context: ssl.SSLContext) -> bool:
    """Return whether this Python has no list of authorities, as python.org's on macOS; the browser has its own."""
    return not context.cert_store_stats()["x509_ca"] and ssl.get_default_verify_paths().capath is None
