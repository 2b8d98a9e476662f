"""The settings: each is declared once, with its valid values, its option, its variable and its place on the page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from scraper.config.secret_text import secret_text
from scraper.config.settings.table_schema import (
    Alarms,
    ClientValue,
    LanguageValue,
    OutputTable,
    RuleTable,
    file_path,
    fold_case,
)
from scraper.domain.printable import escape_invisible
from scraper.errors import SettingsError
from scraper.system.network.proxies import parse_proxy_setting

MOST_MONTHS = 36
MOST_PAST = 3650
MOST_NEWS_DAYS = 60
Section = Literal["", "days", "calendar", "notifications", "portal"]
PAGE_SECTIONS = get_args(Section)[1:]
"""The sections of the page, in its order."""


def _number(value: object) -> object:
    """Accept a number from a file, a variable or an option, but not TOML's `true`, which equals 1 in Python."""
    if isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - pydantic collects it
    return value


def _yes_or_no(value: object) -> object:
    """Accept `true`, `false`, or a word for them from a variable, but no number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - pydantic collects it
    return value


def _day(value: object) -> object:
    """Accept a TOML date or an ISO 8601 text, but no number, which pydantic would interpret as seconds."""
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if not is_day and not (isinstance(value, str) and re.fullmatch(r"\s*\d{4}-\d{2}-\d{2}\s*", value, re.ASCII)):
        raise ValueError
    return value.strip() if isinstance(value, str) else value


def _line(text: str) -> str:
    """Return the text without surrounding blanks; refuse control characters, which are always typing errors."""
    line = text.removeprefix("\ufeff").strip()
    if escape_invisible(line) != line:
        raise PydanticCustomError("text-control", "")
    return line


def _place(value: object) -> object:
    """Accept the path of a file to read or start; refuse control characters."""
    if isinstance(value, str) and escape_invisible(value) != value:
        raise PydanticCustomError("path-control", "")
    return value


def _secret(value: object) -> object:
    """Return a password without the byte order mark and line end that a pipe or a variable may add."""
    if not isinstance(value, str):
        return value
    try:
        return secret_text(value)
    except SettingsError as error:
        raise PydanticCustomError("text-secret", "") from error


def _hosts(value: object) -> object:
    """Return host names from a list or from a text with commas or blanks; take the host of an address."""
    parts = re.split(r"[,\s]+", value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError
    return tuple(re.sub(r"^\w+://|[/:?#].*$", "", str(part).strip().lower()) for part in parts if str(part).strip())


def _parse_past(value: object) -> object:
    """Return `year`, or a number of days, from a file or a variable."""
    text = str(fold_case(value))
    if text != "year" and not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError
    return text if text == "year" else int(text)


def _proxy(value: object) -> object:
    """Accept a proxy's address, the address of a PAC file after `pac+`, or `direct`."""
    if isinstance(value, str) and value.strip():
        try:
            parse_proxy_setting(value)
        except SettingsError:
            raise ValueError from None
    return value


def _addresses(value: object) -> object:
    """Return addresses for notifications from a list or from a text with blanks."""
    parts = value.split() if isinstance(value, str) else value
    if isinstance(parts, list | tuple) and not all(map(_is_address, parts)):
        raise ValueError
    return parts


def _is_address(part: object) -> bool:
    return isinstance(part, str | SecretStr) and bool(re.match(r"\w[\w+.-]*://\S", reveal(part)))


def reveal(secret: str | SecretStr) -> str:
    """Return the text of a setting that may be secret."""
    return secret.get_secret_value() if isinstance(secret, SecretStr) else secret


Line = Annotated[str, AfterValidator(_line)]
Number = Annotated[int, BeforeValidator(_number)]
Hour = Annotated[int, BeforeValidator(_number), Field(ge=0, le=23)]
Secret = Annotated[SecretStr, BeforeValidator(_secret)]
CalendarPath = Annotated[str, AfterValidator(file_path)]
PlacePath = Annotated[Path, BeforeValidator(_place)]
Switch = Annotated[bool, BeforeValidator(_yes_or_no)]
Day = Annotated[date, BeforeValidator(_day)]
Past = Annotated[Literal["year"] | Annotated[int, Field(le=MOST_PAST)], BeforeValidator(_parse_past)]
Seconds = Annotated[float, BeforeValidator(_number), Field(ge=1, le=3600, allow_inf_nan=False)]
Proxy = Annotated[SecretStr, BeforeValidator(_proxy)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_hosts)]
Addresses = Annotated[tuple[SecretStr, ...], BeforeValidator(_addresses)]
Publish = Annotated[Literal["unless-suspicious", "review"], BeforeValidator(fold_case)]


@dataclass(frozen=True, slots=True)
class Setting:
    """The declaration of a setting, in addition to its type and default.

    `option` contains its names on the command line, and `value` is the key of their value's name; a flag has none.
    `flags` are the values of a flag that does not mean true and false. `key` is the name in the settings file, if it is
    not the field's. `section` is its place on the page, "" if it is not there. A common setting is not allowed in an
    account's table, a secret one is never displayed, and one of the identity is not overridden for an account. It
    removes the settings in `replaces` from lower layers.
    """

    option: str = ""
    value: str = ""
    flags: Mapping[bool, str] = field(default_factory=dict)
    key: str = ""
    section: Section = ""
    replaces: str = ""
    has_variable: bool = True
    is_in_file: bool = True
    is_common: bool = False
    is_secret: bool = False
    is_identity: bool = False


