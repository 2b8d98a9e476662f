"""Settings: layers, origins, edits of the file, and errors with their line."""

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from scraper.config.configuration import Config
from scraper.config.default_output import default_output
from scraper.config.settings.edit import change_outputs, change_rules, change_settings, parse_setting, to_file_value
from scraper.config.settings.line_numbers import lines_of
from scraper.config.settings.settings_file import change_account, read_settings_file, remove_account
from scraper.errors import SettingsError
from scraper.i18n import LANGUAGES, Catalogue
from scraper.system.paths import settings_file
from tests.cases import for_each

Write = Callable[[str], None]
TWO = """\
# my schools
months = 3                # for all
output = "~/all.ics"

[accounts."anna@a.fr"]    # the first
school = "junia"
login = "anna@a.fr"
months = 9
output = "~/anna.ics"

[accounts.ben]
url = "https://aurion.example.fr"
login = "ben"
output = "~/ben.ics"
"""


@pytest.fixture
def write(home: Path) -> Write:
    """Write the settings file of the empty home."""
    assert settings_file().is_relative_to(home)

    def write(text: str) -> None:
        settings_file().parent.mkdir(parents=True, exist_ok=True)
        settings_file().write_bytes(text.encode())

    return write


def refusal(account: str | None = None, environment: dict[str, str] | None = None, **options: object) -> SettingsError:
    """The errors for settings that are wrong."""
    with pytest.raises(SettingsError) as caught:
        Config(options=options, environment=environment or {}).settings(account)
    return caught.value


def test_later_layer_overrides_earlier_ones(write: Write) -> None:
    """A key of the account overrides the general one, a variable the file, an option all."""
    write(TWO)
    assert [Config().settings(name).months for name in (None, "anna@a.fr", "ben")] == [3, 9, 3]
    assert Config(environment={"AURION_MONTHS": "5"}).settings("anna@a.fr").months == 5
    assert Config(options={"months": "7"}, environment={"AURION_MONTHS": "5"}).settings("anna@a.fr").months == 7
    assert Config().account_names == ("anna@a.fr", "ben")


def test_alternative_settings_replace_each_other(write: Write) -> None:
    """The account's address replaces the general school, --months the file's last day."""
    write('school = "junia"\nuntil = 2026-12-01\n[accounts.ben]\nurl = "https://aurion.example.fr"\nlogin = "b"\n')
    ben = Config(options={"months": "2"}).settings("ben")
    assert (ben.school, ben.url, ben.last, ben.months) == (None, "https://aurion.example.fr", None, 2)


def test_variables_do_not_change_school_and_login_of_an_account(write: Write) -> None:
    """The password of an account is not sent elsewhere; an option is refused."""
    write(TWO)
    ben = Config(environment={"AURION_LOGIN": "anna", "AURION_SCHOOL": "junia"}).settings("ben")
    assert (ben.login, ben.school, ben.url) == ("ben", None, "https://aurion.example.fr")
    assert refusal("ben", login="anna").reason == "account-fixed"


def test_each_value_has_its_origin(write: Write) -> None:
    """Origins are file and line, variable, option and default."""
    write(TWO)
    found = Config(options={"language": "en"}, environment={"AURION_TIMEOUT": "9"}).origins("anna@a.fr")
    kinds = {name: (origin.kind, origin.name, origin.line) for name, origin in found.items()}
    assert kinds["months"] == ("account", "anna@a.fr", 8)
    assert kinds["timeout"] == ("variable", "AURION_TIMEOUT", 0)
    assert (kinds["language"][0], kinds["menu"][0]) == ("option", "default")
    assert Config().origins()["months"].line == 2


