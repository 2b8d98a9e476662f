"""The settings page: each setting with its meaning, its value, the value's source, and the default.

Sections, fields and choices come from the declarations in `Settings`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, get_args

from starlette.responses import Response

from scraper.config.default_output import shorten_path
from scraper.config.effective import EffectiveSetting, display_value, effective_values
from scraper.config.settings.edit import change_settings, parse_setting
from scraper.config.settings.model import (
    ACCOUNT_KEYS,
    DECLARED,
    OPTIONS,
    PAGE_SECTIONS,
    SECRET,
    VARIABLES,
    Settings,
    choices_of,
    name_in_file,
)
from scraper.config.settings.settings_file import account_header
from scraper.errors import DeliveryError, SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.output_file import check_output
from scraper.system.find_browser import find_browsers
from scraper.system.paths import settings_file
from scraper.web.pages.account_choice import ALL_ACCOUNTS, requested_scope
from scraper.web.pages.messages import error_message
from scraper.web.pages.request import PageRequest, get, post

SEEN = "seen-"
"""The prefix of a hidden field with the value that the form was made from: another tab may have changed it since."""
CLEAR = "clear-"
"""The prefix of the check box that deletes a secret, before the setting's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting on the page.

    `value` is the value in this place of the settings file, empty where there is none. `effective` is the value in use
    and `origin` its source; `fallback` is the value without this place. `choices` maps values to their labels.
    `seen` is what the form is made from. `variable` is the environment variable that overrides the setting. The value
    is not shown beside a field that is empty because of the program's own default.
    """

    name: str
    section: str
    kind: str
    value: str
    seen: str
    effective: str
    origin: str
    fallback: str
    choices: Mapping[str, str] = field(default_factory=dict)
    variable: str = ""
    error: str = ""
    is_set: bool = False
    is_default: bool = False


def show_settings(
    request: PageRequest, errors: Mapping[str, str] | None = None, error: SettingsError | None = None
) -> Response:
    """Show the settings of an account or the general ones; invalid values stay in their fields, except secrets."""
    account = requested_scope(request)
    fields = [*_build_fields(request, account, errors or {})]
    groups = {section: [field for field in fields if field.section == section] for section in PAGE_SECTIONS}
    is_invalid = bool(errors) or error is not None
    outputs = [output.place for output in request.config.settings(account).outputs]
    return request.render(
        "settings.html", status=422 if is_invalid else 200, error=error, account=account,
        accounts=request.config.account_names, groups=groups, file=shorten_path(settings_file()),
        saved="saved" in request.query, applied=request.query.get("applied", ""),
        errors=bool(errors), outputs=outputs,
    )  # fmt: skip


def save_settings(request: PageRequest) -> Response:
    """Write the changed values of the form: all of them, or nothing where one is invalid."""
    account, errors, values = requested_scope(request), dict[str, str](), dict[str, object]()
    file_values = _file_values(request, account)
    for name in _editable_names(account):
        try:
            values |= _changed_value(name, request.form, file_values)
        except (SettingsError, DeliveryError) as error:
            errors[name_in_file(name)] = _field_error(error, request.words)
    if errors:
        return show_settings(request, errors)
    try:
        if values:
            change_settings(account, values)
    except SettingsError as error:
        if error.reason == "account-file":
            return show_settings(request, {"output": " ".join(filter(None, error_message(error, request.words)))})
        return show_settings(request, error=error)
    return request.redirect("/settings", account=account or ALL_ACCOUNTS, saved="yes")


def apply_settings(request: PageRequest) -> Response:
    """Publish the calendars again with the current settings, from the known events and without the portal."""
    account, accounts = requested_scope(request), request.state.accounts
    names = [account] if account else accounts.names(request) or ("",)
    published = [accounts.republish(request, name) for name in names]
    if request.form.get("back") == "planning":
        return request.redirect("/planning", account=account)
    back = {"rules": "/rules", "calendars": "/calendars"}.get(request.form.get("back", ""), "/settings")
    return request.redirect(back, account=account or ALL_ACCOUNTS, applied="yes" if any(published) else "nothing")


def _field_error(error: SettingsError | DeliveryError, words: Catalogue) -> str:
    """Return a field's error, in the page's own words if the command's message is about the settings file."""
    own = f"page.settings.invalid.{error.reason}"
    return words(own) if words.has(own) else " ".join(filter(None, error_message(error, words)))


