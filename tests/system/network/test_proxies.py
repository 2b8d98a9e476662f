"""Which proxy leads where: by the setting, the environment and the system; and what is never shown of it."""

from pathlib import Path

import pytest

from scraper.errors import SettingsError
from scraper.system.network.find_proxies import find_proxies
from scraper.system.network.proxies import Proxies, Server, is_exempt, parse_proxy, split_hosts
from scraper.system.network.system_proxies import (
    WPAD,
    parse_gnome,
    parse_kde,
    parse_macos,
    parse_windows,
    system_proxies,
)
from tests.cases import for_each

NONE = Proxies()
GNOME = """\
org.gnome.system.proxy autoconfig-url '{script}'
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '*.intra.example']
org.gnome.system.proxy mode '{mode}'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.http host 'plain.example'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.https host 'proxy.example'
org.gnome.system.proxy.https port 3128
org.gnome.system.proxy.socks host ''
org.gnome.system.proxy.socks port 0
"""
MACOS = """\
<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  HTTPSEnable : 1
  HTTPSPort : 3128
  HTTPSProxy : proxy.example
  ProxyAutoConfigEnable : %d
  ProxyAutoConfigURLString : http://pac.example/p.pac
  SOCKSEnable : 1
  SOCKSPort : 1080
  SOCKSProxy : socks.example
}
"""


@for_each(
    ("given", "expected"),
    [
        ("http://proxy.example:3128", Server("http", "proxy.example", 3128)),
        ("proxy.example:3128", Server("http", "proxy.example", 3128)),
        ("http://proxy.example/", Server("http", "proxy.example", 80)),
        ("https://proxy.example", Server("https", "proxy.example", 443)),
        ("http://[::1]:3128", Server("http", "::1", 3128)),
        ("socks5h://127.0.0.1:9050", Server("socks5", "127.0.0.1", 9050)),
        ("socks://proxy.example", Server("socks5", "proxy.example", 1080)),
        ("socks4a://proxy.example", Server("socks4", "proxy.example", 1080)),
        ("http://an%40x:p%3Aw%2F@proxy.example:1", Server("http", "proxy.example", 1, "an@x", "p:w/")),
    ],
)
def test_address_of_a_proxy_is_parsed(given: str, expected: Server) -> None:
    """Scheme, port and login are optional; user and password are percent-decoded."""
    assert parse_proxy(given) == expected


@for_each(
    "given",
    ["ftp://a:secret@proxy.example", "http://a:secret@", "http://a:secret@x:port", "a:secret@x y:1", "http://[::1"],
)
def test_invalid_address_is_reported_without_its_login(given: str) -> None:
    """The error has the address, never the password."""
    with pytest.raises(SettingsError) as raised:
        parse_proxy(given)
    assert raised.value.reason == "proxy"
    assert "secret" not in str(raised.value)


def test_repr_of_a_proxy_has_no_login() -> None:
    """A PAC file can have a login, too."""
    server = parse_proxy("http://user:secret@proxy.example:1")
    script = find_proxies("pac+http://user:secret@pac.example/p.pac", {})
    assert "secret" not in repr((server, script, Proxies(servers={"https": server})))
    assert (script.script, script.user, script.password) == ("http://pac.example/p.pac", "user", "secret")
    assert server.name == "http://proxy.example:1"


