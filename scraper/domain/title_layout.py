"""A title's layout as text in a school file: the fields in order, with their separator.

In `room / note* / subject / kind / teachers` each field is a line. Any other separator divides one line:
`kind - subject - room - teachers - hours`, `subject | kind | room`. A star marks the one field that may occur any
number of times.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FIELDS = ("room", "note", "subject", "kind", "teachers", "group", "hours", "other")
LAYOUT_NAMES = (
    *("junia-6", "junia-5", "junia-4", "isen-ouest", "isen-ouest-group"),
    *("isen-mediterranee", "lise", "ensiie"),
)
"""The layouts that a function parses (`scraper/parsing/title_layouts.py`), in the order in which they are tried."""
_NAME = re.compile(r"[A-Za-z_]+\*?")
_LINES = "/"
"""The separator that represents a line end."""


class LayoutError(ValueError):
    """An invalid layout; `reason` is a key of the catalogue, `part` the invalid word."""

    def __init__(self, reason: str, part: str = "") -> None:
        super().__init__(reason, part)
        self.reason, self.part = reason, part


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleLayout:
    """A parsed layout; `separator` is a line end or the text between parts, `several` the starred field's index."""

    separator: str
    fields: tuple[str, ...]
    several: int | None = None

    def parts(self, title: str) -> list[str]:
        """Split a title at the separator; one with blanks around it counts only where the title has them as well."""
        if self.separator == "\n":
            return title.split("\n")
        sign = re.escape(self.separator.strip())
        before = r"(?:^|(?<=\s))" if self.separator[0].isspace() else ""
        after = r"(?=\s|$)" if self.separator[-1].isspace() else ""
        return [" ".join(part.split()) for part in re.split(f"{before}{sign}{after}", title)]

    def split(self, parts: Sequence[str]) -> list[tuple[str, list[str]]] | None:
        """Assign the parts of a title to the fields; return None where there are too few or too many."""
        more = len(parts) - len(self.fields)
        if more < (0 if self.several is None else -1) or (more > 0 and self.several is None):
            return None
        return self._assign(parts, self.several, more)

    def splits(self, parts: Sequence[str]) -> Iterator[list[tuple[str, list[str]]]]:
        """Yield every assignment of the parts to the fields where one field contains the separator itself."""
        more = len(parts) - len(self.fields)
        if more > 0 and self.separator != "\n":
            for number in range(len(self.fields)):
                yield self._assign(parts, number, more)

    def _assign(self, parts: Sequence[str], longer: int | None, more: int) -> list[tuple[str, list[str]]]:
        found, at = [], 0
        for number, field in enumerate(self.fields):
            length = 1 + more if number == longer else 1
            found.append((field, list(parts[at : at + length])))
            at += length
        return found


def parse_layout(text: str) -> TitleLayout:
    """Parse a layout's text. Raise LayoutError."""
    names = _NAME.findall(text)
    if not names:
        raise LayoutError("no-separator", text.strip())
    first, *signs, last = _NAME.split(text.strip())
    fields = tuple(name.removesuffix("*").lower() for name in names)
    if unknown := next((name for name in fields if name not in FIELDS), None):
        raise LayoutError("unknown-part", unknown)
    if first or last or not signs or not all(sign.strip() for sign in signs):
        raise LayoutError("no-separator", text.strip())
    if len({sign.strip() for sign in signs}) > 1:
        raise LayoutError("two-separators", " ".join(sorted({sign.strip() for sign in signs})))
    if twice := next((name for name in fields if name != "other" and fields.count(name) > 1), None):
        raise LayoutError("twice", twice)
    if "subject" not in fields:
        raise LayoutError("no-subject")
    starred = [number for number, name in enumerate(names) if name.endswith("*")]
    if len(starred) > 1:
        raise LayoutError("two-stars", names[starred[1]])
    separator = "\n" if signs[0].strip() == _LINES else signs[0]
    return TitleLayout(separator=separator, fields=fields, several=starred[0] if starred else None)