def _editable_names(account: str | None) -> Iterator[str]:
    """Yield the settings that this place may have, by their internal names."""
    known = DECLARED if account is None else ACCOUNT_KEYS
    return (name for name, declared in DECLARED.items() if declared.section and name in known)


def _file_values(request: PageRequest, account: str | None) -> Mapping[str, Any]:
    """Return the values in that place of the file, by their internal names."""
    file = request.config.file
    table = file.general if account is None else file.accounts.get(account, {})
    return {OPTIONS.get(name, name): value for name, value in table.items()}


def _changed_value(name: str, form: Mapping[str, str], file_values: Mapping[str, Any]) -> dict[str, object]:
    """Return the setting where the form changes it, None as its value to delete it.

    Raise SettingsError or DeliveryError.
    """
    written = name_in_file(name)
    typed = form.get(written, "").strip()
    if name in SECRET:
        if typed:
            return {name: parse_setting(name, typed)}
        return {name: None} if f"{CLEAR}{written}" in form and name in file_values else {}
    current = _typed_value(file_values.get(name))
    seen = form.get(f"{SEEN}{written}", current)
    if written not in form or typed in {seen, current}:
        return {}
    if seen != current:
        raise SettingsError("setting-changed", given=current)
    if name == "output" and typed:
        typed = check_output(typed, Path.home())
    if name == "browser" and typed and typed not in _browsers():
        raise SettingsError("browser-not-found", given=typed)
    return {name: parse_setting(name, typed) if typed else None}


def _browsers() -> tuple[str, ...]:
    """Return the browsers found on this machine: the page accepts no other, because the next run executes it."""
    return tuple(str(path) for path in find_browsers() if path.is_absolute())


def _choices(name: str, words: Catalogue) -> Mapping[str, str]:
    if name == "browser":
        return {path: path for path in _browsers()}
    return {value: words(f"setting_values.{value}") for value in choices_of(name)}


def _build_fields(request: PageRequest, account: str | None, errors: Mapping[str, str]) -> Iterator[SettingField]:
    file_values, words = _file_values(request, account), request.words
    general = request.config.stored.settings() if account else Settings()
    values = effective_values(account, request.config)
    effective = {OPTIONS.get(setting.name, setting.name): setting for setting in values}
    for name in _editable_names(account):
        written, setting = name_in_file(name), effective[name]
        is_variable = setting.origin["kind"] == "variable"
        current = "" if name in SECRET else _typed_value(file_values.get(name))
        yield SettingField(
            name=written, section=DECLARED[name].section, kind=_field_kind(name), choices=_choices(name, words),
            error=errors.get(written, ""),
            value="" if name in SECRET else request.form.get(written, current),
            seen=current if written in errors else request.form.get(f"{SEEN}{written}", current),
            is_set=name in file_values, effective=_describe_value(name, setting.value, words),
            fallback=_describe_value(name, display_value(general, name), words),
            is_default=setting.origin["kind"] == "default", origin=_describe_origin(setting, words),
            variable=VARIABLES[name] if is_variable else "",
        )  # fmt: skip


def _field_kind(name: str) -> str:
    """Return the kind of the field: choice, secret, date or text."""
    if choices_of(name) or name == "browser":
        return "choice"
    is_date = date in get_args(Settings.model_fields[name].annotation)
    return "secret" if name in SECRET else "date" if is_date else "text"


def _typed_value(value: object) -> str:
    """Return a value of the file as a user would type it."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _describe_value(name: str, value: Any, words: Catalogue) -> str:  # noqa: ANN401 - any JSON
    """Return a value as text."""
    if name in SECRET and value == "present":
        return words("config.present")
    if choices_of(name) or (name, value) == ("past", "year"):
        return words(f"setting_values.{_typed_value(value)}")
    if value in (None, "", [], "absent"):
        return words(f"settings.{name_in_file(name)}.none")
    return _typed_value(value)


def _describe_origin(setting: EffectiveSetting, words: Catalogue) -> str:
    table = account_header(str(setting.origin.get("name", "")))
    facts: dict[str, object] = {"name": "", "line": "", "table": table, **setting.origin}
    return words(f"config.origins.{facts.pop('kind')}", **facts)


ROUTES = (
    get("/settings", show_settings),
    post("/settings", save_settings),
    post("/settings/apply", apply_settings, harmless=True),
)
