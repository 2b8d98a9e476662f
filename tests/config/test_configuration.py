"""One configuration for a command or a request: it reads the settings file and the state's format once."""

from pathlib import Path

import pytest

from scraper.config import configuration
from scraper.config.configuration import Config
from scraper.config.settings.edit import change_settings
from scraper.config.settings.settings_file import read_settings_file
from scraper.errors import SettingsError, StateTooNew
from scraper.system.paths import FORMAT, FORMAT_FILE, settings_file, state_path
from tests.cases import for_each
from tests.commands import run_here

TWO = '[accounts.anna]\nschool = "junia"\nlogin = "anna"\n[accounts.ben]\nschool = "junia"\nlogin = "ben"\nmonths = 2\n'


@pytest.fixture
def readings(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A settings file with two accounts, and one entry for each time that it is read."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(TWO, encoding="utf-8")
    found: list[int] = []

    def read() -> object:
        found.append(len(found))
        return read_settings_file()

    monkeypatch.setattr(configuration, "read_settings_file", read)
    assert settings_file().is_relative_to(home)
    return found


def test_settings_file_is_read_once(readings: list[int]) -> None:
    """Also for other options or without variables; an unused configuration reads nothing."""
    config = Config(environment={"AURION_MONTHS": "5"}, options={"months": 7})
    assert readings == []
    asked = [config.settings("ben"), config.stored.settings("ben"), config.with_options({}).settings("ben")]
    assert [one.months for one in asked] == [7, 2, 5]
    assert config.origins("ben")["months"].kind == "option"
    assert (config.account_names, config.default_file("anna")) == (("anna", "ben"), "planning.ics")
    assert config.default_file("ben") == "planning-ben.ics"
    assert readings == [0]


def test_new_configuration_sees_a_changed_file(readings: list[int]) -> None:
    """The old one keeps its values."""
    config = Config()
    assert config.settings("ben").months == 2
    change_settings("ben", {"months": 4})
    assert (config.settings("ben").months, config.reread().settings("ben").months) == (2, 4)
    assert len(readings) == 2


def test_error_is_raised_at_each_access(readings: list[int]) -> None:
    """An invalid file does not count as empty later."""
    settings_file().write_text("months = 'many'", encoding="utf-8")
    config = Config()
    for _ in range(2):
        with pytest.raises(SettingsError):
            config.settings()
    assert readings


def test_state_folder_is_examined_once(home: Path) -> None:
    """The folder of a later version is refused."""
    assert state_path().is_relative_to(home)
    config = Config()
    assert config.state == state_path()
    state_path().mkdir(parents=True)
    (state_path() / FORMAT_FILE).write_text(f"{FORMAT + 1}\n", encoding="utf-8")
    assert config.state == state_path()
    with pytest.raises(StateTooNew):
        _ = Config().state


@for_each(
    "arguments", [("account", "list"), ("status",), ("config", "show", "ben"), ("changes", "ben"), ("logout", "ben")]
)
def test_command_reads_the_settings_file_once(arguments: tuple[str, ...], readings: list[int], home: Path) -> None:
    """The number of accounts does not matter."""
    readings.clear()
    done = run_here(*arguments, cwd=home)
    assert "Traceback" not in done.stderr
    assert len(readings) == 1, done
