"""Several accounts in one command, at two demo portals."""

import json
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, DemoUser, Variant
from tests.commands import SharedBrowsers
from tests.lessons import lessons_ahead

OTHER = "autre.nom@student.junia.com"


def test_failed_account_does_not_stop_the_others(
    home: Path, monkeypatch: pytest.MonkeyPatch, browsers: SharedBrowsers
) -> None:
    """The refused account keeps its calendar, the next is exported, and the exit code is the worst."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    (home / "a.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    untried = ("--no-login-test", "--password-stdin")
    others = Variant(users={OTHER: DemoUser(password="x", name="Autre NOM")})
    with Demo(events=lessons_ahead()) as one, Demo(variant=others, events=()) as other:
        for name, demo, login in (("a", other, OTHER), ("b", one, LOGIN)):
            who = ("--name", name, "--url", demo.url, "--login", login, "--months", "1", "--output", f"{name}.ics")
            done = browsers.run("account", "add", *who, *untried, cwd=home, typed=f"{PASSWORD}\n")
            assert done.returncode == 0, done.stderr
        done = browsers.run("export", "--all", "--json", cwd=home)
        sent = [[exchange.kind for exchange in demo.log].count("login") for demo in (other, one)]
    reported = json.loads(done.stdout)
    assert (done.returncode, reported["exit_code"], sent) == (3, 3, [1, 1]), done.stderr
    first, second = reported["accounts"]
    assert (first["account"], first["error"], first["exit_code"]) == ("a", "WrongCredentials", 3)
    assert second["account"] == "b"
    assert second["events"] == (home / "b.ics").read_bytes().count(b"BEGIN:VEVENT") > 0
    assert (home / "a.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"
