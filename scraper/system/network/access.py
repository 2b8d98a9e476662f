"""What a run knows of the network: its proxies, and the file with authorities of its own."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scraper.system.network.authorities import authorities_file, trusting
from scraper.system.network.proxies import Proxies, proxies_of


@dataclass(frozen=True, slots=True)
class Access:
    """The proxies in force, and the file of further certificate authorities, None without one."""

    proxies: Proxies = field(default_factory=Proxies)
    authorities: Path | None = None

    @property
    def trust(self) -> ssl.SSLContext:
        """What verifies certificates. Raises SettingsError("ca-file")."""
        return trusting(self.authorities)

    def needs_proxy(self, hosts: Iterable[str]) -> bool:
        """Whether a proxy may lead to one of these hosts; to any host at all, where none is named."""
        named = tuple(hosts)
        return any(map(self.proxies.concern, named)) if named else self.proxies.concern("")


def access_of(proxy: str, ca_file: Path | None, environment: Mapping[str, str]) -> Access:
    """The way to the network by these settings, else by the environment and the system. Raises SettingsError."""
    return Access(proxies_of(proxy, environment), authorities_file(ca_file, environment))