class Settings(BaseModel):
    """The settings of one run. `password` is not in the repr.

    `client` is the calendar program to render for. `past` is how long past lessons stay: since the start of the school
    year, or a number of days. `alarms`, `exam_alarms` and `first_lesson_alarms` are times before the start; they,
    `client`, `language` and `rules` apply to every output. `outputs` apply if `output` is not set. `publish` is
    "review" if changes wait for the user's review. `notify` has addresses for notifications of problems and news; they
    may contain secrets. `digest_hour` is the hour of the evening digest in the school's zone. `google_client_id` and
    `google_client_secret` are an OAuth client for all accounts, such as an association's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    school: Annotated[Line | None, Setting("--school", value="school", is_identity=True, replaces="url")] = None
    url: Annotated[Line | None, Setting("--url", value="url", is_identity=True, replaces="school")] = None
    login: Annotated[Line | None, Setting("--login", value="login", is_identity=True), Field(repr=False)] = None
    password: Annotated[Secret | None, Setting(is_in_file=False, is_common=True, is_secret=True)] = None
    months: Annotated[
        Number, Field(ge=1, le=MOST_MONTHS), Setting("--months", value="number", replaces="last", section="days")
    ] = 6
    first: Annotated[Day | None, Setting("--from", value="date", key="from", has_variable=False, section="days")] = None
    last: Annotated[
        Day | None,
        Setting("--until", value="date", key="until", has_variable=False, replaces="months", section="days"),
    ] = None
    output: Annotated[
        CalendarPath | None, Setting("--output -o", value="file", replaces="outputs", section="calendar")
    ] = None
    language: Annotated[LanguageValue, Setting("--language", value="fr|en", section="calendar")] = "fr"
    client: Annotated[ClientValue, Setting("--client", value="client", key="for", section="calendar")] = "any"
    past: Annotated[Past, Setting(section="days")] = "year"
    alarms: Annotated[Alarms, Setting(section="calendar")] = ()
    exam_alarms: Annotated[Alarms, Setting(section="calendar")] = ()
    first_lesson_alarms: Annotated[Alarms, Setting(section="calendar")] = ()
    rules: Annotated[tuple[RuleTable, ...], Setting(has_variable=False)] = ()
    outputs: Annotated[tuple[OutputTable, ...], Setting(has_variable=False, replaces="output")] = ()
    timeout: Annotated[Seconds, Setting("--timeout", value="seconds", section="portal")] = 60
    visible: Annotated[Switch, Setting("--visible/--headless", is_common=True, section="portal")] = False
    browser: Annotated[PlacePath | None, Setting("--browser", value="path", section="portal")] = None
    sandbox: Annotated[Switch, Setting("--sandbox/--no-sandbox", is_common=True, section="portal")] = True
    proxy: Annotated[Proxy, Setting(is_common=True, is_secret=True, section="portal")] = SecretStr("")
    ca_file: Annotated[PlacePath | None, Setting(is_common=True, section="portal")] = None
    login_hosts: Annotated[Hosts, Setting("--login-host", value="host", section="portal")] = ()
    menu: Annotated[Line, Setting("--menu", value="label", section="portal")] = ""
    publish: Annotated[
        Publish,
        Setting("--review/--no-review", flags={True: "review", False: "unless-suspicious"}, section="days"),
    ] = "unless-suspicious"
    notify: Annotated[Addresses, Setting(is_secret=True, section="notifications")] = ()
    news_days: Annotated[Number, Field(ge=0, le=MOST_NEWS_DAYS), Setting(section="notifications")] = 0
    news_exams: Annotated[Switch, Setting(section="notifications")] = False
    digest_hour: Annotated[Hour | None, Setting(section="notifications")] = None
    google_client_id: Annotated[Line | None, Setting(is_common=True)] = None
    google_client_secret: Annotated[Secret | None, Setting(is_common=True, is_secret=True)] = None


DECLARED: Mapping[str, Setting] = {
    name: next(one for one in field.metadata if isinstance(one, Setting))
    for name, field in Settings.model_fields.items()
}
"""The declaration of each setting, by its name in `Settings`."""
OPTIONS = {one.key: name for name, one in DECLARED.items() if one.key}
"""Settings with another name in the file, because their own is a Python keyword or unclear."""
VARIABLES = {name: f"AURION_{(one.key or name).upper()}" for name, one in DECLARED.items() if one.has_variable}
ACCOUNT_KEYS = frozenset(name for name, one in DECLARED.items() if not one.is_common)
"""The settings allowed in an account's table; the others apply to all accounts."""
SECRET = frozenset(name for name, one in DECLARED.items() if one.is_secret)
"""The settings that are never displayed."""
IDENTITY = tuple(name for name, one in DECLARED.items() if one.is_identity)
"""The settings that identify an account; variables and options do not override them."""


def name_in_file(name: str) -> str:
    """Return a setting's name in the settings file."""
    return DECLARED[name].key or name


def choices_of(name: str) -> tuple[str, ...]:
    """Return the valid values of a switch or a choice as a file contains them; () for any other setting."""
    kind: Any = Settings.model_fields[name].annotation
    return ("true", "false") if kind is bool else get_args(kind) if get_origin(kind) is Literal else ()
