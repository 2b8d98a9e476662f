"""Classification of pages by their content; pure functions of a Snapshot."""

from dataclasses import dataclass, replace
from enum import StrEnum

from scraper.domain.recording import Field, Form, Schedule, Snapshot
from scraper.domain.text import fold, has
from scraper.parsing.consent import asks_agreement, asks_questions, field_words
from scraper.parsing.labels import labels

TEXTUAL = frozenset({"text", "email", "tel", "number", "search", "url", ""})


class Page(StrEnum):
    """The kinds of page that a run can meet."""

    LOADING = "loading"
    LOGIN = "login"
    RENEWAL = "renewal"
    SECOND_FACTOR = "second-factor"
    PLANNING = "planning"
    HOME = "home"
    CONSENT = "consent"
    MAINTENANCE = "maintenance"
    REFUSED = "refused"
    SUCCESSOR = "successor"
    NOT_AURION = "not-aurion"
    UNKNOWN = "unknown"


SURE = frozenset({Page.LOGIN, Page.RENEWAL, Page.SECOND_FACTOR, Page.PLANNING, Page.HOME, Page.SUCCESSOR})
"""Kinds recognised by content that is present; for the others, content may be missing that has yet to load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginForm:
    """A login form: the indexes of its form and fields in the snapshot; `button` is None if only Enter submits it."""

    form: int
    user: int
    password: int
    button: int | None
    action: str


def classify(page: Snapshot) -> Page:
    """Return the page's kind."""
    inside = is_aurion(page) and page.has_menu
    if asks_new_password(page) and not inside:
        return Page.RENEWAL
    if login_form(page):
        return Page.LOGIN
    if _asks_code(page):
        return Page.SECOND_FACTOR
    if any(not is_day(schedule) for schedule in page.schedules):
        return Page.PLANNING
    if _is_successor(page):
        return Page.SUCCESSOR
    if page.ready == "loading":
        return Page.LOADING
    if asks_agreement(page):
        return Page.CONSENT
    return Page.HOME if inside else _by_words(page)


def _by_words(page: Snapshot) -> Page:
    text = _text(page)
    words = labels()["pages"]
    if has(text, words["maintenance"]):
        return Page.MAINTENANCE
    if has(text, words["password_over"]):
        return Page.RENEWAL
    refused = has(text, words["refused"]) or has(text, words["locked"])
    if not refused and asks_questions(page):
        return Page.CONSENT
    if is_aurion(page) and page.entries:
        return Page.HOME
    if refused:
        return Page.REFUSED
    if page.ready != "complete":
        return Page.LOADING
    return Page.UNKNOWN if is_aurion(page) else Page.NOT_AURION


def _text(page: Snapshot) -> str:
    return fold(" ".join((page.title, *page.messages, page.text)))


def is_aurion(page: Snapshot) -> bool:
    """Return whether JSF, PrimeFaces or Aurion generated the page."""
    return not {"jsf", "primefaces", "aurion"}.isdisjoint(page.traces)


def is_empty_frame(page: Snapshot) -> bool:
    """Return whether the page is the portal's empty frame for an unknown section, in which nothing more will load."""
    return any(word.startswith("page-inconnu") for word in page.body_class.split())


def _is_successor(page: Snapshot) -> bool:
    if "#/mainContent" in page.address:
        return True
    named = has(fold(f"{page.title} {page.address} {page.text}"), labels()["pages"]["successor"])
    return "angular" in page.traces and not is_aurion(page) and named


def _passwords(form: Form) -> list[int]:
    return [n for n, field in enumerate(form.fields) if field.kind == "password" and field.visible]


def asks_new_password(page: Snapshot) -> bool:
    """Return whether the page asks for a new password; beside a menu this may be optional."""
    text = _text(page)
    renewing = has(text, labels()["pages"]["renewal"])
    if login_form(page):
        return False  # beside a login form, two password fields of another form are for registration
    return any(
        len(_passwords(form)) > 1 or (_passwords(form) and renewing and _user_field(form) is None)
        for form in page.forms
    )


