"""The age file of passwords: sealed with a passphrase or a key, private, complete, and the errors of opening it."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from stat import S_IMODE

import pyrage
import pytest
from pydantic import SecretStr

from scraper.config.vault.age import Passphrase, seal_with
from scraper.config.vault.age_file import AgeFile
from scraper.errors import VaultLocked
from scraper.i18n import LANGUAGES, Catalogue
from scraper.system.files import private_folder, write_private
from tests.cases import for_each
from tests.paths import ROOT
from tests.quick_age import WORK

QUICK = b64decode(
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBHU1BCUFFRVVkwd2V0bzhJbkE1S1pRIDEwCmZvYU5HVk85S3NiK0djajhW"
    "TXkzcE9mUGhJajJGa0RKckJYNDFwUVByYUkKLS0tIFpubW0rRnBOSnh2ZmhrZ3d5ZHNGN3d2T1pOeDR5c0N4NjVWZ0lzKzlTVncK"
    "ciaPGdF8DCfZemkWYjw6Rfse71Ya8j+8ZHCRedrsD6To17/zC6QPw5NhtE2h1hh56cYocZnasv5o"
)
"""A file by PHRASE with SECRET for the account "a", with a scrypt of a thousandth of the work of pyrage's own."""
SECRET = SecretStr("Zq7é%canary")
PHRASE = SecretStr("une phrase assez longue")
WRITING = """
import sys
from pathlib import Path
from pydantic import SecretStr
from scraper.config.vault.age_file import AgeFile
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
for number in range(10):
    AgeFile(Path(sys.argv[1])).put(f"{sys.argv[2]}{number}", SecretStr(sys.argv[2]))
"""


def reason_of(call: Callable[[], object]) -> str:
    """Return the reason of a refusal; check its texts in both languages, and that it has no secret."""
    with pytest.raises(VaultLocked) as caught:
        call()
    for language in LANGUAGES:
        message, hint = Catalogue(language).error(caught.value)
        assert message != Catalogue(language)("errors.VaultLocked.message", detail="")
        assert hint
    assert caught.value.exit_code == 2
    for secret in (SECRET, PHRASE):
        assert secret.get_secret_value() not in f"{caught.value!r} {caught.value.__context__!r}"
    return caught.value.reason


@pytest.fixture
def kept(folder: Path) -> AgeFile:
    """A file with a password, sealed with a key."""
    AgeFile(folder).put("a@école", SECRET)
    return AgeFile(folder)


def test_file_with_a_key_opens_without_a_question(folder: Path, kept: AgeFile) -> None:
    """The key is made once, and age itself can open the file with it."""
    key = (folder / "vault.key").read_bytes()
    kept.put("b", SecretStr("autre"))
    assert (kept.get("a@école"), kept.get("b"), kept.get("c")) == (SECRET, SecretStr("autre"), None)
    assert (folder / "vault.key").read_bytes() == key
    identity = pyrage.x25519.Identity.from_str(key.decode().splitlines()[-1])
    plain = pyrage.decrypt((folder / "vault.age").read_bytes(), [identity])
    assert json.loads(plain) == {"a@école": SECRET.get_secret_value(), "b": "autre"}


def test_files_are_encrypted_and_private(folder: Path) -> None:
    """Folders have mode 0700 and files 0600, whatever the umask; no file contains password or account."""
    before = os.umask(0)
    try:
        AgeFile(folder).put("a@school", SECRET)
    finally:
        os.umask(before)
    assert (S_IMODE(folder.stat().st_mode), S_IMODE(folder.parent.stat().st_mode)) == (0o700, 0o700)
    for path in folder.iterdir():
        assert S_IMODE(path.stat().st_mode) == 0o600, path.name
        assert SECRET.get_secret_value().encode() not in path.read_bytes()
        assert b"a@school" not in path.read_bytes()
    assert {path.name for path in folder.iterdir()} <= {"vault.age", "vault.key", "vault.lock"}


