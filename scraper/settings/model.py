"""What can be set, and which values are right."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from scraper.errors import SettingsError
from scraper.network.proxies import proxies_of
from scraper.output_check import Alarms, Client, Language, OutputTable, RuleTable, file_path, folded

MOST_MONTHS = 36
MOST_PAST = 3650
MOST_NEWS_DAYS = 60


def _hosts(value: object) -> object:
    """Host names, however they were given: a list, or one text with commas or blanks; an address gives its host."""
    parts = re.split(r"[,\s]+", value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return value
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
    if isinstance(parts, list | tuple) and not all(re.match(r"\w[\w+.-]*://\S", str(part)) for part in parts):
        raise ValueError
    return parts


class Settings(BaseModel):
    """One run's settings, by the names of the options. `password` is in no repr.

    `client` is the calendar that it is for. `past` is how long lessons that are over stay: since the school year's
    start, or so many days. `alarms` and `exam_alarms` are times before the start; they, `client`, `language` and
    `rules` hold for every output. `outputs` count where there is no `output`. `publish` says whether changes wait for a
    person's word. `notify` are addresses to tell of problems and news; they may hold secrets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    school: str | None = None
    url: str | None = None
    login: str | None = Field(default=None, repr=False)
    password: SecretStr | None = None
    months: Annotated[int, Field(ge=1, le=MOST_MONTHS)] = 6
    first: date | None = None
    last: date | None = None
    output: Annotated[str, AfterValidator(file_path)] | None = None
    language: Language = "fr"
    client: Client = "any"
    past: Annotated[Literal["year"] | Annotated[int, Field(le=MOST_PAST)], BeforeValidator(_past)] = "year"
    alarms: Alarms = ()
    exam_alarms: Alarms = ()
    rules: tuple[RuleTable, ...] = ()
    outputs: tuple[OutputTable, ...] = ()
    timeout: Annotated[float, Field(ge=1, le=3600, allow_inf_nan=False)] = 60
    visible: bool = False
    browser: Path | None = None
    sandbox: bool = True
    proxy: Annotated[SecretStr, BeforeValidator(_proxy)] = SecretStr("")
    ca_file: Path | None = None
    login_hosts: Annotated[tuple[str, ...], BeforeValidator(_hosts)] = ()
    menu: str = ""
    publish: Annotated[Literal["unless-suspicious", "ask"], BeforeValidator(folded)] = "unless-suspicious"
    notify: Annotated[tuple[SecretStr, ...], BeforeValidator(_addresses)] = ()
    news_days: Annotated[int, Field(ge=0, le=MOST_NEWS_DAYS)] = 0
    news_exams: bool = False


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
