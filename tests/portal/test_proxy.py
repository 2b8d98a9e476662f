"""A browser behind a proxy: the proxy is asked for the declared hosts, and for no other."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Error, Page, Playwright

from scraper.errors import ActionNeeded, AurionError, PortalUnavailable, SettingsError
from scraper.portal.browser import Chromium
from scraper.portal.failures import network_error
from scraper.system.find_browser import find_browsers
from scraper.system.network.access import resolve_access
from tests.cases import for_each
from tests.proxies import proxy

PORTAL, LOGIN, THIRD = "portal.example", "cas.example", "third.example"
LOADING = f"""
<link rel=stylesheet href=https://{THIRD}/a.css><link rel=prefetch href=https://{THIRD}/b>
<link rel=preconnect href=https://{THIRD}><link rel=dns-prefetch href=https://{THIRD}>
<script src=http://{THIRD}/c.js></script><img src=https://{THIRD}/d.png><iframe src=https://{THIRD}/e></iframe>
<script>
navigator.sendBeacon("https://{THIRD}/g", "x"); open("https://{THIRD}/k");
const peer = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1:UDP"}}, {{urls: "stun:{THIRD}:3478"}}]}});
peer.createDataChannel("x"); peer.createOffer().then((offer) => peer.setLocalDescription(offer));
const streams = [new WebSocket("wss://{THIRD}/h"), new WebSocket("ws://{THIRD}/i"), new EventSource("https://{THIRD}/j")];
window.finished = Promise.all([
  new Promise((done) => peer.onicecandidate = (event) => event.candidate || done()),
  ...["https://{THIRD}/f", "http://gate.invalid:80/"].map((address) => fetch(address).catch(() => 0)),
  ...streams.map((stream) => new Promise((done) => stream.onerror = done)),
]);
</script>
"""


class Site(BaseHTTPRequestHandler):
    """A site without TLS; `pages` has its pages by their paths."""

    pages: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        """Send the page of that path, by default a short one."""
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
        """Write nothing."""


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    """Start a site with pages of its own."""
    handler = type("Site", (Site,), {"pages": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


def chromium(
    playwright: Playwright, variables: dict[str, str], setting: str = "", hosts: Sequence[str] = (PORTAL, LOGIN)
) -> Chromium:
    """Return a browser with images, for these variables and this setting."""
    path = find_browsers()[0]
    assert path
    access = resolve_access(setting, None, variables)
    return Chromium(driver=playwright, path=path, hosts=hosts, images=True, access=access)


def opened(browser: Chromium, address: str = f"http://{PORTAL}/") -> str:
    """Open a page and return its text. Raise the error of a run where it does not load."""
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


def known_hosts(site: ThreadingHTTPServer) -> dict[str, int]:
    """Return the hosts that a proxy knows, all of them at this site."""
    return dict.fromkeys((PORTAL, LOGIN, THIRD), site.server_port)


@for_each(
    ("name", "address", "login", "host"),
    [
        ("http_proxy", "http://{place}", "", "127.0.0.1"),
        ("HTTP_PROXY", "localhost:{port}", "", "127.0.0.1"),
        ("all_proxy", "http://an%40x:p%3Aw%2F@{place}", "an@x:p:w/", "::1"),
        ("ALL_PROXY", "socks5h://{place}", "", "::1"),
        ("ALL_PROXY", "socks5://an%40x:p%3Aw%2F@{place}", "an@x:p:w/", "127.0.0.1"),
    ],
)
def test_portal_is_reached_through_the_proxy(  # noqa: PLR0917 - a row of the table
    playwright: Playwright, site: ThreadingHTTPServer, name: str, address: str, login: str, host: str
) -> None:
    """It may use HTTP or SOCKS 5, a name, IPv4 or IPv6, and a login, which is in no arguments of a process."""
    with proxy(known_hosts(site), login, host) as way:
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
    """Return the command lines of all processes, where the system shows them."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(one.read_text(errors="replace"))
    return "\n".join(found)


def load_completely(page: Page, address: str) -> None:
    """Open the page with all its requests, and wait until they have failed."""
    page.goto(address)
    page.evaluate("window.finished")


def test_page_reaches_no_other_host_through_the_proxy(playwright: Playwright, site: ThreadingHTTPServer) -> None:
    """The proxy is asked for declared hosts only, whatever a page loads, sends or opens, and wherever it redirects."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, proxy(known_hosts(site)) as way:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0)
        site.RequestHandlerClass.pages["/"] = LOADING.replace("UDP", str(udp.getsockname()[1])).encode()  # type: ignore[attr-defined]
        with closing(chromium(playwright, {"ALL_PROXY": way.url})) as browser:
            with browser.context("Europe/Paris") as context:
                load_completely(context.new_page(), f"http://{PORTAL}/")
            with pytest.raises(ActionNeeded) as raised:
                opened(browser, f"https://{THIRD}/")
            with browser.context("Europe/Paris") as context, suppress(Error):
                context.new_page().goto(f"http://{PORTAL}/away")
        with pytest.raises((BlockingIOError, TimeoutError)):
            udp.recv(1)
    assert raised.value.reason == "other-host"
    assert set(way.asked) == {PORTAL}


def test_page_reaches_no_other_host_without_a_proxy(playwright: Playwright, site: ThreadingHTTPServer) -> None:
    """WebRTC sends no packet, and with the setting `direct` no proxy of the environment is asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, proxy(known_hosts(site)) as way:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0)
        site.RequestHandlerClass.pages["/"] = LOADING.replace("UDP", str(udp.getsockname()[1])).encode()  # type: ignore[attr-defined]
        hosts = ("127.0.0.1",)
        with (
            closing(chromium(playwright, {"ALL_PROXY": way.url}, "direct", hosts)) as browser,
            browser.context("Europe/Paris") as context,
        ):
            load_completely(context.new_page(), f"http://127.0.0.1:{site.server_port}/")
        with pytest.raises((BlockingIOError, TimeoutError)):
            udp.recv(1)
    assert way.asked == []


