"""The proxies to connect through, and the addresses by which they are set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from scraper.errors import MASK, SettingsError

PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks5": 1080}
_KINDS = {"socks": "socks5", "socks5h": "socks5", "socks4a": "socks4"}
"""Other names of the kinds. A proxy always resolves names itself: it may know hosts that this machine does not."""
DIRECT = "direct"
"""The setting for no proxy at all, whatever the environment and the system specify."""
SCRIPT = "pac+"
"""The prefix of a PAC file's address in the setting."""


@dataclass(frozen=True, slots=True)
class Server:
    """A proxy: its kind (`http`, `https`, `socks4`, `socks5`), host, port and login."""

    kind: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The address without the login, safe to display."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}://{host}:{self.port}"


Hop: TypeAlias = Server | None
"""A proxy to connect through, or None for a direct connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The effective proxies: one for each URL scheme, none for the hosts in `exceptions`.

    `script` is the address of a PAC file, which decides instead; `decided` has its results by host.
    """

    servers: Mapping[str, Server] = field(default_factory=dict)
    exceptions: tuple[str, ...] = ()
    script: str = ""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    optional: bool = False
    decided: Mapping[str, tuple[Hop, ...]] = field(default_factory=dict)

    def hops(self, host: str, port: int, scheme: str = "https") -> tuple[Hop, ...]:
        """Return the connections to try for that host, in order; a loopback host is always reached directly."""
        if is_loopback(host) or is_exempt(host, port, self.exceptions):
            return (None,)
        return self.decided.get(host) or (self.servers.get(scheme),)

    def concern(self, host: str, port: int = 443) -> bool:
        """Return whether a proxy may be used for that host."""
        if is_loopback(host) or is_exempt(host, port, self.exceptions):
            return False
        return bool(self.script) or any(self.hops(host, port)) or any(self.hops(host, port, "http"))


def parse_proxy_setting(setting: str) -> Proxies:
    """Parse the setting: a proxy's address, `direct`, or `pac+` and an address. Raise SettingsError("proxy")."""
    if setting.lower() == DIRECT:
        return Proxies()
    if not setting.lower().startswith(SCRIPT):
        return Proxies(servers=dict.fromkeys(("https", "http"), parse_proxy(setting)))
    address = setting[len(SCRIPT) :]
    try:
        parts = urlsplit(address)
        place = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        raise SettingsError("proxy", given=MASK) from None
    if parts.scheme not in {"http", "https", "file"}:
        raise SettingsError("proxy", given=mask_login(setting))
    return Proxies(script=place.geturl(), user=user, password=password)


def parse_proxy(given: str) -> Server:
    """Parse a proxy's address such as `http://user:password@proxy.example:3128`, with or without a scheme.

    User and password are percent-encoded. Raise SettingsError("proxy"), with the login masked.
    """
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        kind = _KINDS.get(parts.scheme, parts.scheme)
        host, port = parts.hostname or "", parts.port or PORTS[kind]
    except (ValueError, KeyError):
        raise SettingsError("proxy", given=mask_login(given)) from None
    if not host or re.search(r"[\s,;]", host) or parts.path not in {"", "/"}:
        raise SettingsError("proxy", given=mask_login(given))
    return Server(kind, host, port, unquote(parts.username or ""), unquote(parts.password or ""))


def mask_login(given: str) -> str:
    """Return an address with its login masked, safe to display."""
    head, at, tail = given.rpartition("@")
    scheme = re.match(r"[\w+]+://", head)
    return f"{scheme[0] if scheme else ''}{MASK}@{tail}" if at else given


def split_hosts(exceptions: str) -> tuple[str, ...]:
    """Split a list of hosts as in NO_PROXY, separated by commas, semicolons or blanks."""
    return tuple(one for one in re.split(r"[,;|\s]+", exceptions.strip().lower()) if one)


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_exempt(host: str, port: int, exceptions: tuple[str, ...]) -> bool:
    """Return whether an exception matches the host: `*`, a name or suffix, a network, each optionally with a port."""
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
