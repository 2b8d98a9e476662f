"""Which place is chosen, why, and that moving from one to the other loses nothing."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
from keyring.backend import KeyringBackend
from pydantic import SecretStr

from scraper.config.vault.keyring import SystemKeyring
from scraper.config.vault.vaults import VaultChoice, Vaults
from scraper.errors import VaultLocked
from scraper.i18n import LANGUAGES, Catalogue
from tests.config.vault import keyrings

SECRET = SecretStr("Zq7é%canary")
Use = Callable[[KeyringBackend], KeyringBackend]
Opened = Callable[..., Vaults]


def reported(choice: VaultChoice) -> str:
    """What a person reads of it, in English; it is there in every language."""
    stated = {language: Catalogue(language)(f"vault.where.{choice.why}", **choice.facts) for language in LANGUAGES}
    return stated["en"]


def test_a_real_keyring_comes_first(use: Use, opened: Opened) -> None:
    """A new password goes there, and no file is made."""
    use(keyrings.Good())
    places = opened()
    choice = places.preferred()
    choice.vault.put("a", SECRET)
    assert reported(choice) == "stored in the system’s keyring (keyrings Good)"  # noqa: RUF001
    assert opened().find("a") == ("keyring", SECRET)
    assert not places.age.exists


def test_without_one_it_is_the_age_file(opened: Opened, folder: Path) -> None:
    """The reason names the file and the backend that will not do; a passphrase given seals a new file."""
    choice = opened().preferred()
    choice.vault.put("a", SECRET)
    where = f"stored in the age file {folder / 'vault.age'}, opened by the key next to it, "
    assert reported(choice) == where + "because this machine has no keyring"
    assert opened().find("a") == ("age file", SECRET)
    assert opened().find("b") is None
    given = opened(environment={"AURION_PASSPHRASE": "secret"}, folder=folder.parent / "other").preferred()
    assert given.why == "no-keyring-passphrase"


def test_moving_puts_reads_back_and_drops(use: Use, opened: Opened) -> None:
    """From the keyring to the file and back, each time in one place only; the command reports where."""
    use(keyrings.Good())
    opened().preferred().vault.put("a", SECRET)
    assert opened().move("a", "age")
    places = opened()
    assert places.keyring is not None
    assert (places.keyring.get("a"), places.age.get("a")) == (None, SECRET)
    assert "where it was moved from the keyring" in reported(places.home("a"))
    assert places.home("new").why == "keyring"
    assert opened().move("a", "keyring")
    assert (places.keyring.get("a"), opened().age.get("a")) == (SECRET, None)
    assert not opened().move("b", "age")


@pytest.mark.parametrize(
    ("backend", "reason"),
    [(keyrings.Forgetful, "not-kept"), (keyrings.Failing, "keyring-fails"), (keyrings.Feeble, "keyring-none")],
)
def test_a_move_that_fails_keeps_the_old(use: Use, opened: Opened, backend: type[KeyringBackend], reason: str) -> None:
    """Whatever the keyring does with it, the age file still has the password."""
    opened().age.put("a", SECRET)
    use(backend())
    with pytest.raises(VaultLocked, match=reason):
        opened().move("a", "keyring")
    assert opened().age.get("a") == SECRET


def test_a_locked_keyring_does_not_hide_the_file(use: Use, opened: Opened) -> None:
    """What the file has is found; what it has not is the keyring's error, not an absence nor the file's own."""
    opened().age.put("a", SECRET)
    use(keyrings.Locked())
    assert opened().find("a") == ("age file", SECRET)
    with pytest.raises(VaultLocked, match="keyring-locked"):
        opened().find("b")
    opened().age.path.write_bytes(b"damaged")
    with pytest.raises(VaultLocked, match="keyring-locked"):
        opened().find("a")


def test_of_both_the_keyring_counts_and_drop_clears_both(use: Use, opened: Opened) -> None:
    """A move that was cut short left both: moved on, the keyring's stays; dropped, neither is there."""
    use(keyrings.Good())
    opened().age.put("a", SecretStr("old"))
    opened().preferred().vault.put("a", SECRET)
    assert opened().move("a", "keyring")
    assert (opened().find("a"), opened().age.get("a")) == (("keyring", SECRET), None)
    opened().age.put("a", SECRET)
    opened().drop("a")
    assert opened().find("a") is None


def test_a_keyring_that_hangs_is_waited_for_once(use: Use, opened: Opened) -> None:
    """Several accounts in one run do not each wait for it; the age file is looked into all the same."""
    use(keyrings.Hanging())
    opened().age.put("a", SECRET)
    places = Vaults(opened().age, patience=0.5)
    began = monotonic()
    for account in ("b", "c", "d"):
        with pytest.raises(VaultLocked, match="keyring-hangs"):
            places.find(account)
    assert places.find("a") == ("age file", SECRET)
    assert monotonic() - began < 1.4


def test_nothing_secret_is_shown(use: Use, opened: Opened) -> None:
    """A keyring's repr does not show what its backend holds."""
    use(keyrings.Good())
    vault = opened().preferred().vault
    vault.put("a", SECRET)
    assert isinstance(vault, SystemKeyring)
    assert "canary" not in f"{vault!r} {opened().find('a')!r}"
