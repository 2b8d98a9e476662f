"""A title's layout as a school file writes it: the fields in their order, with what stands between them.

`room / note* / subject / kind / teachers` is a line each; `kind - subject - room - teachers - hours` are the parts of
one line with dashes between. A star marks the one field that may be several, or none.
"""

from dataclasses import dataclass

FIELDS = ("room", "note", "subject", "kind", "teachers", "hours", "other")
SEPARATORS = {" / ": "\n", " - ": " - "}
"""How a layout is written, and what stands in the title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLayout:
    """`separator` is a line's end or a dash; `several` is the number of the field with a star, if any."""

    separator: str
    fields: tuple[str, ...]
    several: int | None = None

    def split(self, parts: list[str]) -> list[tuple[str, list[str]]] | None:
        """Each field with its parts of a title; None where they are too few or too many."""
        more = len(parts) - len(self.fields)
        if more < (0 if self.several is None else -1) or (more > 0 and self.several is None):
            return None
        found, at = [], 0
        for number, field in enumerate(self.fields):
            length = 1 + more if number == self.several else 1
            found.append((field, parts[at : at + length]))
            at += length
        return found


def written_layout(text: str) -> WrittenLayout:
    """The layout that a text describes. Raises ValueError where it describes none."""
    found = next((sign for sign in SEPARATORS if sign in text), None)
    if found is None:
        raise ValueError(text)
    names = [name.strip() for name in text.split(found)]
    starred = [number for number, name in enumerate(names) if name.endswith("*")]
    fields = [name.removesuffix("*") for name in names]
    once = [field for field in fields if field != "other"]
    if len(starred) > 1 or not set(fields) <= set(FIELDS) or len(set(once)) < len(once) or "subject" not in once:
        raise ValueError(text)
    return WrittenLayout(separator=SEPARATORS[found], fields=tuple(fields), several=starred[0] if starred else None)
