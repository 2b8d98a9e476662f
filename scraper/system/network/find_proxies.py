"""Find the proxies: by the setting, else by environment variables, else by the system's settings."""

from collections.abc import Mapping
from dataclasses import replace

from scraper.errors import SettingsError
from scraper.system.network.proxies import Proxies, Server, parse_proxy, parse_proxy_setting, split_hosts
from scraper.system.network.system_proxies import system_proxies


def find_proxies(setting: str, environment: Mapping[str, str]) -> Proxies:
    """Return the effective proxies. Raise SettingsError: "proxy" or "proxy-variable" for an invalid address."""
    exceptions = split_hosts(environment.get("no_proxy") or environment.get("NO_PROXY") or "")
    if setting:
        return replace(parse_proxy_setting(setting.strip()), exceptions=exceptions)
    servers = {}
    for scheme in ("https", "http"):
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"):
            if given := environment.get(name, "").strip():
                servers[scheme] = _of_variable(name, given)
                break
    if servers:
        return Proxies(servers=servers, exceptions=exceptions)
    system = system_proxies(environment)
    return replace(system, exceptions=(*system.exceptions, *exceptions))


def _of_variable(name: str, given: str) -> Server:
    try:
        return parse_proxy(given)
    except SettingsError as error:
        raise SettingsError("proxy-variable", name=name, **error.facts) from None
