"""Chromium's way to the network: directly and shut by its own rules, or through the gate where there is a proxy."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from scraper.errors import AurionError
from scraper.portal.certificate_store import home_with
from scraper.portal.pac import decided, fetched
from scraper.system.network.access import Access
from scraper.system.network.gate import NAME, Gate, open_gate
from scraper.system.network.proxies import is_loopback
from scraper.system.network.services import NOWHERE, SERVICES

KEPT_FROM_CHILDREN = ("AURION_PASSWORD", "AURION_PASSPHRASE", "AURION_NOTIFY", "AURION_PROXY")
"""Variables that Chromium and its driver do not get."""
WEBRTC = (
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its name in a headless shell
)
"""A page's own packets take no way that the rules do not see."""
WITHOUT_SERVICES = ", ".join(f"MAP {host} ~NOTFOUND" for host in (f"*{NOWHERE}", *sorted(SERVICES)))


class Passage:
    """How Chromium reaches `hosts`, all where none is named: the `switches` for it, and what its errors mean."""

    def __init__(self, access: Access, hosts: Sequence[str], gate: Gate | None = None, script: str = "") -> None:
        """Without a `gate` the way is direct."""
        self.access, self.hosts, self.gate, self._script = access, hosts, gate, script

    @property
    def environment(self) -> dict[str, str | float | bool]:
        """Chromium's variables; where there are further authorities, with a home in which its certificates are."""
        kept = {name: value for name, value in os.environ.items() if name not in KEPT_FROM_CHILDREN}
        if self.access.authorities is None or not sys.platform.startswith("linux"):
            return {**kept}
        home = Path(os.environ.get("HOME") or Path.home())
        usual = {"XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache")}
        return {**usual, **kept, "HOME": str(home_with(self.access.authorities, os.environ))}

    @property
    def direct(self) -> Sequence[str]:
        """The hosts that Chromium finds by itself, all where none is named."""
        return () if self.gate or self._script else self.hosts

    @property
    def switches(self) -> list[str]:
        """Chromium's switches; none of them holds a login."""
        if self.gate:
            here = f"http://{NAME}:{self.gate.port}"
            local = [host for host in self.hosts if is_loopback(host)]
            led = f"MAP {NAME} 127.0.0.1"
            names = rules(local, led) if self.hosts else led
            return [*WEBRTC, f"--proxy-server={here}", f"--host-resolver-rules={names}"]
        way = f"--proxy-pac-url={self.access.proxies.script}" if self._script else "--no-proxy-server"
        return [*WEBRTC, way, *([] if self.hosts else [f"--host-resolver-rules={WITHOUT_SERVICES}"])]

    def begin(self, browser: Browser) -> None:
        """Asks the PAC file, where there is one, in a browser that has started. Raises SettingsError("pac-script")."""
        if self.gate and self._script:
            self.gate.proxies = decided(browser, self.access.proxies, self._script, self.hosts)

    def explained(self, error: AurionError) -> AurionError:
        """The cause of a browser's error where the gate knows it, else that error."""
        return self.gate.explain(error) if self.gate else error


@contextmanager
def passage(access: Access, hosts: Sequence[str]) -> Iterator[Passage]:
    """The way while the block lasts. Raises PortalUnavailable("pac") where the PAC file cannot be had."""
    proxies = access.proxies
    if not access.needs_proxy(hosts):
        yield Passage(access, hosts)
        return
    script = fetched(proxies, access.trust) if proxies.script else ""
    if script and not hosts:
        yield Passage(access, hosts, script=script)  # whoever sees the window may go anywhere
        return
    with open_gate(proxies, frozenset(hosts) if hosts else None, access.trust) as gate:
        yield Passage(access, hosts, gate, script)


def rules(hosts: Sequence[str], *first: str) -> str:
    """Chromium's rules by which no name is found but those of `hosts`."""
    return ", ".join([*first, "MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in hosts)])
