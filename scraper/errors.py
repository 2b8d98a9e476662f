"""The errors of the program, grouped by what a user or a timer should do next.

AurionError
├─ SettingsError    2   UnknownSchool · CredentialsMissing · VaultLocked · BrowserMissing · BadRecording · ScheduleError
├─ LedgerError           8   LedgerMissing · AnotherRun (holds the lock, transient) · 2: LedgerDamaged
│                            DatabaseUnavailable (transient) · 10: LedgerTooNew
├─ PortalError
│   ├─ PortalUnavailable 5  transient: time-out, connection, 5xx, maintenance
│   ├─ SessionExpired    5  retried once with a new login; a second time in a row it is reported
│   ├─ ViewExpired       6  retried once with a new page, when only the page's state has expired
│   ├─ LoginRefused      3  WrongCredentials · AccountLocked: never retried automatically
│   ├─ ActionNeeded      4  an undeclared host, a second factor, an expired password
│   ├─ OtherProduct      9  the successor "Auriga", or no Aurion at all
│   └─ PortalChanged     6  the portal's pages no longer match what the parser expects
├─ SuspiciouslyEmpty     7
├─ DeliveryError         8  SinkUnavailable (transient), StandardOutputUnavailable · SinkRefused · StateError
├─ StateTooNew          10  a later version wrote the stored data
└─ Interrupted         130  the work done before it is kept

An error carries a reason (a key) and facts (names and values, never a secret), no sentence. The sentences, in both
languages, are in `scraper/locales/<language>/*.toml` under `[errors.<Class>]` or `[errors.<Class>.<reason>]`.
"""

from collections.abc import Mapping
from datetime import date
from enum import IntEnum
from typing import Any, ClassVar, TypeAlias

Fact: TypeAlias = "str | list[str]"
"""A value of an error as it is stored in JSON; a date is in ISO 8601 format."""

MASK = "•••"  # shown instead of a secret


class ExitCode(IntEnum):
    """The exit codes of the command."""

    OK = 0
    SETTINGS = 2
    LOGIN_REFUSED = 3
    ACTION_NEEDED = 4
    UNAVAILABLE = 5
    PORTAL_CHANGED = 6
    SUSPICIOUSLY_EMPTY = 7
    NOT_DELIVERED = 8
    OTHER_PRODUCT = 9
    TOO_NEW = 10
    BUG = 70
    INTERRUPTED = 130

    @classmethod
    def _missing_(cls, _value: object) -> "ExitCode":
        """Return BUG for any other code of a process, such as that of a signal."""
        return cls.BUG

    @property
    def may_pass(self) -> bool:
        """Whether the failure may be over without anyone's action: the portal or a destination is not available."""
        return self in {self.UNAVAILABLE, self.NOT_DELIVERED}

    @property
    def needs_person(self) -> bool:
        """Whether a person has to act, unless the failure passes: the portal is asked seldom after such a failure."""
        return self.is_reportable or self in {self.ACTION_NEEDED, self.SUSPICIOUSLY_EMPTY, self.NOT_DELIVERED}

    @property
    def is_reportable(self) -> bool:
        """Whether a report helps to fix the program: the portal is not as the parser expects it, or a bug."""
        return self in {self.PORTAL_CHANGED, self.OTHER_PRODUCT, self.BUG}


class AurionError(Exception):
    """A failure to show to the user: reason, facts and exit code; `details` is the path of a recording or ""."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG
    transient: ClassVar[bool] = False

    def __init__(self, reason: str = "", **facts: object) -> None:
        super().__init__(reason, facts)
        self.reason = reason
        self.facts = facts
        self.details = ""

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{type(self).__name__}({self.reason}{': ' if facts else ''}{facts})"


class SettingsError(AurionError):
    """An option, a variable, a setting or an input file is wrong."""

    exit_code = ExitCode.SETTINGS


class UnknownSchool(SettingsError):
    """No school file has that id; `near` lists similar ids."""


class CredentialsMissing(SettingsError):
    """Login or password are missing and there is no terminal to ask for them."""


class VaultLocked(SettingsError):
    """The password store cannot be opened, read or written."""


class BrowserMissing(SettingsError):
    """No Chromium, Chrome or Edge was found, or the configured one does not start."""


class BadRecording(SettingsError):
    """The file is not a recording, or has a format that this version does not know."""


class ScheduleError(SettingsError):
    """The timer cannot be installed as requested, or its test run fails."""


class LedgerError(AurionError):
    """The ledger cannot be read or written; the calendars stay as they are."""

    exit_code = ExitCode.NOT_DELIVERED


class LedgerMissing(LedgerError):
    """The account has no ledger yet."""

    exit_code = ExitCode.SETTINGS


class LedgerDamaged(LedgerError):
    """The file is not a ledger, or is corrupt."""

    exit_code = ExitCode.SETTINGS


class LedgerTooNew(LedgerError):
    """A later version of this program wrote the ledger."""

    exit_code = ExitCode.TOO_NEW


class AnotherRun(LedgerError):
    """Another run holds the ledger."""

    transient = True


class DatabaseUnavailable(LedgerError):
    """The database of the hosting service does not answer, or refuses the connection; `detail` is its message."""

    transient = True


class PortalError(AurionError):
    """A failure between the program and the planning."""


class PortalUnavailable(PortalError):
    """The portal does not answer, or reports that it is down."""

    exit_code = ExitCode.UNAVAILABLE
    transient = True


class SessionExpired(PortalError):
    """The portal shows its login page instead of the planning."""

    exit_code = ExitCode.UNAVAILABLE


class ViewExpired(PortalError):
    """JSF no longer knows the page's view state (`ViewExpiredException`)."""

    exit_code = ExitCode.PORTAL_CHANGED


