"""The file of a session between runs: private to its user, and valid for one login at one address."""

import json
import os
from pathlib import Path

import pytest

from scraper.system.session_file import SavedSession, SessionFile
from tests.cases import for_each

LOGIN, ADDRESS = "prenom.nom", "https://aurion.example.fr"


@pytest.fixture
def file(tmp_path: Path) -> SessionFile:
    """Return the file of a session, in folders that do not exist yet."""
    return SessionFile(tmp_path / "state" / "sessions" / "one.json")


def cookies(**changed: object) -> str:
    """Return the session's cookie as a file has it, with some fields changed."""
    whole = {"name": "JSESSIONID", "value": "x", "domain": "127.0.0.1", "path": "/", "expires": -1}
    return json.dumps([{**whole, "httpOnly": True, "secure": False, "sameSite": "Lax", **changed}])


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_session_file_is_private_to_its_user(file: SessionFile) -> None:
    """The modes are 0600 and 0700, whatever the umask and the mode of an older file."""
    file.path.parent.mkdir(parents=True, mode=0o755)
    file.path.write_text("old")
    file.path.chmod(0o644)
    before = os.umask(0)
    try:
        file.write(SavedSession(login=LOGIN, address=ADDRESS))
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (file.path, file.path.parent, file.path.parents[1])]
    assert modes == [0o600, 0o700, 0o700]
    assert list(file.path.parent.iterdir()) == [file.path]


def test_session_is_valid_for_one_login_at_one_address(file: SessionFile) -> None:
    """Another login, another portal and a deleted file have no session."""
    saved = SavedSession(login=LOGIN, address=ADDRESS, planning="x", cookies=tuple(json.loads(cookies())))
    file.write(saved)
    assert file.read(LOGIN, ADDRESS) == saved
    assert file.read("other", ADDRESS) is None
    assert file.read(LOGIN, "https://two.example.fr") is None
    file.delete()
    assert file.read(LOGIN, ADDRESS) is None


def test_repr_contains_neither_cookies_nor_login() -> None:
    """A session can be printed without its secrets."""
    shown = repr(
        SavedSession(login="qui", address="https://a.fr", cookies=({"name": "JSESSIONID", "value": "SECRET"},))
    )
    assert "SECRET" not in shown
    assert "qui" not in shown


WHOLE = f'{{"login": "{LOGIN}", "address": "{ADDRESS}", "planning": "", "cookies": %s}}'


@for_each(
    "text",
    [
        "", "{", "[]", "\x00", '{"login": "x", "address": "y", "cookies": []}', WHOLE % "[{}]", WHOLE % '["x"]',
        WHOLE % "[[]]", WHOLE % "7", WHOLE % cookies(value=7), WHOLE % cookies(domain=None),
        WHOLE % cookies(sameSite="x"), WHOLE % cookies(expires="x"),
    ],
)  # fmt: skip
def test_damaged_file_contains_no_session(file: SessionFile, text: str) -> None:
    """A file that is no JSON, of another login, or with invalid cookies is ignored without an error."""
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_text(WHOLE % cookies(), encoding="utf-8")
    assert file.read(LOGIN, ADDRESS) is not None
    file.path.write_text(text, encoding="utf-8")
    assert file.read(LOGIN, ADDRESS) is None
