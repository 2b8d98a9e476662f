"""The configuration of one command or web request: read once, then handed down as an argument."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from scraper.config.default_output import DEFAULT_FILE
from scraper.config.settings.layers import Layer, Origin, effective_layers, merge_layers
from scraper.config.settings.model import DECLARED, IDENTITY, VARIABLES, Settings
from scraper.config.settings.settings_file import SettingsFile, read_settings_file
from scraper.config.settings.validation import validate_file
from scraper.errors import SettingsError
from scraper.system.network.access import Access, resolve_access
from scraper.system.paths import state_folder


@dataclass(eq=False)
class _Storage:
    """What this machine stores: each part is read at its first use."""

    @cached_property
    def file(self) -> SettingsFile:
        return read_settings_file()

    @cached_property
    def layers(self) -> tuple[Layer, dict[str, Layer]]:
        return validate_file(self.file)

    @cached_property
    def state(self) -> Path:
        return state_folder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings file, the environment variables and the options of one command or web request.

    The settings file and the format of the state folder are read at their first use, and only once: after a change of
    the file, a new configuration is needed.
    """

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, object] = field(default_factory=dict, repr=False)
    _storage: _Storage = field(default_factory=_Storage, repr=False)
    _settings: dict[str | None, Settings] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def from_environment(cls, options: Mapping[str, object] | None = None) -> "Config":
        """Return the configuration of this process, with these options."""
        return cls(environment=os.environ, options=options or {})

    def reread(self) -> "Config":
        """Return the same, to be read again: the settings file has changed."""
        return replace(self, _storage=_Storage())

    @property
    def stored(self) -> "Config":
        """The same without variables and options: what the settings file alone sets."""
        return replace(self, environment={}, options={})

    def with_options(self, options: Mapping[str, object]) -> "Config":
        """Return the same with these options instead of its own."""
        return replace(self, options=options)

    @property
    def file(self) -> SettingsFile:
        """The settings file as it is written. Raise the SettingsErrors of reading."""
        return self._storage.file

    @property
    def state(self) -> Path:
        """The folder of sessions, ledgers and runs, which may not exist yet. Raise StateTooNew."""
        return self._storage.state

    @property
    def account_names(self) -> tuple[str, ...]:
        """The accounts of the settings file, in its order. Raise SettingsError if the file is invalid."""
        return tuple(self._storage.layers[1])

    def settings(self, account: str | None = None) -> Settings:
        """Return the settings of a run, of the account if one is named.

        Options that are None and empty variables count as not given. The account's table overrides the file's general
        keys, variables override both, options override all. Only its own table sets an account's school and login.
        A setting also removes its alternatives (`output`, `outputs`) from lower layers. Raise SettingsError with the
        value and its origin, "unknown-account", or "account-fixed" for an option that would change the account's
        identity.
        """
        if account not in self._settings:
            self._settings[account] = merge_layers(self._layers(account))
        return self._settings[account]

    def default_file(self, account: str | None = None) -> str:
        """Return the name of the account's calendar for which no file is set: of others than the first, its own."""
        is_first = not account or self.account_names[:1] in {(), (account,)}
        return DEFAULT_FILE if is_first else f"planning-{account}.ics"

    def settings_without_file(self) -> Settings:
        """Return the settings of options and variables only. Raise SettingsError."""
        return merge_layers(self._layers_above())

    def origins(self, account: str | None = None) -> dict[str, Origin]:
        """Return the origin of each setting, by its name in `Settings`. Raise SettingsError as `settings` does."""
        self.settings(account)
        set_by = effective_layers(self._layers(account))
        return {n: set_by[n].origin(n) if n in set_by else Origin(kind="default") for n in Settings.model_fields}

    def network_access(self) -> Access:
        """Return the network access of this machine: proxies and certificate authorities. Raise SettingsError."""
        settings = self.with_options({}).settings()
        return resolve_access(settings.proxy.get_secret_value(), settings.ca_file, self.environment)

    def _layers(self, account: str | None) -> list[Layer]:
        """Return the layers of a run, the lowest first."""
        general, accounts = self._storage.layers
        variables, given = self._layers_above()
        if account is None:
            return [general, variables, given]
        if account not in accounts:
            if not accounts:
                raise SettingsError("no-account")
            near = get_close_matches(account, accounts, cutoff=0.4) or list(accounts)
            raise SettingsError("unknown-account", name=account, near=near)
        if changed := [name for name in IDENTITY if name in given.values]:
            raise SettingsError("account-fixed", name=account, option=changed[0])
        own = [name for name in accounts[account].values if name in IDENTITY]
        fixed = {*own, *(DECLARED[name].replaces for name in own)}
        allowed = {name: value for name, value in variables.values.items() if name not in fixed}
        return [general, accounts[account], replace(variables, values=allowed), given]

    def _layers_above(self) -> tuple[Layer, Layer]:
        """Return the layers of variables and of options; an option that is None was not given."""
        given = {name: value for name, value in self.options.items() if value not in (None, ())}
        for name in ("school", "url"):
            if given.get(name) == "":
                raise SettingsError(name, given="")
        if {"school", "url"} <= given.keys():
            raise SettingsError("school-and-url")
        if {"months", "last"} <= given.keys():
            raise SettingsError("months-and-until")
        variables = {name: self.environment[v] for name, v in VARIABLES.items() if self.environment.get(v, "").strip()}
        return Layer(kind="variable", values=variables), Layer(kind="option", values=given)
