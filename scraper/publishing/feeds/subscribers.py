"""Subscribers of calendars, identified by secrets of which only digests are stored, and their last visits."""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from scraper.domain.choices import Client
from scraper.domain.sharing import Content, Sharing
from scraper.errors import SettingsError
from scraper.publishing.feeds.feed_files import AS_THE_FILE, FeedCalendar, backup_file, calendar_file
from scraper.system.json_store import JsonFile
from scraper.system.run_history import parse_instant
from scraper.system.secret_digest import find_digest, hash_secret

SECRET_BYTES = 24
MOST_LABEL, MOST_AGENT = 64, 60
FORMS = {
    "digest": re.compile(r"[0-9a-f]{64}"),
    "key": re.compile(r"[0-9a-f]{16}"),
    "name": re.compile(r"[\w.-]{1,64}", re.ASCII),
}
TEXTS = ("digest", "label", "account", "key", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A subscriber of one calendar: `label` for the user, `account`, and `key`, the name of the account's ledger.

    `name` is the file name in the address; `until` is the last day on which the address works.
    """

    digest: str = field(repr=False)
    label: str
    account: str
    key: str
    calendar: FeedCalendar = AS_THE_FILE
    name: str = "planning"
    until: date | None = None

    def has_ended(self, now: datetime) -> bool:
        """Return whether the last day is over on this machine's clock."""
        return self.until is not None and now.astimezone().date() > self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The last fetch of a calendar: its time, the client's user agent, and the digest of the version fetched."""

    at: datetime
    agent: str
    version: str


@dataclass(frozen=True, slots=True)
class Subscribers:
    """The subscribers in a state folder."""

    state: Path

    @property
    def path(self) -> Path:
        """The file with the list of subscribers."""
        return self.state / "feeds" / "subscribers.json"

    def all(self) -> tuple[Subscriber, ...]:
        """Return all subscribers in the order they were added."""
        return _subscribers(JsonFile(self.path).read())

    def add(
        self, label: str, *, account: str, key: str, calendar: FeedCalendar, name: str, until: date | None = None
    ) -> tuple[Subscriber, str]:
        """Add a subscriber and return it with its secret, which is not stored.

        Raise SettingsError: "feed-label" where the label cannot be displayed, "feed-taken"; DeliveryError, AnotherRun.
        """
        self.refuse_label(label)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        subscriber = Subscriber(
            digest=hash_secret(secret), label=label, account=account, key=key, calendar=calendar, name=name, until=until
        )
        with JsonFile(self.path).change() as data:
            known = _subscribers(data)
            _refuse_taken(label, known)
            _store(data, (*known, subscriber))
        return subscriber, secret

    def refuse_label(self, label: str) -> None:
        """Raise SettingsError where the label cannot be displayed ("feed-label") or is in use ("feed-taken")."""
        check_label(label)
        _refuse_taken(label, self.all())

    def renew(self, label: str) -> tuple[Subscriber, str]:
        """Replace the secret; the old one stops working. Raise SettingsError("feed-unknown") or DeliveryError."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        with JsonFile(self.path).change() as data:
            known = _subscribers(data)
            old = _find_subscriber(label, known)
            new = replace(old, digest=hash_secret(secret))
            _store(data, (new if one == old else one for one in known))
        return new, secret

    def revoke(self, label: str) -> None:
        """Remove the subscriber, and its calendar where no other subscriber uses it.

        Raise SettingsError("feed-unknown"), DeliveryError or AnotherRun.
        """
        with JsonFile(self.path).change() as data:
            known = _subscribers(data)
            old = _find_subscriber(label, known)
            others = [one for one in known if one != old]
            _store(data, others)
            self._delete_calendars([old], others)

    def delete_ended(self, now: datetime) -> None:
        """Delete the calendars of ended subscriptions that no other one reads; the subscribers stay in the list."""
        if not any(
            one.has_ended(now) and calendar_file(self.state, one.key, one.calendar).exists() for one in self.all()
        ):
            return
        with JsonFile(self.path).change() as data:  # under the lock: another one may be added for the same calendar
            known = _subscribers(data)
            self._delete_calendars(
                [one for one in known if one.has_ended(now)], [one for one in known if not one.has_ended(now)]
            )

    def _delete_calendars(self, old: Iterable[Subscriber], others: Iterable[Subscriber]) -> None:
        """Delete the calendars of the `old` subscribers that no other one uses."""
        used = {calendar_file(self.state, one.key, one.calendar) for one in others}
        for calendar in {calendar_file(self.state, one.key, one.calendar) for one in old} - used:
            for path in (calendar, backup_file(calendar)):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def revoke_all(self, account: str) -> None:
        """Remove all subscribers of the account. Raise DeliveryError or AnotherRun."""
        for one in self.all():
            if one.account == account:
                self.revoke(one.label)

    def visits(self) -> dict[str, Visit]:
        """Return the last visit of each subscriber that ever fetched, by its digest."""
        found = {digest: _visit(data) for digest, data in JsonFile(self._visits).read().items()}
        return {digest: visit for digest, visit in found.items() if visit}

    def note(self, visits: Mapping[str, Visit]) -> None:
        """Store these visits and delete those of revoked secrets. Raise DeliveryError or AnotherRun."""
        with JsonFile(self._visits).change() as data:
            known = {one.digest for one in self.all()}
            for digest, visit in visits.items():
                data[digest] = asdict(visit) | {"at": visit.at.astimezone(UTC).isoformat(timespec="seconds")}
            for revoked in data.keys() - known:
                del data[revoked]

    @property
    def _visits(self) -> Path:
        return self.path.with_name("visits.json")


def find_subscriber(secret: str, known: Iterable[Subscriber]) -> Subscriber | None:
    """Return the subscriber with that secret."""
    by_digest = {one.digest: one for one in known}
    return by_digest.get(find_digest(secret, by_digest) or "")


def read_subscribers(body: bytes, _at: float, _before: object) -> tuple[Subscriber, ...] | None:
    """Return the subscribers in the file's bytes; None where they are not valid."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return _subscribers(data) if isinstance(data, dict) and isinstance(data.get("subscribers"), list) else None


def check_label(label: str) -> None:
    """Raise SettingsError("feed-label") where the label cannot be displayed."""
    if not (label.strip() and label.isprintable() and len(label) <= MOST_LABEL):
        raise SettingsError("feed-label", given=label, most=MOST_LABEL)


def _refuse_taken(label: str, known: Iterable[Subscriber]) -> None:
    if label in [one.label for one in known]:
        raise SettingsError("feed-taken", label=label)


def _find_subscriber(label: str, known: Iterable[Subscriber]) -> Subscriber:
    found = {one.label: one for one in known}
    if label not in found:
        near = get_close_matches(label, found, cutoff=0.4) or list(found)
        raise SettingsError("feed-unknown", label=label, near=near)
    return found[label]


def _store(data: dict[str, Any], known: Iterable[Subscriber]) -> None:
    data["subscribers"] = [_to_json(one) for one in known]


def _to_json(one: Subscriber) -> dict[str, object]:
    sharing = one.calendar.sharing
    return {
        **{name: getattr(one, name) for name in TEXTS}, "client": one.calendar.client, "content": sharing.content,
        "courses": list(sharing.courses), "until": one.until.isoformat() if one.until else "",
    }  # fmt: skip


def _subscribers(data: Mapping[str, Any]) -> tuple[Subscriber, ...]:
    """Return the valid subscribers in the data; skip the others."""
    found = data.get("subscribers")
    return tuple(filter(None, map(_subscriber, found if isinstance(found, list) else [])))


def _subscriber(data: Any) -> Subscriber | None:  # noqa: ANN401 - any JSON
    if not isinstance(data, dict):
        return None
    values: dict[str, Any] = {name: data.get(name) for name in TEXTS}
    client: Any = data.get("client")
    content, courses = data.get("content", "all"), data.get("courses", [])
    if (
        not all(isinstance(value, str) for value in values.values())
        or client not in {"", *get_args(Client)}
        or content not in get_args(Content)
        or not isinstance(courses, list)
    ):
        return None
    try:
        until = date.fromisoformat(data.get("until") or "9999-12-31")
    except (TypeError, ValueError):
        return None
    sharing = Sharing(content=content, courses=tuple(map(str, courses)))
    calendar = FeedCalendar(client=client, sharing=sharing)
    one = Subscriber(**values, calendar=calendar, until=None if until == date.max else until)
    return one if all(form.fullmatch(values[name]) for name, form in FORMS.items()) else None


def _visit(data: Any) -> Visit | None:  # noqa: ANN401 - any JSON
    at = parse_instant(data.get("at")) if isinstance(data, dict) else None
    return None if at is None else Visit(at=at, agent=str(data.get("agent")), version=str(data.get("version")))


def clean_user_agent(given: str) -> str:
    """Return a user agent shortened and without control characters, which a terminal would obey."""
    return "".join(sign for sign in given if sign.isprintable())[:MOST_AGENT].strip()
