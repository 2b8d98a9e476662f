"""Fill the HTML templates of the folder `pages`: `{{name}}` is escaped, `{{{name}}}` is HTML."""

import re
from importlib.resources import files

SLOT = re.compile(r"\{\{\{(\w+)\}\}\}|\{\{(\w+)\}\}")


def escape(text: object) -> str:
    """Escape text for an element or an attribute in double quotes, as JSF does."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def fill_slots(template: str, **parts: object) -> str:
    """Return the template with its slots filled. Raise KeyError for a slot without a value."""
    text = files(__package__).joinpath("pages", template).read_text(encoding="utf-8")
    return SLOT.sub(lambda m: str(parts[m[1]]) if m[1] else escape(parts[m[2]]), text.removesuffix("\n"))
