"""A browser behind a proxy: the declared hosts are reached through it, and it is asked for no other."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Error, Playwright

from scraper.errors import ActionNeeded, AurionError, PortalUnavailable, SettingsError
from scraper.portal.browser import Chromium
from scraper.portal.failures import network_error
from scraper.system.find_browser import find_browsers
from scraper.system.network.access import resolve_access
from tests.proxies import proxy

PORTAL, LOGIN, THIRD = "portal.example", "cas.example", "third.example"
LOADING = f"""
<link rel=stylesheet href=https://{THIRD}/a.css><link rel=prefetch href=https://{THIRD}/b>
<link rel=preconnect href=https://{THIRD}><link rel=dns-prefetch href=https://{THIRD}>
<script src=http://{THIRD}/c.js></script><img src=https://{THIRD}/d.png><iframe src=https://{THIRD}/e></iframe>
<script>
fetch("https://{THIRD}/f").catch(() => 0); navigator.sendBeacon("https://{THIRD}/g", "x");
new WebSocket("wss://{THIRD}/h"); new WebSocket("ws://{THIRD}/i"); new EventSource("https://{THIRD}/j");
const peer = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1:UDP"}}, {{urls: "stun:{THIRD}:3478"}}]}});
peer.createDataChannel("x"); peer.createOffer().then((offer) => peer.setLocalDescription(offer));
open("https://{THIRD}/k"); fetch("http://gate.invalid:80/").catch(() => 0);
</script>
"""


class Answering(BaseHTTPRequestHandler):
    """A site without TLS; `pages` are its pages by their paths."""

    pages: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        """The page of that path, else a short one."""
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"https://{THIRD}/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.pages.get(self.path, b"<p>hello</p>")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - http.server's own
        """Nothing."""


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    """A site that runs; its pages are its own."""
    handler = type("Site", (Answering,), {"pages": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


def chromium(
    playwright: Playwright, variables: dict[str, str], setting: str = "", hosts: Sequence[str] = (PORTAL, LOGIN)
) -> Chromium:
    """A browser with images, by these variables and that setting."""
    path = find_browsers()[0]
    assert path
    access = resolve_access(setting, None, variables)
    return Chromium(driver=playwright, path=path, hosts=hosts, images=True, access=access)


def opened(browser: Chromium, address: str = f"http://{PORTAL}/") -> str:
    """The text of a page. Raises what a run does where it does not come."""
    with browser.context("Europe/Paris") as context:
        page = context.new_page()
        try:
            answer = page.goto(address, timeout=30_000)
        except Error as error:
            host = address.split("/")[2]
            raise network_error(error.message, host, PORTAL) from None
        if answer and answer.status == 502:
            raise PortalUnavailable("gateway", host=address.split("/")[2], status=502)
        return page.inner_text("body")


def named(site: ThreadingHTTPServer) -> dict[str, int]:
    """The hosts that a proxy knows, all at this site."""
    return dict.fromkeys((PORTAL, LOGIN, THIRD), site.server_port)


@pytest.mark.parametrize(
    ("name", "address", "login", "host"),
    [
        ("http_proxy", "http://{place}", "", "127.0.0.1"),
        ("HTTP_PROXY", "{place}", "", "127.0.0.1"),
        ("ALL_PROXY", "http://localhost:{port}", "", "127.0.0.1"),
        ("all_proxy", "http://{place}", "", "::1"),
        ("ALL_PROXY", "socks5://{place}", "", "127.0.0.1"),
        ("ALL_PROXY", "socks5h://{place}", "", "::1"),
        ("ALL_PROXY", "http://an%40x:p%3Aw%2F@{place}", "an@x:p:w/", "127.0.0.1"),
        ("ALL_PROXY", "socks5://an%40x:p%3Aw%2F@{place}", "an@x:p:w/", "127.0.0.1"),
    ],
)
def test_a_portal_is_reached_through_the_proxy(  # noqa: PLR0917 - a row of the table
    playwright: Playwright, site: ThreadingHTTPServer, name: str, address: str, login: str, host: str
) -> None:
    """By HTTP and SOCKS 5, by name, IPv4 and IPv6, with a login; the login is in no process's arguments."""
    with proxy(named(site), login, host) as way:
        variables = {name: address.format(place=way.place, port=way.port)}
        with closing(chromium(playwright, variables)) as browser:
            assert opened(browser) == "hello"
            assert opened(browser, f"http://{LOGIN}/") == "hello"
            assert "p%3Aw" not in arguments_of_all()
            assert "p:w" not in arguments_of_all()
            assert "p:w" not in repr(browser)
    assert set(way.asked) == {PORTAL, LOGIN}
    assert set(way.logins) == ({login} if login else set())