def may_ask_login(page: Snapshot) -> bool:
    """Return whether a page without a menu contains a login form that is not visible yet."""
    shown = [replace(f, fields=tuple(replace(x, visible=x.kind != "hidden") for x in f.fields)) for f in page.forms]
    return not page.has_menu and login_form(page) is None and login_form(replace(page, forms=tuple(shown))) is not None


def _asks_code(page: Snapshot) -> bool:
    words = labels()["pages"]["second_factor"]
    fields = [f for form in page.forms for f in form.fields if f.visible and f.kind in TEXTUAL | {"password"}]
    if any(field.autocomplete == "one-time-code" for field in fields):
        return True
    if is_aurion(page) and page.entries:
        return False
    text = _text(page)
    named = any(has(fold(f"{f.name} {f.id} {f.label}".replace("_", " ")), words) for f in fields)
    return bool(fields) and (named or has(text, words))


def login_form(page: Snapshot) -> LoginForm | None:
    """Return the form with one password field and one login field, by any name; None if there is none."""
    for number, form in enumerate(page.forms):
        passwords, user = _passwords(form), _user_field(form)
        if len(passwords) == 1 and user is not None:
            button = _button(form)
            action = form.buttons[button].action if button is not None else form.action
            return LoginForm(form=number, user=user, password=passwords[0], button=button, action=action)
    return None


def _user_field(form: Form) -> int | None:
    """Return the index of the login field: marked as user name, else named so, else next to the password field.

    If several fields are left, the last one before the password is preferred to the first one after it.
    """
    fields = [(n, f) for n, f in enumerate(form.fields) if f.visible and f.kind in TEXTUAL]
    marked = [n for n, f in fields if "username" in f.autocomplete.split()]
    password = next(iter(_passwords(form)), 0)
    before = [n for n, f in fields if n < password and not _is_aside(f)]
    after = [n for n, f in fields if n > password and not _is_aside(f)]
    called = [n for n in (*reversed(before), *after) if has(field_words(form.fields[n]), labels()["pages"]["user"])]
    return next(iter([*marked, *called, *reversed(before), *after]), None)


def _is_aside(field: Field) -> bool:
    return has(fold(f"{field.name} {field.label}"), ["captcha", "otp", "code", "search", "recherche"])


def _button(form: Form) -> int | None:
    words = labels()["pages"]

    def worth(number: int) -> int:
        button = form.buttons[number]
        label = fold(button.label)
        liked = 2 if has(label, words["submit"]) else 0
        shunned = 4 if has(label, words["not_submit"]) else 0
        return liked - shunned + (1 if button.kind in {"submit", "image"} else 0)

    seen = [n for n, button in enumerate(form.buttons) if button.visible and button.kind != "reset"]
    best = max(seen, key=worth, default=None)
    return best if best is not None and worth(best) > 0 else None


def is_day(schedule: Schedule) -> bool:
    """Return whether the schedule shows a single day, like a small one on a dashboard."""
    return fold(schedule.view) in labels()["pages"]["day_views"]


def own_schedule(page: Snapshot, home: Snapshot | None) -> Schedule | None:
    """Return the page's planning: a schedule of a week or month, or of a day if home shows none beside its menu."""
    wide = [s for s in page.schedules if not is_day(s)]
    if wide:
        return max(wide, key=lambda s: "week" in s.view.lower() or "month" in s.view.lower())
    if home is None or home.address == page.address or home.schedules:
        return None
    return next(iter(page.schedules), None)


def matching_line(page: Snapshot, kind: str) -> str:
    """Return the line that gives the page this kind (a table of words in labels.toml); empty if there is none."""
    lines = (*page.messages, *page.text.splitlines(), page.title)
    return next((line[:300] for line in lines if has(fold(line), labels()["pages"][kind])), "")


def new_messages(page: Snapshot, before: Snapshot | None = None) -> str:
    """Return the messages that the page did not have `before`, else its new lines; empty if there are none."""
    known = set(before.messages) if before else set()
    new = [message for message in page.messages if message not in known]
    if not new and before:
        lines = set(before.text.splitlines())
        new = [line.strip() for line in page.text.splitlines() if line.strip() and line not in lines]
    return " ".join(new)[:300]
