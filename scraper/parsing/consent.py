"""Recognition of pages between login and home that require the student's consent or input.

Examples are a charter, a survey, or personal data to confirm. The program never submits one: only the user may accept
terms.
"""

from scraper.domain.recording import Field, Form, Snapshot
from scraper.domain.text import fold, has, normalise_label
from scraper.parsing.labels import labels
from scraper.parsing.menu import next_move

_BOXES = frozenset({"checkbox", "radio"})
_WRITTEN = frozenset({"text", "email", "tel", "number", "date", "url", "textarea", "select", ""})
_MOST_LINKS = 6
"""The maximum number of links beside the form's own buttons; a page with more links leads to sections."""


def agreement(page: Snapshot) -> bool:
    """Return whether a page without a menu has boxes to tick, or a button that accepts or refuses something."""
    return _is_apart(page) and (any(_has_box(form) for form in page.forms) or bool(_accepting(page)))


def questions(page: Snapshot) -> bool:
    """Return whether a page without a menu has fields to fill in and a button that submits them."""
    return _is_apart(page) and any(
        any(map(_is_question, form.fields)) and any(button.visible for button in form.buttons) for form in page.forms
    )


def answers(page: Snapshot) -> list[str]:
    """Return the distinct labels of the page's buttons."""
    pressed = [button.label for form in page.forms for button in form.buttons if button.visible and button.label]
    return list(dict.fromkeys([*pressed, *_accepting(page)]))


def accepts(label: str) -> bool:
    """Return whether a button with that label accepts or refuses something."""
    return has(fold(label), labels()["pages"]["accept"])


def _is_apart(page: Snapshot) -> bool:
    """Return whether the page has neither a menu of sections, nor many links, nor a candidate for the planning."""
    buttons = {fold(button.label) for form in page.forms for button in form.buttons}
    links = [e for e in page.entries if e.place != "menu" and fold(e.label) not in buttons]
    if len(links) > _MOST_LINKS or page.schedules:
        return False
    if any(e.opens_others or not _is_account(e.label) for e in page.entries if e.place == "menu"):
        return False
    return next_move(page, ()) is None


def _is_account(label: str) -> bool:
    """Return whether a menu entry is one that every page has: the account, the language, the logout."""
    words = labels()
    return has(normalise_label(label), [*words["menu"]["never"], *words["pages"]["account"]])


def _has_box(form: Form) -> bool:
    boxed = any(field.visible and field.kind in _BOXES for field in form.fields)
    return boxed and any(button.visible for button in form.buttons)


def _accepting(page: Snapshot) -> list[str]:
    pressed = [button.label for form in page.forms for button in form.buttons if button.visible]
    return [label for label in (*pressed, *(entry.label for entry in page.entries)) if accepts(label)]


def _is_question(field: Field) -> bool:
    named = normalise_label(f"{field.label} {field.name} {field.id}")
    return field.visible and field.kind in _WRITTEN and not has(named, labels()["pages"]["no_question"])
