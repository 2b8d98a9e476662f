"""Settings in the documents: examples are valid, and every setting is described."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from scraper.config.configuration import Config
from scraper.config.outputs import outputs_of
from scraper.config.schools.schema import SchoolFile
from scraper.config.settings.model import DECLARED, VARIABLES, Settings, name_in_file
from scraper.config.settings.table_schema import RULE_KEYS, output_keys
from scraper.domain.title_layout import FIELDS, LAYOUT_NAMES
from scraper.system.paths import settings_file
from tests.cases import for_each
from tests.paths import ROOT

DOCS = ROOT / "docs"
ROW = re.compile(r"^\| `([^`]+)` \|.*$", re.MULTILINE)


def text(name: str) -> str:
    """Return a document."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """Return the part of a document below a heading."""
    return text(name).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def examples() -> Iterator[str]:
    """Yield each example of a settings file in the documents."""
    for document in sorted(DOCS.glob("*.md")):
        if document.stem != "schools":
            blocks = re.findall(r"^```toml\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
            yield from blocks


def write(home: Path, body: str) -> None:
    """Write the settings file."""
    assert home
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(body, encoding="utf-8")


@for_each("body", examples())
def test_examples_of_settings_are_valid(home: Path, body: str) -> None:
    """Read each example; an account that it extends gets a school and a login."""
    known = 'school = "junia"\nlogin = "anna"\n'
    if "[[accounts.anna." in body:
        body = f"[accounts.anna]\n{known}\n{body}"
    write(home, body)
    for name in (None, *Config().account_names):
        Config().settings(name)


def test_example_of_several_calendars_gives_both(home: Path) -> None:
    """The document on rules names the two calendars."""
    write(home, section("rules", "Several calendars").partition("```toml\n")[2].partition("```")[0])
    outputs = outputs_of(Config().settings())
    assert [os.path.basename(output.path) for output in outputs] == ["lessons.ics", "exams.ics"]  # noqa: PTH119


def test_every_setting_is_described() -> None:
    """The table has a row for each key of the file, with option and variable, and no other."""
    rows = [re.split(r" *\| *", match[0])[1:4] for match in ROW.finditer(section("configuration", "Settings"))]
    assert sorted([cell.strip("`") for cell in row] for row in rows) == sorted(
        [name_in_file(name), re.sub(r"[ /]", "`, `", declared.option), VARIABLES.get(name, "")]
        for name, declared in DECLARED.items()
        if declared.is_in_file
    )


def test_every_default_is_described() -> None:
    """A number, a word or a switch is in the table."""
    table = [re.split(r" *\| *", match[0]) for match in ROW.finditer(section("configuration", "Settings"))]
    shown = {row[1].strip("`"): re.split(r"[ ;]", row[4])[0].strip('`"') for row in table}
    for name, field in Settings.model_fields.items():
        if DECLARED[name].is_in_file and isinstance(field.default, bool | int | float | str) and field.default != "":
            assert shown[name_in_file(name)] == str(field.default).removesuffix(".0").lower(), name


def test_keys_of_rules_and_outputs_are_described() -> None:
    """The document on rules has each key in code."""
    named = set(re.findall(r"`\"?([a-z_]+)\"?`", text("rules")))
    assert {*output_keys(), *RULE_KEYS} <= named


def test_keys_of_a_school_are_described() -> None:
    """Parts and names of layouts are, too."""
    first = re.findall(r"^\| (.+?) \|", section("schools", "Keys"), re.MULTILINE)
    named = [name for cell in first for name in re.findall(r"`([a-z_]+)`", cell)]
    assert sorted(named) == sorted(SchoolFile.model_fields)
    parts = re.findall(r"^\| (`.+?) \|", section("schools", "Title layouts"), re.MULTILINE)
    assert sorted(name for cell in parts for name in re.findall(r"`([a-z]+)`", cell)) == sorted(FIELDS)
    assert set(LAYOUT_NAMES) <= set(re.findall(r"`([a-z0-9-]+)`", section("schools", "Title layouts")))


def test_example_of_a_school_is_valid() -> None:
    """The document's file can be loaded."""
    body = section("schools", "Describe a school").partition("```toml\n")[2].partition("```")[0]
    SchoolFile.model_validate(cast("dict[str, Any]", tomllib.loads(body)))