class LoginRefused(PortalError):
    """The portal refused the login. Never retried automatically, because portals lock accounts."""

    exit_code = ExitCode.LOGIN_REFUSED


class WrongCredentials(LoginRefused):
    """Login or password are wrong; `detail` is the portal's message."""


class AccountLocked(LoginRefused):
    """The account is locked or disabled; `detail` is the portal's message."""


class ActionNeeded(PortalError):
    """A person must act in the browser: another host asks, a second factor, an expired password."""

    exit_code = ExitCode.ACTION_NEEDED


class OtherProduct(PortalError):
    """The address leads to something else than Aurion."""

    exit_code = ExitCode.OTHER_PRODUCT


class PortalChanged(PortalError):
    """The portal's pages do not match what the parser expects; the saved recording shows where."""

    exit_code = ExitCode.PORTAL_CHANGED


class SuspiciouslyEmpty(AurionError):
    """A period that had lessons has none any more; nothing is published until the user accepts it."""

    exit_code = ExitCode.SUSPICIOUSLY_EMPTY


class DeliveryError(AurionError):
    """The calendar could not be written to its destination; the old one stays."""

    exit_code = ExitCode.NOT_DELIVERED


class SinkUnavailable(DeliveryError):
    """The destination may be available again later: disk full, folder missing."""

    transient = True


class SinkRefused(DeliveryError):
    """The destination refuses the calendar: no write permission, a folder instead of a file."""


class StandardOutputUnavailable(SinkUnavailable):
    """Standard output cannot be written: it is closed, or its disk is full."""


class StateError(DeliveryError):
    """A file or folder in the program's state folder cannot be written."""


class StateTooNew(AurionError):
    """A later version of this program wrote the state folder, in a format that this one does not know."""

    exit_code = ExitCode.TOO_NEW


class Interrupted(AurionError):
    """The user interrupted the command, and part of its work is kept."""

    exit_code = ExitCode.INTERRUPTED


GENERAL = (
    SettingsError, LoginRefused, ActionNeeded, PortalUnavailable, PortalChanged, SuspiciouslyEmpty, DeliveryError,
    OtherProduct, StateTooNew, Interrupted,
)  # fmt: skip
"""The most general class of each exit code."""


def facts_to_json(error: AurionError) -> dict[str, Fact]:
    """Return the error's facts as JSON values."""
    return {name: _to_json(value) for name, value in error.facts.items()}


def facts_from_json(data: object) -> dict[str, Fact]:
    """Return the facts in any JSON value, without those of another type."""
    items = data.items() if isinstance(data, dict) else ()
    lists = {name: [str(one) for one in value] for name, value in items if isinstance(value, list)}
    return {name: value for name, value in items if isinstance(value, str)} | lists


def error_class(name: str) -> type[AurionError] | None:
    """Return the class of errors with that name, None if this version has none."""
    kind = globals().get(name)
    return kind if isinstance(kind, type) and issubclass(kind, AurionError) else None


def restore_error(name: str, reason: str, facts: Mapping[str, Fact], exit_code: int) -> AurionError:
    """Return the stored error; of a class that this version does not have, the most general one of its exit code."""
    general = next((error for error in GENERAL if error.exit_code == exit_code), AurionError)
    found = error_class(name) or general
    return found(reason, **{fact: _parse_fact(value) for fact, value in rename_facts(facts).items()})


def rename_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored facts under their present names: older versions wrote `said` for `detail`."""
    return {"detail" if name == "said" else name: value for name, value in facts.items()}


def _to_json(value: object) -> Fact:
    if isinstance(value, date):
        return value.isoformat()
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value)


def _parse_fact(value: Fact) -> object:
    """Return a date for a text that is one, so that it is shown in the format of the user's language."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and "-" in value else value
    except ValueError:
        return value
