"""What people read, in French and in English: one catalogue a language: the TOML files of its folder, together.

Keys are dotted: `errors.PortalUnavailable.timeout`, `steps.login`, `calendar.exam`. A value is a sentence with
`{facts}` in braces, or a table `{message, hint}` for an error. A part in `<<` and `>>` is left out where one of its
facts is missing or empty.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from scraper.errors import AurionError

LANGUAGES = ("fr", "en")
PAGE = "page"
"""The sentences of the local page stand under it, in files that begin with it: no command reads them."""


def language_of(environment: Mapping[str, str]) -> str:
    """`fr` or `en`, by the locale variables; French where they name no language: it is the users'."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            code = value.split(".")[0].split("_")[0].lower()
            return "fr" if code in {"fr", "c", "posix"} else "en"
    return "fr"


OPTIONAL = re.compile(r"<<(.*?)>>")
FACT = re.compile(r"\{(\w+)")
EMPTY_QUOTES = re.compile(r"(“|« ?)(”| ?»)")
TIDYING = (
    (re.compile(r"\s*\(\s*\)"), ""),
    (re.compile(r"\(\s+"), "("),
    (re.compile(r"(?<=\S)\s+(?=[).,])"), ""),
    (re.compile(r"\s*:\s*$"), "."),
    (re.compile(r"\s*:\s*(?=[.;])"), ""),
    (re.compile(r"(?<=\S) {2,}"), " "),
)
"""What an empty fact leaves behind, and what is written instead."""


class _Facts(dict[str, Any]):
    """An error's facts; a missing one is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _fill(sentence: str, facts: Mapping[str, Any]) -> str:
    """The sentence with its facts, without the optional parts for which one is missing or empty."""

    def optional(part: re.Match[str]) -> str:
        return part[1] if all(facts.get(name, "") not in {"", None} for name in FACT.findall(part[1])) else ""

    return OPTIONAL.sub(optional, sentence).format_map(facts)


def _merge(catalogue: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Tables of one name are one table, whichever file each stands in."""
    for name, value in part.items():
        if isinstance(value, dict):
            _merge(catalogue.setdefault(name, {}), value)
        else:
            catalogue[name] = value


@cache
def catalogue(language: str, *, page: bool = False) -> Mapping[str, Any]:
    """The language's catalogue, of the local page alone or of all else; read once."""
    found: dict[str, Any] = {}
    for part in files(__package__).joinpath(language).iterdir():
        if part.name.endswith(".toml") and part.name.startswith(PAGE) is page:
            _merge(found, tomllib.loads(part.read_text(encoding="utf-8")))
    return found


class Words:
    """One language's catalogue."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **facts: object) -> str:
        """The sentence under `key`, its facts filled in: days and times as the language writes them.

        Raises KeyError for a key, or a fact outside an optional part, that is missing.
        """
        shown = {name: self._shown(value) if isinstance(value, date) else value for name, value in facts.items()}
        return _fill(str(self._find(key)), shown)

    def has(self, key: str) -> bool:
        """Whether the catalogue has a sentence under `key`."""
        try:
            return isinstance(self._find(key), str)
        except KeyError:
            return False

    def table(self, key: str) -> Mapping[str, str]:
        """All sentences under `key`."""
        found = self._find(key)
        return {name: value for name, value in found.items() if isinstance(value, str)}

    def error(self, error: AurionError) -> tuple[str, str]:
        """An error's message and hint: of its class and reason, else of its class, else of the class it is one of.

        A setting's error begins with where it was said: `file` and `line`, or the `variable`. What is said of a
        file may have another hint, `in_file`.
        """
        for kind in type(error).__mro__:
            for key in (f"errors.{kind.__name__}.{error.reason}", f"errors.{kind.__name__}"):
                if self.has(f"{key}.message"):
                    facts = _Facts({name: self._shown(value) for name, value in error.facts.items()})
                    hint = "in_file" if "file" in facts and self.has(f"{key}.in_file") else "hint"
                    message, hint = (str(self._find(f"{key}.{part}")) for part in ("message", hint))
                    return self._placed(self._error_text(message, facts), facts), self._error_text(hint, facts)
        raise KeyError(str(error))

    def _error_text(self, sentence: str, facts: Mapping[str, str]) -> str:
        """The sentence with its facts; an empty one leaves no empty quotes, parentheses or gaps behind."""
        text = _fill(sentence, facts)
        text = EMPTY_QUOTES.sub(lambda quotes: f"{quotes[1]}{self._find('summary.empty')}{quotes[2]}", text)
        for pattern, instead in TIDYING:
            text = pattern.sub(instead, text)
        return text.strip()

    def _shown(self, value: object) -> str:
        match value:
            case date():
                return value.strftime(self._find("summary.date") + (" %H:%M" if isinstance(value, datetime) else ""))
            case list() | tuple():
                return ", ".join(map(str, value))
            case _:
                return str(value)

    def _placed(self, message: str, facts: Mapping[str, str]) -> str:
        for fact in ("file", "variable"):
            if fact in facts:
                return str(self._find(f"places.{fact}")).format_map({**facts, "message": message})
        return message

    def _find(self, key: str) -> Any:  # noqa: ANN401 - a catalogue's table or sentence
        found: Any = catalogue(self.language, page=key.startswith(PAGE))
        for part in key.split("."):
            if not isinstance(found, dict):
                raise KeyError(key)
            found = found[part]
        return found
