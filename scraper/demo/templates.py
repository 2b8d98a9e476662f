"""The pages' HTML: templates of the folder `pages`, filled. `{{name}}` is escaped, `{{{name}}}` is HTML."""

import re
from importlib.resources import files

SLOT = re.compile(r"\{\{\{(\w+)\}\}\}|\{\{(\w+)\}\}")


def escape(text: object) -> str:
    """Text for an element or an attribute in double quotes, as JSF writes it."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def fill(template: str, **parts: object) -> str:
    """The template's text with its slots filled. Raises KeyError for a slot without its part."""
    text = files(__package__).joinpath("pages", template).read_text(encoding="utf-8")
    return SLOT.sub(lambda m: str(parts[m[1]]) if m[1] else escape(parts[m[2]]), text.removesuffix("\n"))
