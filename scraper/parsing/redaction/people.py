"""People's names out of any text: invented ones in their place, one for each throughout a recording."""

import re
from collections.abc import Iterable, Mapping
from secrets import choice
from unicodedata import combining, normalize

from scraper.domain.text import clean

_WORD = re.compile(r"[^\W\d_]+")
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][^\W\d_]*(?:['’-][^\W\d_]+)*"  # noqa: RUF001 - as people type them
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
"""Words of plannings and portals that somebody may be called."""
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


def folded(word: str) -> str:
    """`word` without accents and case: two spellings of one name are equal."""
    return "".join(c for c in normalize("NFKD", word) if not combining(c)).casefold()


def named(text: str) -> list[str]:
    """The names that follow a civility (`Mme`, `Monsieur`, `Dr`) in a text, as written."""
    return _AFTER_CIVILITY.findall(clean(text))


def after_civilities(text: str) -> list[tuple[int, int]]:
    """Where in a text the names that follow a civility begin and end."""
    return [found.span(1) for found in _AFTER_CIVILITY.finditer(text)]


def is_civility(word: str) -> bool:
    """Whether it is a civility (`Mme`), in any case."""
    return folded(word) in _CIVILITIES


class People:
    """Renames people in texts; the invented names are chosen anew each time.

    `persons` are the contents of person fields (`Madame DE SOUSA`), `names` follow a civility or come from
    a login, `kept` words that mean something else to the portal (its codes).
    """

    def __init__(self, persons: Iterable[str], names: Iterable[str], kept: Iterable[str] = ()) -> None:
        fields = {person: _words(person) for person in persons}
        words = sorted({w for found in (*fields.values(), *map(_words, names)) for w in found})
        every = _invented(words)
        stay = _PLAIN_WORDS | {folded(word) for word in kept}
        self._everywhere = {w: new for w, new in every.items() if len(w) >= _SHORT and w not in stay}
        # A name of two letters, or that is a common word, is taken for one only where the whole field stands.
        self._fields = {
            _spaced(person): _swapped(person, every)
            for person, found in fields.items()
            if not self._everywhere.keys() >= set(found)
        }

    def renamed(self, text: str) -> str:
        """`text` with every name replaced; cleaned if a name was in it, else as it is."""
        tidy = clean(text)
        new = self.raw(tidy)
        # What was resolved once must not be resolved again by whoever reads it.
        return text if new == tidy else re.sub(r"&(?=#?\w+;)", "&amp;", new)

    def raw(self, text: str) -> str:
        """Likewise for markup: words only, entities untouched."""
        for field, new in self._fields.items():
            text = re.sub(field, lambda _, new=new: new, text)  # type: ignore[misc]
        return _swapped(text, self._everywhere)


def _words(name: str) -> list[str]:
    words = [folded(word) for word in _WORD.findall(name)]
    words = [w for w in words if w not in _CIVILITIES]
    return [w for n, w in enumerate(words) if len(w) > 1 and (w not in _PARTICLES or n == len(words) - 1)]


def _spaced(person: str) -> str:
    return r"(?<!\w)" + r"[^\S\n]+".join(re.escape(word) for word in person.split()) + r"(?!\w)"


def _swapped(text: str, words: Mapping[str, str]) -> str:
    def swap(found: re.Match[str]) -> str:
        new = words.get(folded(found[0]))
        if new is None:
            return found[0]
        return new.upper() if found[0].isupper() else new if found[0][0].isupper() else new.lower()

    return _WORD.sub(swap, text)


def _invented(words: Iterable[str]) -> dict[str, str]:
    """A new name for each word; none holds any of the words."""
    real = list(words)
    given: dict[str, str] = {}
    for word in real:
        name = _name(0)
        tries = 0
        while folded(name) in given.values() or any(len(r) >= _SHORT and r in folded(name) for r in real):
            tries += 1
            name = _name(tries // 50)
        given[word] = folded(name)
    return {word: name.capitalize() for word, name in given.items()}


def _name(middles: int) -> str:
    return choice(_STARTS) + "".join(choice(_MIDDLES) for _ in range(middles)) + choice(_ENDS)
