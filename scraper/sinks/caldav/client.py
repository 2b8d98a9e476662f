"""Requests to a CalDAV server (RFC 4791), each with a time limit.

The caldav library sends requests and parses responses. Its log output is suppressed, and its exceptions become
SinkUnavailable or SinkRefused. Redirects are not followed, so no other host gets the password.

The library is an extra, and slow to import: this module and those that import it are imported when a server is asked.
"""

import logging
import ssl
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from caldav.davclient import DAVClient
from caldav.lib import error as caldav_error
from caldav.response import DAVResponse
from wassima import generate_ca_bundle

from scraper.domain.urls import PORTS
from scraper.errors import DeliveryError, SinkRefused, SinkUnavailable
from scraper.sinks.caldav.server_reason import ServerReason, reason_of, status_within
from scraper.sinks.retry_after import RetryBudget
from scraper.sinks.sink_service import GONE, REQUEST_TIMEOUT
from scraper.system.network.access import Access
from scraper.system.network.authorities import certificates_in
from scraper.system.network.gate import Gate, open_needed_gate

_T = TypeVar("_T")
Task: TypeAlias = tuple[Callable[[], DAVResponse], SimpleQueue[DAVResponse | Exception]]

READ_TIMEOUT = 30
"""The time limit in seconds without any data from the server."""
XML = {"Content-Type": 'application/xml; charset="utf-8"'}
NAMESPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
LOGGERS = ("caldav", "niquests", "urllib3", "urllib3_future", "charset_normalizer")
"""Loggers of the library and of its dependencies: they log what servers send."""
_FULL = {HTTPStatus.INSUFFICIENT_STORAGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
RATE_LIMITED = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
CHANGING = {"PUT", "DELETE", "MKCALENDAR", "MKCOL"}
BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.LOCKED, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True)
class CalDavClient:
    """A connection to one server as one user, created by `open_client`. Its errors name `address`.

    `script` is the address of a PAC file that applies to the server's host.
    """

    address: str
    client: DAVClient = field(repr=False)
    tasks: SimpleQueue[Task | None] = field(repr=False)
    patience: float = REQUEST_TIMEOUT
    budget: RetryBudget = field(default_factory=RetryBudget)
    gate: Gate | None = None
    script: str = ""

    @property
    def scheme(self) -> str:
        """The server's authentication scheme: `basic`, `digest`, or empty if it did not ask for a password."""
        kind = type(self.client.auth).__name__
        return "digest" if "Digest" in kind else "basic" if self.client.auth else ""

    def multistatus(self, method: str, address: str, body: str, *, depth: int) -> DAVResponse:
        """Send a request and return the multistatus response; any other success raises SinkRefused("caldav-none")."""
        answer = self.request(method, address, body, {**XML, "Depth": str(depth)})
        if answer.status != HTTPStatus.MULTI_STATUS or answer.tree is None or answer.tree.tag != "{DAV:}multistatus":
            raise SinkRefused("caldav-none", path=self.address)
        return answer

    def request(
        self, method: str, address: str, body: str, headers: Mapping[str, str], allowed: Container[int] = ()
    ) -> DAVResponse:
        """Send a request and return the response; repeat it where the server asks for a short pause.

        Raise SinkUnavailable or SinkRefused, with the facts of the server's ServerReason, unless the status is a
        success or in `allowed`.
        """
        while True:
            answer = self._answer(method, address, body, headers)
            pause = getattr(answer, "retry_after", None)  # an attribute of the library's RateLimitError
            if _status_of(answer) not in RATE_LIMITED or not self.budget.wait(pause):
                break
        if isinstance(answer, Exception):
            raise self._proxy_error() or self._unreachable_error(
                _to_delivery_error(answer, self.address, self._secret)
            ) from None
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES and answer.status not in allowed:
            raise _status_error(reason_of(answer.status, answer.raw, self._secret), self.address)
        if method in CHANGING and answer.status == HTTPStatus.MULTI_STATUS and (within := status_within(answer.raw)):
            raise _status_error(ServerReason(status=within), self.address)
        return answer

    def _answer(self, method: str, address: str, body: str, headers: Mapping[str, str]) -> DAVResponse | Exception:
        answers: SimpleQueue[DAVResponse | Exception] = SimpleQueue()
        self.tasks.put((lambda: self.client.request(address, method, body, headers), answers))
        try:
            return answers.get(timeout=self.patience)
        except Empty:
            error = SinkUnavailable("caldav-timeout", path=self.address, seconds=round(self.patience))
            raise self._unreachable_error(error) from None

    def _unreachable_error(self, error: DeliveryError) -> DeliveryError:
        """Return the error, or "caldav-pac" where a PAC file, which only a browser evaluates, may name a proxy."""
        if self.script and error.reason in {"caldav-connection", "caldav-timeout"}:
            return SinkUnavailable("caldav-pac", path=self.address, pac=self.script)
        return error

    @property
    def _secret(self) -> str:
        password = self.client.password
        return password.decode() if isinstance(password, bytes) else password or ""

    def _proxy_error(self) -> DeliveryError | None:
        """Return the proxy's error if that is why there is no response."""
        cause = self.gate.errors.get(urlsplit(self.address).hostname or "") if self.gate else None
        if cause is None or "proxy" not in cause.facts:
            return None
        if cause.reason in {"proxy-down", "proxy-refused"}:
            return SinkUnavailable(f"caldav-{cause.reason}", **{**cause.facts, "path": self.address})
        return SinkUnavailable("caldav-proxy-login", path=self.address, proxy=cause.facts["proxy"])

    def read(self, parse: Callable[[], _T]) -> _T:
        """Return the parsed response. Raise SinkRefused if it cannot be parsed."""
        try:
            return parse()
        except Exception as error:  # noqa: BLE001 - the library raises many types
            raise _to_delivery_error(error, self.address, self._secret) from None


