"""What can be set, and which values are right."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from scraper.config.secret_text import secret_text
from scraper.config.settings.tables import Alarms, Client, Language, OutputTable, RuleTable, file_path, folded
from scraper.domain.printable import escaped
from scraper.errors import SettingsError
from scraper.system.network.proxies import proxies_of

MOST_MONTHS = 36
MOST_PAST = 3650
MOST_NEWS_DAYS = 60


def _number(value: object) -> object:
    """A number as a file, a variable or an option has it; TOML's `true` is none, although Python takes it for 1."""
    if isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - pydantic collects it
    return value


def _yes_or_no(value: object) -> object:
    """`true` or `false`, or a word for them as a variable has it; a number is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - pydantic collects it
    return value


def _day(value: object) -> object:
    """A date of TOML, or one text as ISO 8601 has it; a number would be taken for seconds."""
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if not is_day and not (isinstance(value, str) and re.fullmatch(r"\s*\d{4}-\d{2}-\d{2}\s*", value, re.ASCII)):
        raise ValueError
    return value.strip() if isinstance(value, str) else value


def _line(text: str) -> str:
    """A text without blanks around it; one with a control character is refused: it is never typed on purpose."""
    line = text.removeprefix("\ufeff").strip()
    if escaped(line) != line:
        raise PydanticCustomError("text-control", "")
    return line


def _place(value: object) -> object:
    """The path of a file to read or start; one with a control character is refused."""
    if isinstance(value, str) and escaped(value) != value:
        raise PydanticCustomError("path-control", "")
    return value


def _secret(value: object) -> object:
    """A password without what a pipe or a variable adds to it."""
    if not isinstance(value, str):
        return value
    try:
        return secret_text(value)
    except SettingsError as error:
        raise PydanticCustomError("text-secret", "") from error


def _hosts(value: object) -> object:
    """Host names, however they were given: a list, or one text with commas or blanks; an address gives its host."""
    parts = re.split(r"[,\s]+", value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError
    return tuple(re.sub(r"^\w+://|[/:?#].*$", "", str(part).strip().lower()) for part in parts if str(part).strip())


def _past(value: object) -> object:
    """`year`, or a number of days as a file or a variable has it."""
    text = str(folded(value))
    if text != "year" and not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError
    return text if text == "year" else int(text)


def _proxy(value: object) -> object:
    """A proxy's address, that of a PAC file after `pac+`, or `direct`."""
    if isinstance(value, str) and value.strip():
        try:
            proxies_of(value, {})
        except SettingsError:
            raise ValueError from None
    return value


def _addresses(value: object) -> object:
    """Addresses for notifications: a list, or one text with blanks between them."""
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
    """One run's settings, by the names of the options. `password` is in no repr.

    `client` is the calendar that it is for. `past` is how long lessons that are over stay: since the school year's
    start, or so many days. `alarms` and `exam_alarms` are times before the start; they, `client`, `language` and
    `rules` hold for every output. `outputs` count where there is no `output`. `publish` says whether changes wait for a
    person's word. `notify` are addresses to tell of problems and news; they may hold secrets.
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
    publish: Annotated[Literal["unless-suspicious", "review"], BeforeValidator(folded)] = "unless-suspicious"
    notify: Annotated[tuple[SecretStr, ...], BeforeValidator(_addresses)] = ()
    news_days: Annotated[int, BeforeValidator(_number), Field(ge=0, le=MOST_NEWS_DAYS)] = 0
    news_exams: Switch = False


OPTIONS = {"from": "first", "until": "last", "for": "client"}
"""Options that have another name here, because theirs are no names in Python."""
VARIABLES = {
    name: f"AURION_{'FOR' if name == 'client' else name.upper()}"
    for name in Settings.model_fields
    if name not in {"first", "last", "rules", "outputs"}
}
ACCOUNT_KEYS = frozenset(Settings.model_fields) - {"password", "visible", "sandbox", "proxy", "ca_file"}
"""What may stand in an account's own table; the rest holds for all of them."""
SECRET = frozenset({"password", "notify", "proxy"})
"""Settings whose values nobody is shown."""
ALTERNATIVES = ({"school", "url"}, {"output", "outputs"}, {"months", "last"})
"""Settings of which one takes the other's place."""
IDENTITY = ("school", "url", "login")
"""Who an account is: no variable and no option changes it."""


def name_in_file(name: str) -> str:
    """A setting's name as a person writes it."""
    return next((written for written, ours in OPTIONS.items() if ours == name), name)
