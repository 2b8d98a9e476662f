"""The system's keyring: which one is used, and errors of one that fails."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from pydantic import SecretStr

from scraper.config.vault.keyring import SERVICE, system_keyring
from scraper.errors import VaultLocked
from tests.cases import for_each
from tests.config.vault import keyrings
from tests.paths import ROOT

SECRET = "Zq7é%canary"
Use = Callable[[KeyringBackend], KeyringBackend]
ASKING = """
import sys
from dataclasses import replace
from scraper.errors import VaultLocked
from scraper.config.vault.age_file import AgeFile
from scraper.config.vault.vaults import Vaults, age_folder
from scraper.config.vault.keyring import system_keyring
try:
    found = system_keyring()
    vault = found.vault and replace(found.vault, patience=float(sys.argv[1]))
    print(Vaults(AgeFile(age_folder()), found._replace(vault=vault)).find("a"))
except VaultLocked as error:
    print(error.reason)
"""


def test_keyring_stores_returns_and_deletes_a_password(use: Use) -> None:
    """The entry has the names of program and account; dropping a missing one is no error."""
    backend = use(keyrings.Good())
    vault = system_keyring().vault
    assert vault is not None
    vault.put("a@school", SecretStr(SECRET))
    assert isinstance(backend, keyrings.Good)
    assert backend.kept == {(SERVICE, "a@school"): SECRET}
    assert vault.get("a@school") == SecretStr(SECRET)
    vault.drop("a@school")
    vault.drop("a@school")
    assert vault.get("a@school") is None


@for_each(
    "backend",
    [
        null.Keyring, fail.Keyring, keyrings.PlaintextKeyring, keyrings.Feeble, keyrings.Unfit, keyrings.WeakFirst,
        type("EncryptedKeyring", (keyrings.Good,), {"__module__": "keyrings.alt.file"}),
    ],
)  # fmt: skip
def test_weak_keyring_is_not_used(use: Use, backend: type[KeyringBackend]) -> None:
    """Refuse keyrings that store nothing or plain text, or are not recommended, and report their names."""
    use(backend())
    vault, name = system_keyring()
    assert vault is None
    assert name


def test_first_keyring_of_a_chain_is_used(use: Use) -> None:
    """A weak one behind it gets nothing."""
    use(keyrings.GoodFirst())
    vault = system_keyring().vault
    assert vault is not None
    vault.put("a", SecretStr(SECRET))
    first, second = keyrings.GoodFirst.backends
    assert (first.get_password(SERVICE, "a"), second.get_password(SERVICE, "a")) == (SECRET, None)


@for_each(("backend", "reason"), [(keyrings.Locked, "keyring-locked"), (keyrings.Failing, "keyring-fails")])
def test_exception_of_the_keyring_is_reported_without_its_text(
    use: Use, backend: type[KeyringBackend], reason: str
) -> None:
    """Each has its own reason; its text may contain the password."""
    use(backend())
    vault = system_keyring().vault
    assert vault is not None
    with pytest.raises(VaultLocked) as caught:
        vault.put("a", SecretStr(SECRET))
    assert (caught.value.reason, caught.value.exit_code) == (reason, 2)
    assert SECRET not in f"{caught.value!r} {caught.value} {vault!r} {caught.value.__context__!r}"


def test_hanging_keyring_is_reported(use: Use) -> None:
    """Wait for the answer for some seconds."""
    use(keyrings.Hanging())
    vault = system_keyring(patience=0.1).vault
    assert vault is not None
    with pytest.raises(VaultLocked, match="keyring-hangs"):
        vault.get("a")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "patience", "reported"),
    [("Hanging", 0.1, "keyring-hangs"), ("Locked", 20, "keyring-locked"), ("Nowhere", 20, "None")],
)
def test_process_ends_with_any_keyring(backend: str, patience: float, reported: str, home: Path) -> None:
    """A keyring of the environment that never answers does not block the end of the process."""
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(patience)],
        env={**os.environ, "PYTHON_KEYRING_BACKEND": f"tests.config.vault.keyrings.{backend}", "PYTHONPATH": str(ROOT)},
        cwd=home, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, reported), done.stderr
