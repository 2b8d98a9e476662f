"""Which proxy leads to a host: by our own setting, else by the environment's variables, else by the system."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from scraper.errors import SettingsError

PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks5": 1080}
KINDS = {"socks": "socks5", "socks5h": "socks5", "socks4a": "socks4"}
"""Other names for the kinds. A proxy always resolves the names itself: it may see hosts that this machine does not."""
DIRECT = "direct"
"""The setting for no proxy at all, whatever the environment and the system say."""
SCRIPT = "pac+"
"""What the address of a PAC file begins with, in our setting."""
MASK = "•••"


@dataclass(frozen=True, slots=True)
class Server:
    """A proxy: its kind (`http`, `https`, `socks4`, `socks5`), where it is, and the login that it wants."""

    kind: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Its address without the login: what may be shown."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}://{host}:{self.port}"


Hop: TypeAlias = Server | None
"""One way to a host: by that proxy, or (None) directly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The proxies in force: one for each scheme of an address, none for the hosts in `exceptions`.

    `script` is the address of a PAC file, which decides instead; `decided` is its answer for a host. `source` names
    the place where all this was found: `setting`, `environment` or `system`.
    """

    servers: Mapping[str, Server] = field(default_factory=dict)
    exceptions: tuple[str, ...] = ()
    script: str = ""
    source: str = ""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    optional: bool = False
    decided: Mapping[str, tuple[Hop, ...]] = field(default_factory=dict)

    def hops(self, host: str, port: int, scheme: str = "https") -> tuple[Hop, ...]:
        """The ways to that host, the first to be tried first. A loopback host is always reached directly."""
        if is_loopback(host) or is_exempt(host, port, self.exceptions):
            return (None,)
        return self.decided.get(host) or (self.servers.get(scheme),)

    def concern(self, host: str, port: int = 443) -> bool:
        """Whether a proxy may lead to that host."""
        if is_loopback(host) or is_exempt(host, port, self.exceptions):
            return False
        return bool(self.script) or any(self.hops(host, port)) or any(self.hops(host, port, "http"))


def proxies_of(setting: str, environment: Mapping[str, str], system: Proxies | None = None) -> Proxies:
    """The proxies in force. Raises SettingsError: "proxy", "proxy-variable" for an address that is not understood."""
    exceptions = split(environment.get("no_proxy") or environment.get("NO_PROXY") or "")
    if setting:
        return replace(_set(setting.strip()), exceptions=exceptions, source="setting")
    servers = {}
    for scheme in ("https", "http"):
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"):
            if given := environment.get(name, "").strip():
                servers[scheme] = _of_variable(name, given)
                break
    if servers:
        return Proxies(servers=servers, exceptions=exceptions, source="environment")
    if system is None:
        from scraper.system.network.system_proxies import proxies_of_system  # noqa: PLC0415 - it asks other programs

        system = proxies_of_system(environment)
    return replace(system, exceptions=(*system.exceptions, *exceptions))


def _set(setting: str) -> Proxies:
    if setting.lower() == DIRECT:
        return Proxies()
    if not setting.lower().startswith(SCRIPT):
        return Proxies(servers=dict.fromkeys(("https", "http"), server_of(setting)))
    address = setting[len(SCRIPT) :]
    try:
        parts = urlsplit(address)
        place = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        raise SettingsError("proxy", given=MASK) from None
    if parts.scheme not in {"http", "https", "file"}:
        raise SettingsError("proxy", given=shown(setting))
    return Proxies(script=place.geturl(), user=user, password=password)


def _of_variable(name: str, given: str) -> Server:
    try:
        return server_of(given)
    except SettingsError as error:
        raise SettingsError("proxy-variable", name=name, **error.facts) from None


def server_of(given: str) -> Server:
    """The proxy at an address such as `http://user:password@proxy.example:3128`, or without a scheme.

    User and password are percent-encoded. Raises SettingsError("proxy") without the login.
    """
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        kind = KINDS.get(parts.scheme, parts.scheme)
        host, port = parts.hostname or "", parts.port or PORTS[kind]
    except (ValueError, KeyError):
        raise SettingsError("proxy", given=shown(given)) from None
    if not host or re.search(r"[\s,;]", host) or parts.path not in {"", "/"}:
        raise SettingsError("proxy", given=shown(given))
    return Server(kind, host, port, unquote(parts.username or ""), unquote(parts.password or ""))


def shown(given: str) -> str:
    """An address as it may be shown: its login is masked, however it is written."""
    head, at, tail = given.rpartition("@")
    scheme = re.match(r"[\w+]+://", head)
    return f"{scheme[0] if scheme else ''}{MASK}@{tail}" if at else given


def split(exceptions: str) -> tuple[str, ...]:
    """The hosts of a list as NO_PROXY has it: commas, semicolons or blanks between them."""
    return tuple(one for one in re.split(r"[,;|\s]+", exceptions.strip().lower()) if one)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_exempt(host: str, port: int, exceptions: tuple[str, ...]) -> bool:
    """Whether one of the exceptions names that host: `*`, a name or its end, a network, each also with a port."""
    return any(_names(one, host.strip("[]").lower().rstrip("."), port) for one in exceptions)


def _names(exception: str, host: str, port: int) -> bool:
    if exception == "<local>":
        return "." not in host and ":" not in host
    exception = re.sub(r"^\w+://", "", exception)
    if "/" in exception:
        try:
            return ip_address(host) in ip_network(exception, strict=False)
        except ValueError:
            return False
    if with_port := re.fullmatch(r"(\[[^]]*\]|[^:]*):(\d+)", exception):
        exception = with_port[1]
        if int(with_port[2]) != port:
            return False
    exception = exception.strip("[]").removeprefix("*.").removeprefix(".").rstrip(".")
    if "*" in exception:
        return fnmatchcase(host, exception)
    return bool(exception) and (host == exception or host.endswith(f".{exception}"))
