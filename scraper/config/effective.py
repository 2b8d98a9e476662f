"""List the effective settings of a run and the origin of each; secrets are shown only as present or absent."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from scraper.config.account_passwords import password_location
from scraper.config.configuration import Config
from scraper.config.outputs import destinations_of
from scraper.config.settings.layers import Origin
from scraper.config.settings.model import SECRET, Settings, name_in_file
from scraper.config.settings.table_schema import format_duration
from scraper.config.vault.vaults import Vaults, vaults


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSetting:
    """A setting by its name in the file, its value as JSON, and its origin: kind, name, path, line."""

    name: str
    value: Any
    origin: Mapping[str, object]


def effective_settings(account: str | None, config: Config) -> tuple[EffectiveSetting, ...]:
    """Return each setting of a run (of the account, if given), passwords last. Raise SettingsError."""
    settings, stores = config.settings(account), vaults(environment=config.environment)
    if settings.password:
        origin = config.origins(account)["password"]
        own = EffectiveSetting(name="password", value="present", origin=_as_data(origin))
    else:
        own = _stored_password("password", account, stores)
    servers = (_stored_password(f"password {one.address}", one.secret, stores) for one in destinations_of(settings))
    return *effective_values(account, config), own, *servers


def effective_values(account: str | None, config: Config) -> Iterator[EffectiveSetting]:
    """Yield each setting except the passwords, which would need an open vault. Raise SettingsError."""
    settings = config.settings(account)
    for name, origin in config.origins(account).items():
        if name != "password":
            yield EffectiveSetting(
                name=name_in_file(name), value=display_value(settings, name), origin=_as_data(origin)
            )


def _stored_password(name: str, vault_name: str | None, stores: Vaults) -> EffectiveSetting:
    """Return the password's presence and place without a prompt: a locked vault is assumed to contain it."""
    place = password_location(vault_name, stores)[0] if vault_name else "absent"
    if place == "absent":
        return EffectiveSetting(name=name, value="absent", origin={"kind": "default"})
    return EffectiveSetting(name=name, value="present", origin={"kind": place})


def _as_data(origin: Origin) -> dict[str, object]:
    return {name: value for name, value in asdict(origin).items() if value}


def display_value(settings: Settings, name: str) -> Any:  # noqa: ANN401 - a setting's
    """Return a setting's value as JSON; for a secret, `present` or `absent`."""
    value = getattr(settings, name)
    return ("present" if value else "absent") if name in SECRET else _to_json(value)


def _to_json(value: Any) -> Any:  # noqa: ANN401 - a setting's
    """Return the value as JSON: tables with the keys of the file, durations in the file's format (`10m`)."""
    if isinstance(value, tuple):
        return [_to_json(one) for one in value]
    if isinstance(value, timedelta):
        return format_duration(value)
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_unset=True, by_alias=True)
    if isinstance(value, dict):
        return {name: _to_json(part) for name, part in value.items()}
    return value if value is None or isinstance(value, int | float | str) else str(value)