WRONG = [
    ("a = 1\n\nmonths = [\n", 3, "settings-toml", "TOML"),
    ("\nmonths = 99", 2, "months", "99"),
    ("login = 'x'\nmonts = 9", 2, "unknown-setting", "months"),
    ("[accounts.x]\nlogin = 'x'\nlogin-hosts = 'a.fr'", 3, "unknown-setting", "login_hosts"),
    ("[accounts.x]\nvisible = true", 2, "unknown-setting", "visible"),
    ("[accounts.x]\nsandbox = false", 2, "unknown-setting", "sandbox"),
    ('sandbox = "maybe"', 1, "sandbox", "maybe"),
    ("months = 3\n[accounts.x]\npassword = 'geheim'", 3, "password-in-file", "AURION_PASSWORD"),
    ("[accounts.x]\nmonths = 2\n[accounts.y]\nmonths = 99", 4, "months", "99"),
    ("accounts = 3", 1, "accounts-table", "[accounts."),
    ("[accounts]\nlogin = 'x'", 2, "accounts-table", "[accounts."),
    ("\n[accounts.'a b']", 2, "account-name", "a b"),
    ("[accounts.A]\n[accounts.a]", 2, "account-twin", "A"),
    ("[accounts.x]\noutput = 'a.ics'\n[accounts.y]\noutput = './a.ics'", 3, "account-file", "a.ics"),
    ("output = 'a.ics'\n[accounts.x]\n[accounts.y]", 3, "account-file", "a.ics"),
    ("[accounts.x]\nrules = [\n  { do = 'drop' },\n  { do = 'dorp' },\n]", 2, "table-do", "dorp"),
    ("[[accounts.x.outputs]]\npath='a'\n[[accounts.x.outputs]]\npath='b'\nfor='mac'", 5, "table-for", "mac"),
    ("[[outputs]]\npath='a'\n[[outputs]]\nname='b'", 3, "table-missing", "outputs[2].path"),
]


@for_each("end", ["\n", "\r\n"])
@for_each("wrong", WRONG)
def test_invalid_file_is_reported_with_its_line(write: Write, wrong: tuple[str, int, str, str], end: str) -> None:
    """Exit code 2, with the given or the expected value, for any account."""
    text, line, reason, shown = wrong
    write(text.replace("\n", end))
    error = refusal()
    assert (error.exit_code, error.reason, error.facts["line"]) == (2, reason, line)
    for language in LANGUAGES:
        message, hint = Catalogue(language).error(error)
        assert message.startswith(f"{settings_file()}, {'ligne' if language == 'fr' else 'line'} {line}")
        assert shown in message + hint
        assert "geheim" not in message + hint


def test_invalid_variable_is_named() -> None:
    """The error has its name."""
    message, _ = Catalogue("en").error(refusal(environment={"AURION_MONTHS": "many"}))
    assert message == "AURION_MONTHS: “many” is not a number of months from 1 to 36."


def test_unknown_account_is_reported_with_similar_names(write: Write) -> None:
    """Exit code 2."""
    write(TWO)
    error = refusal("bne")
    assert (error.reason, error.facts["near"]) == ("unknown-account", ["ben"])


def test_edit_keeps_the_rest_of_the_file(write: Write) -> None:
    """Comments, order and blank lines stay; the modes are 0600 and 0700."""
    write(TWO)
    settings_file().parent.chmod(0o755)
    change_account("clé@c.fr", {"school": "esiee", "login": "c"})
    change_account("clé@c.fr", {"months": 2})
    text = settings_file().read_text(encoding="utf-8")
    assert text.startswith(TWO)
    assert Config().settings("clé@c.fr").months == 2
    if os.name == "posix":
        assert [stat.S_IMODE(p.stat().st_mode) for p in (settings_file(), settings_file().parent)] == [0o600, 0o700]
    assert [p.name for p in settings_file().parent.iterdir()] == ["settings.toml"]
    remove_account("clé@c.fr")
    assert settings_file().read_text(encoding="utf-8").rstrip() == TWO.rstrip()
    remove_account("anna@a.fr")
    assert Config().account_names == ("ben",)
    assert "# my schools\nmonths = 3                # for all" in settings_file().read_text(encoding="utf-8")


def test_accounts_are_edited_in_any_notation(write: Write) -> None:
    """Separate, inline and dotted tables are changed and deleted alone."""
    write('[accounts.a]\nlogin = "a"\n[[rules]]\ndo = "drop"\n[accounts.b]\nlogin = "b"\n')
    change_account("c", {"login": "c"})
    change_account("a", {"months": 1})
    remove_account("b")
    assert Config().account_names == ("a", "c")
    write("months = 3")
    change_account("c", {"login": "c"})
    assert settings_file().read_text(encoding="utf-8") == 'months = 3\n\n[accounts.c]\nlogin = "c"\n'
    write('accounts = { a = { login = "a" } }')
    change_account("c", {"login": "c"})
    assert Config().account_names == ("a", "c")
    write('accounts.a.login = "a"\naccounts.b = { login = "b" }\n')
    change_account("b", {"months": 1})
    remove_account("a")
    assert Config().settings("b").months == 1


