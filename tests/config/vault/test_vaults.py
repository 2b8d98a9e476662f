"""Vaults: the choice between keyring and age file, and moves between them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from pydantic import SecretStr

from scraper.config.vault.keyring import SystemKeyring
from scraper.config.vault.vaults import VaultChoice, Vaults
from scraper.errors import VaultLocked
from scraper.i18n import LANGUAGES, Catalogue
from tests.cases import for_each
from tests.config.vault import keyrings

SECRET = SecretStr("Zq7é%canary")
Use = Callable[[KeyringBackend], KeyringBackend]
Opened = Callable[..., Vaults]


def reported(choice: VaultChoice) -> str:
    """Return the sentence about a choice in English; check that every language has one."""
    stated = {language: Catalogue(language)(f"vault.where.{choice.why}", **choice.facts) for language in LANGUAGES}
    return stated["en"]


def test_keyring_is_preferred(use: Use, opened: Opened) -> None:
    """A new password is stored there, and no file is created."""
    use(keyrings.Good())
    places = opened()
    choice = places.preferred()
    choice.vault.put("a", SECRET)
    assert reported(choice) == "stored in the system’s keyring (keyrings Good)"  # noqa: RUF001
    assert opened().find("a") == ("keyring", SECRET)
    assert not places.age.exists


def test_age_file_is_used_without_a_keyring(opened: Opened, folder: Path) -> None:
    """The reason names the file and the unusable backend; a given passphrase seals a new file."""
    choice = opened().preferred()
    choice.vault.put("a", SECRET)
    where = f"stored in the age file {folder / 'vault.age'}, opened by the key next to it, "
    assert reported(choice) == where + "because this machine has no keyring"
    assert opened().find("a") == ("age file", SECRET)
    assert opened().find("b") is None
    given = opened(environment={"AURION_PASSPHRASE": "secret"}, folder=folder.parent / "other").preferred()
    assert given.why == "no-keyring-passphrase"


def test_password_is_moved_between_keyring_and_file(use: Use, opened: Opened) -> None:
    """Keep the password in one place only, which the command reports."""
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


@for_each(
    ("backend", "reason"),
    [(keyrings.Forgetful, "not-kept"), (keyrings.Failing, "keyring-fails"), (keyrings.Feeble, "keyring-none")],
)
def test_failed_move_keeps_the_password(use: Use, opened: Opened, backend: type[KeyringBackend], reason: str) -> None:
    """The age file still has it, whatever the keyring does."""
    opened().age.put("a", SECRET)
    use(backend())
    with pytest.raises(VaultLocked, match=reason):
        opened().move("a", "keyring")
    assert opened().age.get("a") == SECRET


def test_password_of_the_file_is_found_with_a_locked_keyring(use: Use, opened: Opened) -> None:
    """For a missing password the keyring's error is raised, not an absence."""
    opened().age.put("a", SECRET)
    use(keyrings.Locked())
    assert opened().find("a") == ("age file", SECRET)
    with pytest.raises(VaultLocked, match="keyring-locked"):
        opened().find("b")
    opened().age.path.write_bytes(b"damaged")
    with pytest.raises(VaultLocked, match="keyring-locked"):
        opened().find("a")


def test_password_in_both_places_is_that_of_the_keyring(use: Use, opened: Opened) -> None:
    """Moving keeps the keyring's one after an interrupted move; dropping deletes both."""
    use(keyrings.Good())
    opened().age.put("a", SecretStr("old"))
    opened().preferred().vault.put("a", SECRET)
    assert opened().move("a", "keyring")
    assert (opened().find("a"), opened().age.get("a")) == (("keyring", SECRET), None)
    opened().age.put("a", SECRET)
    opened().drop("a")
    assert opened().find("a") is None


def test_hanging_keyring_is_asked_once(use: Use, opened: Opened) -> None:
    """Several accounts do not each wait for it, and passwords of the age file are found."""
    backend = keyrings.Hanging()
    use(backend)
    opened().age.put("a", SECRET)
    places = Vaults(opened().age, patience=0.2)
    for account in ("b", "c", "d"):
        with pytest.raises(VaultLocked, match="keyring-hangs"):
            places.find(account)
    assert places.find("a") == ("age file", SECRET)
    assert backend.asked == 1


def test_repr_has_no_password(use: Use, opened: Opened) -> None:
    """The keyring's backend is not shown."""
    use(keyrings.Good())
    vault = opened().preferred().vault
    vault.put("a", SECRET)
    assert isinstance(vault, SystemKeyring)
    assert "canary" not in f"{vault!r} {opened().find('a')!r}"
