"""Types and functions shared by all layouts: the fields of a title, and the meaning of an event's class."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from scraper.domain.planning import Event
from scraper.domain.text import fold_blanks
from scraper.parsing.kind_words import begins_as_kind

EXAM_CLASS = "est-epreuve"
"""The event's class that marks an exam instead of naming its kind."""

_CODE = re.compile(r"[A-Z][A-Z0-9_]+")
_EXAM = re.compile(r"(?:DS|EXAM|EVALUATION)(?:_.*)?")
DASH = re.compile(r"(?:^|(?<=\s))-(?=\s|$)")
KNOWN_KINDS = frozenset(
    {
        *("COURS", "COURS_TD", "COURS_TD_DIST", "CI", "CM", "CM_DIST", "CM_AUTO_GERE_PLANIFIE"),
        *("TD", "TD_AUTO_GERE_PLANIFIE", "ED_TD", "TP", "TP_DIST", "TP_AUTO_GERE_PLANIFIE", "ED_TP"),
        *("PROJET", "PROJET_AUTO_GERE", "AUTO_GERE", "AUTO_APPR", "E_LEARNING", "REUNION", "PROMO"),
        *("DS", "DS_SURV", "EXAM", "EXAM_SURV", "EVALUATION", "SOUTENANCE", "ATELIER", "VISITE", "CONF"),
        *("CONGES", "MANIF", "ASSOCIATIF", "ENTRETIEN", "SEMINAIRE"),
    }
)
"""The portal's known codes of kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A parsed title. `note` keeps its lines; `kind` is the portal's code; `layout` is the layout used to parse it."""

    rooms: tuple[str, ...] = ()
    note: str = ""
    subject: str = ""
    kind: str = ""
    teachers: tuple[str, ...] = ()
    is_exam: bool = False
    layout: str

    def fill(self, event: Event) -> Event:
        """Return the event with the fields of this title."""
        return replace(
            event, subject=self.subject, kind=self.kind, is_exam=self.is_exam, rooms=self.rooms,
            teachers=self.teachers, note=self.note,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Classes:
    """An event's parsed class: its `code` (empty if there is only the exam's) and whether it marks an exam."""

    code: str
    exam: bool
    words: Mapping[str, str] = field(default_factory=dict)
    """Kinds that the school's file names, folded, each with the words that the calendar shows."""

    def confirms(self, line: str, *, anchored: bool = False) -> bool:
        """Return whether `line` is a kind: the class, a known code, or any code if `anchored` or in an exam."""
        line = line.strip()
        return line != "" and (
            line == self.code
            or line in KNOWN_KINDS
            or fold_blanks(line).casefold() in self.words
            or ((anchored or self.exam) and _CODE.fullmatch(line) is not None)
        )

    def kind(self, line: str = "") -> str:
        """Return the event's kind: the class if it is a code, else the kind in the title.

        Words in the title are preferred to an unknown class (`N01_COURS_LANGUES`).
        """
        line = line.strip()
        is_known = self.code in KNOWN_KINDS or self.code.casefold() in self.words
        if line and not is_known and (line in KNOWN_KINDS or not _CODE.fullmatch(line)):
            return line
        return self.code if _CODE.fullmatch(self.code) else line or self.code

    def is_exam(self, kind: str) -> bool:
        """Return whether it is an exam, by class or kind (`DS_SURV`); a `SOUTENANCE` is one only by its class."""
        shown = self.words.get(fold_blanks(kind).casefold(), "")
        return self.exam or _EXAM.fullmatch(kind) is not None or "exam" in map(begins_as_kind, (kind, shown))


Layout = Callable[[str, Classes], Title | None]


def classes(kind: str, words: Mapping[str, str] | None) -> Classes:
    """Return the parsed class of an event, from the text that the portal sent, with the kinds of the school's file."""
    names = kind.split()
    known = {fold_blanks(word).casefold(): shown for word, shown in (words or {}).items()}
    return Classes(" ".join(n for n in names if n != EXAM_CLASS), EXAM_CLASS in names, known)


def build_title(
    layout: str,
    of: Classes,
    *,
    rooms: str | tuple[str, ...],
    note: str,
    subject: str,
    kind: str,
    teachers: str | tuple[str, ...],
) -> Title:
    """Return a title with these fields; its kind and `is_exam` depend on the event's class as well.

    A text of several rooms or teachers is split at slashes.
    """
    code = of.kind(kind)
    return Title(
        rooms=split_names(rooms) if isinstance(rooms, str) else rooms,
        note=note,
        subject=fold_blanks(subject),
        kind=code,
        teachers=split_names(teachers) if isinstance(teachers, str) else teachers,
        is_exam=of.is_exam(code),
        layout=layout,
    )


def dash_parts(title: str) -> list[str]:
    """Return the parts of one line, split at dashes."""
    return [fold_blanks(part) for part in DASH.split(title)]


def join_note(lines: Iterable[str]) -> str:
    """Return a note's lines without blank ones."""
    kept = (fold_blanks(line) for line in lines)
    return "\n".join(line for line in kept if line)


def single_name(text: str) -> tuple[str, ...]:
    """Return a tuple of one room or teacher; empty if the text is blank."""
    return (fold_blanks(text),) if text.strip() else ()


def split_names(text: str) -> tuple[str, ...]:
    """Return the rooms or teachers in a text, split at slashes."""
    return tuple(fold_blanks(one) for one in re.split(r"\s/(?=\s|$)|^/\s", text) if one.strip())
