"""Who may fetch which calendar, by a secret of which only the digest is kept; and when each did so last."""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from hmac import compare_digest
from pathlib import Path
from typing import Any, Literal, get_args

from scraper.errors import SettingsError
from scraper.ical.entry import Client
from scraper.publishing.feeds.files import calendar_file, spare_of
from scraper.system.json_store import JsonFile
from scraper.system.run_history import instant

SECRET_BYTES = 24
MOST_LABEL, MOST_AGENT = 64, 60
FORMS = {
    "digest": re.compile(r"[0-9a-f]{64}"),
    "key": re.compile(r"[0-9a-f]{16}"),
    "name": re.compile(r"[\w.-]{1,64}", re.ASCII),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Who may fetch a calendar: `label` for its user, whose calendar (`account`; `key` is its ledger's name).

    `client` is the calendar it is for, empty where it is as in the account's file; `name` is the file's in the address.
    """

    digest: str = field(repr=False)
    label: str
    account: str
    key: str
    client: Client | Literal[""] = ""
    name: str = "planning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A calendar fetched: when, by which program, and the digest of what it has since."""

    at: datetime
    agent: str
    version: str


@dataclass(frozen=True, slots=True)
class Subscribers:
    """Those in a state folder."""

    state: Path

    @property
    def path(self) -> Path:
        """Their file."""
        return self.state / "feeds" / "subscribers.json"

    def all(self) -> tuple[Subscriber, ...]:
        """Every one, in the order they were added."""
        return _subscribers(JsonFile(self.path).read())

    def add(
        self, label: str, *, account: str, key: str, client: Client | Literal[""], name: str
    ) -> tuple[Subscriber, str]:
        """A new one, and its secret, which is kept nowhere.

        Raises SettingsError: "feed-label" for one that cannot be shown, "feed-taken"; DeliveryError, AnotherRun.
        """
        self.refuse_label(label)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        digest = digest_of(secret)
        made = Subscriber(digest=digest, label=label, account=account, key=key, client=client, name=name)
        with JsonFile(self.path).changing() as kept:
            known = _subscribers(kept)
            _refuse_taken(label, known)
            _put(kept, (*known, made))
        return made, secret

    def refuse_label(self, label: str) -> None:
        """Raises SettingsError where no new one may be called so: "feed-label", "feed-taken"."""
        if not (label.strip() and label.isprintable() and len(label) <= MOST_LABEL):
            raise SettingsError("feed-label", given=label, most=MOST_LABEL)
        _refuse_taken(label, self.all())

    def renew(self, label: str) -> tuple[Subscriber, str]:
        """Another secret for it, from now on the only one. Raises SettingsError("feed-unknown"), DeliveryError."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        with JsonFile(self.path).changing() as kept:
            known = _subscribers(kept)
            old = _labelled(label, known)
            new = replace(old, digest=digest_of(secret))
            _put(kept, (new if one == old else one for one in known))
        return new, secret

    def revoke(self, label: str) -> None:
        """It fetches nothing any more; a calendar that nobody else fetches is taken away.

        Raises SettingsError("feed-unknown"), DeliveryError, AnotherRun.
        """
        with JsonFile(self.path).changing() as kept:
            known = _subscribers(kept)
            old = _labelled(label, known)
            left = [one for one in known if one != old]
            _put(kept, left)
            if (old.key, old.client) not in [(one.key, one.client) for one in left]:
                calendar = calendar_file(self.state, old.key, old.client)
                for path in (calendar, spare_of(calendar)):
                    with suppress(OSError):
                        path.unlink(missing_ok=True)

    def revoke_all(self, account: str) -> None:
        """Those of that account fetch nothing any more. Raises DeliveryError, AnotherRun."""
        for one in self.all():
            if one.account == account:
                self.revoke(one.label)

    def visits(self) -> dict[str, Visit]:
        """The last visit of each that came, by its digest."""
        found = JsonFile(self._visits).read()
        read = {digest: _visit(data) for digest, data in found.items()}
        return {digest: visit for digest, visit in read.items() if visit}

    def note(self, visits: Mapping[str, Visit]) -> None:
        """Remembers these; those of secrets that are no more are forgotten. Raises DeliveryError, AnotherRun."""
        with JsonFile(self._visits).changing() as kept:
            known = {one.digest for one in self.all()}
            for digest, visit in visits.items():
                kept[digest] = asdict(visit) | {"at": visit.at.astimezone(UTC).isoformat(timespec="seconds")}
            for gone in kept.keys() - known:
                del kept[gone]

    @property
    def _visits(self) -> Path:
        return self.path.with_name("visits.json")


def digest_of(secret: str) -> str:
    """What is kept of a secret: as it has 192 random bits, no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def whose(secret: str, known: Iterable[Subscriber]) -> Subscriber | None:
    """The one of that secret; every one is compared, whichever fits, each in constant time."""
    digest, found = digest_of(secret), None
    for one in known:
        if compare_digest(one.digest, digest):
            found = one
    return found


def read_subscribers(body: bytes, _at: float, _before: object) -> tuple[Subscriber, ...] | None:
    """Those that stand in the file; None where it is not as we wrote it."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return _subscribers(told) if isinstance(told, dict) and isinstance(told.get("subscribers"), list) else None


def _refuse_taken(label: str, known: Iterable[Subscriber]) -> None:
    if label in [one.label for one in known]:
        raise SettingsError("feed-taken", label=label)


def _labelled(label: str, known: Iterable[Subscriber]) -> Subscriber:
    found = {one.label: one for one in known}
    if label not in found:
        near = get_close_matches(label, found, cutoff=0.4) or list(found)
        raise SettingsError("feed-unknown", label=label, near=near)
    return found[label]


def _put(kept: dict[str, Any], known: Iterable[Subscriber]) -> None:
    kept["subscribers"] = [asdict(one) for one in known]


def _subscribers(kept: Mapping[str, Any]) -> tuple[Subscriber, ...]:
    """What is a subscriber of all that stands there."""
    found = kept.get("subscribers")
    return tuple(filter(None, map(_subscriber, found if isinstance(found, list) else [])))


def _subscriber(data: Any) -> Subscriber | None:  # noqa: ANN401 - any JSON
    if not isinstance(data, dict):
        return None
    told: dict[str, Any] = {name: data.get(name) for name in Subscriber.__slots__}
    if not all(isinstance(value, str) for value in told.values()) or told["client"] not in {"", *get_args(Client)}:
        return None
    one = Subscriber(**told)
    return one if all(form.fullmatch(getattr(one, name)) for name, form in FORMS.items()) else None


def _visit(data: Any) -> Visit | None:  # noqa: ANN401 - any JSON
    at = instant(data.get("at")) if isinstance(data, dict) else None
    return None if at is None else Visit(at=at, agent=str(data.get("agent")), version=str(data.get("version")))


def agent_shown(given: str) -> str:
    """A program's name for itself, short and without signs that a terminal would obey."""
    return "".join(sign for sign in given if sign.isprintable())[:MOST_AGENT].strip()
