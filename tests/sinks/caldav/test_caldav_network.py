"""CalDAV behind a proxy and with an authority of its own, both from the settings."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scraper.config.configuration import Config
from scraper.errors import SinkUnavailable
from scraper.i18n import LANGUAGES, Catalogue
from scraper.sinks.caldav.client import CalDavClient, open_client
from scraper.sinks.caldav.discovery import discover_calendars
from scraper.system.network.authorities import VARIABLES
from tests.cases import for_each
from tests.diagnostics.doctor.portals import closed_port, signed
from tests.proxies import proxy, tls_before
from tests.sinks.caldav_servers import PASSWORD, USER, radicale_in

HOST = "cloud.example.fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecureServer:
    """A server with TLS: its port, and the certificate of its authority."""

    port: int
    ca_file: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureServer]:
    """A server with one calendar and a certificate by an authority of its own."""
    folder, root = tmp_path_factory.mktemp("radicale"), signed("Own")
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(root.pem)
    with radicale_in(folder) as made:
        made.collection("planning")
        with tls_before(int(made.address.rpartition(":")[2]), folder, signed(HOST, root)) as port:
            yield SecureServer(port=port, ca_file=ca_file)


def opened_by_settings(address: str) -> AbstractContextManager[CalDavClient]:
    """Open a server with the proxies and authorities of the settings."""
    return open_client(address, USER, PASSWORD, access=Config.from_environment().network_access())


def calendars() -> list[str]:
    """Return the last parts of the addresses of all calendars at the server."""
    with opened_by_settings(f"https://{HOST}/") as there:
        return [one.last for one in discover_calendars(there).calendars]


@pytest.mark.slow
@for_each("kind", ["http", "socks5"])
@for_each("login", ["", "student:secret"])
def test_server_is_reached_through_the_proxy_with_its_login(
    monkeypatch: pytest.MonkeyPatch, server: SecureServer, kind: str, login: str
) -> None:
    """The proxy is asked for no other host."""
    monkeypatch.setenv("AURION_CA_FILE", str(server.ca_file))
    with proxy({HOST: server.port}, login) as way:
        monkeypatch.setenv("HTTPS_PROXY", f"{kind}://{login}{'@' if login else ''}{way.place}")
        assert calendars() == ["planning"]
    assert set(way.asked) == {HOST}


@for_each("variable", VARIABLES)
def test_authority_of_a_variable_is_accepted(server: SecureServer, variable: str) -> None:
    """The variables are those of the portal's connections, too."""
    with proxy({HOST: server.port}) as way, pytest.MonkeyPatch.context() as patched:
        patched.setenv(variable, str(server.ca_file))
        patched.setenv("ALL_PROXY", way.url)
        assert calendars() == ["planning"]


def test_authority_of_the_settings_file_is_accepted(
    monkeypatch: pytest.MonkeyPatch, home: Path, server: SecureServer
) -> None:
    """The key is that of the portal's connections, too."""
    settings = home / ".config" / "aurion-planning" / "settings.toml"
    settings.parent.mkdir(parents=True, mode=0o700)
    settings.write_text(f'ca_file = "{server.ca_file}"\n')
    settings.chmod(0o600)
    with proxy({HOST: server.port}) as way:
        monkeypatch.setenv("ALL_PROXY", way.url)
        assert calendars() == ["planning"]


def test_unknown_authority_is_refused(monkeypatch: pytest.MonkeyPatch, server: SecureServer) -> None:
    """Without the setting nothing is sent."""
    with proxy({HOST: server.port}) as way:
        monkeypatch.setenv("ALL_PROXY", way.url)
        with pytest.raises(SinkUnavailable) as raised:
            calendars()
    assert raised.value.reason == "caldav-tls"


@for_each(
    ("address", "login", "reason"),
    [
        ("http://127.0.0.1:1", "", "caldav-proxy-down"),
        ("{url}", "student:secret", "caldav-proxy-login"),
        ("http://student:wrong@{place}", "student:secret", "caldav-proxy-login"),
        ("{url}", "", "caldav-proxy-refused"),
    ],
)
def test_fault_of_the_proxy_is_reported(monkeypatch: pytest.MonkeyPatch, address: str, login: str, reason: str) -> None:
    """The error names the proxy, not the server, and has no password."""
    with proxy({}, login) as way:
        monkeypatch.setenv("HTTPS_PROXY", address.format(url=way.url, place=way.place))
        with pytest.raises(SinkUnavailable) as raised:
            calendars()
    assert raised.value.reason == reason
    assert "127.0.0.1" in str(raised.value.facts["proxy"])
    assert "wrong" not in str(raised.value)


def test_pac_file_is_not_used_for_calendars(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is tried without a proxy; the error names the PAC file and the setting, in both languages."""
    monkeypatch.setenv("AURION_PROXY", "pac+http://wpad.example.fr/proxy.pac")
    with pytest.raises(SinkUnavailable) as caught, opened_by_settings(f"https://0.0.0.0:{closed_port()}/") as there:
        discover_calendars(there)
    assert (caught.value.reason, caught.value.facts["pac"]) == ("caldav-pac", "http://wpad.example.fr/proxy.pac")
    for language in LANGUAGES:
        message, hint = Catalogue(language).error(caught.value)
        assert "http://wpad.example.fr/proxy.pac" in message
        assert "AURION_PROXY" in hint
    monkeypatch.setenv("NO_PROXY", "0.0.0.0")  # noqa: S104 - nothing is bound
    with pytest.raises(SinkUnavailable) as caught, opened_by_settings(f"https://0.0.0.0:{closed_port()}/") as there:
        discover_calendars(there)
    assert caught.value.reason == "caldav-connection"