def test_page_cannot_reach_loopback_behind_a_proxy(playwright: Playwright, site: ThreadingHTTPServer) -> None:
    """Chromium uses a proxy of the program on this machine; a page cannot reach anything else there."""
    with proxy(known_hosts(site)) as way, closing(chromium(playwright, {"ALL_PROXY": way.url})) as browser:
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(ActionNeeded):
                opened(browser, f"http://{host}:{site.server_port}/")
    assert way.asked == []


def test_host_of_no_proxy_is_reached_directly(playwright: Playwright, site: ThreadingHTTPServer) -> None:
    """A host of NO_PROXY is reached without the proxy, other hosts through it."""
    with proxy(known_hosts(site)) as way:
        variables = {"ALL_PROXY": way.url, "NO_PROXY": PORTAL}
        with closing(chromium(playwright, variables)) as browser:
            with pytest.raises(PortalUnavailable) as raised:
                opened(browser)
            assert opened(browser, f"http://{LOGIN}/") == "hello"
    assert raised.value.reason == "dns"
    assert set(way.asked) == {LOGIN}


@for_each(
    ("scheme", "address", "login", "kind", "reason"),
    [
        ("http", "http://127.0.0.1:1", "", PortalUnavailable, "proxy-down"),
        ("https", "socks5://127.0.0.1:1", "", PortalUnavailable, "proxy-down"),
        ("https", "http://nowhere.invalid:1", "", PortalUnavailable, "proxy-down"),
        ("https", "http://{place}", "user:secret", SettingsError, "proxy-login"),
        ("http", "socks5://{place}", "user:secret", SettingsError, "proxy-login"),
        ("http", "http://user:wrong@{place}", "user:secret", SettingsError, "proxy-password"),
        ("https", "socks5://user:wrong@{place}", "user:secret", SettingsError, "proxy-password"),
        ("http", "pac+http://127.0.0.1:1/p.pac", "", PortalUnavailable, "pac"),
    ],
)
def test_failure_of_a_proxy_has_its_reason(  # noqa: PLR0917 - a row of the table
    playwright: Playwright, scheme: str, address: str, login: str, kind: type[AurionError], reason: str
) -> None:
    """The proxy is down, requires or refuses a login, or its PAC file cannot be fetched; its login is not shown.

    Each reason occurs with a portal over http and over https.
    """
    with (
        proxy({}, login) as way,
        closing(chromium(playwright, {}, address.format(place=way.place))) as browser,
        pytest.raises(kind) as raised,
    ):
        opened(browser, f"{scheme}://{PORTAL}/")
    assert raised.value.reason == reason
    assert not {"wrong", "secret"} & set(str(raised.value).replace("'", ":").split(":"))
    assert "127.0.0.1" in str(raised.value) or "nowhere.invalid" in str(raised.value)


def test_host_refused_by_the_proxy_is_reported(playwright: Playwright) -> None:
    """The error contains the proxy that refuses the host."""
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


@for_each(("kind", "login"), [("SOCKS5", ""), ("PROXY", "user:secret")])
def test_pac_file_chooses_the_proxy(playwright: Playwright, site: ThreadingHTTPServer, kind: str, login: str) -> None:
    """It calls the functions of PAC; its second proxy is tried after the first; no other host is asked for."""
    with proxy(known_hosts(site), login) as way:
        pages: dict[str, bytes] = site.RequestHandlerClass.pages  # type: ignore[attr-defined]
        pages["/p.pac"] = PAC.replace("PLACE", f"{kind} {way.place}").encode()
        at = f"{login}@" if login else ""
        with closing(chromium(playwright, {}, f"pac+http://{at}127.0.0.1:{site.server_port}/p.pac")) as browser:
            assert opened(browser) == "hello"
            with pytest.raises(ActionNeeded):
                opened(browser, f"https://{THIRD}/")
    assert set(way.asked) == {PORTAL}


@for_each("text", ["nonsense(", "function FindProxyForURL() { return 'what'; }", "throw 'x'"])
def test_invalid_pac_file_is_reported(playwright: Playwright, site: ThreadingHTTPServer, text: str) -> None:
    """The program does not connect in another way, and each attempt has the same error."""
    site.RequestHandlerClass.pages["/p.pac"] = text.encode()  # type: ignore[attr-defined]
    with closing(chromium(playwright, {}, f"pac+http://127.0.0.1:{site.server_port}/p.pac")) as browser:
        for _ in range(2):
            with pytest.raises(SettingsError) as raised:
                opened(browser)
            assert raised.value.reason == "pac-script"