@pytest.mark.skipif(os.name != "posix", reason="only there others' rights are bits")
@for_each("what", ["file", "folder"])
def test_file_or_folder_writable_by_others_is_refused(write: Write, what: str) -> None:
    """The error has the command that repairs the mode."""
    write("months = 3")
    place = settings_file() if what == "file" else settings_file().parent
    place.chmod(0o777)
    error = refusal()
    assert error.reason == "others-write"
    assert os.system(str(error.facts["command"])) == 0  # noqa: S605 - as a person runs it
    assert Config().settings().months == 3


def test_first_account_has_planning_ics(write: Write) -> None:
    """Other accounts have `planning-<account>.ics`."""
    write(TWO)
    names = [default_output(Config().default_file(name)).name for name in (None, "anna@a.fr", "ben")]
    assert names == ["planning.ics", "planning.ics", "planning-ben.ics"]


def test_line_numbers_are_those_of_the_keys() -> None:
    """Texts and lists of several lines, and text that looks like a table, do not mislead."""
    assert lines_of("[[a.b]]\nc = 1\n[[a.b]]")["a", "b"] == 1
    text = 'a = """\n[b]\nc = 1\n"""\n\nd = [\n  1,\n]\n[e."f.g"]\nh = { i = 1 }\n'
    lines = lines_of(text)
    assert (lines["a",], lines["d",], lines["e", "f.g"], lines["e", "f.g", "h", "i"]) == (1, 6, 9, 10)
    assert ("b",) not in lines


RULES = """\
[[rules]]            # the first
subject = "Anglais"  # in the words of the portal
do = "drop"

[[outputs]]
path = "~/a.ics"     # mine
rules = [{ exam = true, do = "drop" }]
"""


def test_unchanged_rule_keeps_its_comments(write: Write) -> None:
    """Others are inserted before it, also in an output's list; without rules the key is deleted."""
    write(RULES)
    kept, new = {"subject": "Anglais", "do": "drop"}, {"kind": "TP", "do": "rename", "to": "Atelier"}
    change_rules(None, None, [new, kept])
    change_rules(None, 0, [new])
    text = settings_file().read_text()
    assert '[[rules]]            # the first\nsubject = "Anglais"  # in the words of the portal' in text
    assert 'path = "~/a.ics"     # mine' in text
    settings = Config().settings()
    assert [rule.to for rule in (*settings.rules, *settings.outputs[0].rules)] == ["Atelier", "", "Atelier"]
    change_rules(None, None, [])
    assert Config().settings().rules == ()


def test_invalid_edit_is_not_written(write: Write) -> None:
    """None of several changes is written if one of them, or all together, are invalid."""
    write(TWO)
    for account, values in ((None, {"months": 4, "timeout": 0}), ("ben", {"output": "~/anna.ics"}), ("a b", {})):
        with pytest.raises(SettingsError):
            change_settings(account, values)
        assert settings_file().read_text() == TWO
    change_settings(
        "ben", {"months": parse_setting("months", "4"), "output": None, "exam_alarms": (timedelta(hours=2),)}
    )
    assert Config().settings("ben").exam_alarms == (timedelta(hours=2),)
    assert Config().settings("ben").output == "~/all.ics"


def test_home_of_an_unknown_user_is_refused(write: Write) -> None:
    """The error comes with the setting, not with the first write."""
    with pytest.raises(SettingsError) as reported:
        Config(options={"output": "~nobody-of-that-name/a.ics"}).settings()
    assert reported.value.reason == "path-home"
    write('[[outputs]]\npath = "~nobody-of-that-name/a.ics"\n')
    with pytest.raises(SettingsError):
        Config().settings()


def test_edit_keeps_outputs_written_by_another_process(home: Path) -> None:
    """The file is read at the time of the edit."""
    del home
    change_account("me", {"school": "junia", "login": "a"})
    for name in ("a.ics", "b.ics"):
        change_outputs("me", lambda own, name=name: [*own, {"path": name}])
    assert [one["path"] for one in read_settings_file().accounts["me"]["outputs"]] == ["a.ics", "b.ics"]


def test_path_is_written_absolute() -> None:
    """The file is read from any folder; a path below the home keeps its tilde."""
    here = Path.cwd()
    assert (
        to_file_value("browser", Path("./chrome")) == to_file_value("browser", Path("chrome")) == str(here / "chrome")
    )
    assert to_file_value("browser", Path("~/chrome")) == "~/chrome"
    assert to_file_value("output", "a.ics") == str(here / "a.ics")
    assert to_file_value("output", "-") == "-"
