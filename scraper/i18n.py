"""The user interface's texts in French and English: a catalogue per language, merged from the TOML files of its folder.

Keys are dotted: `errors.PortalUnavailable.timeout`, `steps.login`, `calendar.exam`. A value is a sentence with
`{facts}` in braces, or a table `{message, hint}` for an error. A part between `<<` and `>>` is omitted if one of its
facts is missing or empty. A sentence that counts is a table `{one, other}`; the fact `count`
selects the form. Plural forms and dates are those of Babel, which is imported when the first one is rendered.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from string import Formatter
from types import ModuleType
from typing import Any, get_args

from scraper.domain.choices import Language
from scraper.domain.failure_advice import error_keys
from scraper.domain.printable import printable
from scraper.errors import AurionError

LANGUAGES = get_args(Language)
PARTS = ("page", "errors", "details", "check")
"""Parts that most commands do not need, in files of their own: the keys and the names of the files begin so."""
PLURAL = {"one", "other"}
_LOCALES = {"fr": "fr", "en": "en_SE"}
"""The locale of dates: the English of Sweden writes 2026-11-05, which cannot be read as a day in May, and 24 hours."""


def language_of(environment: Mapping[str, str]) -> str:
    """Return `fr` or `en` by the locale variables; French, the users' language, if they name none."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            code = value.split(".")[0].split("_")[0].lower()
            return "fr" if code in {"fr", "c", "posix"} else "en"
    return "fr"


HINTS = {"for_maintainer": "replayed", "in_file": "file", "for_account": "account"}
"""Variants of a hint, each with the fact that selects it: a replayed recording, a settings file, or an account name."""


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
"""Patterns of what an empty fact leaves behind, with their replacements."""
_PLACE = re.compile(
    r"(?P<detail>.*?)(?: \(at (?:line (?P<line>\d+), column (?P<column>\d+)|(?P<end>end of document))\))?"
)
"""A sentence of a library, with the place that tomllib adds."""
QUOTED = re.compile(r"['\"(].*['\")]")
"""The part of such a sentence that quotes the file; `…` in the catalogue."""


def _required_facts(sentence: str) -> set[str]:
    """Return the facts that a sentence requires."""
    return {name for _, name, _, _ in Formatter().parse(OPTIONAL.sub("", sentence)) if name}


def _is_plural(found: object) -> bool:
    """Return whether a catalogue's value holds the forms of one sentence."""
    return isinstance(found, dict) and found.keys() == PLURAL


class _BlankMissing(dict[str, Any]):
    """An error's facts, with "" for a missing one."""

    def __missing__(self, name: str) -> str:
        return ""


def _one_line(text: str) -> str:
    """Return the printable text on one line, so that it cannot imitate a message of the program."""
    return " ".join(printable(text).split("\n"))


def _fill(sentence: str, facts: Mapping[str, Any]) -> str:
    """Return the sentence with its facts, without the optional parts that lack one."""

    def optional(part: re.Match[str]) -> str:
        return part[1] if all(facts.get(name, "") not in {"", None} for name in FACT.findall(part[1])) else ""

    return OPTIONAL.sub(optional, sentence).format_map(facts)


