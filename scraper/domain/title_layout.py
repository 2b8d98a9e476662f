"""A title's layout as a school file writes it: the fields in their order, with what is between them.

`room / note* / subject / kind / teachers` is a line each. Any other sign separates the parts of one line:
`kind - subject - room - teachers - hours`, `subject | kind | room`. A star marks the one field that may be several,
or none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

FIELDS = ("room", "note", "subject", "kind", "teachers", "group", "hours", "other")
_NAME = re.compile(r"[A-Za-z_]+\*?")
_LINES = "/"
"""The sign that is written for a line's end."""


class LayoutError(ValueError):
    """A layout that cannot be understood; `reason` is a key of the words, `part` the word that is wrong."""

    def __init__(self, reason: str, part: str = "") -> None:
        super().__init__(reason, part)
        self.reason, self.part = reason, part


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLayout:
    """`separator` is a line's end, or the sign between parts; `several` is the number of the field with a star."""

    separator: str
    fields: tuple[str, ...]
    several: int | None = None

    def parts(self, title: str) -> list[str]:
        """Cut a title at the separator; a sign written with blanks counts only where the title has them, too."""
        if self.separator == "\n":
            return title.split("\n")
        sign = re.escape(self.separator.strip())
        before = r"(?:^|(?<=\s))" if self.separator[0].isspace() else ""
        after = r"(?=\s|$)" if self.separator[-1].isspace() else ""
        return [" ".join(part.split()) for part in re.split(f"{before}{sign}{after}", title)]

    def split(self, parts: Sequence[str]) -> list[tuple[str, list[str]]] | None:
        """Give each field its parts of a title; None where they are too few or too many."""
        more = len(parts) - len(self.fields)
        if more < (0 if self.several is None else -1) or (more > 0 and self.several is None):
            return None
        return self._dealt(parts, self.several, more)

    def splits(self, parts: Sequence[str]) -> Iterator[list[tuple[str, list[str]]]]:
        """Every way to give the parts to the fields, where one part holds the separator itself."""
        more = len(parts) - len(self.fields)
        if more > 0 and self.separator != "\n":
            for number in range(len(self.fields)):
                yield self._dealt(parts, number, more)

    def _dealt(self, parts: Sequence[str], longer: int | None, more: int) -> list[tuple[str, list[str]]]:
        found, at = [], 0
        for number, field in enumerate(self.fields):
            length = 1 + more if number == longer else 1
            found.append((field, list(parts[at : at + length])))
            at += length
        return found


def written_layout(text: str) -> WrittenLayout:
    """Read the layout that a text describes. Raises LayoutError."""
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
    return WrittenLayout(separator=separator, fields=fields, several=starred[0] if starred else None)
