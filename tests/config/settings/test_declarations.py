"""A setting is declared once: options, variables, files, page and messages follow from it."""

import json
import re
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import scraper
from scraper.cli.app import build_command
from scraper.config.settings.model import DECLARED, PAGE_SECTIONS, Settings, choices_of, name_in_file
from scraper.i18n import LANGUAGES, Catalogue
from tests.cases import for_each

NEW = """    colour: Annotated[Line, Setting("--colour", value="label", section="portal")] = ""
"""
"""A setting that the program does not have."""
SENTENCES = """
[settings.colour]
option = "A colour."
name = "Colour"
meaning = "A colour."
none = "grey"
"""
SHOWN = """
import scraper.web.pages.settings as page
print(*page._editable_names(None), *page._editable_names("anna"))
"""


@for_each(("name", "language"), product(DECLARED, LANGUAGES))
def test_declared_setting_has_texts_in_both_languages(name: str, language: str) -> None:
    """Find the help of its option, its name and meaning on the page, and words for its values."""
    words, declared, key = Catalogue(language), DECLARED[name], f"settings.{name_in_file(name)}"
    needed = [f"{key}.option"] if declared.option else []
    needed += [f"{key}.name", f"{key}.meaning"] if declared.section else []
    needed += [f"page.settings.groups.{declared.section}"] if declared.section else []
    needed += [f"setting_values.{value}" for value in choices_of(name)] if declared.section else []
    if declared.section and Settings.model_fields[name].default in (None, (), ""):
        needed.append(f"{key}.none")
    assert [one for one in needed if not words.has(one)] == []


def test_declared_options_are_options_of_export() -> None:
    """The names are those of the declarations."""
    export: Any = build_command(Catalogue("en"), ["export"]).commands["export"]
    taken = {"/".join(one.opts + one.secondary_opts) for one in export.params}
    assert {one.option.replace(" ", "/") for one in DECLARED.values() if one.option} <= taken
    assert {one.section for one in DECLARED.values() if one.section} == set(PAGE_SECTIONS)


@pytest.mark.slow
def test_new_setting_needs_a_declaration_and_its_texts(tmp_path: Path) -> None:
    """Options, variable, settings file, `config show` and the form of the page follow."""
    package = tmp_path / "scraper"
    shutil.copytree(Path(scraper.__file__).parent, package)
    model = package / "config" / "settings" / "model.py"
    text = model.read_text(encoding="utf-8")
    model.write_text(re.sub(r"(?=^    publish: )", NEW, text, count=1, flags=re.MULTILINE), encoding="utf-8")
    for language in LANGUAGES:
        with (package / "locales" / language / "settings.toml").open("a", encoding="utf-8") as file:
            file.write(SENTENCES)
    for command in (["export"], ["account", "add"]):
        assert re.search(r"--colour \S+ +A colour\.", run(tmp_path, "-m", "scraper", *command, "--help"))
    assert shown(tmp_path) == ("", {"kind": "default"})
    assert shown(tmp_path, AURION_COLOUR="red") == ("red", {"kind": "variable", "name": "AURION_COLOUR"})
    assert run(tmp_path, "-c", SHOWN).split().count("colour") == 2
    (tmp_path / "aurion-planning").mkdir()
    (tmp_path / "aurion-planning" / "settings.toml").write_text('colour = "blue"\n', encoding="utf-8")
    value, origin = shown(tmp_path)
    assert (value, origin["line"]) == ("blue", 1)


def run(folder: Path, *arguments: str, **variables: str) -> str:
    """Run Python with the copy of the program; settings and state are in the folder."""
    environment = {"XDG_CONFIG_HOME": str(folder), "XDG_STATE_HOME": str(folder), "HOME": str(folder), "LANG": "en_GB"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=60,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200", **environment, **variables},
    ).stdout  # fmt: skip


def shown(folder: Path, **variables: str) -> tuple[str, dict[str, Any]]:
    """Return the value and the origin of the new setting."""
    settings = json.loads(run(folder, "-m", "scraper", "config", "show", "--json", **variables))["settings"]
    (found,) = [one for one in settings if one["name"] == "colour"]
    return found["value"], found["origin"]
