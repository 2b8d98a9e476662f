"""Keys and sealing: sealed values open with the identity of a worker, for their own row only."""

from pathlib import Path
from uuid import uuid4

import pytest

from scraper.domain.credentials import Credentials
from scraper.errors import SettingsError
from scraper.hosting.keys import (
    IDENTITIES,
    RECIPIENTS,
    WEB_KEY,
    add_identity,
    create_keys,
    load_identities,
    load_recipients,
    load_web_keys,
)
from scraper.hosting.sealing import Opener, Sealer
from tests.cases import for_each

CREDENTIALS = Credentials(login="prenom.nom@school.test", password="pässwörd\\\"'")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The keys of a new service."""
    folder = tmp_path / "keys"
    assert create_keys(folder)
    return folder


def reason(call: object, *arguments: object) -> str:
    """The reason of the error that the call raises."""
    with pytest.raises(SettingsError) as caught:
        call(*arguments)  # type: ignore[operator]
    return caught.value.reason


def test_credentials_open_for_their_own_row_only(keys: Path) -> None:
    """The sealed bytes of another row do not open."""
    owner = uuid4()
    sealed = Sealer(keys).seal_credentials(owner, CREDENTIALS)
    assert sealed.key_version == 1
    assert CREDENTIALS.login.encode() not in sealed.body
    assert Opener(keys).open_credentials(owner, sealed) == CREDENTIALS
    assert reason(Opener(keys).open, uuid4(), sealed) == "hosting-sealed"


def test_public_key_seals_but_does_not_open(keys: Path) -> None:
    """A stolen web server opens nothing."""
    owner = uuid4()
    (keys / IDENTITIES).unlink()
    sealed = Sealer(keys).seal(owner, b"secret")
    assert reason(Opener(keys).open, owner, sealed) == "hosting-key-missing"


def test_new_key_is_used_at_once_and_old_values_still_open(keys: Path) -> None:
    """Sealer and opener are those of running processes."""
    owner, sealer, opener = uuid4(), Sealer(keys), Opener(keys)
    old = sealer.seal(owner, b"old")
    digest = opener.password_digest("junia", CREDENTIALS)
    assert add_identity(keys) == 2
    new = sealer.seal(owner, b"new")
    assert (old.key_version, new.key_version) == (1, 2)
    assert (opener.open(owner, old), opener.open(owner, new)) == (b"old", b"new")
    assert opener.password_digest("junia", CREDENTIALS) == digest


def test_lost_key_is_replaced_by_a_new_version(keys: Path) -> None:
    """The administrator empties its file; its values are not reported as damaged."""
    owner = uuid4()
    old = Sealer(keys).seal(owner, b"old")
    (keys / IDENTITIES).write_bytes(b"")
    assert add_identity(keys) == 2
    assert Opener(keys).open(owner, Sealer(keys).seal(owner, b"new")) == b"new"
    assert reason(Opener(keys).open, owner, old) == "hosting-key-version"
    (keys / IDENTITIES).unlink()
    assert reason(add_identity, keys) == "hosting-key-missing"


def test_missing_key_version_is_reported(keys: Path) -> None:
    """The password is not wrong, and no value is damaged."""
    identities = (keys / IDENTITIES).read_bytes()
    add_identity(keys)
    owner = uuid4()
    sealed = Sealer(keys).seal(owner, b"new")
    (keys / IDENTITIES).write_bytes(identities)
    assert reason(Opener(keys).open, owner, sealed) == "hosting-key-version"


def test_keys_are_created_once_for_their_user_only(keys: Path) -> None:
    """A folder that has any key is not changed."""
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    (keys / IDENTITIES).unlink()
    before = {path: path.read_bytes() for path in keys.iterdir()}
    assert not create_keys(keys)
    assert {path: path.read_bytes() for path in keys.iterdir()} == before


@for_each("name", [IDENTITIES, RECIPIENTS, WEB_KEY])
def test_key_that_others_may_use_is_refused(keys: Path, name: str) -> None:
    """The public key may be read by others; the error names the command that restricts the file."""
    (keys / name).chmod(0o622 if name == RECIPIENTS else 0o644)
    load = {IDENTITIES: add_identity, RECIPIENTS: load_recipients, WEB_KEY: load_web_keys}[name]
    assert reason(load, keys) == "hosting-key-open"
    (keys / name).chmod(0o644 if name == RECIPIENTS else 0o600)
    load(keys)


@for_each("body", [b"", b"\xff", b"# version 1\nAGE-SECRET-KEY-1QQQ\n", b"c2hvcnQ="])
def test_damaged_key_is_reported(keys: Path, body: bytes) -> None:
    """The file is empty, or contains another text."""
    for name, load in ((IDENTITIES, load_identities), (RECIPIENTS, load_recipients), (WEB_KEY, load_web_keys)):
        (keys / name).write_bytes(body)
        assert reason(load, keys) == "hosting-key-damaged"


def test_digests_depend_on_the_key_and_on_each_part(keys: Path, tmp_path: Path) -> None:
    """Upper and lower case of a login are the same; another school is not."""
    web = load_web_keys(keys)
    assert web.login_digest("junia", "Prenom.Nom ") == web.login_digest("junia", "prenom.nom")
    create_keys(tmp_path / "other")
    other = load_web_keys(tmp_path / "other")
    digests = [web.digest("a", "bc"), web.digest("ab", "c"), other.digest("a", "bc")]
    digests += [web.login_digest("a", "bc"), web.login_digest("ab", "c"), web.cookie_digest("a")]
    assert len(set(digests)) == len(digests)
