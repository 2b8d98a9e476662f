"""Vaults in a folder of their own, over a keyring that the test chooses."""

from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from scraper.config.vault.vaults import Vaults, vaults


@pytest.fixture(autouse=True)
def use() -> Iterator[Callable[[KeyringBackend], KeyringBackend]]:
    """Give the system this keyring; none of the machine's own is ever asked."""
    before = keyring.core._keyring_backend

    def put(backend: KeyringBackend) -> KeyringBackend:
        keyring.set_keyring(backend)
        return backend

    put(keyring.backends.fail.Keyring())
    yield put
    keyring.core._keyring_backend = before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the age file; it does not exist yet."""
    return tmp_path / "data" / "vault"


@pytest.fixture
def opened(folder: Path) -> Callable[..., Vaults]:
    """Open the vaults, as a run does."""

    def open_them(**options: object) -> Vaults:
        return vaults(**{"environment": {}, "folder": folder, **options})  # type: ignore[arg-type]

    return open_them
