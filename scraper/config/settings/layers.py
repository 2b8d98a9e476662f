"""Merge the layers of settings: the file's general keys, the account's table, variables, options; the last one wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from scraper.config.settings.line_numbers import Loc
from scraper.config.settings.model import DECLARED, SECRET, VARIABLES, Settings, name_in_file
from scraper.config.settings.settings_file import SettingsFile
from scraper.config.settings.table_schema import TABLES, OutputTable, RuleTable, has_own_message, table_error
from scraper.domain.printable import escape_invisible
from scraper.domain.urls import without_secrets
from scraper.errors import MASK, SettingsError

# The command line needs the declarations only; the validators, which take longer, are built here, before any thread.
for _model in (RuleTable, OutputTable, Settings):
    _model.model_rebuild()

_Kind = Literal["option", "variable", "account", "file", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The origin of a setting: `name` is the variable's or the account's, `path` and `line` are the file's."""

    kind: _Kind
    name: str = ""
    path: str = ""
    line: int = 0

    @property
    def facts(self) -> dict[str, object]:
        """The facts of an error about the setting."""
        if self.line:
            return {"file": self.path, "line": self.line}
        return {"variable": self.name} if self.kind == "variable" else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The settings from one source, by their names in `Settings`; `at` is the table in the file, if any."""

    kind: _Kind
    values: Mapping[str, object]
    file: SettingsFile | None = None
    at: Loc = ()

    def origin(self, name: str, *inside: str | int) -> Origin:
        """Return the origin of the setting, or of a part inside it."""
        if self.file:
            line = self.file.line(*self.at, name_in_file(name), *inside)
            return Origin(kind=self.kind, name="".join(map(str, self.at[1:])), path=str(self.file.path), line=line)
        return Origin(kind=self.kind, name=VARIABLES.get(name, "") if self.kind == "variable" else "")


def effective_layers(layers: Sequence[Layer]) -> dict[str, Layer]:
    """Return the winning layer of each setting: the last that sets it, unless a later one sets an alternative."""
    found: dict[str, Layer] = {}
    for layer in layers:
        gone = {DECLARED[name].replaces for name in layer.values}
        found = {name: below for name, below in found.items() if name not in gone}
        found |= dict.fromkeys(layer.values, layer)
    if "output" in found and found["output"] is found.get("outputs") and found["outputs"].values["outputs"]:
        del found["output"]
    return found


def merge_layers(layers: Sequence[Layer]) -> Settings:
    """Return the validated settings of the layers.

    Raise SettingsError with the name of the first invalid setting, its value (secrets masked) and its origin.
    """
    counts = effective_layers(layers)
    given = {name: layer.values[name] for name, layer in counts.items()}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        wrong = error.errors()[0]
        name, inside = str(wrong["loc"][0]), wrong["loc"][1:]
        where = counts[name].origin(name, *inside).facts
        if name in TABLES:
            detail = table_error(wrong["loc"], wrong["type"], wrong["input"])
            raise SettingsError(detail.reason, **detail.facts, **where) from None
        if wrong["type"] == "text-secret":
            raise SettingsError("password-text", **where) from None
        if has_own_message(wrong["type"]):
            shown = escape_invisible(str(given[name]))
            shown = without_secrets(shown) if name == "url" else shown
            raise SettingsError(wrong["type"], name=name, given=shown, **where) from None
        shown = MASK if name in SECRET else str(given[name])
        raise SettingsError(name, setting=name_in_file(name), given=shown, **where) from None
