"""The settings and their valid values."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from scraper.config.secret_text import secret_text
from scraper.config.settings.table_schema import Alarms, Client, Language, OutputTable, RuleTable, file_path, fold_case
from scraper.domain.printable import escaped
from scraper.errors import SettingsError
from scraper.system.network.proxies import find_proxies

MOST_MONTHS = 36
MOST_PAST = 3650
MOST_NEWS_DAYS = 60


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
    if escaped(line) != line:
        raise PydanticCustomError("text-control", "")
    return line


def _place(value: object) -> object:
    """Accept the path of a file to read or start; refuse control characters."""
    if isinstance(value, str) and escaped(value) != value:
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


def _past(value: object) -> object:
    """Return `year`, or a number of days, from a file or a variable."""
    text = str(fold_case(value))
    if text != "year" and not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError
    return text if text == "year" else int(text)


def _proxy(value: object) -> object:
    """Accept a proxy's address, the address of a PAC file after `pac+`, or `direct`."""
    if isinstance(value, str) and value.strip():
        try:
            find_proxies(value, {})
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
    return isinstance(part, str | SecretStr) and bool(re.match(r"\w[\w+.-]*://\S", _plain(part)))


def _plain(secret: str | SecretStr) -> str:
    return secret.get_secret_value() if isinstance(secret, SecretStr) else secret


Line = Annotated[str, AfterValidator(_line)]
Switch = Annotated[bool, BeforeValidator(_yes_or_no)]
Day = Annotated[date, BeforeValidator(_day)]


class Settings(BaseModel):
    """The settings of one run, by the names of the options. `password` is not in the repr.

    `client` is the calendar program to render for. `past` is how long past lessons stay: since the start of the school
    year, or a number of days. `alarms` and `exam_alarms` are times before the start; they, `client`, `language` and
    `rules` apply to every output. `outputs` apply if `output` is not set. `publish` is "review" if changes wait for the
    user's review. `notify` has addresses for notifications of problems and news; they may contain secrets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    school: Line | None = None
    url: Line | None = None
    login: Line | None = Field(default=None, repr=False)
    password: Annotated[SecretStr, BeforeValidator(_secret)] | None = None
    months: Annotated[int, BeforeValidator(_number), Field(ge=1, le=MOST_MONTHS)] = 6
    first: Day | None = None
    last: Day | None = None
    output: Annotated[str, AfterValidator(file_path)] | None = None
    language: Language = "fr"
    client: Client = "any"
    past: Annotated[Literal["year"] | Annotated[int, Field(le=MOST_PAST)], BeforeValidator(_past)] = "year"
    alarms: Alarms = ()
    exam_alarms: Alarms = ()
    rules: tuple[RuleTable, ...] = ()
    outputs: tuple[OutputTable, ...] = ()
    timeout: Annotated[float, BeforeValidator(_number), Field(ge=1, le=3600, allow_inf_nan=False)] = 60
    visible: Switch = False
    browser: Annotated[Path, BeforeValidator(_place)] | None = None
    sandbox: Switch = True
    proxy: Annotated[SecretStr, BeforeValidator(_proxy)] = SecretStr("")
    ca_file: Annotated[Path, BeforeValidator(_place)] | None = None
    login_hosts: Annotated[tuple[str, ...], BeforeValidator(_hosts)] = ()
    menu: Line = ""
    publish: Annotated[Literal["unless-suspicious", "review"], BeforeValidator(fold_case)] = "unless-suspicious"
    notify: Annotated[tuple[SecretStr, ...], BeforeValidator(_addresses)] = ()
    news_days: Annotated[int, BeforeValidator(_number), Field(ge=0, le=MOST_NEWS_DAYS)] = 0
    news_exams: Switch = False


OPTIONS = {"from": "first", "until": "last", "for": "client"}
"""Settings with another field name in `Settings`, because their own is a Python keyword or unclear."""
VARIABLES = {
    name: f"AURION_{'FOR' if name == 'client' else name.upper()}"
    for name in Settings.model_fields
    if name not in {"first", "last", "rules", "outputs"}
}
ACCOUNT_KEYS = frozenset(Settings.model_fields) - {"password", "visible", "sandbox", "proxy", "ca_file"}
"""The settings allowed in an account's table; the others apply to all accounts."""
SECRET = frozenset({"password", "notify", "proxy"})
"""The settings that are never displayed."""
ALTERNATIVES = ({"school", "url"}, {"output", "outputs"}, {"months", "last"})
"""Groups of settings that replace each other."""
IDENTITY = ("school", "url", "login")
"""The settings that identify an account; variables and options do not override them."""


def name_in_file(name: str) -> str:
    """Return a setting's name in the settings file."""
    return next((written for written, ours in OPTIONS.items() if ours == name), name)
