"""Chromium's access to the network: direct with its own host rules, or through the local gate where a proxy is set."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from scraper.errors import AurionError
from scraper.portal.certificate_store import home_with_authorities
from scraper.portal.pac import choose_proxies, fetch_script
from scraper.system.environment import KEPT_FROM_CHILDREN
from scraper.system.network.access import Access
from scraper.system.network.gate import NAME, Gate, open_gate
from scraper.system.network.proxies import is_loopback
from scraper.system.network.services import NOWHERE, SERVICES
from scraper.system.platforms import is_linux

WEBRTC = (
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its name in a headless shell
)
"""Switches that keep WebRTC packets from bypassing the rules."""
WITHOUT_SERVICES = ", ".join(f"MAP {host} ~NOTFOUND" for host in (f"*{NOWHERE}", *sorted(SERVICES)))


class Passage:
    """Chromium's switches and variables for reaching `hosts` (all where it is empty), and the meaning of its errors."""

    def __init__(self, access: Access, hosts: Sequence[str], gate: Gate | None = None, script: str = "") -> None:
        """Create a direct passage where there is no `gate`."""
        self.access, self.hosts, self.gate, self._script = access, hosts, gate, script

    @property
    def environment(self) -> dict[str, str | float | bool]:
        """Chromium's variables; where there are additional authorities, with a home folder that has them."""
        kept = {name: value for name, value in os.environ.items() if name not in KEPT_FROM_CHILDREN}
        if self.access.authorities is None or not is_linux():
            return {**kept}
        home = Path(os.environ.get("HOME") or Path.home())
        usual = {"XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache")}
        return {**usual, **kept, "HOME": str(home_with_authorities(self.access.authorities, os.environ))}

    @property
    def direct(self) -> Sequence[str]:
        """The hosts that Chromium resolves itself; empty where it may resolve all, or where a proxy does."""
        return () if self.gate or self._script else self.hosts

    @property
    def switches(self) -> list[str]:
        """Chromium's switches; none contains a login."""
        if self.gate:
            here = f"http://{NAME}:{self.gate.port}"
            local = [host for host in self.hosts if is_loopback(host)]
            led = f"MAP {NAME} 127.0.0.1"
            names = rules(local, led) if self.hosts else led
            return [*WEBRTC, f"--proxy-server={here}", f"--host-resolver-rules={names}"]
        way = f"--proxy-pac-url={self.access.proxies.script}" if self._script else "--no-proxy-server"
        return [*WEBRTC, way, *([] if self.hosts else [f"--host-resolver-rules={WITHOUT_SERVICES}"])]

    def begin(self, browser: Browser) -> None:
        """Evaluate the PAC file, where there is one, in the running browser. Raise SettingsError("pac-script")."""
        if self.gate and self._script:
            self.gate.proxies = choose_proxies(browser, self.access.proxies, self._script, self.hosts)

    def explain(self, error: AurionError) -> AurionError:
        """Return the cause of a browser's error where the gate knows it, else the error itself."""
        return self.gate.explain(error) if self.gate else error


@contextmanager
def passage(access: Access, hosts: Sequence[str]) -> Iterator[Passage]:
    """Yield the passage for the block. Raise PortalUnavailable("pac") where the PAC file cannot be fetched."""
    proxies = access.proxies
    if not access.needs_proxy(hosts):
        yield Passage(access, hosts)
        return
    script = fetch_script(proxies, access.trust) if proxies.script else ""
    if script and not hosts:
        yield Passage(access, hosts, script=script)  # the user of the window may open any address
        return
    with open_gate(proxies, frozenset(hosts) if hosts else None, access.trust) as gate:
        yield Passage(access, hosts, gate, script)


def rules(hosts: Sequence[str], *first: str) -> str:
    """Return Chromium's rules by which only `hosts` can be resolved."""
    return ", ".join([*first, "MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in hosts)])