def test_dropped_password_is_deleted(kept: AgeFile, tmp_path: Path) -> None:
    """Dropping a missing one is no error, and creates no file."""
    kept.drop("a@école")
    kept.drop("a@école")
    assert kept.get("a@école") is None
    AgeFile(tmp_path / "none" / "vault").drop("a")
    assert not (tmp_path / "none").exists()


def write_quick_file(path: Path) -> Path:
    """Write an age file that opens with little work; return its path."""
    private_folder(path.parent)
    write_private(path, QUICK)
    return path


@pytest.fixture
def quick(folder: Path) -> Path:
    """A file sealed with a passphrase that needs little work."""
    return write_quick_file(folder / "vault.age")


def test_passphrase_opens_the_file(quick: Path, folder: Path) -> None:
    """Use the given passphrase, or ask for it once, without making a key."""
    asked: list[bool] = []

    def ask(*, new: bool) -> SecretStr:
        asked.append(new)
        return PHRASE

    age = AgeFile(folder, ask=ask)
    assert (age.get("a"), age.get("b")) == (SECRET, None)
    assert asked == [False]
    assert AgeFile(folder).sealed_with == "passphrase"
    assert AgeFile(folder, passphrase=PHRASE).get("a") == SECRET
    assert list(folder.iterdir()) == [quick]


def test_wrong_or_missing_passphrase_is_reported(quick: Path, folder: Path) -> None:
    """A wrong one is asked for again, nothing is written, and a file with too much work is refused."""
    typed = iter((SecretStr("faux"), PHRASE))
    age = AgeFile(folder, ask=lambda *, new: next(typed) if not new else SecretStr(""))
    assert reason_of(lambda: age.put("b", SECRET)) == "passphrase-wrong"
    assert age.get("a") == SECRET
    assert reason_of(lambda: AgeFile(folder).get("a")) == "passphrase-missing"
    assert reason_of(lambda: AgeFile(folder, ask=lambda *, new: SecretStr("" * new)).get("a")) == "passphrase-missing"
    assert quick.read_bytes() == QUICK
    quick.write_bytes(QUICK.replace(b" 10\n", b" 30\n"))
    assert reason_of(lambda: AgeFile(folder, passphrase=PHRASE).get("a")) == "too-slow"


def test_seal_is_changed_to_a_key(quick: Path, folder: Path) -> None:
    """The passwords stay, and no passphrase is needed."""
    AgeFile(folder, passphrase=PHRASE, seal="key").drop("b")
    assert quick.read_bytes() != QUICK
    assert AgeFile(folder).get("a") == SECRET


@pytest.mark.usefixtures("quick_age")
def test_seal_is_changed_to_a_passphrase(kept: AgeFile, folder: Path) -> None:
    """A new passphrase is asked for, the passwords stay, and the key opens the file no longer."""
    asked: list[bool] = []

    def ask(*, new: bool) -> SecretStr:
        asked.append(new)
        return PHRASE

    AgeFile(folder, ask=ask, seal="passphrase").put("b", SECRET)
    assert asked == [True]
    assert reason_of(lambda: kept.get("b")) == "passphrase-missing"
    assert AgeFile(folder, passphrase=PHRASE).get("a@école") == SECRET


@pytest.mark.slow
def test_passphrase_has_the_work_that_age_chooses() -> None:
    """Vault and backup slow down guessing; files of other tests have less work."""
    sealed = Passphrase(PHRASE).encrypt(b"plain")
    backup = b64decode(b"".join(seal_with(PHRASE, b"plain").splitlines()[1:3]))
    for header in (sealed, backup):
        assert int(header.splitlines()[1].split()[-1]) > WORK


@for_each("length", [0, 10, 60, -1])
def test_cut_file_is_reported_as_damaged(kept: AgeFile, folder: Path, length: int) -> None:
    """Never take the file for an empty one, and do not replace it."""
    whole = (folder / "vault.age").read_bytes()
    cut = whole[:length]
    (folder / "vault.age").write_bytes(cut)
    assert reason_of(lambda: kept.get("a")) == "damaged"
    assert reason_of(lambda: kept.put("b", SECRET)) == "damaged"
    assert (folder / "vault.age").read_bytes() == cut
    (folder / "vault.age").write_bytes(whole)


