"""Evaluation of a PAC file for the hosts of a run: fetched here, executed in an isolated page of Chromium."""

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from playwright.sync_api import Browser, Error, Page

from scraper.errors import PortalUnavailable, SettingsError
from scraper.system.network.localhost import resolvable
from scraper.system.network.proxies import Hop, Proxies, Server, is_loopback, parse_proxy
from scraper.system.os_errors import connection_cause

RUN = Path(__file__).with_name("pac.js").read_text(encoding="utf-8")
KINDS = {"PROXY": "http", "HTTP": "http", "HTTPS": "https", "SOCKS": "socks4", "SOCKS4": "socks4", "SOCKS5": "socks5"}
FETCHED, RAN = 15.0, 5.0
"""Seconds for fetching the file, and for one execution."""
LONGEST, MOST_NAMES = 2_000_000, 40
ELSEWHERE = ("192.0.2.1", 9)
"""A documentation address (RFC 5737): the route to it shows this machine's own address; nothing is sent."""


def fetch_script(proxies: Proxies, trust: ssl.SSLContext) -> str:
    """Return the PAC file's text; empty where its use is optional and the network has none.

    Raise PortalUnavailable("pac") where it cannot be fetched.
    """
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=trust))
    try:
        with opener.open(proxies.script, timeout=FETCHED) as answer:
            return bytes(answer.read(LONGEST)).decode("utf-8", "replace")
    except HTTPError as error:
        error.close()  # its answer is open
        cause = str(error.code)
    except (OSError, ValueError) as error:
        cause = connection_cause(getattr(error, "reason", error))
    if proxies.optional:
        return ""
    raise PortalUnavailable("pac", pac=proxies.script, cause=cause)


def choose_proxies(browser: Browser, proxies: Proxies, script: str, hosts: Sequence[str]) -> Proxies:
    """Return the proxies with the file's decision for each host. Raise SettingsError("pac-script")."""
    context = browser.new_context()
    try:
        page = context.new_page()
        ways = {host: _find_route(page, proxies, script, host) for host in hosts if not is_loopback(host)}
    finally:
        with suppress(Error):
            context.close()
    return replace(proxies, decided=ways)


def _find_route(page: Page, proxies: Proxies, script: str, host: str) -> tuple[Hop, ...]:
    known: dict[str, str | None] = {}
    for _ in range(MOST_NAMES):
        given = {
            "script": script, "host": host, "url": f"https://{host}/", "known": known, "own": _own_address(),
            "seconds": RAN,
        }  # fmt: skip
        answer: Mapping[str, str] = page.evaluate(RUN, given)
        if "missing" in answer:
            known[answer["missing"]] = _address(answer["missing"])
        elif hops := _hops(answer.get("way", ""), proxies):
            return hops
        else:
            raise SettingsError(
                "pac-script", pac=proxies.script, cause=answer.get("error") or answer.get("way", "")[:80]
            )
    raise SettingsError("pac-script", pac=proxies.script, cause="DNS")


def _hops(way: str, proxies: Proxies) -> tuple[Hop, ...]:
    """Return the proxies of a decision like `PROXY a:3128; SOCKS5 b; DIRECT`; empty where it is invalid."""
    hops: list[Hop] = []
    for part in filter(None, (part.strip() for part in way.split(";"))):
        kind, _, place = part.partition(" ")
        if kind.upper() == "DIRECT":
            hops.append(None)
        elif kind.upper() in KINDS and re.fullmatch(r"\S+", place.strip()):
            with suppress(SettingsError):
                found = parse_proxy(f"{KINDS[kind.upper()]}://{place.strip()}")
                hops.append(Server(found.kind, found.host, found.port, proxies.user, proxies.password))
    return tuple(hops)


def _address(name: str) -> str | None:
    with suppress(OSError, UnicodeError):
        return str(socket.getaddrinfo(resolvable(name), None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
    return None


def _own_address() -> str:
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        unsent.connect(ELSEWHERE)
        return str(unsent.getsockname()[0])
    return "127.0.0.1"
