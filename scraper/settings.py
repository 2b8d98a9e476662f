"""What a run was told: options over environment over settings file, validated; and where files live."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from dateutil.relativedelta import relativedelta
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from scraper.errors import SettingsError
from scraper.output_check import TABLES, Alarms, Client, Language, OutputTable, RuleTable, folded, wrong_table
from scraper.planning import Period

APP = "aurion-planning"
MOST_MONTHS = 36
MOST_PAST = 3650
EARLIEST, LATEST = 2000, 2100
"""Years in which a planning may begin."""


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


class Settings(BaseModel):
    """One run's settings, by the names of the options. `password` is in no repr.

    `client` is the calendar that it is for. `past` is how long lessons that are over stay: since the school year's
    start, or so many days. `alarms` and `exam_alarms` are times before the start; they, `client`, `language` and
    `rules` hold for every output. `outputs` count where there is no `output`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    school: str | None = None
    url: str | None = None
    login: str | None = Field(default=None, repr=False)
    password: SecretStr | None = None
    months: Annotated[int, Field(ge=1, le=MOST_MONTHS)] = 6
    first: date | None = None
    last: date | None = None
    output: str | None = None
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
    login_hosts: Annotated[tuple[str, ...], BeforeValidator(_hosts)] = ()
    menu: str = ""


OPTIONS = {"from": "first", "until": "last", "for": "client"}
"""Options that have another name here, because theirs are no names in Python."""
VARIABLES = {
    name: f"AURION_{'FOR' if name == 'client' else name.upper()}"
    for name in Settings.model_fields
    if name not in {"first", "last", "rules", "outputs"}
}


def load_settings(options: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """The settings of a run; an option that is None was not given, an empty variable neither.

    The file's `output` gives way to its `outputs`; one given by option or variable stands instead of both.
    Raises SettingsError named after the first setting that is wrong, with what was given (but a password).
    """
    given: dict[str, object] = dict(_file())
    if given.get("outputs"):
        given.pop("output", None)
    given |= {name: environment[v] for name, v in VARIABLES.items() if environment.get(v, "").strip()}
    _prefer_one_school(given, {name: value for name, value in options.items() if value not in (None, ())})
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise _wrong(error, given) from None


def _wrong(error: ValidationError, given: Mapping[str, object]) -> SettingsError:
    """What is said of the first setting that is wrong."""
    wrong = error.errors()[0]
    name = str(wrong["loc"][0])
    if name in TABLES:
        return wrong_table(wrong["loc"], wrong["type"], wrong["input"])
    if wrong["type"] == "extra_forbidden":
        return SettingsError("unknown-setting", name=name, path=str(settings_file()))
    return SettingsError(name, given="•••" if name == "password" else str(given.get(name)))


def _prefer_one_school(given: dict[str, object], options: dict[str, object]) -> None:
    """A school or an address given as an option stands alone; both, or an empty one, are no choice."""
    for name in ("school", "url"):
        if options.get(name) == "":
            raise SettingsError(name, given="")
    if options.get("school") and options.get("url"):
        raise SettingsError("school-and-url")
    if options.get("school") or options.get("url"):
        given.pop("school", None)
        given.pop("url", None)
    given.update(options)


def settings_file() -> Path:
    """The user's settings file."""
    return platformdirs.user_config_path(APP, appauthor=False) / "settings.toml"


def _file() -> Mapping[str, Any]:
    """What the settings file says, under our own names; a password does not belong there. Raises SettingsError."""
    path = settings_file()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError("settings-file", path=str(path), said=str(error)) from error
    for name in ("password", *OPTIONS.values()):
        if name in found:
            raise SettingsError("password-in-file" if name == "password" else "unknown-setting", name=name, path=path)
    return {OPTIONS.get(name, name): value for name, value in found.items()}


def state_folder() -> Path:
    """Where sessions and the last failure are kept; not made yet."""
    return platformdirs.user_state_path(APP, appauthor=False)


def default_output() -> Path:
    """`planning.ics` in the user's Downloads folder, whatever its language; that folder is made if it is missing."""
    folder = platformdirs.user_downloads_path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError("downloads", path=str(folder), said=error.strerror or "") from error
    return folder / "planning.ics"


def period_of(settings: Settings, today: date) -> Period:
    """The days wanted: from `first` (today) to `last` (so many months later), both included, of the school's zone."""
    first = settings.first or today
    try:
        last = settings.last or first + relativedelta(months=settings.months)
        period = Period(first=first, last=last)
    except (ValueError, OverflowError):
        raise SettingsError("period", first=first.isoformat(), last=str(settings.last)) from None
    if not EARLIEST <= first.year <= LATEST:
        raise SettingsError("period", first=first.isoformat(), last=last.isoformat())
    if last > first + relativedelta(months=MOST_MONTHS):
        raise SettingsError("period-long", first=first.isoformat(), last=last.isoformat(), months=MOST_MONTHS)
    return period