def arguments_of_all() -> str:
    """The command lines of all processes, where the system shows them."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(one.read_text(errors="replace"))
    return "\n".join(found)


def test_a_page_reaches_no_other_host_through_the_proxy(playwright: Playwright, site: ThreadingHTTPServer) -> None:
    """Whatever it loads, sends, opens or is led to: the proxy is asked for declared hosts alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, proxy(named(site)) as way:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0)
        site.RequestHandlerClass.pages["/"] = LOADING.replace("UDP", str(udp.getsockname()[1])).encode()  # type: ignore[attr-defined]
        with closing(chromium(playwright, {"ALL_PROXY": way.url})) as browser:
            with browser.context("Europe/Paris") as context:
                page = context.new_page()
                page.goto(f"http://{PORTAL}/")
                page.wait_for_timeout(1500)
            with pytest.raises(ActionNeeded) as raised:
                opened(browser, f"https://{THIRD}/")
            with browser.context("Europe/Paris") as context, suppress(Error):
                context.new_page().goto(f"http://{PORTAL}/away")
        with pytest.raises((BlockingIOError, TimeoutError)):
            udp.recv(1)
    assert raised.value.reason == "other-host"
    assert set(way.asked) == {PORTAL}


def test_without_a_proxy_a_page_reaches_no_other_host(playwright: Playwright, site: ThreadingHTTPServer) -> None:
    """No packet of WebRTC goes either, and no proxy of the environment is asked where the setting says `direct`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, proxy(named(site)) as way:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0)
        site.RequestHandlerClass.pages["/"] = LOADING.replace("UDP", str(udp.getsockname()[1])).encode()  # type: ignore[attr-defined]
        hosts = ("127.0.0.1",)
        with (
            closing(chromium(playwright, {"ALL_PROXY": way.url}, "direct", hosts)) as browser,
            browser.context("Europe/Paris") as context,
        ):
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{site.server_port}/")
            page.wait_for_timeout(1500)
        with pytest.raises((BlockingIOError, TimeoutError)):
            udp.recv(1)
    assert way.asked == []


def test_loopback_stays_shut_behind_a_proxy(playwright: Playwright, site: ThreadingHTTPServer) -> None:
    """The gate that Chromium goes through is on this machine, but no page reaches anything else there."""
    with proxy(named(site)) as way, closing(chromium(playwright, {"ALL_PROXY": way.url})) as browser:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(ActionNeeded):
                opened(browser, f"http://{host}:{site.server_port}/")
    assert way.asked == []


def test_exceptions_are_reached_directly(playwright: Playwright, site: ThreadingHTTPServer) -> None:
    """A host of NO_PROXY is not asked of the proxy, and the others still are."""
    with proxy(named(site)) as way:
        variables = {"ALL_PROXY": way.url, "NO_PROXY": PORTAL}
        with closing(chromium(playwright, variables)) as browser, pytest.raises(PortalUnavailable) as raised:
            opened(browser)
        with closing(chromium(playwright, variables)) as browser:
            assert opened(browser, f"http://{LOGIN}/") == "hello"
    assert raised.value.reason == "dns"
    assert set(way.asked) == {LOGIN}


@pytest.mark.parametrize(
    ("address", "login", "kind", "reason"),
    [
        ("http://127.0.0.1:1", "", PortalUnavailable, "proxy-down"),
        ("socks5://127.0.0.1:1", "", PortalUnavailable, "proxy-down"),
        ("http://nowhere.invalid:1", "", PortalUnavailable, "proxy-down"),
        ("http://{place}", "user:secret", SettingsError, "proxy-login"),
        ("socks5://{place}", "user:secret", SettingsError, "proxy-login"),
        ("http://user:wrong@{place}", "user:secret", SettingsError, "proxy-password"),
        ("socks5://user:wrong@{place}", "user:secret", SettingsError, "proxy-password"),
        ("pac+http://127.0.0.1:1/p.pac", "", PortalUnavailable, "pac"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_is_wrong_with_a_proxy_is_named(  # noqa: PLR0917 - a row of the table
    playwright: Playwright, address: str, login: str, kind: type[AurionError], reason: str, scheme: str
) -> None:
    """Down, with a login that it wants or refuses, a PAC file out of reach; the proxy is named without its login."""
    with (
        proxy({}, login) as way,
        closing(chromium(playwright, {}, address.format(place=way.place))) as browser,
        pytest.raises(kind) as raised,
    ):
        opened(browser, f"{scheme}://{PORTAL}/")
    assert raised.value.reason == reason
    assert not {"wrong", "secret"} & set(str(raised.value).replace("'", ":").split(":"))
    assert "127.0.0.1" in str(raised.value) or "nowhere.invalid" in str(raised.value)


def test_a_proxy_may_refuse_a_host(playwright: Playwright) -> None:
    """The error names the proxy and the host."""
    with (
        proxy({}) as way,
        closing(chromium(playwright, {"ALL_PROXY": way.url})) as browser,
        pytest.raises(PortalUnavailable) as raised,
    ):
        opened(browser, f"https://{PORTAL}/")
    assert (raised.value.reason, raised.value.facts["proxy"]) == ("proxy-refused", way.url)


PAC = """
function FindProxyForURL(url, host) {
  alert(host);
  if (isPlainHostName(host) || dnsDomainIs(host, ".third.example")) return "DIRECT";
  if (isInNet(dnsResolve("localhost"), "127.0.0.0", "255.0.0.0") && shExpMatch(host, "*.example"))
    return "PROXY 127.0.0.1:1; PLACE";
  return "DIRECT";
}
"""


@pytest.mark.parametrize(("kind", "login"), [("PROXY", ""), ("SOCKS5", ""), ("PROXY", "user:secret")])
def test_a_pac_file_decides(playwright: Playwright, site: ThreadingHTTPServer, kind: str, login: str) -> None:
    """It runs with the functions it may call; its second proxy is tried after the first; no other host is asked."""
    with proxy(named(site), login) as way:
        pages: dict[str, bytes] = site.RequestHandlerClass.pages  # type: ignore[attr-defined]
        pages["/p.pac"] = PAC.replace("PLACE", f"{kind} {way.place}").encode()
        at = f"{login}@" if login else ""
        with closing(chromium(playwright, {}, f"pac+http://{at}127.0.0.1:{site.server_port}/p.pac")) as browser:
            assert opened(browser) == "hello"
            with pytest.raises(ActionNeeded):
                opened(browser, f"https://{THIRD}/")
    assert set(way.asked) == {PORTAL}


@pytest.mark.parametrize("text", ["nonsense(", "function FindProxyForURL() { return 'what'; }", "throw 'x'"])
def test_a_pac_file_that_does_not_work_is_reported(
    playwright: Playwright, site: ThreadingHTTPServer, text: str
) -> None:
    """No way is taken that it did not name, however often that is tried."""
    site.RequestHandlerClass.pages["/p.pac"] = text.encode()  # type: ignore[attr-defined]
    with closing(chromium(playwright, {}, f"pac+http://127.0.0.1:{site.server_port}/p.pac")) as browser:
        for _ in range(2):
            with pytest.raises(SettingsError) as raised:
                opened(browser)
            assert raised.value.reason == "pac-script"
