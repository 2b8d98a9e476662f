"""HTML from templates: every value is escaped, and a missing name is an error."""

import re
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from scraper.domain.printable import printable
from scraper.i18n import Catalogue


@cache
def _environment(replacements: str) -> Environment:
    """Return the environment of the templates; those in the package `replacements` take the place of the page's own.

    Such a template extends the one that it replaces under the name `page/…`.
    """
    own = PackageLoader("scraper.web.pages")
    first = [PackageLoader(replacements)] if replacements else []
    return Environment(
        loader=ChoiceLoader([*first, own, PrefixLoader({"page": own})]), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False, finalize=_printable,
    )  # fmt: skip


def _printable(value: object) -> object:
    """Return the value as a template shows it: text from outside cannot reverse the letters around it."""
    if isinstance(value, Markup):
        return Markup(printable(value))  # noqa: S704 - escaped already
    return printable(value) if isinstance(value, str) else value


def typeset(text: str, language: str) -> str:
    """Return the sentence with no-break spaces where French puts a space before or after a sign."""
    return re.sub(r" (?=[:;!?»])|(?<=«) ", "\N{NO-BREAK SPACE}", text) if language == "fr" else text


def render_template(template: str, words: Catalogue, replacements: str = "", **facts: Any) -> str:  # noqa: ANN401 - whatever the template shows
    """Render the template with these values; in it `t("key", fact=…)` is a text under `page`.

    Templates of the package `replacements` are used instead of those with the same name here.
    `words("key")` is any text of the catalogue, `typeset()` prepares other text. `form_field()` belongs into every
    form: it shows that the form is the page's own.
    """

    def translate(key: str, **text_facts: object) -> str:
        return typeset(words(key, **text_facts), words.language)

    def translate_page(key: str, **text_facts: object) -> str:
        return translate(f"page.{key}", **text_facts)

    def form_field() -> Markup:
        return Markup('<input type="hidden" name="form_token" value="{}">').format(facts["form_token"])

    common: Mapping[str, Any] = {
        "t": translate_page, "words": translate, "typeset": partial(typeset, language=words.language),
        "language": words.language, "form_field": form_field,
    }  # fmt: skip
    return _environment(replacements).get_template(template).render(common, **facts)
