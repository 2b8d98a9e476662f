"""The system's keyring: which is a real one, and what is reported about one that does not do what it should."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from pydantic import SecretStr

from scraper.config.vault.keyring import SERVICE, system_keyring
from scraper.errors import VaultLocked
from tests.config.vault import keyrings
from tests.paths import ROOT

SECRET = "Zq7é%canary"
Use = Callable[[KeyringBackend], KeyringBackend]
ASKING = """
from scraper.errors import VaultLocked
from scraper.config.vault.age_file import AgeFile
from scraper.config.vault.vaults import Vaults, age_folder
from scraper.config.vault.keyring import system_keyring
try:
    print(Vaults(AgeFile(age_folder()), system_keyring(patience=2)).find("a"))
except VaultLocked as error:
    print(error.reason)
"""


def test_a_real_one_keeps_gives_back_and_forgets(use: Use) -> None:
    """A password is kept under the program's name and the account's; dropping what is not there is no error."""
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


@pytest.mark.parametrize(
    "backend",
    [
        null.Keyring, fail.Keyring, keyrings.PlaintextKeyring, keyrings.Feeble, keyrings.Unfit, keyrings.WeakFirst,
        type("EncryptedKeyring", (keyrings.Good,), {"__module__": "keyrings.alt.file"}),
    ],
    ids=["null", "fail", "plaintext", "feeble", "unfit", "weak-first", "alt"],
)  # fmt: skip
def test_a_weak_one_is_none(use: Use, backend: type[KeyringBackend]) -> None:
    """What keeps nothing, or plain text, or is not recommended, is never taken; its name is reported."""
    use(backend())
    vault, name = system_keyring()
    assert vault is None
    assert name


def test_of_a_chain_only_the_first_is_used(use: Use) -> None:
    """A chain that begins with a real one is real, and the weak one behind it gets nothing."""
    use(keyrings.GoodFirst())
    vault = system_keyring().vault
    assert vault is not None
    vault.put("a", SecretStr(SECRET))
    first, second = keyrings.GoodFirst.backends
    assert (first.get_password(SERVICE, "a"), second.get_password(SERVICE, "a")) == (SECRET, None)


@pytest.mark.parametrize(
    ("backend", "reason"), [(keyrings.Locked, "keyring-locked"), (keyrings.Failing, "keyring-fails")]
)
def test_what_it_complains_of_is_reported_without_its_words(
    use: Use, backend: type[KeyringBackend], reason: str
) -> None:
    """Each its own reason, exit 2; the password that its exception held is in nothing that can be printed."""
    use(backend())
    vault = system_keyring().vault
    assert vault is not None
    with pytest.raises(VaultLocked) as caught:
        vault.put("a", SecretStr(SECRET))
    assert (caught.value.reason, caught.value.exit_code) == (reason, 2)
    assert SECRET not in f"{caught.value!r} {caught.value} {vault!r} {caught.value.__context__!r}"


def test_one_that_hangs_is_reported(use: Use) -> None:
    """After the seconds that it has, and no longer."""
    use(keyrings.Hanging())
    vault = system_keyring(patience=0.3).vault
    assert vault is not None
    began = time.monotonic()
    with pytest.raises(VaultLocked, match="keyring-hangs"):
        vault.get("a")
    assert time.monotonic() - began < 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "reported"), [("Hanging", "keyring-hangs"), ("Locked", "keyring-locked"), ("Nowhere", "None")]
)
def test_the_process_ends_whatever_the_keyring_does(backend: str, reported: str, home: Path) -> None:
    """A keyring that the environment names and that never answers holds the end up no more than its seconds."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", ASKING],
        env={**os.environ, "PYTHON_KEYRING_BACKEND": f"tests.config.vault.keyrings.{backend}", "PYTHONPATH": str(ROOT)},
        cwd=home, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, reported), done.stderr
    assert time.monotonic() - began < 20
