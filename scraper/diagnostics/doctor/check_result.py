"""The result of a check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scraper.errors import AurionError


class State(StrEnum):
    """The severity of a check's result."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The result of a check. `reason` is a key of the catalogue under `doctor.<name>`, with `facts` for its sentences.

    If `error` is set, the sentences are the error's. `account` is the account checked, "" for none.
    """

    name: str
    state: State = State.OK
    reason: str = "well"
    facts: Mapping[str, object] = field(default_factory=dict)
    error: AurionError | None = None
    account: str = ""


def ok(name: str, reason: str = "well", account: str = "", **facts: object) -> Check:
    """Return a result without a problem."""
    return Check(name=name, reason=reason, account=account, facts=facts)


def warning(name: str, reason: str, account: str = "", **facts: object) -> Check:
    """Return a problem that does not stop an export, or may not."""
    return Check(name=name, state=State.WARNING, reason=reason, account=account, facts=facts)


def problem(name: str, reason: str, account: str = "", **facts: object) -> Check:
    """Return a problem that makes an export fail."""
    return Check(name=name, state=State.ERROR, reason=reason, account=account, facts=facts)


def result_of_error(name: str, error: AurionError, account: str = "", state: State = State.ERROR) -> Check:
    """Return the result for an error; its hint names the account."""
    error.facts.setdefault("account", account)
    return Check(name=name, state=state, reason=error.reason, error=error, account=account)
