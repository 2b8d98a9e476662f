"""`aurion hosting init`, `rotate` and `backup-check`, as an association runs them."""

import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from scraper.domain.credentials import Credentials
from scraper.hosting.keys import IDENTITIES, create_keys
from scraper.hosting.service_settings import load_hosting_settings
from tests.commands import Done, run_here
from tests.hosting.hosted import add_student
from tests.hosting.postgres import ADMIN, PostgresServer

SETTINGS = """\
association = "BDE"
contact = "bde@example.org"
address = "https://agenda.example.org"
schools = ["junia"]
database = "{database}"
keys = "{folder}/keys"
feeds = "{folder}/feeds"
"""


def hosting(folder: Path, *arguments: str) -> Done:
    """Run a command of the service in English."""
    return run_here("hosting", *arguments, "--settings", str(folder / "settings.toml"), cwd=folder, LANG="en")


def write_settings(folder: Path, database: str) -> None:
    """Write the settings file."""
    (folder / "settings.toml").write_text(SETTINGS.format(folder=folder, database=database), encoding="utf-8")


def lines(done: Done) -> list[str]:
    """The lines of a command that succeeds."""
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_init_writes_settings_to_fill_in(tmp_path: Path) -> None:
    """The example is valid; a second run does not overwrite it."""
    done = hosting(tmp_path, "init")
    assert lines(done) == [f"Settings to fill in: {tmp_path / 'settings.toml'}. Then run the same command again."]
    assert load_hosting_settings(tmp_path / "settings.toml").schools == ("junia",)
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


def test_init_creates_keys_and_tables_once(postgres: PostgresServer, tmp_path: Path) -> None:
    """A second run only upgrades the tables."""
    write_settings(tmp_path, postgres.address(postgres.create_database()))
    first = lines(hosting(tmp_path, "init"))
    assert first == [
        f"Keys created in {tmp_path / 'keys'}. Keep a copy of them apart from the copies of the database.",
        "The tables are ready.",
    ]
    key = (tmp_path / "keys" / IDENTITIES).read_bytes()
    assert lines(hosting(tmp_path, "init")) == ["The tables are up to date."]
    assert (tmp_path / "keys" / IDENTITIES).read_bytes() == key


def test_commands_refuse_the_database_of_a_later_version(engine: Engine, database_address: str, tmp_path: Path) -> None:
    """The error is one sentence and one step, with exit code 10."""
    write_settings(tmp_path, database_address)
    create_keys(tmp_path / "keys")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    done = hosting(tmp_path, "init")
    assert done.returncode == 10
    assert done.stderr.splitlines() == [
        "A later version of this program wrote the service’s database (revision later).",  # noqa: RUF001
        "Update the program on this machine too.",
    ]


def test_missing_extra_is_named_by_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the extra to install."""
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    for command in ("init", "rotate", "web", "worker", "status"):
        done = hosting(tmp_path, command)
        assert done.returncode == 2
        assert "pip install 'aurion-planning[hosting]'" in done.stderr


def test_keys_are_rotated_and_a_backup_is_checked(
    postgres: PostgresServer, engine: Engine, database_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rotation takes one step, or two; a backup without its key is an error with a next step."""
    keys = tmp_path / "keys"
    write_settings(tmp_path, database_address)
    create_keys(keys)
    add_student(engine, keys, Credentials(login="a", password="b"))
    old = (keys / IDENTITIES).read_bytes()
    assert lines(hosting(tmp_path, "rotate", "--step", "key")) == [f"Version 2 of the key is in {keys}."]
    assert lines(hosting(tmp_path, "rotate", "--step", "rows")) == ["1 row is now sealed with version 2."]
    assert lines(hosting(tmp_path, "rotate"))[-1] == "1 row is now sealed with version 3."
    dump = postgres.folder / "commands.dump"
    postgres.run("pg_dump", "--format=custom", f"--file={dump}", postgres.address(str(engine.url.database), ADMIN))
    allowed = "--command=ALTER ROLE aurion CREATEDB"
    postgres.run("psql", "--no-psqlrc", allowed, f"--dbname={postgres.address('postgres', ADMIN)}")
    monkeypatch.setenv("PATH", f"{postgres.programs}{os.pathsep}{os.environ['PATH']}")
    assert lines(hosting(tmp_path, "backup-check", str(dump))) == [
        "The backup can be restored: 1 student.", "1 sealed value opens.", "The key of the calendar addresses fits.",
    ]  # fmt: skip
    (keys / IDENTITIES).write_bytes(old)
    done = hosting(tmp_path, "backup-check", str(dump))
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2, "This machine’s keys do not open 1 of the sealed values."  # noqa: RUF001
    )  # fmt: skip
