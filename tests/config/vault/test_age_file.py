"""The age file: sealed with a passphrase or a key, whole, its user's alone; and the errors where it does not open."""

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
for number in range(30):
    AgeFile(Path(sys.argv[1])).put(f"{sys.argv[2]}{number}", SecretStr(sys.argv[2]))
"""


def reason_of(call: Callable[[], object]) -> str:
    """Why it is refused; its sentences are there in both languages and nothing secret is in it."""
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
    """A file with a password in it, sealed with a key."""
    AgeFile(folder).put("a@école", SECRET)
    return AgeFile(folder)


def test_by_a_key_it_opens_by_itself(folder: Path, kept: AgeFile) -> None:
    """No one is asked; the key is made once, and age itself would open the file with it."""
    key = (folder / "vault.key").read_bytes()
    kept.put("b", SecretStr("autre"))
    assert (kept.get("a@école"), kept.get("b"), kept.get("c")) == (SECRET, SecretStr("autre"), None)
    assert (folder / "vault.key").read_bytes() == key
    identity = pyrage.x25519.Identity.from_str(key.decode().splitlines()[-1])
    plain = pyrage.decrypt((folder / "vault.age").read_bytes(), [identity])
    assert json.loads(plain) == {"a@école": SECRET.get_secret_value(), "b": "autre"}


def test_nothing_readable_is_written_and_only_the_user_reads_it(folder: Path) -> None:
    """Folder 0700, files 0600 whatever the umask; neither password nor account is in any of them."""
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


def test_what_is_dropped_is_gone(kept: AgeFile, tmp_path: Path) -> None:
    """Dropping what is not there is no error, and makes no file."""
    kept.drop("a@école")
    kept.drop("a@école")
    assert kept.get("a@école") is None
    AgeFile(tmp_path / "none" / "vault").drop("a")
    assert not (tmp_path / "none").exists()


@pytest.fixture
def quick(folder: Path) -> Path:
    """The file by a passphrase that opens at once."""
    folder.parent.mkdir(mode=0o700)
    folder.mkdir(mode=0o700)
    path = folder / "vault.age"
    path.touch(0o600)
    path.write_bytes(QUICK)
    return path


def test_a_passphrase_given_or_asked_opens(quick: Path, folder: Path) -> None:
    """Asked once however much is read, and as one that is known; no key is made."""
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


def test_a_passphrase_wrong_or_missing_is_reported(quick: Path, folder: Path) -> None:
    """Each its own case, and so is a file too much work to open; a wrong one is asked again, nothing is written."""
    typed = iter((SecretStr("faux"), PHRASE))
    age = AgeFile(folder, ask=lambda *, new: next(typed) if not new else SecretStr(""))
    assert reason_of(lambda: age.put("b", SECRET)) == "passphrase-wrong"
    assert age.get("a") == SECRET
    assert reason_of(lambda: AgeFile(folder).get("a")) == "passphrase-missing"
    assert reason_of(lambda: AgeFile(folder, ask=lambda *, new: SecretStr("" * new)).get("a")) == "passphrase-missing"
    assert quick.read_bytes() == QUICK
    quick.write_bytes(QUICK.replace(b" 10\n", b" 30\n"))
    assert reason_of(lambda: AgeFile(folder, passphrase=PHRASE).get("a")) == "too-slow"


def test_the_seal_can_be_changed_to_a_key(quick: Path, folder: Path) -> None:
    """Everything in it is kept, and the passphrase is needed no more."""
    AgeFile(folder, passphrase=PHRASE, seal="key").drop("b")
    assert quick.read_bytes() != QUICK
    assert AgeFile(folder).get("a") == SECRET


@pytest.mark.usefixtures("quick_age")
def test_the_seal_can_be_changed_to_a_passphrase(kept: AgeFile, folder: Path) -> None:
    """It is asked for as a new one; everything in it is kept, and the key opens it no more."""
    asked: list[bool] = []

    def ask(*, new: bool) -> SecretStr:
        asked.append(new)
        return PHRASE

    AgeFile(folder, ask=ask, seal="passphrase").put("b", SECRET)
    assert asked == [True]
    assert reason_of(lambda: kept.get("b")) == "passphrase-missing"
    assert AgeFile(folder, passphrase=PHRASE).get("a@école") == SECRET


@pytest.mark.slow
def test_a_passphrase_is_as_much_work_as_age_chooses(tmp_path: Path) -> None:
    """The work that slows down guessing, of the vault and of a backup; what other tests read has less."""
    sealed = Passphrase(PHRASE).encrypt(b"plain")
    assert Passphrase(PHRASE).decrypt(sealed, tmp_path) == b"plain"
    backup = b64decode(b"".join(seal_with(PHRASE, b"plain").splitlines()[1:3]))
    for header in (sealed, backup):
        assert int(header.splitlines()[1].split()[-1]) > WORK


@pytest.mark.parametrize("length", [0, 10, 60, -1])
def test_a_cut_file_is_reported(kept: AgeFile, folder: Path, length: int) -> None:
    """Cut anywhere it is damaged, never empty; and nothing is written over it."""
    cut = (folder / "vault.age").read_bytes()[:length]
    (folder / "vault.age").write_bytes(cut)
    assert reason_of(lambda: kept.get("a")) == "damaged"
    assert reason_of(lambda: kept.put("b", SECRET)) == "damaged"
    assert (folder / "vault.age").read_bytes() == cut


@pytest.mark.parametrize("spoil", [b"garbage", b'{"a": "b"}'])
def test_a_foreign_file_is_reported(kept: AgeFile, folder: Path, spoil: bytes) -> None:
    """What no age wrote is damaged, and so is what age sealed for us and is no table of passwords."""
    (folder / "vault.age").write_bytes(spoil)
    assert reason_of(lambda: kept.get("a")) == "damaged"
    identity = pyrage.x25519.Identity.from_str((folder / "vault.key").read_text().splitlines()[-1])
    (folder / "vault.age").write_bytes(pyrage.encrypt(b'["a"]', [identity.to_public()]))
    assert reason_of(lambda: kept.get("a")) == "damaged"


def test_a_key_gone_foreign_or_damaged_is_reported(kept: AgeFile, folder: Path) -> None:
    """Each its own sentence; no new key is made while the old file is there."""
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
@pytest.mark.parametrize(
    ("name", "mode", "command"),
    [
        ("vault.key", 0o640, "chmod go-rwx {path}"), ("vault.age", 0o602, "chmod go-rwx {path}"),
        (".", 0o750, "chmod go-rwx {path}"), ("..", 0o720, "chmod go-w {path}"),
    ],
)  # fmt: skip
def test_what_is_open_to_others_is_refused(kept: AgeFile, folder: Path, name: str, mode: int, command: str) -> None:
    """With the command that repairs it, which does; nothing is read before, nor written."""
    path = Path(os.path.normpath(folder / name))
    path.chmod(mode)
    with pytest.raises(VaultLocked, match="open-to-others") as caught:
        kept.put("b", SECRET)
    assert caught.value.facts == {"path": str(path), "command": command.format(path=path)}
    subprocess.run(str(caught.value.facts["command"]).split(), check=True)
    kept.put("b", SECRET)
    assert kept.get("b") == SECRET


def test_what_the_system_refuses_is_reported(tmp_path: Path) -> None:
    """A folder that is a file: no traceback, the system's words."""
    (tmp_path / "vault").touch(0o600)
    assert reason_of(lambda: AgeFile(tmp_path / "vault").put("a", SECRET)) == "os"


def test_a_write_that_fails_leaves_the_old_file(kept: AgeFile, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk in the midst: the old passwords are there, and nothing lies beside."""

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device", descriptor)

    monkeypatch.setattr(os, "fsync", full)
    before = (folder / "vault.age").read_bytes()
    assert reason_of(lambda: kept.put("b", SECRET)) == "os"
    assert (folder / "vault.age").read_bytes() == before
    assert not list(folder.glob("*.new"))
    assert not list(folder.glob(".*"))


def test_two_runs_at_once_lose_nothing(folder: Path) -> None:
    """Each adds thirty accounts while the other does; all are there, and the key is one."""
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
        assert [age.get(f"{name}{number}") for number in range(30)] == [SecretStr(name)] * 30


def test_nothing_secret_is_shown(folder: Path) -> None:
    """Neither the passphrase nor a password is in what a debugger or a log would show."""
    age = AgeFile(folder, passphrase=PHRASE)
    assert PHRASE.get_secret_value() not in f"{age!r} {vars(age)!r}"
