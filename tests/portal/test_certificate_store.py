"""A school's own certificate authority: the browser trusts it for the names that it signed only."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
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
from tests.cases import for_each
from tests.diagnostics.doctor.portals import Signed, authorities, portal, signed

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system's store counts")


def leaf(name: str = "localhost", **how: object) -> tuple[Signed, Signed]:
    """Return a server's certificate and the authority that signed it."""
    between = authorities()[1]
    return signed(name, between, **how), between  # type: ignore[arg-type]


def unknown() -> tuple[Signed, Signed]:
    """Return a server's certificate and an unknown authority that signed it."""
    other = signed("Other")
    return signed("localhost", other), other


def self_signed_with_the_known_root() -> tuple[Signed, Signed]:
    """Return a self-signed certificate and the known root, which did not sign it."""
    return signed("localhost"), authorities()[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with the root certificate."""
    path = tmp_path / "school-ca.pem"
    path.write_bytes(b"The school's authority\n\n" + authorities()[0].pem)
    return path


@pytest.fixture
def open_address(playwright: Playwright) -> Iterator[Callable[[str, Access], str]]:
    """Return a function that opens an address with that access, and returns the reason of the failure or ""."""
    started: dict[Path | None, Chromium] = {}
    with ExitStack() as closing_browsers:

        def run(address: str, access: Access) -> str:
            if access.authorities not in started:
                made = Chromium(driver=playwright, path=find_browsers()[0], hosts=("localhost",), access=access)
                started[access.authorities] = closing_browsers.enter_context(closing(made))
            with started[access.authorities].context("Europe/Paris") as context:
                try:
                    context.new_page().goto(address)
                except Error as error:
                    return network_error(error.message, "localhost", "localhost").reason
            return ""

        yield run


@for_each(
    ("sent", "expected"),
    [
        (leaf, ""),
        (lambda: leaf(days=(-30, -1)), "tls-date"),
        (lambda: leaf(days=(1, 30)), "tls-date"),
        (lambda: leaf("aurion.example.fr"), "tls-name"),
        (unknown, "tls-authority"),
        (self_signed_with_the_known_root, "tls-authority"),
    ],
)
def test_only_valid_certificates_of_the_authority_are_trusted(
    tmp_path: Path, file: Path, open_address: Callable[..., str], sent: Callable[[], tuple[Signed, ...]], expected: str
) -> None:
    """It is trusted for its name on that day, and only with the file of the authority."""
    with portal(tmp_path, *sent()) as address:
        assert open_address(address, resolve_access("", file, {})) == expected
        if not expected:
            assert open_address(address, resolve_access("", None, {})) == "tls-authority"


def test_self_signed_certificate_in_the_file_is_trusted(tmp_path: Path, open_address: Callable[..., str]) -> None:
    """The file may contain the server's own certificate."""
    alone = signed("localhost")
    (tmp_path / "own.pem").write_bytes(alone.pem)
    with portal(tmp_path, alone) as address:
        assert open_address(address, resolve_access("", tmp_path / "own.pem", {})) == ""


@for_each("variable", VARIABLES)
def test_variable_names_the_file(tmp_path: Path, file: Path, variable: str) -> None:
    """The variables of other programs are read after the setting; a missing file is ignored."""
    access = resolve_access("", None, {variable: str(file)})
    assert access.authorities == file
    assert resolve_access("", None, {variable: "/nowhere"}).authorities is None
    assert resolve_access("", file, {variable: str(tmp_path / "other.pem")}).authorities == file
    assert access == resolve_access("", file, {})


def test_store_of_the_user_is_used_and_not_written(
    tmp_path: Path, home: Path, file: Path, open_address: Callable[..., str]
) -> None:
    """The user's authorities in Chromium are trusted with and without a file; the store is not written."""
    other = signed("Other")
    (tmp_path / "other.pem").write_bytes(other.pem)
    (home / PLACE).mkdir(parents=True)
    add_authorities(home / PLACE, tmp_path / "other.pem")
    before = (home / PLACE / "cert9.db").read_bytes()
    with portal(tmp_path, signed("localhost", other), other) as address:
        assert open_address(address, resolve_access("", None, {})) == ""
        assert open_address(address, resolve_access("", file, {})) == ""
    with portal(tmp_path, *leaf()) as address:
        assert open_address(address, resolve_access("", file, {})) == ""
    assert (home / PLACE / "cert9.db").read_bytes() == before
    made = list((home / ".local" / "state" / "aurion-planning").glob("authorities-*"))
    assert len(made) == 1
    assert made[0].stat().st_mode & 0o077 == 0


@for_each(
    ("body", "reason"),
    [
        (None, "ca-file"),
        (b"", "ca-none"),
        (b"no certificate", "ca-none"),
        (b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", "ca-damaged"),
        (b"-----BEGIN CERTIFICATE-----\neHh4\n-----END CERTIFICATE-----\n", "ca-damaged"),
    ],
)
def test_file_without_certificates_is_refused(tmp_path: Path, body: bytes | None, reason: str) -> None:
    """The error is the program's own instead of OpenSSL's."""
    path = tmp_path / "wrong.pem"
    path.unlink(missing_ok=True)
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(SettingsError) as raised:
        resolve_access("", path, {})
    assert (raised.value.reason, raised.value.facts["given"]) == (reason, str(path))


def test_pipe_is_not_read(tmp_path: Path) -> None:
    """Reading a pipe would never end."""
    os.mkfifo(tmp_path / "pipe.pem")
    with pytest.raises(SettingsError) as raised:
        resolve_access("", tmp_path / "pipe.pem", {})
    assert raised.value.reason == "ca-none"


def test_state_folder_that_cannot_be_created_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: Path
) -> None:
    """The error names the state folder, not a missing library."""
    (tmp_path / "a-file").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a-file"))
    with pytest.raises(StateError) as raised:
        certificate_store.home_with_authorities(file, {})
    assert raised.value.reason == "not-a-folder"


def test_missing_nss_library_is_reported(
    monkeypatch: pytest.MonkeyPatch, file: Path, open_address: Callable[..., str]
) -> None:
    """The error contains the missing library."""
    monkeypatch.setattr(certificate_store.subprocess, "run", fail_without_library)
    with pytest.raises(SettingsError) as raised:
        open_address("https://localhost:1/", resolve_access("", file, {}))
    assert (raised.value.reason, raised.value.facts["cause"]) == ("ca-browser", "libnss3")


def fail_without_library(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
    """Return the output of the child process without the library."""
    return subprocess.CompletedProcess(command, 1, "", "libnss3\n")
