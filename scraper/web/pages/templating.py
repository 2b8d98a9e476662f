"""Templates into HTML: every value is escaped, a name that is missing is an error."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from scraper.domain.printable import printable
from scraper.i18n import Catalogue


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("scraper.web.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False, finalize=_printable,
    )  # fmt: skip


def _printable(value: object) -> object:
    """The value as a template shows it: no text from outside reverses the letters around it."""
    if isinstance(value, Markup):
        return Markup(printable(value))  # noqa: S704 - it is escaped already
    return printable(value) if isinstance(value, str) else value


def typeset(text: str, language: str) -> str:
    """A sentence whose signs are not left alone at a line's end or beginning, as French has a blank before them."""
    return re.sub(r" (?=[:;!?»])|(?<=«) ", "\N{NO-BREAK SPACE}", text) if language == "fr" else text


def drawn(template: str, words: Catalogue, **facts: Any) -> str:  # noqa: ANN401 - whatever the template shows
    """The template with these facts; in it `t("key", fact=…)` is a sentence under `page`.

    `typeset()` sets text that comes from elsewhere; `form_field()` stands in every form: it tells that it is ours.
    """

    def said(key: str, **told: object) -> str:
        return typeset(words(key, **told), words.language)

    def sentence(key: str, **told: object) -> str:
        return said(f"page.{key}", **told)

    def set_well(text: str) -> str:
        return typeset(text, words.language)

    def form_field() -> Markup:
        return Markup('<input type="hidden" name="form_token" value="{}">').format(facts["form_token"])

    common: Mapping[str, Any] = {
        "t": sentence, "words": said, "typeset": set_well, "language": words.language, "form_field": form_field,
    }  # fmt: skip
    return _environment().get_template(template).render(common, **facts)
