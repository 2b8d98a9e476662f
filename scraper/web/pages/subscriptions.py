"""Who may fetch which calendar: an address made, shown this once, renewed, taken away."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import segno
from markupsafe import Markup
from starlette.responses import Response

from scraper.config.settings.loading import account_names
from scraper.errors import AurionError, SettingsError
from scraper.ical.entry import Client
from scraper.publishing.feeds import subscribers
from scraper.publishing.feeds.files import Version
from scraper.publishing.feeds.publish import ensure_feed_calendar, list_subscriptions, subscribe, subscription_status
from scraper.publishing.feeds.urls import configured_address, path_of, public_address, reach_of
from scraper.publishing.job import job_for_account
from scraper.publishing.times import format_local_time
from scraper.web.pages.account_choice import account_meant, zone_of
from scraper.web.pages.request import PageRequest, get, post

CLIENTS: Mapping[str, Client | None] = {"google": "google", "apple": "apple", "outlook": "outlook", "other": None}
"""The choices of the page, and the calendar that each is for; None: as in the account's own file."""
DONE = frozenset({"revoked", "address", "before"})


def listed(visit: PageRequest, error: AurionError | None = None) -> Response:
    """Every subscriber, and the form for a new one."""
    done, state = visit.query.get("done", ""), visit.desk.state
    address = public_address(state)
    return visit.render(
        "subscribers.html", error=error, clients=tuple(CLIENTS),
        rows=[_row(*one, visit) for one in list_subscriptions(state)],
        names=account_names(), account=account_meant(visit), address=address, reach=reach_of(address),
        given=configured_address(state),
        chosen=visit.form.get("for") or visit.query.get("for", ""), label=visit.form.get("label", ""),
        done=done if done in DONE else "", number=visit.desk.once.number(),
        is_empty=error is not None and error.reason == "feed-nothing-yet",
    )  # fmt: skip


def add(visit: PageRequest) -> Response:
    """A new address, drawn into the answer and kept nowhere."""
    if not _counts(visit):
        return visit.goes_to("/subscribers", done="before")
    state, chosen = visit.desk.state, visit.form.get("for", "other")
    known = subscribers.Subscribers(state)
    try:
        label = visit.form.get("label", "").strip() or _free(visit.words(f"page.subscribers.clients.{chosen}"), known)
        known.refuse_label(label)
        before = public_address(state)
        job = replace(job_for_account(account_meant(visit), visit.desk.environment), feeds=(CLIENTS.get(chosen) or "",))
        if not ensure_feed_calendar(job, visit.now):
            raise SettingsError("feed-nothing-yet")
        made, secret = subscribe(job, label)
    except (AurionError, KeyError) as error:
        return listed(visit, error if isinstance(error, AurionError) else SettingsError("client", given=chosen))
    return _shown_once(visit, made, before + path_of(made, secret), before)


def one(visit: PageRequest) -> Response:
    """What may be done with a subscriber, each with what it means."""
    return visit.render("subscriber.html", row=_row(*_subscribed(visit), visit), number=visit.desk.once.number())


def renew(visit: PageRequest) -> Response:
    """Another address; the one before is no more."""
    if not _counts(visit):
        return visit.goes_to("/subscribers", done="before")
    before = public_address(visit.desk.state)
    renewed, secret = subscribers.Subscribers(visit.desk.state).renew(visit.form.get("label", ""))
    return _shown_once(visit, renewed, before + path_of(renewed, secret), before)


def revoke(visit: PageRequest) -> Response:
    """Its address is taken away."""
    label = visit.form.get("label", "")
    subscribers.Subscribers(visit.desk.state).revoke(label)
    return visit.goes_to("/subscribers", done="revoked")


def set_address(visit: PageRequest) -> Response:
    """From now on addresses begin so; empty: as it is served."""
    try:
        public_address(visit.desk.state, visit.form.get("address", "").strip())
    except SettingsError as error:
        return listed(visit, error)
    return visit.goes_to("/subscribers", done="address")


def _counts(visit: PageRequest) -> bool:
    """Whether its form was not sent before: the answer has a secret, so nothing leads from it to a page of its own."""
    return visit.desk.once.counts(visit.form.get("once", ""))


def _shown_once(visit: PageRequest, made: subscribers.Subscriber, address: str, before: str) -> Response:
    webcal = f"webcal://{address.partition('://')[2]}"
    client = made.client or "other"
    scanned = segno.make(webcal if client == "apple" else address, error="m", micro=False)
    code = scanned.svg_inline(scale=5, border=3, light="#fff", dark="#000", omitsize=True)
    return visit.render(
        "subscriber_address.html", label=made.label, client=client if client in CLIENTS else "other", address=address,
        webcal=webcal, code=Markup(code), reach=reach_of(before),  # noqa: S704 - drawn of modules alone
    )  # fmt: skip


def _subscribed(visit: PageRequest) -> tuple[subscribers.Subscriber, subscribers.Visit | None, Version | None]:
    """The one that the address names. Raises SettingsError("feed-unknown")."""
    label = visit.query.get("label", "")
    known = list(list_subscriptions(visit.desk.state))
    found = next((told for told in known if told[0].label == label), None)
    if found is None:
        raise SettingsError("feed-unknown", label=label, near=[told[0].label for told in known])
    return found


def _row(
    who: subscribers.Subscriber, came: subscribers.Visit | None, version: Version | None, visit: PageRequest
) -> dict[str, str]:
    changed = datetime.fromtimestamp(version.at, UTC) if version else None
    zone = zone_of(who.account, visit.desk.environment)
    return {
        "label": who.label,
        "account": who.account,
        "for": who.client or "other",
        "standing": subscription_status(came, version),
        "agent": (came.agent if came else "") or visit.words("feed.unnamed"),
        "at": format_local_time(came.at, visit.words, zone) if came else "",
        "changed": format_local_time(changed, visit.words, zone) if changed else "",
    }


def _free(name: str, known: subscribers.Subscribers) -> str:
    """The name, numbered where it is taken."""
    taken = {one.label for one in known.all()}
    return next(label for n in count(1) if (label := name if n == 1 else f"{name} {n}") not in taken)


ROUTES = (
    get("/subscribers", listed),
    post("/subscribers", add),
    get("/subscribers/one", one),
    post("/subscribers/renew", renew),
    post("/subscribers/revoke", revoke),
    post("/subscribers/address", set_address),
)
