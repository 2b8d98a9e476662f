"""What a timer takes along from the shell where it is put on, and what it must not."""

import os
import sys
from pathlib import Path

import pytest

from scraper.errors import ScheduleError
from scraper.runs.schedule.planned import read_plan_file
from scraper.runs.schedule.scheduled_command import scheduled_command


def test_variables_of_the_user_are_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, folders and language go along, with absolute paths; session variables and windows do not."""
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


def test_the_way_to_the_network_is_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies without a login, and files with authorities, by absolute paths."""
    monkeypatch.chdir(tmp_path)
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "AURION_PROXY")
    files = ("AURION_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    given = {
        **dict.fromkeys(proxies, "http://proxy.example:3128"), **dict.fromkeys(("NO_PROXY", "no_proxy"), ".example"),
        **dict.fromkeys(files, "ca.pem"), "XDG_CURRENT_DESKTOP": "KDE",
    }  # fmt: skip
    job = scheduled_command(given, tmp_path / "state", [])
    assert dict(job.environment) == {**given, **dict.fromkeys(files, str(tmp_path / "ca.pem"))}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("AURION_PASSWORD", "x", "secret"), ("AURION_PASSPHRASE", "x", "secret"), ("AURION_NOTIFY", "x", "secret"),
        ("https_proxy", "http://me:x@proxy.example.fr", "secret-proxy"), ("ALL_PROXY", "me:x@proxy:1", "secret-proxy"),
        ("AURION_PROXY", "pac+http://me:x@a/", "secret-proxy"), ("AURION_MENU", "a\nb", "control"),
        ("XDG_STATE_HOME", "/\udce9", "control"),
    ],
)  # fmt: skip
def test_what_must_not_be_written_down_is_refused(name: str, value: str, reason: str, tmp_path: Path) -> None:
    """A secret, and a sign that no timer can hold, are refused by the variable's name; no value is shown."""
    with pytest.raises(ScheduleError) as caught:
        scheduled_command({name: value}, tmp_path, [])
    assert (caught.value.reason, caught.value.facts) == (reason, {"name": name})


def test_a_secret_that_no_export_needs_is_left_out(tmp_path: Path) -> None:
    """The secret of an OAuth client serves to connect only; a timer is turned on without it."""
    job = scheduled_command({"AURION_GOOGLE_CLIENT_SECRET": "canary", "AURION_MENU": "x"}, tmp_path, [])
    assert dict(job.environment) == {"AURION_MENU": "x"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"times": []}'])
def test_a_plan_file_that_is_missing_or_broken_is_an_error(text: str, tmp_path: Path) -> None:
    """Without its plan a timer cannot know what is due: exit 2, no traceback."""
    file = tmp_path / "plan.json"
    if text:
        file.write_text(text)
    with pytest.raises(ScheduleError) as caught:
        read_plan_file(file)
    assert caught.value.reason == "table"
