"""The settings: each with its meaning, its value, where that comes from, and what it is otherwise."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.responses import Response

from scraper.config.effective import EffectiveSetting, value_shown, values_shown
from scraper.config.settings.edit import change_settings, understood
from scraper.config.settings.file import account_header, read_settings_file
from scraper.config.settings.loading import account_names, load_settings
from scraper.config.settings.model import ACCOUNT_KEYS, OPTIONS, SECRET, VARIABLES, Settings, name_in_file
from scraper.errors import BrowserMissing, DeliveryError, SettingsError
from scraper.i18n import Catalogue
from scraper.portal.find_browser import find_browsers
from scraper.publishing.feeds.publish import publish_anew
from scraper.publishing.job import job_for_account
from scraper.publishing.output_file import check_output
from scraper.system.paths import settings_file
from scraper.web.pages.account_choice import EVERYBODY, account_meant
from scraper.web.pages.messages import error_message
from scraper.web.pages.request import PageRequest, get, post

GROUPS: Mapping[str, tuple[str, ...]] = {
    "days": ("months", "first", "last", "past", "publish"),
    "calendar": ("output", "language", "client", "alarms", "exam_alarms"),
    "told": ("notify", "news_days", "news_exams"),
    "portal": ("login_hosts", "menu", "timeout", "browser", "sandbox", "visible", "proxy", "ca_file"),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "language": ("fr", "en"),
    "client": ("any", "google", "apple", "outlook", "thunderbird"),
    "publish": ("unless-suspicious", "review"),
    "news_exams": ("true", "false"),
    "sandbox": ("true", "false"),
    "visible": ("true", "false"),
}
DATES = frozenset({"first", "last"})
CLEAR = "clear-"
"""Before a secret's name: the box that takes it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One setting on the page: `value` is what stands in this place of the file, empty where nothing does.

    `counts` and `origin` are the value that counts and where it comes from, `otherwise` what it is without this place.
    `choices` are values with their words.
    """

    name: str
    kind: str
    value: str
    counts: str
    origin: str
    otherwise: str
    choices: Mapping[str, str] = field(default_factory=dict)
    variable: str = ""
    wrong: str = ""
    is_set: bool = False


def settings(
    visit: PageRequest, wrong: Mapping[str, str] | None = None, error: SettingsError | None = None
) -> Response:
    """The settings of an account, or those of all; what was typed wrong stands in its field again, but no secret."""
    account = _place(visit)
    fields = {field.name: field for field in _fields(visit, account, wrong or {})}
    groups = {
        group: [fields[written] for name in names if (written := name_in_file(name)) in fields]
        for group, names in GROUPS.items()
    }
    bad = bool(wrong) or error is not None
    outputs = [output.place for output in load_settings({}, visit.desk.environment, account).outputs]
    return visit.render(
        "settings.html", status=422 if bad else 200, error=error, account=account, accounts=account_names(),
        groups=groups, file=settings_file(), saved="saved" in visit.query, applied=visit.query.get("applied", ""),
        wrong=bool(wrong), outputs=outputs,
    )  # fmt: skip


def save(visit: PageRequest) -> Response:
    """What was changed in the form is written, all of it or, where any is wrong, nothing."""
    account, wrong, values = _place(visit), dict[str, str](), dict[str, object]()
    said = _said(account)
    for name in _names(account):
        try:
            values |= _changed(name, visit.form, said)
        except (SettingsError, DeliveryError) as error:
            wrong[name_in_file(name)] = _complaint(error, visit.words)
    if wrong:
        return settings(visit, wrong)
    try:
        if values:
            change_settings(account, values)
    except SettingsError as error:
        if error.reason == "account-file":
            return settings(visit, {"output": " ".join(filter(None, error_message(error, visit.words)))})
        return settings(visit, error=error)
    return visit.goes_to("/settings", account=account or EVERYBODY, saved="yes")


def apply(visit: PageRequest) -> Response:
    """The calendars made anew by the settings as they are, of what is known: the portal is not asked."""
    account, environment = _place(visit), visit.desk.environment
    names = [account] if account else account_names() or ("",)
    made = [publish_anew(job_for_account(name, environment), visit.now) for name in names]
    if visit.form.get("back") == "planning":
        return visit.goes_to("/planning", account=account)
    back = "/rules" if visit.form.get("back") == "rules" else "/settings"
    return visit.goes_to(back, account=account or EVERYBODY, applied="yes" if any(made) else "nothing")


def _complaint(error: SettingsError | DeliveryError, words: Catalogue) -> str:
    """What is wrong with a field: in the page's own words where the command's speak of the settings file."""
    own = f"page.settings.invalid.{error.reason}"
    return words(own) if words.has(own) else " ".join(filter(None, error_message(error, words)))


def _place(visit: PageRequest) -> str | None:
    """The account meant, None where the settings of all are: `EVERYBODY` says so, or there is no account."""
    asked = visit.form.get("account") or visit.query.get("account")
    return None if asked == EVERYBODY else account_meant(visit) or None


def _names(account: str | None) -> Iterator[str]:
    """The settings that may stand in that place, by our own names."""
    known = Settings.model_fields if account is None else ACCOUNT_KEYS
    return (name for names in GROUPS.values() for name in names if name in known)


def _said(account: str | None) -> Mapping[str, Any]:
    """What that place of the file says, by our own names."""
    file = read_settings_file()
    table = file.general if account is None else file.accounts.get(account, {})
    return {OPTIONS.get(name, name): value for name, value in table.items()}


def _changed(name: str, form: Mapping[str, str], said: Mapping[str, Any]) -> dict[str, object]:
    """The setting where the form has another value; None to take it out. Raise SettingsError or DeliveryError."""
    written = name_in_file(name)
    typed = form.get(written, "").strip()
    if name in SECRET:
        if typed:
            return {name: understood(name, typed)}
        return {name: None} if f"{CLEAR}{written}" in form and name in said else {}
    if written not in form or typed == _typed(said.get(name)):
        return {}
    if name == "output" and typed:
        typed = check_output(typed, Path.home())
    if name == "browser" and typed and typed not in _browsers():
        raise SettingsError("browser-not-found", given=typed)
    return {name: understood(name, typed) if typed else None}


def _browsers() -> tuple[str, ...]:
    """Those found on this machine: a page sets no other, for the next run executes what is set."""
    with suppress(BrowserMissing):
        return tuple(str(path) for path in find_browsers())
    return ()


def _choices(name: str, words: Catalogue) -> Mapping[str, str]:
    if name == "browser":
        return {path: path for path in _browsers()}
    return {value: words(f"page.settings.choices.{value}") for value in CHOICES.get(name, ())}


def _fields(visit: PageRequest, account: str | None, wrong: Mapping[str, str]) -> Iterator[Field]:
    said, words = _said(account), visit.words
    below = load_settings({}, {}) if account else Settings()
    shown = {OPTIONS.get(one.name, one.name): one for one in values_shown(account, visit.desk.environment)}
    for name in _names(account):
        written, one = name_in_file(name), shown[name]
        is_variable = one.origin["kind"] == "variable"
        yield Field(
            name=written, kind=_kind(name), choices=_choices(name, words), wrong=wrong.get(written, ""),
            value="" if name in SECRET else visit.form.get(written, _typed(said.get(name))), is_set=name in said,
            counts=_told(name, one.value, words), otherwise=_told(name, value_shown(below, name), words),
            origin=_origin(one, words), variable=VARIABLES[name] if is_variable else "",
        )  # fmt: skip


def _kind(name: str) -> str:
    """What the field is on the page."""
    if name in CHOICES or name == "browser":
        return "choice"
    return "secret" if name in SECRET else "date" if name in DATES else "text"


def _typed(value: object) -> str:
    """A value of the file as a person would type it into its field."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _told(name: str, value: Any, words: Catalogue) -> str:  # noqa: ANN401 - any JSON
    """A value in words."""
    if name in SECRET and value == "present":
        return words("config.present")
    if name in CHOICES:
        return words(f"page.settings.choices.{_typed(value)}")
    if name == "past" and value == "year":
        return words("page.settings.year")
    if value in (None, "", [], "absent"):
        return words(f"page.settings.none.{name_in_file(name)}")
    return _typed(value)


def _origin(one: EffectiveSetting, words: Catalogue) -> str:
    table = account_header(str(one.origin.get("name", "")))
    facts: dict[str, object] = {"name": "", "line": "", "table": table, **one.origin}
    return words(f"config.origins.{facts.pop('kind')}", **facts)


ROUTES = (get("/settings", settings), post("/settings", save), post("/settings/apply", apply, harmless=True))