def _merge(catalogue: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Merge the tables of a file into the catalogue."""
    for name, value in part.items():
        if isinstance(value, dict):
            _merge(catalogue.setdefault(name, {}), value)
        else:
            catalogue[name] = value


def part_of(name: str) -> str:
    """Return the part of the catalogue to which a key or a file belongs; "" for the one that every command reads."""
    return next((part for part in PARTS if name.startswith(part)), "")


@cache
def catalogue(language: str, part: str) -> Mapping[str, Any]:
    """Return a part of a language's catalogue, cached."""
    found: dict[str, Any] = {}
    for file in files(__package__).joinpath("locales", language).iterdir():
        if file.name.endswith(".toml") and part_of(file.name) == part:
            _merge(found, tomllib.loads(file.read_text(encoding="utf-8")))
    return found


def _babel() -> ModuleType:
    """Return Babel, which takes some time to import."""
    import babel.dates  # noqa: PLC0415 - many commands render neither a date nor a plural

    return babel


class Catalogue:
    """The texts of a language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **facts: object) -> str:
        """Return the sentence under `key` with its facts; dates and times are in the language's format.

        Raise KeyError for a missing key, or a missing fact outside an optional part.
        """
        texts = {name: self._format(value) if isinstance(value, date) else value for name, value in facts.items()}
        if isinstance(detail := texts.get("detail"), str):
            texts["detail"] = self._translate_detail(detail)
        return printable(_fill(self._form(self._find(key), facts), texts))

    def has(self, key: str) -> bool:
        """Return whether the catalogue has a sentence under `key`."""
        try:
            found = self._find(key)
        except KeyError:
            return False
        return isinstance(found, str) or _is_plural(found)

    def table(self, key: str) -> Mapping[str, str]:
        """Return all sentences directly under `key`."""
        return {name: value for name, value in self._find(key).items() if isinstance(value, str)}

    def format_date(self, day: date, pattern: str = "short") -> str:
        """Return the date in digits, or by one of Babel's formats or patterns, like `full` or `EEEE d MMMM`."""
        return str(_babel().dates.format_date(day, pattern, _LOCALES[self.language]))

    def format_time(self, moment: datetime, pattern: str = "short") -> str:
        """Return the hour in the zone of `moment`, like `08:00`, or by a pattern of Babel's."""
        return str(_babel().dates.format_time(moment.time(), pattern, locale=_LOCALES[self.language]))

    def error(self, error: AurionError) -> tuple[str, str]:
        """Return an error's message and hint: those of its class and reason, else of the nearest base class with any.

        Sentences that require a fact which the error lacks are skipped. The message of a settings error starts with its
        place: `file` and `line`, or the `variable`. A hint has variants, see HINTS.
        """
        facts = _BlankMissing({name: _one_line(self._format(value)) for name, value in error.facts.items()})
        facts["NAME"] = facts.setdefault("account", "") or self("places.NAME")
        for name in {"detail", "cause"} & facts.keys():
            facts[name] = self._translate_detail(facts[name])
        found = [self._parts(key, facts) for key in error_keys(error) if self.has(f"errors.{key}.message")]
        if not found:
            raise KeyError(str(error))
        message, hint = next((parts for parts in found if _required_facts(" ".join(parts)) <= facts.keys()), found[0])
        return self._add_place(self._error_text(message, facts), facts), self._error_text(hint, facts)

    def _parts(self, key: str, facts: Mapping[str, str]) -> tuple[str, str]:
        """Return message and hint under a key of `errors`; the hint is the variant for these facts."""
        hint = next((v for v, fact in HINTS.items() if facts.get(fact) and self.has(f"errors.{key}.{v}")), "hint")
        message, hint = (self._form(self._find(f"errors.{key}.{part}"), facts) for part in ("message", hint))
        return message, hint

    def _form(self, found: Any, facts: Mapping[str, object]) -> str:  # noqa: ANN401 - what _find returns
        """Return the sentence, of a counting one the form for the fact `count`."""
        if not _is_plural(found):
            return str(found)
        form = _babel().Locale.parse(_LOCALES[self.language]).plural_form(int(str(facts["count"] or 0)))
        return str(found.get(form, found["other"]))

    def _error_text(self, sentence: str, facts: Mapping[str, str]) -> str:
        """Return the sentence with its facts; an empty fact leaves no empty quotes, parentheses or gaps behind."""
        text = _fill(sentence, facts)
        if all(facts.get(name, "") != "" for name in FACT.findall(sentence)):
            return text.strip()
        text = EMPTY_QUOTES.sub(lambda quotes: f"{quotes[1]}{self._find('summary.empty')}{quotes[2]}", text)
        for pattern, replacement in TIDYING:
            text = pattern.sub(replacement, text)
        return text.strip()

    def _format(self, value: object) -> str:
        match value:
            case datetime():
                return f"{self.format_date(value)} {self.format_time(value)}"
            case date():
                return self.format_date(value)
            case list() | tuple():
                return ", ".join(map(str, value))
            case _:
                return str(value)

    def _translate_detail(self, text: str) -> str:
        """Return a sentence of the system or of a library in this language; any other text is returned unchanged."""
        known: Mapping[str, str] = self._find("details")
        match = _PLACE.fullmatch(text)
        quoted = QUOTED.search(match["detail"]) if match else None
        shape = QUOTED.sub("…", match["detail"]) if match else ""
        if match is None or (detail := known.get(match["detail"]) or known.get(shape)) is None:
            return text
        detail = detail.replace("…", quoted[0] if quoted else "…")
        place = "line" if match["line"] else "end" if match["end"] else ""
        return self(f"details_place.{place}", **match.groupdict() | {"detail": detail}) if place else detail

    def _add_place(self, message: str, facts: Mapping[str, str]) -> str:
        for fact in ("file", "variable"):
            if fact in facts:
                return str(self._find(f"places.{fact}")).format_map({**facts, "message": message})
        return message

    def _find(self, key: str) -> Any:  # noqa: ANN401 - a catalogue's table or sentence
        found: Any = catalogue(self.language, part_of(key))
        for part in key.split("."):
            if not isinstance(found, dict):
                raise KeyError(key)
            found = found[part]
        return found
