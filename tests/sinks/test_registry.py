"""Registration of a kind of sink: settings, commands, deliveries and checks follow from its description."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from scraper.cli.commands import account
from scraper.cli.commands.account_sink import sink_command
from scraper.config.account_list import list_accounts
from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.effective import effective_settings
from scraper.config.vault.vaults import vaults
from scraper.diagnostics.doctor import machine_checks
from scraper.domain.sink_kind import SinkKind
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import SettingsError, SinkRefused
from scraper.i18n import LANGUAGES, Catalogue, catalogue
from scraper.publishing.destinations import open_destination
from scraper.publishing.job import job_for_account
from scraper.runs.forget_account import delete_account
from scraper.system.paths import settings_file, state_folder
from tests.cases import for_each
from tests.sinks.calendars import calendar
from tests.sinks.memory import KIND, STORED

ADDRESS, SECRET = "memory://green/", "a secret"
ACCOUNT = '[accounts.moi]\nschool = "junia"\nlogin = "x"\n'
MESSAGES = {"added": "Added {path}: {where}", "removed": "Removed {path}"}
REASONS = {
    "SettingsError": ("which",),
    "SinkRefused": ("no-password",),
}


@pytest.fixture(autouse=True)
def registered(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Register the sink of the tests, with its messages, for an account in an empty home."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en")
    monkeypatch.setitem(SINK_KINDS, "memory", KIND)
    monkeypatch.setitem(catalogue("en", ""), "memory", MESSAGES)  # type: ignore[arg-type]
    assert settings_file().is_relative_to(home)
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(ACCOUNT, encoding="utf-8")
    yield
    STORED.clear()


def run(monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
    """Run the command of the kind with a piped password."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SECRET}\n"))
    sys.stdin.buffer = io.BytesIO(f"{SECRET}\n".encode())  # type: ignore[misc]
    given = {"room": None, "password_stdin": True, "no_try": False, "remove": False, **options}
    sink_command(KIND)("moi", **given)


def test_command_adds_delivers_to_and_removes_a_calendar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The calendar is an output beside the file, and is removed with its password."""
    run(monkeypatch, room="green")
    assert f"Added {ADDRESS}" in capsys.readouterr().out
    (destination,) = load_account("moi", Config.from_environment()).destinations
    assert (destination.kind, destination.address, destination.user) == ("memory", ADDRESS, "x")
    assert 'memory = "memory://green/"' in settings_file().read_text(encoding="utf-8")
    assert list_accounts(Config.from_environment())[0]["outputs"][1:] == [ADDRESS]
    rows = {row.name: row.value for row in effective_settings("moi", Config.from_environment())}
    assert rows["outputs"][1] == {"memory": ADDRESS, "user": "x"}
    assert rows[f"password {ADDRESS}"] == "present"
    check = machine_checks.destination("moi", destination, vaults(), Config.from_environment())
    assert (check.name, check.reason) == ("memory", "well")
    job = job_for_account("moi", Config.from_environment())
    assert job.is_pushed
    sink = job.targets[1].sink
    sink.check()
    assert sink.deliver(calendar(range(2))) is True
    assert STORED[ADDRESS] == calendar(range(2))
    assert SECRET not in repr(sink)
    run(monkeypatch, room="green", remove=True)
    assert f"Removed {ADDRESS}" in capsys.readouterr().out
    assert load_account("moi", Config.from_environment()).destinations == ()
    with pytest.raises(SinkRefused, match="memory-no-password"):
        open_destination(destination, "moi", Config.from_environment()).check()
    with pytest.raises(SettingsError, match="memory-which"):
        run(monkeypatch, room="green", remove=True)


def test_deleted_account_loses_password_and_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calendar at the service stays."""
    run(monkeypatch, room="green")
    (destination,) = load_account("moi", Config.from_environment()).destinations
    file = destination.state_file(state_folder())
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    assert ADDRESS in delete_account("moi", Config.from_environment(), vaults())
    assert not file.exists()
    assert vaults().find(destination.secret) is None


@for_each(
    ("table", "reason", "place"),
    [
        ("memory = 'memory://'\nuser = 'x'", "table-memory", "outputs[1].memory"),
        ("memory = 'green'", "table-missing", "outputs[1].user"),
        ("memory = 'green'\nuser = 'x'\ncolour = 'blue'", "table-colour", "outputs[1].colour"),
        ("memory = 'green'\nuser = 'x'\nuids = 'own'", "table-uids", "outputs[1].uids"),
        ("memory = 'green'\nuser = 'x'\npath = 'a.ics'", "table-two-places", "outputs[1].path"),
        ("memory = 'green'\nuser = 'x'\ncolor = 'red'", "table-key", "outputs[1].color"),
    ],
)
def test_keys_of_the_kind_are_validated(table: str, reason: str, place: str) -> None:
    """The error names the key; a misspelt key is compared with the kind's."""
    settings_file().write_text(f"[[outputs]]\n{table}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Config.from_environment().settings()
    assert (caught.value.reason, caught.value.facts["place"]) == (reason, place)
    if reason == "table-key":
        assert "colour" in str(caught.value.facts["near"])


def test_command_has_the_options_of_the_kind() -> None:
    """The kind's own options come before those of all kinds."""
    app = typer.Typer(add_completion=False)
    app.command("memory")(sink_command(KIND))
    app.command("other")(account.print_accounts)
    command = typer.main.get_command(app).commands["memory"]  # type: ignore[attr-defined]
    names = [name for parameter in command.params for name in parameter.opts]
    assert names == ["name", "--room", "--password-stdin", "--no-login-test", "--remove"]


@for_each("language", LANGUAGES)
@for_each("kind", [kind for kind in SINK_KINDS.values() if kind is not KIND])
def test_each_kind_has_its_messages(kind: SinkKind, language: str) -> None:
    """The messages are those of help, set-up, checks and errors."""
    words, name = Catalogue(language), kind.name
    keys = [
        f"help.groups.account.{name}",
        *(f"help.options.{name}_{option}" for option in (*kind.options, "no_try", "remove")),
        *(f"{name}.{key}" for key in ("added", "removed", "password")),
        f"doctor.labels.{name}",
        *(f"doctor.{name}.{reason}.message" for reason in ("well", "absent")),
        *(f"errors.{error}.{name}-{reason}.message" for error, reasons in REASONS.items() for reason in reasons),
        *(f"errors.SettingsError.table-{key}.message" for key in (name, "user", *kind.keys)),
    ]
    assert [key for key in keys if not words.has(key)] == []
    assert kind.name in account.COMMANDS
