"""What a page is, told by what it must have; pure functions of a Snapshot."""

from dataclasses import dataclass, replace
from enum import StrEnum

from scraper.domain.recording import Field, Form, Schedule, Snapshot
from scraper.domain.text import fold, has, normalise_label
from scraper.parsing.consent import agreement, questions
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
"""Kinds known by what is there; the others are known by what is missing, and a page may still bring it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginForm:
    """Where login and password go: numbers within the snapshot; `button` is None where only Enter submits."""

    form: int
    user: int
    password: int
    button: int | None
    action: str


def classify(page: Snapshot) -> Page:
    """The kind of page that this is."""
    inside = is_aurion(page) and any(entry.place == "menu" for entry in page.entries)
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
    if agreement(page):
        return Page.CONSENT
    return Page.HOME if inside else _by_words(page)


def _by_words(page: Snapshot) -> Page:
    said = fold(" ".join((page.title, *page.messages, page.text)))
    words = labels()["pages"]
    if has(said, words["maintenance"]):
        return Page.MAINTENANCE
    if has(said, words["password_over"]):
        return Page.RENEWAL
    refused = has(said, words["refused"]) or has(said, words["locked"])
    if not refused and questions(page):
        return Page.CONSENT
    if is_aurion(page) and page.entries:
        return Page.HOME
    if refused:
        return Page.REFUSED
    if page.ready != "complete":
        return Page.LOADING
    return Page.UNKNOWN if is_aurion(page) else Page.NOT_AURION


def is_aurion(page: Snapshot) -> bool:
    """Whether JSF, PrimeFaces or Aurion built the page."""
    return not {"jsf", "primefaces", "aurion"}.isdisjoint(page.traces)


def is_shell(page: Snapshot) -> bool:
    """Whether the page is the portal's frame around a section that it does not know: nothing more will come."""
    return any(word.startswith("page-inconnu") for word in page.body_class.split())


def _is_successor(page: Snapshot) -> bool:
    if "#/mainContent" in page.address:
        return True
    named = has(fold(f"{page.title} {page.address} {page.text}"), labels()["pages"]["successor"])
    return "angular" in page.traces and not is_aurion(page) and named


def _passwords(form: Form) -> list[int]:
    return [n for n, field in enumerate(form.fields) if field.kind == "password" and field.visible]


def asks_new_password(page: Snapshot) -> bool:
    """Whether the page wants a new password; beside a menu it may be an offer only."""
    said = fold(" ".join((page.title, *page.messages, page.text)))
    renewing = has(said, labels()["pages"]["renewal"])
    if login_form(page):
        return False  # beside it, two fields of another form are those of an account to be made
    return any(
        len(_passwords(form)) > 1 or (_passwords(form) and renewing and _user_field(form) is None)
        for form in page.forms
    )


def may_ask_login(page: Snapshot) -> bool:
    """Whether a page without a menu holds a login form that is not shown yet."""
    shown = [replace(f, fields=tuple(replace(x, visible=x.kind != "hidden") for x in f.fields)) for f in page.forms]
    inside = any(entry.place == "menu" for entry in page.entries)
    return not inside and login_form(page) is None and login_form(replace(page, forms=tuple(shown))) is not None


def _asks_code(page: Snapshot) -> bool:
    words = labels()["pages"]["second_factor"]
    fields = [f for form in page.forms for f in form.fields if f.visible and f.kind in TEXTUAL | {"password"}]
    if any(field.autocomplete == "one-time-code" for field in fields):
        return True
    if is_aurion(page) and page.entries:
        return False
    said = fold(" ".join((page.title, *page.messages, page.text)))
    named = any(has(fold(f"{f.name} {f.id} {f.label}".replace("_", " ")), words) for f in fields)
    return bool(fields) and (named or has(said, words))


def login_form(page: Snapshot) -> LoginForm | None:
    """The form that holds one password field and one for the login, whatever they are called; None without one."""
    for number, form in enumerate(page.forms):
        passwords, user = _passwords(form), _user_field(form)
        if len(passwords) == 1 and user is not None:
            button = _button(form)
            action = form.buttons[button].action if button is not None else form.action
            return LoginForm(form=number, user=user, password=passwords[0], button=button, action=action)
    return None


def _user_field(form: Form) -> int | None:
    """The field marked as user name, else one called so, else the last before the password, else the first after it."""
    fields = [(n, f) for n, f in enumerate(form.fields) if f.visible and f.kind in TEXTUAL]
    marked = [n for n, f in fields if "username" in f.autocomplete.split()]
    password = next(iter(_passwords(form)), 0)
    before = [n for n, f in fields if n < password and not _is_aside(f)]
    after = [n for n, f in fields if n > password and not _is_aside(f)]
    called = [n for n in (*reversed(before), *after) if has(_names(form.fields[n]), labels()["pages"]["user"])]
    return next(iter([*marked, *called, *reversed(before), *after]), None)


def _names(field: Field) -> str:
    return normalise_label(f"{field.label} {field.name} {field.id}")


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
    """Whether the schedule shows a single day, as a dashboard's small one does."""
    return fold(schedule.view) in labels()["pages"]["day_views"]


def own_schedule(page: Snapshot, home: Snapshot | None) -> Schedule | None:
    """The page's planning: its schedule of a week or a month; a day's only where home shows none beside its menu."""
    wide = [s for s in page.schedules if not is_day(s)]
    if wide:
        return max(wide, key=lambda s: "week" in s.view.lower() or "month" in s.view.lower())
    if home is None or home.address == page.address or home.schedules:
        return None
    return next(iter(page.schedules), None)


def matching_line(page: Snapshot, kind: str) -> str:
    """The page's own line that makes it one of this kind (a table of words in labels.toml); empty if there is none."""
    lines = (*page.messages, *page.text.splitlines(), page.title)
    return next((line[:300] for line in lines if has(fold(line), labels()["pages"][kind])), "")


def new_messages(page: Snapshot, before: Snapshot | None = None) -> str:
    """What the page tells its reader and did not tell before: its messages, else its new lines; empty if nothing."""
    known = set(before.messages) if before else set()
    told = [message for message in page.messages if message not in known]
    if not told and before:
        lines = set(before.text.splitlines())
        told = [line.strip() for line in page.text.splitlines() if line.strip() and line not in lines]
    return " ".join(told)[:300]
