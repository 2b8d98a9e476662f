"""Read the proxies from the system's settings: GNOME, KDE, macOS and Windows."""

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from scraper.errors import SettingsError
from scraper.system.network.proxies import Proxies, Server, parse_proxy, split_hosts

if sys.platform == "win32":
    import winreg

SECONDS = 10.0
WPAD = "http://wpad/wpad.dat"
"""The address where a network offers its PAC file; where there is none, connections are direct."""


def system_proxies(environment: Mapping[str, str], platform: str = sys.platform) -> Proxies:
    """Return the system's proxies; none where it has no such settings or they are not valid."""
    if platform == "darwin":
        return parse_macos(_output_of(environment, "/usr/sbin/scutil", "--proxy"))
    if platform == "win32":
        return parse_windows(_registry())
    desktop = environment.get("XDG_CURRENT_DESKTOP", "")
    if "KDE" in desktop:
        config = Path(environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or Path.home()) / ".config")
        with suppress(OSError, UnicodeDecodeError):
            return parse_kde((config / "kioslaverc").read_text(encoding="utf-8"), environment)
        return Proxies()
    if not environment.get("HOME") or not (Path(environment["HOME"]) / ".config" / "dconf" / "user").exists():
        return Proxies()  # no setting was ever changed
    return parse_gnome(_output_of(environment, "gsettings", "list-recursively", "org.gnome.system.proxy"))


def parse_gnome(text: str) -> Proxies:
    """Parse the output of `gsettings list-recursively org.gnome.system.proxy`."""
    values = {}
    for line in text.splitlines():
        schema, _, rest = line.partition(" ")
        key, _, value = rest.partition(" ")
        values[f"{schema.removeprefix('org.gnome.system.proxy')}.{key}".strip(".")] = value.strip().strip("'")
    mode = values.get("mode", "none")
    if mode == "auto":
        return _script_proxies(values.get("autoconfig-url", ""))
    if mode != "manual":
        return Proxies()
    found = {
        kind: _address(kind, values.get(f"{kind}.host", ""), values.get(f"{kind}.port", ""))
        for kind in ("https", "http", "socks")
    }
    hosts = re.findall(r"'([^']*)'", values.get("ignore-hosts", ""))
    return _choose_proxies(found, map(str.lower, hosts))


def parse_kde(text: str, environment: Mapping[str, str]) -> Proxies:
    """Parse KDE's file `kioslaverc`."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
        values = dict(parser["Proxy Settings"])
    except (configparser.Error, KeyError):
        return Proxies()
    kind = values.get("proxytype", "0")
    if kind in {"2", "3"}:
        return _script_proxies(values.get("proxy config script", "") if kind == "2" else "")
    if kind not in {"1", "4"}:
        return Proxies()
    named = kind == "4"  # the values are names of environment variables
    found = {}
    for scheme in ("https", "http", "socks"):
        value = values.get(f"{scheme}proxy", "")
        value = environment.get(value, "") if named else value.replace(" ", ":")
        place = value if "://" in value or not value else f"http://{value}"
        found[scheme] = re.sub(r"^http", "socks5", place) if scheme == "socks" else place
    but = values.get("noproxyfor", "")
    return _choose_proxies(found, split_hosts(environment.get(but, "") if named else but))


def parse_macos(text: str) -> Proxies:
    """Parse the output of `scutil --proxy`."""
    values = dict(re.findall(r"^\s*(\w+) : ([^\n<]+)$", text, re.MULTILINE))
    hosts = re.findall(r"^\s*\d+ : (\S+)$", text, re.MULTILINE)
    if values.get("ProxyAutoConfigEnable") == "1" and values.get("ProxyAutoConfigURLString"):
        return _script_proxies(values["ProxyAutoConfigURLString"].strip())
    if values.get("ProxyAutoDiscoveryEnable") == "1":
        return _script_proxies("")
    names = {"https": "HTTPS", "http": "HTTP", "socks": "SOCKS"}
    found = {
        kind: _address(kind, values.get(f"{name}Proxy", ""), values.get(f"{name}Port", ""))
        for kind, name in names.items()
        if values.get(f"{name}Enable") == "1"
    }
    local = ["<local>"] if values.get("ExcludeSimpleHostnames") == "1" else []
    return _choose_proxies(found, map(str.lower, [*hosts, *local]))


def parse_windows(values: Mapping[str, Any]) -> Proxies:
    """Parse the values of the registry key `Internet Settings`."""
    if values.get("AutoConfigURL"):
        return _script_proxies(str(values["AutoConfigURL"]))
    if not values.get("ProxyEnable"):
        return Proxies()
    found = {}
    for part in filter(None, str(values.get("ProxyServer", "")).split(";")):
        scheme, equals, place = part.strip().rpartition("=")
        for kind in (scheme,) if equals else ("https", "http"):
            found[kind] = f"socks5://{place}" if kind == "socks" else place
    return _choose_proxies(found, split_hosts(str(values.get("ProxyOverride", ""))))


def _script_proxies(address: str) -> Proxies:
    return Proxies(script=address or WPAD, optional=not address)


def _address(kind: str, host: str, port: str) -> str:
    """Return the address of a proxy of that kind, empty without a host."""
    place = f"[{host}]" if ":" in host else host
    return f"{'socks5' if kind == 'socks' else 'http'}://{place}:{port.strip()}" if host.strip() else ""


def _choose_proxies(addresses: Mapping[str, str], exceptions: Iterable[str]) -> Proxies:
    """Return the proxies at these addresses, by kind, without invalid ones; SOCKS serves a scheme without its own."""
    found: dict[str, Server] = {}
    for kind, address in addresses.items():
        with suppress(SettingsError):
            found[kind] = parse_proxy(address)
    servers = {scheme: found.get(scheme) or found.get("socks") for scheme in ("https", "http")}
    chosen = {scheme: server for scheme, server in servers.items() if server}
    return Proxies(servers=chosen, exceptions=tuple(exceptions))


def _output_of(environment: Mapping[str, str], program: str, *arguments: str) -> str:
    found = shutil.which(program, path=environment.get("PATH"))
    if found is None:
        return ""
    with suppress(OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return subprocess.run(  # noqa: S603 - a program of the system
            [found, *arguments], env={**environment, "LC_ALL": "C"}, stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", timeout=SECONDS, check=False,
        ).stdout  # fmt: skip
    return ""


def _registry() -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    if sys.platform == "win32":
        place = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, place) as key:
            for name in ("AutoConfigURL", "ProxyEnable", "ProxyServer", "ProxyOverride"):
                with suppress(OSError):
                    values[name] = winreg.QueryValueEx(key, name)[0]
    return values
