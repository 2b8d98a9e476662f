"""List the effective settings of a run and the origin of each; secrets are shown only as present or absent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from scraper.config.accounts import password_location
from scraper.config.outputs import collections_of
from scraper.config.settings.layers import Origin
from scraper.config.settings.loading import load_settings, origins
from scraper.config.settings.model import SECRET, Settings, name_in_file
from scraper.config.settings.table_schema import format_duration
from scraper.config.vault import vaults


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSetting:
    """A setting by its name in the file, its value as JSON, and its origin: kind, name, path, line."""

    name: str
    value: Any
    origin: Mapping[str, object]


def effective_settings(account: str | None, environment: Mapping[str, str]) -> tuple[EffectiveSetting, ...]:
    """Return each setting of a run (of the account, if given), passwords last. Raise SettingsError."""
    settings, found = load_settings({}, environment, account), origins({}, environment, account)
    own = _password("password", found["password"] if settings.password else None, account)
    servers = (_password(f"password {one.caldav}", None, one.secret) for one in collections_of(settings))
    return *effective_values(account, environment), own, *servers


def effective_values(account: str | None, environment: Mapping[str, str]) -> Iterator[EffectiveSetting]:
    """Yield each setting except the passwords, which would need an open vault. Raise SettingsError."""
    settings = load_settings({}, environment, account)
    for name, origin in origins({}, environment, account).items():
        if name != "password":
            yield EffectiveSetting(
                name=name_in_file(name), value=display_value(settings, name), origin=_as_data(origin)
            )


def _password(name: str, given: Origin | None, vault_name: str | None) -> EffectiveSetting:
    """Return the password's presence and origin without a prompt: a locked vault is assumed to contain it."""
    if given:
        return EffectiveSetting(name=name, value="present", origin=_as_data(given))
    place = password_location(vault_name, vaults())[0] if vault_name else "absent"
    if place == "absent":
        return EffectiveSetting(name=name, value="absent", origin={"kind": "default"})
    return EffectiveSetting(name=name, value="present", origin={"kind": place})


def _as_data(origin: Origin) -> dict[str, object]:
    data = {"kind": origin.kind, "name": origin.name, "path": origin.path, "line": origin.line}
    return {name: value for name, value in data.items() if value}


def display_value(settings: Settings, name: str) -> Any:  # noqa: ANN401 - a setting's
    """Return a setting's value as JSON; for a secret, `present` or `absent`."""
    value = getattr(settings, name)
    return ("present" if value else "absent") if name in SECRET else _plain(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a setting's
    """Return the value as JSON: tables with the keys of the file, durations in the file's format (`10m`)."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, timedelta):
        return format_duration(value)
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_unset=True, by_alias=True)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value if value is None or isinstance(value, int | float | str) else str(value)