@for_each("spoil", [b"garbage", b'{"a": "b"}'])
def test_other_file_is_reported_as_damaged(kept: AgeFile, folder: Path, spoil: bytes) -> None:
    """Any bytes count, and an age file without a table of passwords."""
    (folder / "vault.age").write_bytes(spoil)
    assert reason_of(lambda: kept.get("a")) == "damaged"
    identity = pyrage.x25519.Identity.from_str((folder / "vault.key").read_text().splitlines()[-1])
    (folder / "vault.age").write_bytes(pyrage.encrypt(b'["a"]', [identity.to_public()]))
    assert reason_of(lambda: kept.get("a")) == "damaged"


def test_missing_damaged_or_wrong_key_is_reported(kept: AgeFile, folder: Path) -> None:
    """Each has its own reason; no new key is made while the old file is there."""
    key = folder / "vault.key"
    key.unlink()
    assert reason_of(lambda: kept.get("a")) == "key-missing"
    assert reason_of(lambda: kept.put("a", SECRET)) == "key-missing"
    assert not key.exists()
    key.touch(0o600)
    key.write_text("# nothing\n")
    assert reason_of(lambda: kept.get("a")) == "key-damaged"
    key.write_text(str(pyrage.x25519.Identity.generate()))
    assert reason_of(lambda: kept.get("a")) == "key-wrong"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
@for_each(
    ("name", "mode", "command"),
    [
        ("vault.key", 0o640, "chmod go-rwx {path}"), ("vault.age", 0o602, "chmod go-rwx {path}"),
        (".", 0o750, "chmod go-rwx {path}"), ("..", 0o720, "chmod go-w {path}"),
    ],
)  # fmt: skip
def test_files_open_to_others_are_refused(kept: AgeFile, folder: Path, name: str, mode: int, command: str) -> None:
    """The error has the command that repairs the mode; nothing is read or written before."""
    path = Path(os.path.normpath(folder / name))
    path.chmod(mode)
    with pytest.raises(VaultLocked, match="open-to-others") as caught:
        kept.put("b", SECRET)
    assert caught.value.facts == {"path": str(path), "command": command.format(path=path)}
    subprocess.run(str(caught.value.facts["command"]).split(), check=True)
    kept.put("b", SECRET)
    assert kept.get("b") == SECRET


def test_error_of_the_system_is_reported(tmp_path: Path) -> None:
    """The folder is a file."""
    (tmp_path / "vault").touch(0o600)
    assert reason_of(lambda: AgeFile(tmp_path / "vault").put("a", SECRET)) == "os"


def test_failed_write_leaves_the_old_file(kept: AgeFile, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full; no other file stays."""

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device", descriptor)

    monkeypatch.setattr(os, "fsync", full)
    before = (folder / "vault.age").read_bytes()
    assert reason_of(lambda: kept.put("b", SECRET)) == "os"
    assert (folder / "vault.age").read_bytes() == before
    assert not list(folder.glob("*.new"))
    assert not list(folder.glob(".*"))


def test_concurrent_runs_lose_no_password(folder: Path) -> None:
    """Both add accounts at the same time, and use the same key."""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", WRITING, str(folder), name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in ("x", "y")
    ]
    for run in runs:
        assert run.stdout
        assert run.stdout.readline() == b"ready\n"
    for run in runs:
        assert run.stdin
        run.stdin.write(b"go\n")
        run.stdin.flush()
    assert [run.communicate(timeout=60) and run.returncode for run in runs] == [0, 0]
    age = AgeFile(folder)
    for name in ("x", "y"):
        assert [age.get(f"{name}{number}") for number in range(10)] == [SecretStr(name)] * 10


def test_repr_has_no_passphrase(folder: Path) -> None:
    """Neither `repr` nor the attributes show it."""
    age = AgeFile(folder, passphrase=PHRASE)
    assert PHRASE.get_secret_value() not in f"{age!r} {vars(age)!r}"
