"""`aurion check` with an address: the answer of the server, and its effect on subscribers."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scraper.cli.app import run_command_line
from scraper.errors import PortalUnavailable, SettingsError
from scraper.ical.lint import subscription
from scraper.ical.lint.lint import check_address
from scraper.system.network.access import Access
from scraper.system.network.proxies import Proxies, Server
from tests.cases import for_each
from tests.diagnostics.doctor.portals import authorities, closed_port, portal, signed
from tests.ical.lint.test_rules import GOOD, written

SECRET = "k7-secret-token"
CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
Answer = tuple[int, Mapping[str, str], bytes]
Serve = Callable[[Answer], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server with one answer to every request; setting the answer returns its secret address."""
    answers: list[Answer] = []
    asked: list[Mapping[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers))
            status, headers, body = answers[-1]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()

    def served(answer: Answer) -> str:
        answers.append(answer)
        return f"http://127.0.0.1:{server.server_port}/{SECRET}/lessons.ics?key={SECRET}"

    yield served
    server.shutdown()
    server.server_close()
    assert all(not headers.keys() & {"Cookie", "Authorization"} for headers in asked)


def rules_at(address: str) -> list[str]:
    """Return the rules broken at an address, without notes."""
    return [one.rule for one in check_address(address, Access()) if one.level != "note"]


@for_each("scheme", ["http", "webcal", "WEBCAL"])
def test_valid_calendar_at_an_address_has_no_findings(scheme: str, serve: Serve) -> None:
    """Webcal is http on this machine, https elsewhere; Outlook needs https."""
    address = serve((200, CALENDAR, written(GOOD))).replace("http", scheme, 1)
    assert rules_at(address) == []
    rules = [one.rule for one in check_address(address, Access())]
    assert ("outlook-webcal" in rules) == (scheme != "http")


@pytest.mark.slow
@for_each(
    ("answer", "rules"),
    [
        ((404, {}, b"gone"), ["address-status"]),
        ((410, {}, b"gone"), ["address-status", "thunderbird-status"]),
        ((503, CALENDAR, written(GOOD)), ["address-status", "thunderbird-status"]),
        ((304, CALENDAR, b""), ["address-status"]),
        ((200, {"Content-Type": "text/html"}, b"<html>login"), ["address-type", "not-a-calendar"]),
        ((200, {"Content-Type": "text/plain"}, written(GOOD)), ["address-type"]),
        ((200, {}, written(GOOD)), ["address-untyped"]),
        ((200, {"Content-Type": "text/calendar; charset=iso-8859-1"}, written(GOOD)), ["address-charset"]),
        ((200, CALENDAR | {"Content-Encoding": "br"}, b"x"), ["address-coding"]),
        ((200, CALENDAR | {"Content-Encoding": "gzip"}, gzip.compress(written(GOOD))), []),
        ((200, CALENDAR, gzip.compress(written(GOOD))), ["packed"]),
        ((200, CALENDAR, b""), ["not-a-calendar"]),
        ((302, {"Location": "http://calendar.example/x"}, b""), ["address-unsafe"]),
        ((302, {"Location": "file:///etc/passwd"}, b""), ["address-unsafe"]),
        ((302, {"Location": "http://[bad"}, b""), ["address-unsafe"]),
        ((302, {"Location": "/again"}, b""), ["address-redirects"]),
    ],
)
def test_answer_of_the_server_is_checked(answer: Answer, rules: list[str], serve: Serve) -> None:
    """Status, type, charset and coding, then the calendar itself."""
    assert rules_at(serve(answer)) == rules


@for_each("packed", [False, True])
def test_large_calendar_is_not_read_to_its_end(*, packed: bool, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small packed answer can be too large, too."""
    monkeypatch.setattr(subscription, "LARGEST", 100_000)
    body = written(GOOD) + b"\r\n" * 100_000
    headers = CALENDAR | ({"Content-Encoding": "gzip"} if packed else {})
    assert rules_at(serve((200, headers, gzip.compress(body) if packed else body))) == ["address-large"]


def test_long_address_is_reported_for_google(serve: Serve) -> None:
    """Accept at most 256 characters."""
    assert rules_at(serve((200, CALENDAR, written(GOOD))) + "a" * 256) == ["google-address"]


@pytest.mark.slow
@for_each(
    ("answer", "language"),
    [
        ((404, {}, b""), "fr_FR.UTF-8"),
        ((301, {"Location": f"/{SECRET}"}, b""), "en_GB.UTF-8"),
        ((200, {}, b"<html>"), "fr_FR.UTF-8"),
    ],
)
def test_secret_of_an_address_is_not_printed(
    answer: Answer,
    language: str,
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Text and JSON have only scheme, host and port."""
    monkeypatch.setenv("LANG", language)
    address = serve(answer)
    shown = address[: address.index(SECRET)] + "…"
    assert run_command_line(["check", address]) == 1
    assert run_command_line(["check", "--json", address]) == 1
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert json.loads(printed.out.splitlines()[-1])["files"][0]["file"] == shown
    assert printed.out.startswith(f"{shown}:1  ")


@for_each(
    "address",
    [
        f"http://calendar.example/{SECRET}",
        f"https://anna:{SECRET}@calendar.example/x",
        f"https:///{SECRET}",
        f"https://[bad/{SECRET}",
        f"https://calendar.example:port/{SECRET}",
        f"http://127.0.0.1:1/{SECRET}",
    ],
)
def test_exit_code_of_an_unavailable_address_is_2(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain http elsewhere, a login in the address, an invalid address, no server."""
    assert run_command_line(["check", address]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 2
    assert SECRET not in printed.out + printed.err


def test_invalid_answer_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every failure has one message."""

    def failing(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(subscription, "open_connection", failing)
    with pytest.raises(SettingsError, match="check-unreachable"):
        list(check_address(f"https://calendar.example/{SECRET}", Access()))


def test_certificate_needs_a_trusted_authority(tmp_path: Path) -> None:
    """The file of additional authorities counts."""
    root, below = authorities()
    (tmp_path / "root.pem").write_bytes(root.pem)
    with portal(tmp_path, signed("localhost", below), below) as place:
        found = [one.rule for one in check_address(f"{place}/{SECRET}", Access(authorities=tmp_path / "root.pem"))]
        assert found == ["address-untyped", "not-a-calendar"]
        with pytest.raises(SettingsError, match="check-unreachable") as refused:
            list(check_address(f"{place}/{SECRET}", Access()))
    assert "certificate" in refused.value.facts["detail"]
    assert SECRET not in str(refused.value.facts)


def test_unavailable_proxy_is_named() -> None:
    """The proxy of the environment or the settings is used for calendars, too."""
    access = Access(Proxies(servers={"https": Server("http", "127.0.0.1", 1)}))
    with pytest.raises(PortalUnavailable, match="proxy-down"):
        list(check_address(f"webcal://calendar.example/{SECRET}", access))


def test_pac_file_is_not_used_for_calendars() -> None:
    """The address is tried without a proxy; the error names the PAC file."""
    access = Access(Proxies(script="http://wpad.example.fr/proxy.pac"))
    with pytest.raises(SettingsError, match="check-pac") as refused:
        list(check_address(f"https://0.0.0.0:{closed_port()}/{SECRET}", access))
    assert refused.value.facts["pac"] == "http://wpad.example.fr/proxy.pac"
    assert SECRET not in repr(refused.value)
