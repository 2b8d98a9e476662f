"""Which accounts, which job and which ledger are meant: by name, else what options, variables and settings tell of."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.errors import CredentialsMissing, LedgerMissing, SettingsError
from scraper.job import Job, at_once, job_of
from scraper.times import PARIS

if TYPE_CHECKING:
    from scraper.ledger import Ledger
    from scraper.settings.model import Settings


def names_meant(
    names: Sequence[str], given: Mapping[str, object], environment: Mapping[str, str], *, every: bool = False
) -> list[str]:
    """The accounts of the settings that are meant, each once; none where options, variables or settings tell of one.

    Raises SettingsError: "no-account", "which-export" where it could be any.
    """
    from scraper.settings.loading import account_names, load_settings, without_file  # noqa: PLC0415 - a browser starts
    from scraper.settings.model import IDENTITY  # noqa: PLC0415 - meanwhile

    known = account_names()
    if every:
        if not known:
            raise SettingsError("no-account")
        return list(dict.fromkeys((*names, *known)))
    if names:
        return list(dict.fromkeys(names))
    said = without_file(given, environment)
    if not known or any(getattr(said, name) for name in IDENTITY):
        return []
    if len(known) > 1 and not load_settings(given, environment).login:
        raise SettingsError("which-export", near=known)
    return list(known) if len(known) == 1 else []


def job_named(
    name: str,
    environment: Mapping[str, str],
    options: Mapping[str, object] | None = None,
    *,
    debug: Path | None = None,
    before_swap: Callable[[], None] = at_once,
) -> Job:
    """The job of that account; of none (""), the one that variables and general settings tell of.

    Raises SettingsError, CredentialsMissing where they name no login.
    """
    from scraper.accounts import account_named, school_said  # noqa: PLC0415 - likewise
    from scraper.settings.loading import load_settings  # noqa: PLC0415 - likewise

    if name:
        named = account_named(name, environment, options)
        settings, school, login = named.settings, named.school, named.login
    else:
        settings = load_settings(options or {}, environment)
        school, login = school_said(settings), settings.login or ""
        if not login:
            raise CredentialsMissing("login", school=school.name)
    return job_of(settings, school, login, name=name, debug=debug, before_swap=before_swap)


def ledger_meant(account: str | None, options: Mapping[str, object], environment: Mapping[str, str]) -> "Ledger":
    """The ledger of the account named, of the only one, or of whom options and settings tell.

    Raises SettingsError, LedgerMissing.
    """
    from scraper.settings.loading import load_settings  # noqa: PLC0415 - likewise

    names = names_meant([account] if account else [], options, environment)
    return ledger_of(load_settings(options, environment, names[0] if names else None))


def ledger_of(settings: "Settings") -> "Ledger":
    """The ledger of these settings' account. Raises SettingsError, LedgerMissing."""
    from scraper.accounts import school_known  # noqa: PLC0415 - likewise
    from scraper.ledger import Ledger, ledger_file  # noqa: PLC0415 - likewise
    from scraper.settings.file import state_folder  # noqa: PLC0415 - likewise

    school = school_known(settings)
    if school and settings.login:
        file = ledger_file(state_folder(), school.namespace, settings.login)
        if not file.exists() and (demo := _demo_file(settings.login)):
            file = demo
        return Ledger(file, school.zone)
    there = _ledger_files()
    demo = _demo_file()
    others = [file for file in there if file != demo] or there
    if len(others) > 1:
        raise SettingsError("which-account")
    return Ledger(others[0], school.zone if school else PARIS)


def require_history() -> None:
    """Raises LedgerMissing where nothing was ever exported and there are no accounts, SettingsError."""
    from scraper.settings.loading import account_names  # noqa: PLC0415 - likewise

    if not account_names():
        _ledger_files()


def _ledger_files() -> list[Path]:
    """All ledgers there are. Raises LedgerMissing."""
    from scraper.settings.file import state_folder  # noqa: PLC0415 - likewise

    folder = state_folder() / "ledgers"
    if not (there := sorted(folder.glob("*.sqlite"))):
        raise LedgerMissing(path=str(folder))
    return there


def _demo_file(login: str | None = None) -> Path | None:
    """The demo portal's ledger, where there is one and the login, if given, is the demo's."""
    from scraper.demo import LOGIN, NAMESPACE  # noqa: PLC0415 - likewise
    from scraper.ledger import ledger_file  # noqa: PLC0415 - likewise
    from scraper.settings.file import state_folder  # noqa: PLC0415 - likewise

    file = ledger_file(state_folder(), NAMESPACE, LOGIN)
    return file if login in {None, LOGIN} and file.exists() else None