@for_each(
    ("exceptions", "host", "port", "expected"),
    [
        ("aurion.example", "aurion.example", 443, True),
        ("example", "aurion.example", 443, True),
        (".aurion.example", "www.aurion.example", 443, True),
        ("*.aurion.example", "www.aurion.example", 443, True),
        ("rion.example", "aurion.example", 443, False),
        ("aurion.example:443", "aurion.example", 443, True),
        ("aurion.example:8443", "aurion.example", 443, False),
        ("other.example, aurion.example", "AURION.example.", 443, True),
        ("*", "aurion.example", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.0.0.0/8", "aurion.example", 443, False),
        ("fd00::/8", "fd00::1", 443, True),
        ("[fd00::1]:443", "fd00::1", 443, True),
        ("192.168.*", "192.168.0.7", 443, True),
        ("<local>", "intranet", 443, True),
        ("<local>", "aurion.example", 443, False),
        ("", "aurion.example", 443, False),
    ],
)  # fmt: skip
def test_exceptions_are_hosts_suffixes_networks_and_ports(
    exceptions: str, host: str, port: int, *, expected: bool
) -> None:
    """Read the form of NO_PROXY and of the systems' settings."""
    assert is_exempt(host, port, split_hosts(exceptions)) is expected


@for_each(
    ("variables", "expected"),
    [
        ({"HTTPS_PROXY": "http://a:1"}, "http://a:1"),
        ({"https_proxy": "http://b:1", "HTTPS_PROXY": "http://a:1"}, "http://b:1"),
        ({"ALL_PROXY": "socks5://c:1"}, "socks5://c:1"),
        ({"all_proxy": "socks5h://c:1", "HTTP_PROXY": "http://a:1"}, "socks5://c:1"),
        ({"HTTP_PROXY": "http://a:1"}, None),
        ({"HTTPS_PROXY": "http://a:1", "NO_PROXY": ".example"}, None),
        ({"HTTPS_PROXY": "http://a:1", "no_proxy": "other.test"}, "http://a:1"),
        ({"HTTPS_PROXY": ""}, None),
        ({}, None),
    ],
)
def test_proxy_of_the_environment_is_used(
    variables: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable for https precedes the general one, lower case upper case; exceptions count."""
    monkeypatch.setattr("scraper.system.network.find_proxies.system_proxies", lambda _: NONE)
    (hop,) = find_proxies("", variables).hops("aurion.example", 443)
    assert (hop and hop.name) == expected


def test_setting_precedes_the_environment_and_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """`direct` means no proxy, and loopback is always reached directly."""
    system = Proxies(servers={"https": Server("http", "system", 1)})
    monkeypatch.setattr("scraper.system.network.find_proxies.system_proxies", lambda _: system)
    variables = {"HTTPS_PROXY": "http://variable:1"}
    assert [
        find_proxies(setting, given).hops("aurion.example", 443)[0]
        for setting, given in (("http://own:1", variables), ("", variables), ("", {}))
    ] == [Server("http", name, 1) for name in ("own", "variable", "system")]
    assert find_proxies("direct", variables).hops("aurion.example", 443) == (None,)
    for host in ("localhost", "127.0.0.1", "127.8.9.1", "::1", "a.localhost"):
        assert find_proxies("http://own:1", variables).hops(host, 443) == (None,)
        assert not find_proxies("pac+http://pac.example/", {}).concern(host)
    with pytest.raises(SettingsError) as raised:
        find_proxies("", {"HTTPS_PROXY": "nonsense://u:secret@x"})
    assert raised.value.facts == {"name": "HTTPS_PROXY", "given": "nonsense://•••@x"}


def test_settings_of_gnome_are_read() -> None:
    """None, manual, and a PAC file with or without a name."""
    assert parse_gnome(GNOME.format(mode="none", script="")) == NONE
    found = parse_gnome(GNOME.format(mode="manual", script=""))
    assert found.servers == {
        "https": Server("http", "proxy.example", 3128), "http": Server("http", "plain.example", 8080),
    }  # fmt: skip
    assert found.hops("www.intra.example", 443) == (None,)
    assert parse_gnome(GNOME.format(mode="auto", script="http://pac.example/")).script == "http://pac.example/"
    wpad = parse_gnome(GNOME.format(mode="auto", script=""))
    assert (wpad.script, wpad.optional) == (WPAD, True)
    assert parse_gnome("") == NONE


def test_settings_of_kde_are_read() -> None:
    """Manual, with KDE's space before the port; a PAC file; names of variables."""
    manual = "[Proxy Settings]\nProxyType=1\nhttpsProxy=http://proxy.example 3128\nNoProxyFor=.intra.example\n"
    found = parse_kde(manual, {})
    assert found.servers == {"https": Server("http", "proxy.example", 3128)}
    assert found.hops("www.intra.example", 443) == (None,)
    script = "[Proxy Settings]\nProxy Config Script=http://pac.example/\nProxyType=2\n"
    assert parse_kde(script, {}).script == "http://pac.example/"
    variables = "[Proxy Settings]\nProxyType=4\nhttpsProxy=MY_PROXY\n"
    assert parse_kde(variables, {"MY_PROXY": "http://a:1"}).servers == {"https": Server("http", "a", 1)}
    socks = parse_kde("[Proxy Settings]\nProxyType=1\nsocksProxy=socks://proxy.example 1080\n", {})
    assert socks.servers["https"] == Server("socks5", "proxy.example", 1080)
    assert parse_kde("[Proxy Settings]\nProxyType=0\nhttpsProxy=http://a 1\n", {}) == NONE
    assert parse_kde("what is this", {}) == NONE


def test_settings_of_macos_are_read() -> None:
    """SOCKS serves the schemes without a proxy; a PAC file."""
    found = parse_macos(MACOS % 0)
    assert found.servers == {
        "https": Server("http", "proxy.example", 3128), "http": Server("socks5", "socks.example", 1080),
    }  # fmt: skip
    assert found.hops("printer.local", 443) == (None,)
    assert parse_macos(MACOS % 1).script == "http://pac.example/p.pac"
    assert parse_macos("").servers == {}


def test_settings_of_windows_are_read() -> None:
    """One proxy for all, one for each scheme, none, and a PAC file."""
    one = parse_windows(
        {"ProxyEnable": 1, "ProxyServer": "proxy.example:3128", "ProxyOverride": "*.intra.example;<local>"}
    )
    assert one.servers == dict.fromkeys(("https", "http"), Server("http", "proxy.example", 3128))
    assert one.hops("intranet", 443) == one.hops("www.intra.example", 443) == (None,)
    each = parse_windows({"ProxyEnable": 1, "ProxyServer": "https=a:1;socks=b:2"})
    assert each.servers == {"https": Server("http", "a", 1), "http": Server("socks5", "b", 2)}
    assert parse_windows({"ProxyEnable": 0, "ProxyServer": "a:1"}) == NONE
    assert parse_windows({"AutoConfigURL": "http://pac.example/"}).script == "http://pac.example/"


def test_settings_of_the_desktop_are_asked(home: Path) -> None:
    """GNOME's by its command, once a setting was changed; KDE's by its file."""
    program = home / "bin" / "gsettings"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{GNOME.format(mode='manual', script='')}END\n")
    program.chmod(0o755)
    variables = {"HOME": str(home), "PATH": f"{program.parent}:/usr/bin:/bin"}
    assert system_proxies(variables, "linux") == NONE
    (home / ".config" / "dconf").mkdir(parents=True)
    (home / ".config" / "dconf" / "user").touch()
    (hop,) = system_proxies(variables, "linux").hops("aurion.example", 443)
    assert hop == Server("http", "proxy.example", 3128)
    (home / ".config" / "kioslaverc").write_text("[Proxy Settings]\nProxyType=1\nhttpsProxy=http://kde.example 1\n")
    (hop,) = system_proxies({**variables, "XDG_CURRENT_DESKTOP": "KDE"}, "linux").hops("aurion.example", 443)
    assert hop == Server("http", "kde.example", 1)
