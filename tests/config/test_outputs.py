"""Several calendars from one export: what the settings file says of outputs, rules and alarms, and of a wrong one."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scraper.config.configuration import Config
from scraper.config.outputs import Output, outputs_of
from scraper.config.settings.model import Settings
from scraper.config.settings.table_schema import RULE_KEYS, Alarms, output_keys
from scraper.domain.rules import Rule
from scraper.errors import SettingsError
from scraper.i18n import LANGUAGES, Catalogue
from scraper.system.paths import settings_file
from tests.cases import for_each

Write = Callable[[str], None]
TWO = """
language = "en"
for = "google"
alarms = ["10m"]
[[rules]]
subject = "Réunion"
do = "drop"
[[outputs]]
path = "~/lessons.ics"
[[outputs.rules]]
exam = true
do = "drop"
[[outputs]]
path = "exams.ics"
for = "Apple"
language = "fr"
name = "Mes examens"
alarms = []
exam_alarms = ["1d", "2h"]
rules = [{exam = true, do = "keep"}, {do = "drop"}]
"""
ALARMS = TypeAdapter(Alarms)


@pytest.fixture
def write(home: Path) -> Write:
    """Write the settings file of the empty home."""
    assert settings_file().is_relative_to(home)

    def write(text: str) -> None:
        settings_file().parent.mkdir(parents=True, exist_ok=True)
        settings_file().write_text(text, encoding="utf-8")

    return write


def load(environment: dict[str, str] | None = None, **options: object) -> Settings:
    """The settings with these options and variables."""
    return Config(options=options, environment=environment or {}).settings()


def refusal(environment: dict[str, str] | None = None, **options: object) -> SettingsError:
    """The error for wrong settings."""
    with pytest.raises(SettingsError) as caught:
        outputs_of(load(environment, **options))
    return caught.value


def test_default_is_one_output_without_alarms() -> None:
    """Write a calendar for any client into the Downloads folder, also without alarms before exams."""
    assert outputs_of(load()) == (Output(),)
    assert load().past == "year"


def test_outputs_inherit_general_keys(write: Write) -> None:
    """General rules come first; an empty list of alarms means none."""
    write(TWO)
    dropped = Rule(do="drop", subject="Réunion")
    assert outputs_of(load()) == (
        Output(
            path="~/lessons.ics", client="google", language="en", alarms=(timedelta(minutes=10),),
            rules=(dropped, Rule(do="drop", exam=True)),
        ),
        Output(
            path="~/exams.ics", client="apple", language="fr", name="Mes examens",
            exam_alarms=(timedelta(days=1), timedelta(hours=2)),
            rules=(dropped, Rule(do="keep", exam=True), Rule(do="drop")),
        ),
    )  # fmt: skip


@for_each("how", ["option", "variable"])
def test_given_output_replaces_all_outputs_of_the_file(write: Write, how: str) -> None:
    """The option or the variable counts; general rules and defaults apply to it."""
    write(TWO)
    settings = load(output="-") if how == "option" else load({"AURION_OUTPUT": "-"})
    (alone,) = outputs_of(settings)
    assert alone == Output(
        path="-", client="google", language="en", alarms=(timedelta(minutes=10),),
        rules=(Rule(do="drop", subject="Réunion"),),
    )  # fmt: skip


def test_single_output_of_the_file_is_used_without_tables(write: Write) -> None:
    """`[[outputs]]` takes precedence."""
    write('output = "a.ics"')
    assert outputs_of(load()) == (Output(path="~/a.ics"),)
    write('output = "a.ics"\noutputs = []')
    assert outputs_of(load()) == (Output(path="~/a.ics"),)
    write('output = "a.ics"\n[[outputs]]\npath = "b.ics"')
    assert outputs_of(load()) == (Output(path="~/b.ics"),)


def test_client_is_an_option_a_variable_and_a_setting(write: Write) -> None:
    """--client precedes AURION_FOR, and that `for`; `client` is no name of a setting."""
    write('for = "apple"')
    assert load().client == "apple"
    assert load({"AURION_FOR": "Outlook"}).client == "outlook"
    assert load({"AURION_FOR": "outlook"}, client="thunderbird").client == "thunderbird"
    assert refusal(client="lotus").reason == "client"
    write('client = "apple"')
    assert refusal().reason == "unknown-setting"


@for_each(("detail", "expected"), [('"year"', "year"), ("0", 0), ("3650", 3650), ('" 30 "', 30)])
def test_past_is_a_year_or_a_number_of_days(write: Write, detail: str, expected: str | int) -> None:
    """The values are the same in the file and in AURION_PAST."""
    write(f"past = {detail}")
    assert load().past == expected
    write("")
    assert load({"AURION_PAST": detail.strip('"')}).past == expected


@for_each("detail", ["-1", "3651", "true", '"month"', "1.5", "[1]", '""', '"9999999999"'])
def test_invalid_past_is_refused(write: Write, detail: str) -> None:
    """Another text, negative or broken numbers, and more than ten years."""
    write(f"past = {detail}")
    assert refusal().reason == "past"


@for_each(
    ("detail", "expected"),
    [
        ("[]", []),
        ('["10m", "2h", "1d"]', [timedelta(minutes=10), timedelta(hours=2), timedelta(days=1)]),
        ('["0m", " 90 M "]', [timedelta(0), timedelta(minutes=90)]),
        ('["60m", "1h"]', [timedelta(hours=1)]),
        ('["366d"]', [timedelta(days=366)]),
    ],
)
def test_alarms_are_minutes_hours_or_days(write: Write, detail: str, expected: list[timedelta]) -> None:
    """Each occurs once, in the given order."""
    write(f"alarms = {detail}\nexam_alarms = {detail}\nfirst_lesson_alarms = {detail}")
    (output,) = outputs_of(load())
    assert output.alarms == output.exam_alarms == output.first_lesson_alarms == tuple(expected)


def test_variable_has_alarms_with_commas() -> None:
    """These are AURION_ALARMS and AURION_EXAM_ALARMS."""
    (output,) = outputs_of(load({"AURION_ALARMS": "10m, 1h", "AURION_EXAM_ALARMS": "1d"}))
    assert output.alarms == (timedelta(minutes=10), timedelta(hours=1))
    assert output.exam_alarms == (timedelta(days=1),)


@given(st.text(max_size=8))
def test_any_text_is_a_duration_or_an_error(text: str) -> None:
    """A duration is at most a year."""
    try:
        (found,) = ALARMS.validate_python([text])
    except ValidationError:
        return
    assert timedelta(0) <= found <= timedelta(days=366)
    assert text.strip()[-1] in "mhdMHD"


OUTPUT = '[[outputs]]\npath = "a.ics"\n[[outputs]]\n'
WRONG = [
    ('alarms = ["soon"]', "alarms", "table-alarms", "soon"),
    ("exam_alarms = 10", "exam_alarms", "table-alarms", "10"),
    ("first_lesson_alarms = 10", "first_lesson_alarms", "table-alarms", "10"),
    ('alarms = ["1m", "2m", "3m", "4m", "5m", "6m"]', "alarms", "table-alarms", "6m"),
    ('alarms = ["367d"]', "alarms", "table-alarms", "367d"),
    (f'{OUTPUT}path = "b.ics"\nalarms = ["1 week"]', "outputs[2].alarms", "table-alarms", "1 week"),
    (f'{OUTPUT}path = "b.ics"\nexam_alarms = true', "outputs[2].exam_alarms", "table-alarms", "true"),
    (f'{OUTPUT}path = "b.ics"\nfirst_lesson_alarms = 1', "outputs[2].first_lesson_alarms", "table-alarms", "1"),
    (f'{OUTPUT}name = "b"', "outputs[2].path", "table-missing", ""),
    (f'{OUTPUT}path = " "', "outputs[2].path", "path-empty", ""),
    (f"{OUTPUT}path = 3", "outputs[2].path", "table-text", "3"),
    (f'{OUTPUT}path = "b.ics"\nname = ""', "outputs[2].name", "table-text", ""),
    (f'{OUTPUT}path = "b.ics"\nfor = "lotus"', "outputs[2].for", "table-for", "lotus"),
    (f'{OUTPUT}path = "b.ics"\nlanguage = "de"', "outputs[2].language", "table-language", "de"),
    (f'{OUTPUT}path = "b.ics"\nalarm = ["1d"]', "outputs[2].alarm", "table-key", "alarms"),
    (f'{OUTPUT}path = "b.ics"\nclient = "apple"', "outputs[2].client", "table-key", "for"),
    (f'{OUTPUT}path = "b.ics"\nrules = "none"', "outputs[2].rules", "table", "none"),
    (f'{OUTPUT}path = "b.ics"\nrules = [{{do = "hide"}}]', "outputs[2].rules[1].do", "table-do", "hide"),
    ('outputs = "a.ics"', "outputs", "table", "a.ics"),
    ('outputs = ["a.ics"]', "outputs[1]", "table", "a.ics"),
    ("rules = 1", "rules", "table", "1"),
    ('[rules]\ndo = "drop"', "rules", "table", "drop"),
    ('[[rules]]\nsubject = "x"', "rules[1].do", "table-missing", ""),
    ('[[rules]]\ndo = "drop"\n[[rules]]\ndo = "keep"\nroom = 207', "rules[2].room", "table-text", "207"),
    ('[[rules]]\ndo = "drop"\nsubject = ""', "rules[1].subject", "table-text", ""),
    ('[[rules]]\ndo = "drop"\nteachers = "x"', "rules[1].teachers", "table-key", "teacher"),
    ('[[rules]]\ndo = "drop"\nexam = "yes"', "rules[1].exam", "table-exam", "yes"),
    ('[[rules]]\ndo = "drop"\nto = "x"', "rules[1].to", "table-to", "x"),
    ('[[rules]]\ndo = "rename"', "rules[1].to", "table-to", ""),
    ('[[rules]]\ndo = "category"\nto = " "', "rules[1].to", "table-to", ""),
    ('[[rules]]\ndo = "color"\nto = "greenish"', "rules[1].to", "table-to", "greenish"),
    ('[[rules]]\ndo = "alarm"\nto = "soon"', "rules[1].to", "table-to", "soon"),
    ('[[rules]]\ndo = "category"\nto = 1', "rules[1].to", "table-to", "1"),
    ('[[rules]]\ndo = "drop"\nkind = "CM"\nroom = [2026-09-01]', "rules[1].room", "table-text", "2026-09-01"),
]


@for_each(("text", "place", "reason", "shown"), WRONG)
def test_invalid_table_is_reported_with_its_place(write: Write, text: str, place: str, reason: str, shown: str) -> None:
    """Exit code 2; the texts have the given value or the known keys."""
    write(text)
    error = refusal()
    assert (error.exit_code, error.reason, error.facts["place"]) == (2, reason, place)
    for language in LANGUAGES:
        words = Catalogue(language)
        reported = words.error(error)
        assert place in reported[0]
        assert shown in "".join(reported)
        assert reported[1] != words("errors.SettingsError.hint")


def test_long_value_is_shortened_in_the_error(write: Write) -> None:
    """Eighty characters are shown, without line ends."""
    write(f'alarms = """{"x" * 70}\n{"y" * 70}"""')
    given = str(refusal().facts["given"])
    assert len(given) == 80
    assert "\n" not in given


def test_tables_are_validated_with_a_given_output(write: Write) -> None:
    """An invalid table is reported, too."""
    write('[[outputs]]\npath = ""')
    assert refusal(output="-").reason == "path-empty"


@for_each(
    ("one", "other"), [("a.ics", "./b/../a.ics"), ("-", "-"), ("~/a.ics", "{home}/a.ics"), ("a.ics", "{home}/a.ics")]
)
def test_two_outputs_to_one_place_are_refused(
    write: Write, home: Path, monkeypatch: pytest.MonkeyPatch, one: str, other: str
) -> None:
    """The paths may be written differently; both places are named."""
    monkeypatch.chdir("/")
    second = other.format(home=home.as_posix())
    write(f"[[outputs]]\npath = '{one}'\n[[outputs]]\npath = 'c.ics'\n[[outputs]]\npath = '{second}'")
    error = refusal()
    assert (error.facts["place"], error.facts["other"]) == ("outputs[3]", "outputs[1]")
    assert str(error.facts["given"]).endswith(second)
    assert outputs_of(load(output="-"))


def test_file_named_like_standard_output_is_another_place(write: Write) -> None:
    """`-` is standard output, `./-` a file."""
    write('[[outputs]]\npath = "-"\n[[outputs]]\npath = "./-"')
    assert len(outputs_of(load())) == 2


def test_rules_and_outputs_are_not_variables(write: Write) -> None:
    """Tables are read from the file only."""
    write('[[rules]]\ndo = "drop"')
    assert load({"AURION_RULES": "x", "AURION_OUTPUTS": "y"}) == load()


def test_keys_in_errors_are_those_of_the_file() -> None:
    """Name the keys of docs/rules.md."""
    assert output_keys() == (
        "caldav",
        "user",
        "uids",
        "google",
        "path",
        "for",
        "language",
        "name",
        "alarms",
        "exam_alarms",
        "first_lesson_alarms",
        "rules",
    )
    assert RULE_KEYS == ("course", "subject", "kind", "teacher", "room", "exam", "do", "to")


@for_each(
    ("table", "reason", "place"),
    [
        ("caldav = 'https://cloud.test/a/'", "table-missing", "outputs[1].user"),
        ("path = 'a.ics'\nuser = 'anna'", "table-user", "outputs[1].user"),
        ("user = 'anna'", "table-user", "outputs[1].user"),
        ("caldav = 'https://cloud.test/a/'\nuser = 'anna'\npath = 'a.ics'", "table-two-places", "outputs[1].path"),
        ("path = 'a.ics'\nuids = 'own'", "table-uids", "outputs[1].uids"),
        ("caldav = 'https://cloud.test/a/'\nuser = 'anna'\nuids = 'mine'", "table-uids", "outputs[1].uids"),
        ("caldav = 'http://cloud.test/a/'\nuser = 'anna'", "table-caldav", "outputs[1].caldav"),
        ("caldav = 'https://anna:canary@cloud.test/a/'\nuser = 'anna'", "table-caldav", "outputs[1].caldav"),
        ("caldav = 'https://cloud.test'\nuser = 'anna'", "table-caldav", "outputs[1].caldav"),
        ("name = 'nowhere'", "table-missing", "outputs[1].path"),
    ],
)
def test_output_is_a_file_or_a_collection(write: Write, table: str, reason: str, place: str) -> None:
    """A collection has a user and a safe address; a password in the address is not shown."""
    write(f"[[outputs]]\n{table}\n")
    error = refusal()
    assert (error.reason, error.facts["place"]) == (reason, place)
    for language in LANGUAGES:
        assert "canary" not in " ".join(Catalogue(language).error(error))


def test_equal_addresses_of_a_collection_are_refused(write: Write) -> None:
    """Addresses end with a slash; two accounts cannot have the same one."""
    one = "user = 'anna'\ncaldav = 'https://Cloud.test:443/dav/anna"
    write(f"[[outputs]]\n{one}'\n")
    (output,) = outputs_of(load())
    assert output.destination
    assert (output.destination.address, output.destination.secret) == (
        "https://cloud.test/dav/anna/",
        "caldav anna https://cloud.test/dav/anna/",
    )
    write(f"[[outputs]]\n{one}'\n[[outputs]]\n{one}/'\n")
    assert refusal().reason == "same-path"
    write("".join(f"[accounts.{name}]\n[[accounts.{name}.outputs]]\n{one}'\n" for name in ("anna", "ben")))
    assert refusal().reason == "account-file"
