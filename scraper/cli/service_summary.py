"""The state of a service for many students, in lines and as JSON."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scraper.cli.output import time_to_json
from scraper.i18n import Catalogue
from scraper.publishing.local_times import format_age, local_time_facts

if TYPE_CHECKING:
    from scraper.hosting.service_status import PortalStatus, ServiceStatus


def status_lines(status: "ServiceStatus", words: Catalogue) -> Iterator[str]:
    """Yield lines about students, calendars, the queue, portals, failures and notifications."""
    states = {state: status.accounts.get(state, 0) for state in ("active", "refused", "action")}
    yield words("hosting.status.accounts", **states)
    ages = status.ages
    if ages.median is not None and ages.oldest is not None:
        median, oldest = (format_age(age, words) for age in (ages.median, ages.oldest))
        yield words("hosting.status.ages", median=median, oldest=oldest, old=ages.old, never=ages.never_read)
    due = sum(status.due.values())
    yield words("hosting.status.queue", due=due, waiting=status.waiting, running=status.running)
    for one in status.portals:
        yield words(
            "hosting.status.portal", portal=one.portal, today=one.exchanges_today, classes=one.classes,
            sessions=one.sessions, hour=list(one.exchanges_by_hour.values())[-1] if one.exchanges_by_hour else 0,
        )  # fmt: skip
        if one.paused_until is not None:
            yield words("hosting.status.paused", portal=one.portal, **local_time_facts(one.paused_until, words))
    for kind, number in status.failures.items():
        yield words("hosting.status.failure", kind=kind, number=number)
    if status.channels:
        channels = {state: status.channels.get(state, 0) for state in ("active", "paused")}
        yield words("hosting.status.channels", **channels)


def status_to_json(status: "ServiceStatus") -> dict[str, Any]:
    """Return the state as a JSON value."""
    return {
        "at": time_to_json(status.at),
        "accounts": status.accounts,
        "calendars": {
            "median_age_seconds": _seconds(status.ages.median),
            "oldest_age_seconds": _seconds(status.ages.oldest),
            "old": status.ages.old,
            "never_read": status.ages.never_read,
        },
        "queue": {"due": status.due, "waiting": status.waiting, "running": status.running},
        "portals": [_portal_to_json(one) for one in status.portals],
        "failures": status.failures,
        "channels": status.channels,
    }


def _portal_to_json(one: "PortalStatus") -> dict[str, Any]:
    hours = {at.isoformat(): number for at, number in one.exchanges_by_hour.items()}
    return {
        "portal": one.portal,
        "classes": one.classes,
        "sessions": one.sessions,
        "paused_until": time_to_json(one.paused_until),
        "exchanges_today": one.exchanges_today,
        "exchanges_by_hour": hours,
    }


def _seconds(age: timedelta | None) -> int | None:
    return None if age is None else round(age.total_seconds())
