"""A certificate authority of a school's own: the browser believes it for the names it signed, and nothing else."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Error, Playwright

from scraper.errors import SettingsError, StateError
from scraper.portal import certificate_store
from scraper.portal.browser import Chromium
from scraper.portal.certificate_store import PLACE, add_authorities
from scraper.portal.failures import network_error
from scraper.system.find_browser import find_browsers
from scraper.system.network.access import Access, resolve_access
from scraper.system.network.authorities import VARIABLES
from tests.diagnostics.doctor.portals import Signed, authorities, portal, signed

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system's store counts")


def leaf(name: str = "localhost", **how: object) -> tuple[Signed, Signed]:
    """A server's certificate, and the authority that signed it."""
    between = authorities()[1]
    return signed(name, between, **how), between  # type: ignore[arg-type]


def unknown() -> tuple[Signed, Signed]:
    """The same of an authority that is not known."""
    other = signed("Other")
    return signed("localhost", other), other


def alone_beside_the_known_root() -> tuple[Signed, Signed]:
    """A certificate that signed itself, sent together with the root that is known."""
    return signed("localhost"), authorities()[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of the root."""
    path = tmp_path / "school-ca.pem"
    path.write_bytes(b"The school's authority\n\n" + authorities()[0].pem)
    return path


@pytest.fixture
def opening(playwright: Playwright) -> Iterator[Callable[[str, Access], str]]:
    """Opens an address in a browser with that access; the reason of the failure, else an empty text."""

    def run(address: str, access: Access) -> str:
        path = find_browsers()[0]
        assert path
        made = Chromium(driver=playwright, path=path, hosts=("localhost",), access=access)
        with closing(made) as browser, browser.context("Europe/Paris") as context:
            try:
                context.new_page().goto(address)
            except Error as error:
                return network_error(error.message, "localhost", "localhost").reason
        return ""

    return run


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (leaf, ""),
        (lambda: leaf(days=(-30, -1)), "tls-date"),
        (lambda: leaf(days=(1, 30)), "tls-date"),
        (lambda: leaf("aurion.example.fr"), "tls-name"),
        (unknown, "tls-authority"),
        (alone_beside_the_known_root, "tls-authority"),
    ],
    ids=["good", "expired", "early", "other-name", "unknown", "beside-the-root"],
)
def test_only_what_the_authority_signed_is_believed(
    tmp_path: Path, file: Path, opening: Callable[..., str], sent: Callable[[], tuple[Signed, ...]], expected: str
) -> None:
    """For that name and on that day; without the file nothing of it is."""
    with portal(tmp_path, *sent()) as address:
        assert opening(address, resolve_access("", file, {})) == expected
        if not expected:
            assert opening(address, resolve_access("", None, {})) == "tls-authority"


def test_a_certificate_that_signed_itself_may_be_named(tmp_path: Path, opening: Callable[..., str]) -> None:
    """The server's own certificate in the file is enough."""
    alone = signed("localhost")
    (tmp_path / "own.pem").write_bytes(alone.pem)
    with portal(tmp_path, alone) as address:
        assert opening(address, resolve_access("", tmp_path / "own.pem", {})) == ""


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_names_the_file_too(tmp_path: Path, file: Path, opening: Callable[..., str], variable: str) -> None:
    """What other programs heed counts here as well, after the setting; one that names no file is left aside."""
    access = resolve_access("", None, {variable: str(file)})
    assert access.authorities == file
    assert resolve_access("", None, {variable: "/nowhere"}).authorities is None
    assert resolve_access("", file, {variable: str(tmp_path / "other.pem")}).authorities == file
    with portal(tmp_path, *leaf()) as address:
        assert opening(address, access) == ""


def test_the_users_own_store_counts_and_is_left_alone(
    tmp_path: Path, home: Path, file: Path, opening: Callable[..., str]
) -> None:
    """An authority that the user gave to Chromium is known with and without a file; the store keeps its bytes."""
    other = signed("Other")
    (tmp_path / "other.pem").write_bytes(other.pem)
    (home / PLACE).mkdir(parents=True)
    add_authorities(home / PLACE, tmp_path / "other.pem")
    before = (home / PLACE / "cert9.db").read_bytes()
    with portal(tmp_path, signed("localhost", other), other) as address:
        assert opening(address, resolve_access("", None, {})) == ""
        assert opening(address, resolve_access("", file, {})) == ""
    with portal(tmp_path, *leaf()) as address:
        assert opening(address, resolve_access("", file, {})) == ""
    assert (home / PLACE / "cert9.db").read_bytes() == before
    made = list((home / ".local" / "state" / "aurion-planning").glob("authorities-*"))
    assert len(made) == 1
    assert made[0].stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "ca-file"),
        (b"", "ca-none"),
        (b"no certificate", "ca-none"),
        (b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", "ca-damaged"),
        (b"-----BEGIN CERTIFICATE-----\neHh4\n-----END CERTIFICATE-----\n", "ca-damaged"),
    ],
)
def test_a_file_without_certificates_is_refused(tmp_path: Path, body: bytes | None, reason: str) -> None:
    """Before anything is asked, in words of this program instead of OpenSSL's."""
    path = tmp_path / "wrong.pem"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(SettingsError) as raised:
        resolve_access("", path, {})
    assert (raised.value.reason, raised.value.facts["given"]) == (reason, str(path))


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    """Reading it would never end."""
    os.mkfifo(tmp_path / "pipe.pem")
    with pytest.raises(SettingsError) as raised:
        resolve_access("", tmp_path / "pipe.pem", {})
    assert raised.value.reason == "ca-none"


def test_a_home_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: Path) -> None:
    """The cause is the folder of the program's own data, not a missing library."""
    (tmp_path / "a-file").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a-file"))
    with pytest.raises(StateError) as raised:
        certificate_store.home_with_authorities(file, {})
    assert raised.value.reason == "not-a-folder"


def test_a_machine_without_nss_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, file: Path, opening: Callable[..., str]
) -> None:
    """And where nothing can be written the system's own words are shown."""
    monkeypatch.setattr(certificate_store.subprocess, "run", refusing)
    with pytest.raises(SettingsError) as raised:
        opening("https://localhost:1/", resolve_access("", file, {}))
    assert (raised.value.reason, raised.value.facts["cause"]) == ("ca-browser", "libnss3")


def refusing(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
    """What the child says where the library is missing."""
    return subprocess.CompletedProcess(command, 1, "", "libnss3\n")