@contextmanager
def open_client(
    address: str,
    user: str,
    password: str,
    *,
    scheme: str = "",
    patience: float = REQUEST_TIMEOUT,
    budget: RetryBudget | None = None,
    access: Access | None = None,
) -> Iterator[CalDavClient]:
    """Open a connection to the server at the address for the duration of the block.

    `scheme` is the server's authentication scheme, if known; if empty, the server is asked first. `access` has the
    proxies and authorities, by default none.
    """
    client = _client(address, user, password, scheme, max(1, min(READ_TIMEOUT, int(patience))))
    tasks: SimpleQueue[Task | None] = SimpleQueue()
    Thread(target=_run_tasks, args=(tasks,), daemon=True).start()
    try:
        with _use_network(client, address, access or Access()) as (gate, script):
            yield CalDavClient(address, client, tasks, patience, budget or RetryBudget(), gate, script)
    finally:
        tasks.put(None)
        client.close()


@contextmanager
def _use_network(client: DAVClient, address: str, access: Access) -> Iterator[tuple[Gate | None, str]]:
    """Configure the client with the authorities of the settings and with the proxy for its server, if there is one.

    Yield the gate and the address of a PAC file, which is not evaluated here.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if access.authorities:
        own = map(ssl.DER_cert_to_PEM_cert, certificates_in(access.authorities))
        # generate_ca_bundle returns the system's authorities: the library uses those by default.
        client.ssl_verify_cert = "".join((generate_ca_bundle(), "\n", *own))
    with open_needed_gate(access, frozenset({host}), port) as gate:
        if gate:
            client.session.proxies = {"https": f"http://127.0.0.1:{gate.port}"}
        yield gate, "" if gate or not access.proxies.concern(host, port) else access.proxies.script


def _run_tasks(tasks: SimpleQueue[Task | None]) -> None:
    """Run the queued requests in one thread: the state of a Digest challenge is local to a thread."""
    while (task := tasks.get()) is not None:
        ask, answers = task
        try:
            answers.put(ask())
        except Exception as error:  # noqa: BLE001 - raised in the waiting thread
            answers.put(error)


def _client(address: str, user: str, password: str, scheme: str, read_timeout: int) -> DAVClient:
    _silence_loggers()
    caldav_error.debug_dump_communication = False  # the library's debug variable would write passwords to files
    client = DAVClient(
        address, username=user, password=password, auth_type=scheme or None, timeout=read_timeout, enable_rfc6764=False
    )  # fmt: skip
    client.session.max_redirects = 0
    client.session.trust_env = False  # proxies and authorities come from the settings
    return client


def _silence_loggers() -> None:
    """Silence the library permanently: pushes overlap, and nothing else in this program uses its dependencies."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.getLogger().addFilter(_is_from_elsewhere)  # adding the same filter again has no effect


def _is_from_elsewhere(record: logging.LogRecord) -> bool:
    """Return whether the record is not the library's: it also logs to the root logger."""
    return LOGGERS[0] not in Path(record.pathname).parts


def _status_of(answer: DAVResponse | Exception) -> int | None:
    status: Any = getattr(answer, "status", None)
    return status if isinstance(status, int) else None


def _to_delivery_error(error: Exception, address: str, secret: str) -> DeliveryError:
    """Convert an error of the library or its dependencies; omit any of its text that could contain a secret."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if "RateLimitError" in names:
        return SinkUnavailable("caldav-busy", path=address)
    if (status := _status_of(error)) is not None:
        return _status_error(reason_of(status, getattr(error, "body", None), secret), address)
    if "TooManyRedirects" in names:
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        to = printable_address(str(headers.get("Location", "")))
        return SinkRefused("caldav-redirect", path=address, to=to)
    if "Timeout" in names:
        return SinkUnavailable("caldav-timeout", path=address, seconds=READ_TIMEOUT)
    if "SSLError" in names:
        return SinkUnavailable("caldav-tls", path=address)
    if {"RequestException", "OSError"} & names:
        return SinkUnavailable("caldav-connection", path=address)
    return SinkRefused("caldav-none", path=address)


def _status_error(answer: ServerReason, address: str) -> DeliveryError:
    status = answer.status
    facts = {"path": address, **answer.facts}
    if status == HTTPStatus.UNAUTHORIZED:
        return SinkRefused("caldav-password", **facts)
    if status == HTTPStatus.FORBIDDEN:
        return SinkRefused("caldav-forbidden", **facts)
    if status in GONE or status == HTTPStatus.METHOD_NOT_ALLOWED:
        return SinkRefused("caldav-none", **facts)
    if status in _FULL:
        return SinkUnavailable("caldav-full", **facts)
    if status in BUSY or status == HTTPStatus.SERVICE_UNAVAILABLE:
        return SinkUnavailable("caldav-busy", **facts)
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
    return (SinkUnavailable if passing else SinkRefused)("caldav-status", **facts)


def printable_address(address: str) -> str:
    """Return a redirect target that is safe to show: without login and query, which may be secret."""
    try:
        to = urlsplit(address)
        port = f":{to.port}" if to.port not in {None, PORTS.get(to.scheme)} else ""
    except ValueError:
        return ""
    return f"{to.scheme}://{to.hostname}{port}{to.path}" if to.hostname else to.path
