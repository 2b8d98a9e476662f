"""The network access of a run: its proxies and further certificate authorities."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scraper.system.network.authorities import authorities_file, tls_context
from scraper.system.network.find_proxies import find_proxies
from scraper.system.network.proxies import Proxies


@dataclass(frozen=True, slots=True)
class Access:
    """The effective proxies, and the file of further certificate authorities, if any."""

    proxies: Proxies = field(default_factory=Proxies)
    authorities: Path | None = None

    @property
    def trust(self) -> ssl.SSLContext:
        """The TLS context that verifies certificates. Raise SettingsError("ca-file")."""
        return tls_context(self.authorities)

    def needs_proxy(self, hosts: Iterable[str]) -> bool:
        """Return whether a proxy may be used for one of these hosts; without hosts, for any host at all."""
        named = tuple(hosts)
        return any(map(self.proxies.concern, named)) if named else self.proxies.concern("")


def resolve_access(proxy: str, ca_file: Path | None, environment: Mapping[str, str]) -> Access:
    """Return the network access by these settings, else by the environment and the system. Raise SettingsError."""
    return Access(find_proxies(proxy, environment), authorities_file(ca_file, environment))
