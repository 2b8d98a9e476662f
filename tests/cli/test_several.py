"""Several accounts in one command, against two demo portals."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, DemoUser, Variant
from tests.lessons import lessons_ahead

OTHER = "autre.nom@student.junia.com"


def aurion(home: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in the empty home."""
    return subprocess.run(
        [sys.executable, "-m", "scraper", *arguments], env=dict(os.environ), input=typed, capture_output=True,
        encoding="utf-8", timeout=100, check=False, cwd=home,
    )  # fmt: skip


def test_one_account_that_fails_stops_no_other(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All in one run: the refused one keeps its calendar, the next is exported, the exit code is the worst."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    (home / "a.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    others = Variant(users={OTHER: DemoUser(password="x", name="Autre NOM")})
    with Demo(events=lessons_ahead()) as one, Demo(variant=others, events=()) as other:
        for name, demo, login in (("a", other, OTHER), ("b", one, LOGIN)):
            who = ("--name", name, "--url", demo.url, "--login", login, "--months", "1", "--output", f"{name}.ics")
            done = aurion(home, "account", "add", *who, "--no-login-test", "--password-stdin", typed=f"{PASSWORD}\n")
            assert done.returncode == 0, done.stderr
        done = aurion(home, "export", "--all", "--json")
        sent = [[exchange.kind for exchange in demo.log].count("login") for demo in (other, one)]
    reported = json.loads(done.stdout)
    assert (done.returncode, reported["exit_code"], sent) == (3, 3, [1, 1]), done.stderr
    first, second = reported["accounts"]
    assert (first["account"], first["error"], first["exit_code"]) == ("a", "WrongCredentials", 3)
    assert second["account"] == "b"
    assert second["events"] == (home / "b.ics").read_bytes().count(b"BEGIN:VEVENT") > 0
    assert (home / "a.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"
