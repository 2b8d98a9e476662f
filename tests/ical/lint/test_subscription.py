"""`aurion check` at an address: what the server answers, and what a subscriber sees of it."""

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
from tests.diagnostics.doctor.portals import authorities, closed_port, portal, signed
from tests.ical.lint.test_rules import GOOD, written

SECRET = "k7-secret-token"
CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
Answer = tuple[int, Mapping[str, str], bytes]
Serve = Callable[[Answer], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server on loopback that answers the same to everything; gives its secret address."""
    answers: list[Answer] = []
    asked: list[Mapping[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(self.headers))
            status, headers, body = answers[0]
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
    """The rules broken at an address, notes left out."""
    return [one.rule for one in check_address(address, Access()) if one.level != "note"]


@pytest.mark.parametrize("scheme", ["http", "webcal", "WEBCAL"])
def test_a_good_calendar_at_an_address_is_clean(scheme: str, serve: Serve) -> None:
    """The scheme webcal is http on this machine, https elsewhere; Outlook wants https."""
    address = serve((200, CALENDAR, written(GOOD))).replace("http", scheme, 1)
    assert rules_at(address) == []
    rules = [one.rule for one in check_address(address, Access())]
    assert ("outlook-webcal" in rules) == (scheme != "http")


@pytest.mark.parametrize(
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
def test_what_the_server_answers_is_judged(answer: Answer, rules: list[str], serve: Serve) -> None:
    """Status, type, charset and packing, then the calendar itself."""
    assert rules_at(serve(answer)) == rules


@pytest.mark.parametrize("packed", [False, True])
def test_a_calendar_too_large_is_not_read_to_its_end(
    *, packed: bool, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small answer that unpacks to a huge one is too large, too."""
    monkeypatch.setattr(subscription, "LARGEST", 100_000)
    body = written(GOOD) + b"\r\n" * 100_000
    headers = CALENDAR | ({"Content-Encoding": "gzip"} if packed else {})
    assert rules_at(serve((200, headers, gzip.compress(body) if packed else body))) == ["address-large"]


def test_google_reads_no_long_address(serve: Serve) -> None:
    """256 characters at most."""
    assert rules_at(serve((200, CALENDAR, written(GOOD))) + "a" * 256) == ["google-address"]


@pytest.mark.parametrize("language", ["fr_FR.UTF-8", "en_GB.UTF-8"])
@pytest.mark.parametrize("answer", [(404, {}, b""), (301, {"Location": f"/{SECRET}"}, b""), (200, {}, b"<html>")])
def test_the_secret_of_an_address_is_shown_nowhere(
    answer: Answer,
    language: str,
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Scheme, host and port alone, in the text and in the JSON."""
    monkeypatch.setenv("LANG", language)
    address = serve(answer)
    shown = address[: address.index(SECRET)] + "…"
    assert run_command_line(["check", address]) == 1
    assert run_command_line(["check", "--json", address]) == 1
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert json.loads(printed.out.splitlines()[-1])["files"][0]["file"] == shown
    assert printed.out.startswith(f"{shown}:1  ")


@pytest.mark.parametrize(
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
def test_an_address_that_cannot_be_fetched_is_code_2(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Plain http to another machine, a login in the address, what is no address, and a server that is not there."""
    assert run_command_line(["check", address]) == 2
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 2
    assert SECRET not in printed.out + printed.err


def test_an_answer_that_is_no_http_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails while it is fetched is one sentence."""

    def failing(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(subscription, "open_connection", failing)
    with pytest.raises(SettingsError, match="check-unreachable"):
        list(check_address(f"https://calendar.example/{SECRET}", Access()))


def test_an_address_with_tls_is_fetched_by_who_is_trusted(tmp_path: Path) -> None:
    """The file of further authorities counts; without it the certificate is refused."""
    root, below = authorities()
    (tmp_path / "root.pem").write_bytes(root.pem)
    with portal(tmp_path, signed("localhost", below), below) as place:
        found = [one.rule for one in check_address(f"{place}/{SECRET}", Access(authorities=tmp_path / "root.pem"))]
        assert found == ["address-untyped", "not-a-calendar"]
        with pytest.raises(SettingsError, match="check-unreachable") as refused:
            list(check_address(f"{place}/{SECRET}", Access()))
    assert "certificate" in refused.value.facts["detail"]
    assert SECRET not in str(refused.value.facts)


def test_a_proxy_that_is_down_is_named() -> None:
    """The proxy of the environment or the settings leads to the calendar, too."""
    access = Access(Proxies(servers={"https": Server("http", "127.0.0.1", 1)}))
    with pytest.raises(PortalUnavailable, match="proxy-down"):
        list(check_address(f"webcal://calendar.example/{SECRET}", access))


def test_a_pac_file_is_not_asked_for_a_calendar() -> None:
    """The address is tried without a proxy, and where that fails it is clear why."""
    access = Access(Proxies(script="http://wpad.example.fr/proxy.pac"))
    with pytest.raises(SettingsError, match="check-pac") as refused:
        list(check_address(f"https://0.0.0.0:{closed_port()}/{SECRET}", access))
    assert refused.value.facts["pac"] == "http://wpad.example.fr/proxy.pac"
    assert SECRET not in repr(refused.value)
