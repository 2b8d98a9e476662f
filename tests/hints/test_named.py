"""Names in messages exist: commands with their options and arguments, variables, settings, extras and targets."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
from typer import TyperException
from typer.core import TyperGroup

from scraper.cli import app
from scraper.config.configuration import Config
from scraper.config.settings.model import VARIABLES
from scraper.config.vault.vaults import PASSPHRASE
from scraper.errors import SettingsError
from scraper.i18n import LANGUAGES, PARTS, Catalogue, catalogue
from scraper.system.paths import settings_file
from tests.cases import for_each
from tests.commands import command_of

ROOT = Path(app.__file__).parents[2]
GIVEN = {
    "{account}": "anna", "{NAME}": "anna", "{name}": "anna", "NAME": "anna", "NOM": "anna", "{option}": "login",
    "{command}": "aurion export", "{host}": "cas.example.org", "{issuer}": "pki.example.org", "FILE": "file.json",
    "FICHIER": "file.json", "FOLDER": "folder", "DOSSIER": "folder", "LABEL": "Phone", "LIBELLÉ": "Phone",
    "WORD": "word", "MOT": "word", "ADDRESS": "https://cloud.example.org", "ADRESSE": "https://cloud.example.org",
    "ID": "junia", "REPORT": "report.json", "RAPPORT": "report.json",
    "RECORDING": "r.json", "ENREGISTREMENT": "r.json",
}  # fmt: skip
"""A value for each placeholder of a command."""
PLACEHOLDER = re.compile(r"\{\w+\}|[A-ZÉ]{2,}")
ENDS = ".,;:!?)»”\"'"
OTHER_VARIABLES = {PASSPHRASE, "AURION_EVENT"}
"""Variables that are no settings; X-AURION-EVENT-ID is a property of a calendar."""
SETTING = re.compile(r'\b[a-z_]+ = (?:"[^"]*"|\[[^\]]*\]|\d{4}-\d\d-\d\d|\d+|true|false)')
ELSEWHERE = {"further_hosts", "kinds", "layouts", "menu_labels", "uids"}
"""Keys of a school's file, or of one output."""


def sentences(table: Any, path: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a catalogue
    """Yield each key with its text."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from sentences(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", str(value)


def all_sentences() -> list[tuple[str, str, str]]:
    """Return language, key and text of all messages of the commands and the page."""
    return [
        (language, key, sentence)
        for language in LANGUAGES
        for part in ("", *PARTS)
        for key, sentence in sentences(catalogue(language, part))
    ]


ALL = all_sentences()


def tokens(text: str) -> Iterator[str]:
    """Yield the words of a command, up to the end of the sentence or the first word of prose."""
    before = ""
    for number, word in enumerate(text.split()):
        bare = word.rstrip(ENDS)
        is_value = number == 0 or before in app.GROUPS or before.startswith("--") or PLACEHOLDER.fullmatch(bare)
        if not bare or not (is_value or bare.startswith("-")):
            return
        yield GIVEN.get(bare, bare)
        if bare != word:
            return
        before = bare


def commands(sentence: str) -> Iterator[list[str]]:
    """Yield each command in a text as its arguments, with a value for each placeholder."""
    for found in re.finditer(r"(?<![\w/-])aurion (?=[a-z{-])", sentence):
        yield list(tokens(sentence[found.end() :].replace("<<", "").replace(">>", "")))


@cache
def command(*names: str) -> Any:  # noqa: ANN401 - typer's own
    """Return the command or group of these names."""
    return command_of(Catalogue("en"), *names)


def parse(arguments: list[str]) -> None:
    """Parse the command as typer does. Raise the errors of typer."""
    name, *rest = arguments
    if name.startswith("--") or "--help" in rest:
        return
    part = command(name)
    if isinstance(part, TyperGroup):
        part, rest = command(name, rest[0]), rest[1:]
    part.make_context(name, rest or [], resilient_parsing=False)


def known_options() -> set[str]:
    """Return the options of all commands."""
    found: set[str] = {"--help", "--version"}
    for name in (*app.COMMANDS, *app.GROUPS):
        part = command(name)
        for one in [command(name, one) for one in part.commands] if isinstance(part, TyperGroup) else [part]:
            for parameter in one.params:
                found |= {*parameter.opts, *parameter.secondary_opts}
    return found


@for_each("language", LANGUAGES)
def test_each_command_in_a_message_is_valid(language: str) -> None:
    """The command exists, accepts its arguments, and lacks none."""
    seen, wrong = 0, []
    for key, sentence in [(key, sentence) for spoken, key, sentence in ALL if spoken == language]:
        for arguments in commands(sentence):
            seen += 1
            try:
                parse(arguments)
            except Exception as error:  # noqa: BLE001 - typer keeps its classes to itself
                wrong.append(f"{key}: aurion {' '.join(arguments)}: {type(error).__name__} {error}")
    assert seen > 100
    assert not wrong, "\n".join(["", *wrong])


def test_invalid_command_in_a_message_is_found() -> None:
    """The check finds unknown commands and options, and missing arguments."""
    assert [*commands("See (aurion account password --show-location), then aurion exprot {account}.")] == [
        ["account", "password", "--show-location"], ["exprot", "anna"],
    ]  # fmt: skip
    for arguments in (
        ["account", "password", "--show-location"],
        ["exprot"],
        ["export", "--mnths", "3"],
        ["feed", "rotate"],
    ):
        with pytest.raises((KeyError, TyperException, SettingsError)):
            parse(arguments)


def test_each_name_in_a_message_exists() -> None:
    """Options, variables, extras and targets of the Makefile exist."""
    options, wrong = known_options(), []
    extras = set(metadata("aurion-planning").get_all("Provides-Extra") or ())
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    variables = {*VARIABLES.values(), *OTHER_VARIABLES}
    for _, key, sentence in ALL:
        named = re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.sub(r"(loginctl|systemctl|pg_dump) [^.;]*", "", sentence))
        wrong += [f"{key}: {name}" for name in named if name not in options]
        wrong += [f"{key}: {name}" for name in re.findall(r"AURION_[A-Z_]+", sentence) if name not in variables]
        asked = re.findall(r"aurion-planning\[(\w+)\]", sentence)
        wrong += [f"{key}: [{name}]" for name in asked if name not in extras]
        made = [] if key.startswith("page.") else re.findall(r"\bmake ([a-z]+)(?=[,);.]|$)", sentence)
        wrong += [f"{key}: make {name}" for name in made if name not in targets]
    assert not wrong, "\n".join(["", *wrong])


def test_each_setting_in_a_hint_is_valid() -> None:
    """The line of the hint is a valid settings file."""
    found = [(key, line[0]) for _, key, sentence in ALL for line in SETTING.finditer(sentence)]
    file = settings_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    for key, line in found:
        text = re.sub(r"\{(\w+)\}", lambda fact: GIVEN.get(fact[0], "x"), line)
        if next(iter(tomllib.loads(text))) not in ELSEWHERE:
            file.write_text(text + "\n", encoding="utf-8")
            assert Config().settings(), key
    assert len(found) > 30
