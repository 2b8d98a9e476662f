"""What one check saw."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scraper.errors import AurionError


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at, what came out, and why: a key of the words under `doctor.<name>`, with its facts.

    `error` is set where an error of the house says it: then its sentences count. `account` is whose it is.
    """

    name: str
    state: State = State.OK
    reason: str = "well"
    facts: Mapping[str, object] = field(default_factory=dict)
    error: AurionError | None = None
    account: str = ""


def ok(name: str, reason: str = "well", account: str = "", **facts: object) -> Check:
    """All is well."""
    return Check(name=name, reason=reason, account=account, facts=facts)


def warning(name: str, reason: str, account: str = "", **facts: object) -> Check:
    """It works, or may; something should be seen to."""
    return Check(name=name, state=State.WARNING, reason=reason, account=account, facts=facts)


def wrong(name: str, reason: str, account: str = "", **facts: object) -> Check:
    """An export will fail for it."""
    return Check(name=name, state=State.ERROR, reason=reason, account=account, facts=facts)


def failed(name: str, error: AurionError, account: str = "", state: State = State.ERROR) -> Check:
    """Report an error of the house; its hint names the account."""
    error.facts.setdefault("account", account)
    return Check(name=name, state=state, reason=error.reason, error=error, account=account)
