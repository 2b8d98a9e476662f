"""Replacement of people's names in text by invented ones, the same for one name throughout a recording."""

import re
from collections.abc import Iterable, Mapping
from secrets import choice
from unicodedata import combining, normalize

from scraper.domain.text import clean

_WORD = re.compile(r"[^\W\d_]+")
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][^\W\d_]*(?:['’-][^\W\d_]+)*"  # noqa: RUF001 - both apostrophes occur
_CIVILITY = (
    r"(?:[Mm]onsieur|MONSIEUR|[Mm]adame|MADAME|[Mm]ademoiselle|MADEMOISELLE|Mme|MME|Mlle|MLLE|MM?(?=\.)"
    r"|Mr|MR|Mrs|MRS|Ms|Dr|DR|Pr|Prof|PROF)\.?"
)
_PARTICLES = frozenset({"de", "du", "des", "d", "la", "le", "l", "van", "von", "el", "al", "ben", "et"})
_AFTER_CIVILITY = re.compile(
    rf"(?<!\w){_CIVILITY}\s+((?:(?:[A-Z]\.|de|du|des|la|le|van|von|el|al|ben|d['’])\s*)*"  # noqa: RUF001
    rf"{_CAPITAL}(?:[ \u00a0]+(?:(?:de|du|des|la|le|van|von)[ \u00a0]+)*{_CAPITAL}){{0,3}})"
)
_CIVILITIES = frozenset(
    {"monsieur", "madame", "mademoiselle", "mme", "mlle", "m", "mm", "mr", "mrs", "ms", "dr", "pr", "prof"}
)
_PLAIN_WORDS = frozenset(
    {
        *("accueil", "allemand", "amphi", "anglais", "atelier", "autre", "chimie", "conference"),
        *("connexion", "cours", "definir", "enseignant", "equipe", "erreur", "espagnol", "examen"),
        *("exterieur", "francais", "groupe", "gymnase", "identifiant", "informatique"),
        *("intervenant", "labo", "login", "maintenance", "maths", "module", "nom", "note", "page"),
        *("passe", "pedagogique", "personnel", "physique", "planning", "prenom", "professeur"),
        *("projet", "reunion", "salle", "schedule", "scolarite", "teams", "temps", "travail"),
        *("utilisateur", "vacataire", "visio", "zoom"),
    }
)
"""Common words of timetables and portals that are also surnames."""
_SHORT = 3
_STARTS = (
    "Bar",
    "Bel",
    "Cha",
    "Cour",
    "Dal",
    "Fer",
    "Gar",
    "Jal",
    "Lar",
    "Mar",
    "Mor",
    "Per",
    "Rou",
    "Sal",
    "Tal",
    "Val",
    "Ver",
    "Vil",
)
_MIDDLES = ("be", "do", "fa", "li", "mo", "na", "re", "ta", "vi", "zo")
_ENDS = (
    "bec",
    "celin",
    "dier",
    "gnac",
    "lemont",
    "lier",
    "lois",
    "nard",
    "nier",
    "not",
    "quet",
    "rand",
    "rieux",
    "ron",
    "ssac",
    "tier",
    "ton",
    "vard",
    "veau",
    "zac",
)


def fold_word(word: str) -> str:
    """Return the word without accents and case, so that two spellings of one name are equal."""
    return "".join(c for c in normalize("NFKD", word) if not combining(c)).casefold()


def find_names(text: str) -> list[str]:
    """Return the names that follow a civility (`Mme`, `Monsieur`, `Dr`) in the text, as written."""
    return _AFTER_CIVILITY.findall(clean(text))


def name_spans(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each name that follows a civility."""
    return [found.span(1) for found in _AFTER_CIVILITY.finditer(text)]


def is_civility(word: str) -> bool:
    """Return whether the word is a civility (`Mme`), in any case."""
    return fold_word(word) in _CIVILITIES


class People:
    """A recording's names of people with an invented name for each; another instance invents others.

    `persons` are the contents of person fields (`Madame DE SOUSA`). `names` follow a civility or come from a login.
    `kept` are words that stay because the portal uses them otherwise (its codes).
    """

    def __init__(self, persons: Iterable[str], names: Iterable[str], kept: Iterable[str] = ()) -> None:
        words_by_field = {person: _name_words(person) for person in persons}
        all_words = sorted(
            {w for words_of_field in (*words_by_field.values(), *map(_name_words, names)) for w in words_of_field}
        )
        invented = _invent_names(all_words)
        unchanged = _PLAIN_WORDS | {fold_word(word) for word in kept}
        self._everywhere = {w: new for w, new in invented.items() if len(w) >= _SHORT and w not in unchanged}
        # A name of two letters, or one that is also a common word, is replaced only where the whole field occurs.
        self._fields = {
            _field_pattern(person): _replace_words(person, invented)
            for person, words_of_field in words_by_field.items()
            if not self._everywhere.keys() >= set(words_of_field)
        }

    def rename(self, text: str) -> str:
        """Return the text with every name replaced and passed through `clean`; unchanged where it has no name."""
        cleaned = clean(text)
        new = self.rename_in_markup(cleaned)
        # `clean` has resolved entities; text that now looks like one must not be resolved a second time.
        return text if new == cleaned else re.sub(r"&(?=#?\w+;)", "&amp;", new)

    def rename_in_markup(self, text: str) -> str:
        """Return markup with every name replaced; only letters change, entities stay."""
        for pattern, new in self._fields.items():
            text = re.sub(pattern, lambda _, new=new: new, text)  # type: ignore[misc]
        return _replace_words(text, self._everywhere)


def _name_words(name: str) -> list[str]:
    words = [fold_word(word) for word in _WORD.findall(name)]
    words = [w for w in words if w not in _CIVILITIES]
    return [w for n, w in enumerate(words) if len(w) > 1 and (w not in _PARTICLES or n == len(words) - 1)]


def _field_pattern(person: str) -> str:
    return r"(?<!\w)" + r"[^\S\n]+".join(re.escape(word) for word in person.split()) + r"(?!\w)"


def _replace_words(text: str, words: Mapping[str, str]) -> str:
    def replacement(found: re.Match[str]) -> str:
        new = words.get(fold_word(found[0]))
        if new is None:
            return found[0]
        return new.upper() if found[0].isupper() else new if found[0][0].isupper() else new.lower()

    return _WORD.sub(replacement, text)


def _invent_names(words: Iterable[str]) -> dict[str, str]:
    """Return an invented name for each word; none contains any of the words."""
    originals = list(words)
    invented: dict[str, str] = {}
    for word in originals:
        name = _random_name(0)
        tries = 0
        while fold_word(name) in invented.values() or any(len(r) >= _SHORT and r in fold_word(name) for r in originals):
            tries += 1
            name = _random_name(tries // 50)
        invented[word] = fold_word(name)
    return {word: name.capitalize() for word, name in invented.items()}


def _random_name(middles: int) -> str:
    return choice(_STARTS) + "".join(choice(_MIDDLES) for _ in range(middles)) + choice(_ENDS)
