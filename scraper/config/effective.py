"""What is set for a run, and where each value came from, as a person may see it: of secrets, whether there is one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from scraper.config.accounts import password_location
from scraper.config.outputs import collections_of
from scraper.config.settings.layers import Origin
from scraper.config.settings.loading import load_settings, origins
from scraper.config.settings.model import SECRET, Settings, name_in_file
from scraper.config.settings.tables import duration_written
from scraper.config.vault import vaults


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSetting:
    """A setting by its name in the file, its value as JSON has it, and where that was said: kind, name, path, line."""

    name: str
    value: Any
    origin: Mapping[str, object]


def settings_shown(account: str | None, environment: Mapping[str, str]) -> tuple[EffectiveSetting, ...]:
    """Each setting of a run (with that account), the passwords last. Raises SettingsError."""
    settings, found = load_settings({}, environment, account), origins({}, environment, account)
    own = _password("password", found["password"] if settings.password else None, account)
    servers = (_password(f"password {one.caldav}", None, one.secret) for one in collections_of(settings))
    return *values_shown(account, environment), own, *servers


def values_shown(account: str | None, environment: Mapping[str, str]) -> Iterator[EffectiveSetting]:
    """Each setting but the password, for which a vault would have to be opened. Raises SettingsError."""
    settings = load_settings({}, environment, account)
    for name, origin in origins({}, environment, account).items():
        if name != "password":
            yield EffectiveSetting(name=name_in_file(name), value=value_shown(settings, name), origin=_told(origin))


def _password(name: str, given: Origin | None, kept: str | None) -> EffectiveSetting:
    """Whether there is one, and where; nobody is asked for anything, so a place that is locked is taken to have it."""
    if given:
        return EffectiveSetting(name=name, value="present", origin=_told(given))
    place = password_location(kept, vaults())[0] if kept else "absent"
    if place == "absent":
        return EffectiveSetting(name=name, value="absent", origin={"kind": "default"})
    return EffectiveSetting(name=name, value="present", origin={"kind": place})


def _told(origin: Origin) -> dict[str, object]:
    told = {"kind": origin.kind, "name": origin.name, "path": origin.path, "line": origin.line}
    return {name: value for name, value in told.items() if value}


def value_shown(settings: Settings, name: str) -> Any:  # noqa: ANN401 - a setting's
    """A setting's value as JSON has it; of a secret, whether there is one."""
    value = getattr(settings, name)
    return ("present" if value else "absent") if name in SECRET else _plain(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a setting's
    """As JSON has it: tables by the keys that were written, times before the start in words of the file."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, timedelta):
        return duration_written(value)
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_unset=True, by_alias=True)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value if value is None or isinstance(value, int | float | str) else str(value)
