"""The skeleton of an HTML page: tags with structural attributes, ids and unknown words masked, no scripts or values."""

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

from scraper.diagnostics.report.masks import Masks

_IDS = frozenset({"id", "name", "class", "role", "type", "for", "method", "autocomplete", "lang"})
_STATES = frozenset({"aria-live", "aria-haspopup", "aria-expanded", "aria-hidden"})
_SPOKEN = frozenset({"placeholder", "aria-label"})
_MARKS = frozenset({"required", "checked", "disabled"})
_QUIET = frozenset({"script", "style", "template", "noscript", "svg"})
_EMPTY = frozenset({"input", "br", "hr", "img", "meta", "link"})
_LONGEST = 100_000
"""The maximum length of a skeleton; the rest is left out."""


def skeleton(page: str, masks: Masks, mask_text: Callable[[str], str] | None = None) -> str:
    """Return the masked tags, roles, classes, ids and texts of a page, hidden elements included.

    Texts are masked by `mask_text`, by default by the masks.
    """
    builder = _Builder(masks, mask_text or masks.text)
    builder.feed(page)
    builder.close()
    return "".join(builder.parts)


class _Builder(HTMLParser):
    """A parser that builds the skeleton. The standard library's parser accepts any page."""

    def __init__(self, masks: Masks, mask_text: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._masks = masks
        self._mask_text = mask_text
        self._quiet = ""
        self._length = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._quiet:
            return
        if tag in _QUIET:
            self._quiet = tag
            return
        kept = "".join(self._attribute(name, value or "") for name, value in attrs)
        self._put(f"<{self._masks.identifier(tag)}{kept}{'/' if tag in _EMPTY else ''}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _QUIET:
            return
        self.handle_starttag(tag, attrs)
        if tag not in _EMPTY:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._quiet:
            self._quiet = "" if tag == self._quiet else self._quiet
        elif tag not in _EMPTY:
            self._put(f"</{self._masks.identifier(tag)}>")

    def handle_data(self, data: str) -> None:
        if self._quiet or not data.strip():
            return
        self._put(escape(self._mask_text(" ".join(data.split())), quote=False))

    def _attribute(self, name: str, value: str) -> str:
        if name in _IDS:
            return f' {name}="{escape(self._masks.identifier(value))}"'
        if name in _STATES and value in {"true", "false", "menu", "polite", "assertive", "off"}:
            return f' {name}="{value}"'
        if name in _SPOKEN and value.strip():
            return f' {name}="{escape(self._mask_text(value))}"'
        if name in _MARKS:
            return f" {name}"
        if name in {"action", "formaction"}:
            return f' {name}="{escape(self._masks.address(value))}"'
        return ""

    def _put(self, text: str) -> None:
        if self._length + len(text) <= _LONGEST:
            self.parts.append(text)
            self._length += len(text)
