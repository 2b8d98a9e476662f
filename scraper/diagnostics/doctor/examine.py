"""All checks in the order of their dependencies. Nothing is typed, sent or changed at any portal."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from scraper.config.accounts import ConfiguredAccount, load_account, require_school
from scraper.config.configuration import Config
from scraper.config.outputs import outputs_of
from scraper.config.settings.model import IDENTITY, Settings
from scraper.config.vault.vaults import vaults
from scraper.diagnostics.doctor import account_checks, machine_checks
from scraper.diagnostics.doctor.browser_checks import Visitor, browser
from scraper.diagnostics.doctor.check_result import Check, State, result_of_error, warning
from scraper.diagnostics.doctor.network_path import NetworkPath
from scraper.errors import AurionError, SettingsError
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.pending import pending_changes
from scraper.system.network.access import Access
from scraper.system.paths import settings_file
from scraper.system.run_history import Runs


def examine(config: Config) -> Iterator[Check]:
    """Yield the checks of the machine, then of the options' account or of all accounts. Takes seconds."""
    state, places = config.state, vaults(environment=config.environment)
    yield machine_checks.python()
    yield machine_checks.zone()
    yield machine_checks.settings(settings_file(), lambda: (config.account_names, config.settings()))
    found = tuple(_accounts(config))
    yield from (one for one in found if isinstance(one, Check))
    accounts = tuple(one for one in found if isinstance(one, ConfiguredAccount))
    files = [named.outputs for named in accounts]
    yield machine_checks.vault(places)
    yield machine_checks.disk((state, *(Path(path).parent for paths in files for path in paths if path != "-")))
    yield from machine_checks.permissions(state)
    access = Access()
    try:
        access = config.network_access()
    except SettingsError as error:
        # Errors in the settings file have been reported.
        if error.reason in {"proxy-variable", "ca-file", "ca-none", "ca-damaged"}:
            yield result_of_error("network", error)
    visitors = []
    clocks: list[Check] = []
    for named in accounts:
        path = NetworkPath(
            address=named.school.base_url, account=named.name, hosts=named.account().hosts, access=access, browsed=True
        )  # fmt: skip
        network, *clock = path.check()
        yield network
        clocks += clock
        if named.login:
            is_reachable = network.state is not State.ERROR
            is_browsed = path.parts.scheme == "https"
            visitors.append(
                Visitor(name=named.name, account=named.account(), is_reachable=is_reachable, is_browsed=is_browsed)
            )
    yield from sorted(clocks, key=lambda clock: clock.state == State.OK)[:1]
    given, sandboxed = _browser(config, accounts)
    yield from browser(given, visitors, access, sandboxed=sandboxed)
    for named, paths in zip(accounts, files, strict=True):
        if named.name:
            yield machine_checks.password_presence(named.name, places)
        if paths:
            yield account_checks.outputs(named.name, paths)
        for one in named.destinations:
            yield machine_checks.destination(named.name, one, places, config)
            yield NetworkPath(address=one.address, account=named.name, access=access).check()[0]
        if named.name or named.login:
            runs = Runs(state, named.name or named.login)
            yield account_checks.last_run(named.name, runs, named.school.zone, has_pending=_has_pending(named))


def _accounts(config: Config) -> Iterator[ConfiguredAccount | Check]:
    """Yield the accounts, and a check for each invalid one; errors of the settings file are reported elsewhere."""
    try:
        names, settings = config.account_names, config.settings()
    except SettingsError:
        return
    if names and not any(config.options.get(name) for name in IDENTITY):
        for name in names:
            try:
                named = load_account(name, config.with_options({}))
                outputs_of(named.settings)
            except SettingsError as error:
                yield result_of_error("account", error, name)
            else:
                yield named
    elif settings.school or settings.url or settings.login:
        try:
            outputs_of(settings)
            yield ConfiguredAccount(name="", config=config, settings=settings, school=require_school(settings))
        except SettingsError as error:
            yield result_of_error("account", error)
    else:
        yield warning("account", "none")


def _has_pending(named: ConfiguredAccount) -> bool:
    """Return whether changes of the account wait to be published."""
    with suppress(AurionError):
        return pending_changes(ledger_of_account(named.account()), datetime.now(UTC)) is not None
    return False


def _browser(config: Config, accounts: tuple[ConfiguredAccount, ...]) -> tuple[Path | None, bool]:
    """Return the configured browser of the first account, or of the general settings, and whether it has a sandbox."""
    try:
        settings = config.settings()
    except SettingsError:
        settings = Settings()
    if accounts and not config.options.get("browser"):
        return accounts[0].settings.browser, settings.sandbox
    return settings.browser, settings.sandbox
