"""The command of a timer: the variables that it keeps, and those that are refused."""

import os
import sys
from pathlib import Path

import pytest

from scraper.errors import ScheduleError
from scraper.runs.schedule.planned import read_plan_file
from scraper.runs.schedule.scheduled_command import scheduled_command
from tests.cases import for_each


def test_variables_of_the_user_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, folders and language are kept with absolute paths; variables of the session are not."""
    monkeypatch.chdir(tmp_path)
    given = {
        "AURION_MENU": "Mon planning", "AURION_OUTPUT": "cours.ics", "AURION_VISIBLE": "1", "AURION_URL": "",
        "XDG_STATE_HOME": "/s", "LANG": "fr_FR.UTF-8", "PYTHON_KEYRING_BACKEND": "b",
        "DISPLAY": ":0", "SSH_AUTH_SOCK": "/x", "PATH": "/bin", "PYTHONPATH": f"src{os.pathsep}/lib",
    }  # fmt: skip
    job = scheduled_command(given, tmp_path / "state", [Path("cours"), tmp_path / "state"])
    assert dict(job.environment) == {
        "AURION_MENU": "Mon planning", "AURION_OUTPUT": str(tmp_path / "cours.ics"), "XDG_STATE_HOME": "/s",
        "LANG": "fr_FR.UTF-8", "PYTHON_KEYRING_BACKEND": "b", "PYTHONPATH": f"{tmp_path / 'src'}{os.pathsep}/lib",
    }  # fmt: skip
    assert job.writable == (tmp_path / "state", tmp_path / "cours")
    assert job.command == (sys.executable, "-P", "-m", "scraper", "export", "--all", "--unattended")


def test_proxies_and_authorities_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies without a login, and files of authorities, are kept with absolute paths."""
    monkeypatch.chdir(tmp_path)
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "AURION_PROXY")
    files = ("AURION_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    given = {
        **dict.fromkeys(proxies, "http://proxy.example:3128"), **dict.fromkeys(("NO_PROXY", "no_proxy"), ".example"),
        **dict.fromkeys(files, "ca.pem"), "XDG_CURRENT_DESKTOP": "KDE",
    }  # fmt: skip
    job = scheduled_command(given, tmp_path / "state", [])
    assert dict(job.environment) == {**given, **dict.fromkeys(files, str(tmp_path / "ca.pem"))}


@for_each(
    ("name", "value", "reason"),
    [
        ("AURION_PASSWORD", "x", "secret"), ("AURION_PASSPHRASE", "x", "secret"), ("AURION_NOTIFY", "x", "secret"),
        ("https_proxy", "http://me:x@proxy.example.fr", "secret-proxy"), ("ALL_PROXY", "me:x@proxy:1", "secret-proxy"),
        ("AURION_PROXY", "pac+http://me:x@a/", "secret-proxy"), ("AURION_MENU", "a\nb", "control"),
        ("XDG_STATE_HOME", "/\udce9", "control"),
    ],
)  # fmt: skip
def test_secrets_and_control_characters_are_refused(name: str, value: str, reason: str, tmp_path: Path) -> None:
    """The error contains the name of the variable, not its value."""
    with pytest.raises(ScheduleError) as caught:
        scheduled_command({name: value}, tmp_path, [])
    assert (caught.value.reason, caught.value.facts) == (reason, {"name": name})


def test_secret_that_exports_do_not_need_is_left_out(tmp_path: Path) -> None:
    """The secret of an OAuth client is needed to connect only."""
    job = scheduled_command({"AURION_GOOGLE_CLIENT_SECRET": "canary", "AURION_MENU": "x"}, tmp_path, [])
    assert dict(job.environment) == {"AURION_MENU": "x"}


@for_each("text", ["", "{", "[]", '{"times": []}'])
def test_missing_or_invalid_plan_file_is_an_error(text: str, tmp_path: Path) -> None:
    """Without its plan a timer cannot know what is due."""
    file = tmp_path / "plan.json"
    file.unlink(missing_ok=True)
    if text:
        file.write_text(text)
    with pytest.raises(ScheduleError) as caught:
        read_plan_file(file)
    assert caught.value.reason == "table"
