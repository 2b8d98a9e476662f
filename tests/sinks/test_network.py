"""A calendar server behind a proxy, with an authority of its own: both as the settings have them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from scraper.config.configuration import Config
from scraper.errors import SinkUnavailable
from scraper.i18n import LANGUAGES, Catalogue
from scraper.sinks.caldav.client import CalDavClient, open_client
from scraper.sinks.caldav.discovery import discover_calendars
from scraper.system.network.authorities import VARIABLES
from tests.diagnostics.doctor.portals import closed_port, signed
from tests.proxies import proxy, tls_before
from tests.sinks.caldav_servers import PASSWORD, USER, Radicale, radicale_in

HOST = "cloud.example.fr"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Radicale]:
    """A server with one calendar."""
    (tmp_path / "radicale").mkdir()
    with radicale_in(tmp_path / "radicale") as made:
        made.collection("planning")
        yield made


@pytest.fixture
def port(server: Radicale, tmp_path: Path) -> Iterator[int]:
    """That server with TLS, by an authority of its own in `ca.pem`."""
    root = signed("Own")
    (tmp_path / "ca.pem").write_bytes(root.pem)
    with tls_before(int(server.address.rpartition(":")[2]), tmp_path, signed(HOST, root)) as secure:
        yield secure


def opened_by_settings(address: str) -> AbstractContextManager[CalDavClient]:
    """Open that server by the proxies and authorities of the settings."""
    return open_client(address, USER, PASSWORD, access=Config.from_environment().network_access())


def calendars() -> list[str]:
    """The calendars found there, by their addresses' last parts."""
    with opened_by_settings(f"https://{HOST}/") as there:
        return [one.last for one in discover_calendars(there).calendars]


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("login", ["", "student:secret"])
def test_a_server_is_reached_by_the_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, port: int, kind: str, login: str
) -> None:
    """With its login, and no other host is asked for."""
    monkeypatch.setenv("AURION_CA_FILE", str(tmp_path / "ca.pem"))
    with proxy({HOST: port}, login) as way:
        monkeypatch.setenv("HTTPS_PROXY", f"{kind}://{login}{'@' if login else ''}{way.place}")
        assert calendars() == ["planning"]
    assert set(way.asked) == {HOST}


@pytest.mark.parametrize("variable", ["", *VARIABLES])
def test_an_authority_is_known_by_the_setting_and_by_a_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path, port: int, variable: str
) -> None:
    """Also by a key of the settings file, without any variable; it is the same file as for the portal."""
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))
    else:
        settings = home / ".config" / "aurion-planning" / "settings.toml"
        settings.parent.mkdir(parents=True, mode=0o700)
        settings.write_text(f'ca_file = "{tmp_path / "ca.pem"}"\n')
        settings.chmod(0o600)
    with proxy({HOST: port}) as way:
        monkeypatch.setenv("ALL_PROXY", way.url)
        assert calendars() == ["planning"]


def test_an_unknown_authority_is_refused(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Without the setting nothing is sent."""
    with proxy({HOST: port}) as way:
        monkeypatch.setenv("ALL_PROXY", way.url)
        with pytest.raises(SinkUnavailable) as raised:
            calendars()
    assert raised.value.reason == "caldav-tls"


@pytest.mark.parametrize(
    ("address", "login", "reason"),
    [
        ("http://127.0.0.1:1", "", "caldav-proxy-down"),
        ("{url}", "student:secret", "caldav-proxy-login"),
        ("http://student:wrong@{place}", "student:secret", "caldav-proxy-login"),
        ("{url}", "", "caldav-proxy-refused"),
    ],
)
def test_what_is_wrong_with_the_proxy_is_named(
    monkeypatch: pytest.MonkeyPatch, address: str, login: str, reason: str
) -> None:
    """Not the server, which nothing was asked of; and no password is in the error."""
    with proxy({}, login) as way:
        monkeypatch.setenv("HTTPS_PROXY", address.format(url=way.url, place=way.place))
        with pytest.raises(SinkUnavailable) as raised:
            calendars()
    assert raised.value.reason == reason
    assert "127.0.0.1" in str(raised.value.facts["proxy"])
    assert "wrong" not in str(raised.value)


def test_a_pac_file_is_not_asked_for_calendars(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is tried without a proxy; where that fails, it is clear why, and in both languages what to do."""
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
