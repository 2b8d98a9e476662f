"""Everything that can go wrong, by what a person or a timer should do next.

AurionError
├─ SettingsError        2   UnknownSchool · CredentialsMissing · VaultLocked · BrowserMissing · BadRecording
│                            ScheduleError
├─ LedgerError           8   LedgerMissing · AnotherRun (holds the lock, transient) · 2: LedgerDamaged · LedgerTooNew
├─ PortalError
│   ├─ PortalUnavailable 5  transient: time-out, connection, 5xx, maintenance
│   ├─ SessionExpired    5  handled once, by logging in again; twice in a row it is told
│   ├─ ViewExpired       6  likewise, when it is only the page's state that is gone
│   ├─ LoginRefused      3  WrongCredentials · AccountLocked: never tried again by itself
│   ├─ ActionNeeded      4  a host not declared, a second factor, a password to renew
│   ├─ OtherProduct      9  the successor "Auriga", or no Aurion at all
│   └─ PortalChanged     6  our reading no longer fits
├─ SuspiciouslyEmpty     7
├─ DeliveryError         8  SinkUnavailable (transient) · SinkRefused · StateError
│                            StandardOutputUnavailable, a SinkUnavailable
└─ Interrupted         130  what was done till then is kept

An error carries a reason (a word) and facts (names and values), no sentence: the sentences stand in
`scraper/words/<language>/*.toml` under `[errors.<Class>]` or `[errors.<Class>.<reason>]`, in both
languages. A fact is never a secret.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar, TypeAlias

Fact: TypeAlias = "str | list[str]"
"""What an error tells of itself, as it is kept between runs; a day is written as in ISO 8601."""


class AurionError(Exception):
    """What a person is told: a message, the next thing to do, and an exit code; `details` is where more was kept."""

    exit_code: ClassVar[int] = 70
    transient: ClassVar[bool] = False

    def __init__(self, reason: str = "", **facts: object) -> None:
        super().__init__(reason, facts)
        self.reason = reason
        self.facts = facts
        self.details = ""

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{type(self).__name__}({self.reason}{': ' if told else ''}{told})"


class SettingsError(AurionError):
    """Options, variables, settings or a file given are wrong."""

    exit_code = 2


class UnknownSchool(SettingsError):
    """No school file has that id; `near` offers those that resemble it."""


class CredentialsMissing(SettingsError):
    """Login or password were given nowhere and nobody can be asked."""


class VaultLocked(SettingsError):
    """The place where passwords are kept cannot be opened, read or written."""


class BrowserMissing(SettingsError):
    """No Chromium, Chrome or Edge was found, or the one given does not start."""


class BadRecording(SettingsError):
    """The file is no recording, or one of a format that this version does not know."""


class ScheduleError(SettingsError):
    """The timer cannot be as it is wished, or a run by it does not succeed."""


class LedgerError(AurionError):
    """What is remembered between runs cannot be read or written; the calendars stay as they are."""

    exit_code = 8


class LedgerMissing(LedgerError):
    """There is no ledger yet to look into."""

    exit_code = 2


class LedgerDamaged(LedgerError):
    """The ledger's file is none, or broken."""

    exit_code = 2


class LedgerTooNew(LedgerError):
    """A later version of this program wrote the ledger."""

    exit_code = 2


class AnotherRun(LedgerError):
    """Another run holds the ledger."""

    transient = True


class PortalError(AurionError):
    """Something between us and the planning."""


class PortalUnavailable(PortalError):
    """The portal does not answer, or says that it cannot now."""

    exit_code = 5
    transient = True


class SessionExpired(PortalError):
    """The portal shows its login page where the planning was due."""

    exit_code = 5


class ViewExpired(PortalError):
    """JSF no longer knows the page's view state (`ViewExpiredException`)."""

    exit_code = 6


class LoginRefused(PortalError):
    """The portal did not let this login in. Never tried again by itself: accounts get locked."""

    exit_code = 3


class WrongCredentials(LoginRefused):
    """Login or password are wrong; `said` is what the portal wrote."""


class AccountLocked(LoginRefused):
    """The account is locked or disabled; `said` is what the portal wrote."""


class ActionNeeded(PortalError):
    """Only a person can go on: another host asks, a second factor, a password to renew."""

    exit_code = 4


class OtherProduct(PortalError):
    """There is no Aurion at that address."""

    exit_code = 9


class PortalChanged(PortalError):
    """Our reading no longer fits; the recording kept shows where."""

    exit_code = 6


class SuspiciouslyEmpty(AurionError):
    """A period that had lessons has none; nothing is published until accepted."""

    exit_code = 7


class DeliveryError(AurionError):
    """The calendar could not be put where it belongs; the old one stays."""

    exit_code = 8


class SinkUnavailable(DeliveryError):
    """The place may be there again later: disk full, folder gone."""

    transient = True


class SinkRefused(DeliveryError):
    """The place will not take it: no right to write, a folder where a file should be."""


class StandardOutputUnavailable(SinkUnavailable):
    """Standard output takes nothing more: closed, or what it leads to is full."""


class StateError(DeliveryError):
    """A file or folder of the program's own, kept between runs, cannot be written."""


class Interrupted(AurionError):
    """A person broke it off, and something of it is kept."""

    exit_code = 130


GENERAL = (
    SettingsError, LoginRefused, ActionNeeded, PortalUnavailable, PortalChanged, SuspiciouslyEmpty, DeliveryError,
    OtherProduct, Interrupted,
)  # fmt: skip
"""The class that stands for each exit code."""


def facts_to_keep(error: AurionError) -> dict[str, Fact]:
    """The error's facts as JSON can hold them."""
    return {name: _plain(value) for name, value in error.facts.items()}


def known_facts(found: object) -> dict[str, Fact]:
    """The facts in any JSON; what is none is left out."""
    if not isinstance(found, dict):
        return {}
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    lists = {name: [str(one) for one in value] for name, value in found.items() if isinstance(value, list)}
    return texts | lists


def error_of(name: str, reason: str, facts: Mapping[str, Fact], exit_code: int) -> AurionError:
    """The error of that class again; a general one of that exit code for a class that this version does not have."""
    general = next((kind for kind in GENERAL if kind.exit_code == exit_code), AurionError)
    kind = next((one for one in _kinds(AurionError) if one.__name__ == name), general)
    return kind(reason, **{fact: _parsed(value) for fact, value in facts.items()})


def _kinds(kind: type[AurionError]) -> Iterator[type[AurionError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _kinds(one)


def _plain(value: object) -> Fact:
    if isinstance(value, date):
        return value.isoformat()
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value)


def _parsed(value: Fact) -> object:
    """A day again where the text is one, so that it is shown as the reader's language writes it."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and "-" in value else value
    except ValueError:
        return value
