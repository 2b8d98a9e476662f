"""Find the proxies: by the setting, else by environment variables, else by the system's settings."""

from collections.abc import Mapping
from dataclasses import replace

from scraper.errors import SettingsError
from scraper.system.network.proxies import Proxies, Server, parse_proxy, parse_proxy_setting, split_hosts


def find_proxies(setting: str, environment: Mapping[str, str], system: Proxies | None = None) -> Proxies:
    """Return the effective proxies. Raise SettingsError: "proxy" or "proxy-variable" for an invalid address."""
    exceptions = split_hosts(environment.get("no_proxy") or environment.get("NO_PROXY") or "")
    if setting:
        return replace(parse_proxy_setting(setting.strip()), exceptions=exceptions, source="setting")
    servers = {}
    for scheme in ("https", "http"):
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY"):
            if given := environment.get(name, "").strip():
                servers[scheme] = _of_variable(name, given)
                break
    if servers:
        return Proxies(servers=servers, exceptions=exceptions, source="environment")
    if system is None:
        from scraper.system.network.system_proxies import system_proxies  # noqa: PLC0415 - seldom needed

        system = system_proxies(environment)
    return replace(system, exceptions=(*system.exceptions, *exceptions))


def _of_variable(name: str, given: str) -> Server:
    try:
        return parse_proxy(given)
    except SettingsError as error:
        raise SettingsError("proxy-variable", name=name, **error.facts) from None
