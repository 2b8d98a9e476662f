"""Whole runs in a network with a proxy and a certificate authority of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo
from tests.cases import for_each
from tests.commands import Done, RunHere, SharedBrowsers
from tests.diagnostics.doctor.portals import authorities, signed
from tests.proxies import Proxy, proxy, tls_before

pytestmark = pytest.mark.exports  # certificates have a date
PORTAL = "aurion.example.fr"
SECRET = "p%40ss:w0rd"


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[int]:
    """Start a portal with TLS that only a proxy knows, and return its port."""
    between = authorities()[1]
    (tmp_path / "ca.pem").write_bytes(authorities()[0].pem)
    with Demo() as demo:
        port = int(demo.url.rpartition(":")[2])
        with tls_before(port, tmp_path, signed(PORTAL, between), between) as secure:
            yield secure


@pytest.fixture
def aurion(home: Path, own_browsers: SharedBrowsers) -> RunHere:
    """Return a function that runs the command without a terminal."""

    def run(*arguments: str, **variables: str) -> Done:
        at_portal = (*arguments, "--url", f"https://{PORTAL}", "--login", LOGIN)
        return own_browsers.run(
            *at_portal, cwd=home, **{"LANG": "en_GB.UTF-8", "AURION_PASSWORD": PASSWORD, **variables}
        )

    return run


def with_login(way: Proxy) -> str:
    """Return the proxy's address with its login."""
    return f"http://student:{SECRET.replace(':', '%3A')}@{way.place}"


def test_export_uses_the_proxy_and_authority_of_the_school(
    aurion: RunHere, home: Path, tmp_path: Path, portal: int
) -> None:
    """The proxy is asked for the portal only, and no file contains its login."""
    with proxy({PORTAL: portal}, f"student:{SECRET.replace('%40', '@')}") as way:
        done = aurion(
            "export", "--output", "out.ics", "--record", "seen.json", "--debug", "debug",
            HTTPS_PROXY=with_login(way), AURION_CA_FILE=str(tmp_path / "ca.pem"), LANG="fr_FR.UTF-8",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (home / "out.ics").read_text().count("BEGIN:VEVENT") > 100
    assert set(way.asked) == {PORTAL}
    left = [path for path in home.rglob("*") if path.is_file()]
    assert len(left) > 3
    for path in left:
        assert b"w0rd" not in path.read_bytes(), path
    assert "w0rd" not in done.stdout + done.stderr


@for_each(
    ("variables", "code", "sentence"),
    [
        ({"HTTPS_PROXY": "http://127.0.0.1:1"}, 5, "http://127.0.0.1:1"),
        ({"HTTPS_PROXY": "{plain}"}, 2, "asks for a login"),
        ({"HTTPS_PROXY": "http://student:wrong@{place}"}, 2, "refuses the login"),
        ({"AURION_PROXY": "pac+http://127.0.0.1:1/p.pac"}, 5, "http://127.0.0.1:1/p.pac"),
        ({"AURION_PROXY": "gopher://student:wrong@x"}, 2, "is not valid"),
        ({"ALL_PROXY": "gopher://student:wrong@x"}, 2, "ALL_PROXY"),
        ({"HTTPS_PROXY": "{login}"}, 5, "does not know the authority"),
        ({"HTTPS_PROXY": "{login}", "AURION_CA_FILE": "/nowhere.pem"}, 2, "/nowhere.pem"),
    ],
)
def test_failure_of_the_network_is_one_sentence_and_one_hint(
    aurion: RunHere, home: Path, portal: int, *, variables: dict[str, str], code: int, sentence: str
) -> None:
    """One sentence and one hint without the proxy's password; the old calendar is unchanged."""
    (home / "out.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    with proxy({PORTAL: portal}, f"student:{SECRET.replace('%40', '@')}") as way:
        given = {
            name: value.format(plain=way.url, place=way.place, login=with_login(way))
            for name, value in variables.items()
        }
        done = aurion("export", "--output", "out.ics", **given)
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2
    assert sentence in lines[0]
    assert "wrong" not in done.stderr
    assert "w0rd" not in done.stderr
    assert (home / "out.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"


def test_doctor_uses_the_proxy_of_the_browser(aurion: RunHere, home: Path, tmp_path: Path, portal: int) -> None:
    """`doctor` names the proxy without its login, and reports an unknown authority as the browser does."""
    with proxy({PORTAL: portal}, f"student:{SECRET.replace('%40', '@')}") as way:
        known = aurion("doctor", "--json", HTTPS_PROXY=with_login(way), AURION_CA_FILE=str(tmp_path / "ca.pem"))
        unknown = aurion("doctor", "--json", HTTPS_PROXY=with_login(way))
        script = home / "p.pac"
        script.write_text(f'function FindProxyForURL() {{ return "PROXY {way.place}"; }}')
        pac = aurion(
            "doctor", "--json", AURION_PROXY=f"pac+file://student:{SECRET.replace(':', '%3A')}@{script}",
            SSL_CERT_FILE=str(tmp_path / "ca.pem"),
        )  # fmt: skip
        down = aurion("doctor", "--json", HTTPS_PROXY="http://127.0.0.1:1")
    found = [{one["name"]: one for one in json.loads(done.stdout)["checks"]} for done in (known, unknown, pac, down)]
    assert (found[0]["network"]["reason"], found[0]["portal"]["state"]) == ("https-proxy", "ok")
    assert way.url in found[0]["network"]["message"]
    assert (found[1]["network"]["state"], found[1]["portal"]["reason"]) == ("warning", "tls-authority")
    assert (found[2]["network"]["reason"], found[2]["portal"]["state"]) == ("pac", "ok")
    assert (found[3]["network"]["reason"], "portal" in found[3]) == ("proxy-down", False)
    assert set(way.asked) == {PORTAL}
    assert "w0rd" not in "".join(done.stdout + done.stderr for done in (known, unknown, pac, down))
