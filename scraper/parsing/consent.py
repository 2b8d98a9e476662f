"""Recognition of pages between login and home that require the student's consent or input.

Examples are a charter, a survey, or personal data to confirm. The program never submits one: only the user may accept
terms.
"""

from collections.abc import Callable

from scraper.domain.recording import Field, Form, Snapshot
from scraper.domain.text import fold, has, normalise_label
from scraper.parsing.labels import labels
from scraper.parsing.menu import next_move

_BOXES = frozenset({"checkbox", "radio"})
_WRITTEN = frozenset({"text", "email", "tel", "number", "date", "url", "textarea", "select", ""})
_MOST_LINKS = 6
"""The maximum number of links beside the form's own buttons; a page with more links leads to sections."""


def asks_agreement(page: Snapshot) -> bool:
    """Return whether a page without a menu has boxes to tick, or a button that accepts or refuses something."""
    boxes = any(_has_field(form, lambda field: field.visible and field.kind in _BOXES) for form in page.forms)
    return _is_apart(page) and (boxes or bool(_accepting_labels(page)))


def asks_questions(page: Snapshot) -> bool:
    """Return whether a page without a menu has fields to fill in and a button that submits them."""
    return _is_apart(page) and any(_has_field(form, _is_question) for form in page.forms)


def answer_labels(page: Snapshot) -> list[str]:
    """Return the distinct labels of the page's buttons."""
    return list(dict.fromkeys([*filter(None, _button_labels(page)), *_accepting_labels(page)]))


def accepts(label: str) -> bool:
    """Return whether a button with that label accepts or refuses something."""
    return has(fold(label), labels()["pages"]["accept"])


def _is_apart(page: Snapshot) -> bool:
    """Return whether the page has neither a menu of sections, nor many links, nor a candidate for the planning."""
    buttons = {fold(button.label) for form in page.forms for button in form.buttons}
    links = [e for e in page.entries if e.place != "menu" and fold(e.label) not in buttons]
    if len(links) > _MOST_LINKS or page.schedules:
        return False
    # A menu may have the entries of every page: the account, the language, the logout.
    words = [*labels()["menu"]["never"], *labels()["pages"]["account"]]
    menu = [e for e in page.entries if e.place == "menu"]
    if any(e.opens_others or not has(normalise_label(e.label), words) for e in menu):
        return False
    return next_move(page, ()) is None


def _has_field(form: Form, is_wanted: Callable[[Field], bool]) -> bool:
    """Return whether the form has such a field and a button that submits it."""
    return any(map(is_wanted, form.fields)) and any(button.visible for button in form.buttons)


def _button_labels(page: Snapshot) -> list[str]:
    return [button.label for form in page.forms for button in form.buttons if button.visible]


def _accepting_labels(page: Snapshot) -> list[str]:
    return [label for label in (*_button_labels(page), *(entry.label for entry in page.entries)) if accepts(label)]


def _is_question(field: Field) -> bool:
    return field.visible and field.kind in _WRITTEN and not has(field_words(field), labels()["pages"]["no_question"])


def field_words(field: Field) -> str:
    """Return the words that name a field."""
    return normalise_label(f"{field.label} {field.name} {field.id}")
