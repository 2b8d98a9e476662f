"""Pages of the feed's subscribers: create an address (shown once), renew it, revoke it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import segno
from markupsafe import Markup
from starlette.responses import Response

from scraper.domain.choices import Client
from scraper.domain.sharing import CONTENTS
from scraper.errors import AurionError, SettingsError
from scraper.publishing.feed_calendars import ensure_feed_calendar, known_courses, subscribe
from scraper.publishing.feeds import subscribers
from scraper.publishing.feeds.choices import find_free_label, parse_last_day, parse_sharing
from scraper.publishing.feeds.feed_files import FeedCalendar, Version
from scraper.publishing.feeds.feed_urls import configured_address, path_of, public_address, reach_of
from scraper.publishing.feeds.subscription_list import list_subscriptions, subscription_status
from scraper.publishing.job import job_for_account
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.local_times import format_full_day
from scraper.web.pages.account_choice import requested_account, school_zone
from scraper.web.pages.request import PageRequest, get, post

CLIENTS: Mapping[str, Client | None] = {"google": "google", "apple": "apple", "outlook": "outlook", "other": None}
"""The page's choices, each with the client that its calendar is made for; None for the account's own file."""
FROM_INTERNET = frozenset({"google", "outlook"})
"""The choices that fetch from the internet."""
DONE = frozenset({"revoked", "address", "before", "network"})


def list_subscribers(request: PageRequest, error: AurionError | None = None) -> Response:
    """List the subscribers, with the form for a new one."""
    folder = request.state.folder
    address = public_address(folder)
    return request.render(
        "subscribers.html", error=error, clients=tuple(CLIENTS),
        rows=[_row(*row, request) for row in list_subscriptions(folder)], names=request.config.account_names,
        account=requested_account(request), address=address, reach=reach_of(address), given=configured_address(folder),
        chosen=request.form.get("for") or request.query.get("for", ""), label=request.form.get("label", ""),
        done=request.done(DONE), number=request.state.one_time_forms.issue(),
        is_empty=error is not None and error.reason == "feed-nothing-yet",
        contents=CONTENTS, content=request.form.get("content") or request.query.get("content", "all"),
        network=request.state.home_network, here=request.form.get("here", ""), courses=_known_courses(request),
        chosen_courses=request.lists.get("course", []), until=request.form.get("until", ""),
        today=request.now.astimezone().date(),
    )  # fmt: skip


def add_subscriber(request: PageRequest) -> Response:
    """Create a subscriber and show its address, which is stored nowhere."""
    if not _is_first_submission(request):
        return request.redirect("/subscribers", done="before")
    folder, chosen = request.state.folder, request.form.get("for", "other")
    store = subscribers.Subscribers(folder)
    try:
        taken = {one.label for one in store.all()}
        label = request.form.get("label", "").strip() or find_free_label(
            request.words(f"page.subscribers.clients.{chosen}"), taken
        )
        store.refuse_label(label)
        until = parse_last_day(request.form.get("until", ""), request.now.astimezone().date())
        base_address = _usable_address(request, chosen)
        job = job_for_account(requested_account(request), request.config)
        courses: Sequence[str] = request.lists.get("course", []) if request.form.get("content") == "courses" else ()
        sharing = parse_sharing(request.form.get("content", ""), courses, known_courses(ledger_of_account(job.account)))
        job = replace(job, feeds=(FeedCalendar(client=CLIENTS[chosen] or "", sharing=sharing),))
        if not ensure_feed_calendar(job, request.now):
            raise SettingsError("feed-nothing-yet")
        subscriber, secret = subscribe(job, label, until)
    except (AurionError, KeyError) as error:
        return list_subscribers(
            request, error if isinstance(error, AurionError) else SettingsError("client", given=chosen)
        )
    return _render_address(request, subscriber, base_address + path_of(subscriber, secret), base_address)


def show_subscriber(request: PageRequest) -> Response:
    """Show what can be done with a subscriber, and what each action means."""
    return request.render(
        "subscriber.html",
        row=_row(*_requested_subscriber(request), request),
        number=request.state.one_time_forms.issue(),
    )


def renew_address(request: PageRequest) -> Response:
    """Replace a subscriber's address; the previous one stops working."""
    if not _is_first_submission(request):
        return request.redirect("/subscribers", done="before")
    store, label = subscribers.Subscribers(request.state.folder), request.form.get("label", "")
    client = next((one.calendar.client for one in store.all() if one.label == label), "")
    base_address = _usable_address(request, client or "other")
    renewed, secret = store.renew(label)
    return _render_address(request, renewed, base_address + path_of(renewed, secret), base_address)


def revoke_address(request: PageRequest) -> Response:
    """Delete a subscriber's address."""
    label = request.form.get("label", "")
    subscribers.Subscribers(request.state.folder).revoke(label)
    return request.redirect("/subscribers", done="revoked")


def set_address(request: PageRequest) -> Response:
    """Set the beginning of all feed addresses; empty for the address where the server was last reached."""
    try:
        public_address(request.state.folder, request.form.get("address", "").strip())
    except SettingsError as error:
        return list_subscribers(request, error)
    return request.redirect("/subscribers", done="address")


def _usable_address(request: PageRequest, chosen: str) -> str:
    """Return the beginning of addresses. Raise SettingsError where that calendar program could not reach them.

    An address of this computer alone is usable where the form's `here` confirms that the program is installed on it.
    """
    address = public_address(request.state.folder)
    reach, needed = reach_of(address), {"world"} if chosen in FROM_INTERNET else {"world", "network"}
    if reach in needed or (chosen not in FROM_INTERNET and request.form.get("here") == "yes"):
        return address
    raise SettingsError("feed-unreachable", name=request.words(f"page.subscribers.clients.{chosen}"))


def _is_first_submission(request: PageRequest) -> bool:
    """Return whether the form is submitted for the first time.

    The response contains a secret, so it cannot be a redirect to a page that could be reloaded.
    """
    return request.state.one_time_forms.redeem(request.form.get("once", ""))


def _render_address(
    request: PageRequest, subscriber: subscribers.Subscriber, address: str, base_address: str
) -> Response:
    """Render a new address, with a QR code where scanning it subscribes."""
    webcal = f"webcal://{address.partition('://')[2]}"
    client, reach = subscriber.calendar.client or "other", reach_of(base_address)
    code: str = ""
    if client == "apple" and reach != "here":  # elsewhere a scan would download the file once, or lead nowhere
        code = draw_qr_code(webcal)
    return request.render(
        "subscriber_address.html", label=subscriber.label, client=client if client in CLIENTS else "other",
        address=address, webcal=webcal, code=code, reach=reach,
    )  # fmt: skip


def _requested_subscriber(
    request: PageRequest,
) -> tuple[subscribers.Subscriber, subscribers.Visit | None, Version | None]:
    """Return the subscriber named in the address. Raise SettingsError("feed-unknown")."""
    label = request.query.get("label", "")
    known = list(list_subscriptions(request.state.folder))
    found = next((row for row in known if row[0].label == label), None)
    if found is None:
        raise SettingsError("feed-unknown", label=label, near=[row[0].label for row in known])
    return found


def _row(
    subscriber: subscribers.Subscriber,
    last_visit: subscribers.Visit | None,
    version: Version | None,
    request: PageRequest,
) -> dict[str, str]:
    changed, sharing = datetime.fromtimestamp(version.at, UTC) if version else None, subscriber.calendar.sharing
    zone = school_zone(request, subscriber.account)
    return {
        "label": subscriber.label,
        "account": subscriber.account,
        "for": subscriber.calendar.client or "other",
        "content": sharing.content if sharing.is_partial else "",
        "courses": ", ".join(sharing.courses),
        "until": format_full_day(subscriber.until, request.words) if subscriber.until else "",
        "status": "ended" if subscriber.has_ended(request.now) else subscription_status(last_visit, version),
        "agent": (last_visit.agent if last_visit else "") or request.words("feed.unnamed"),
        "at": request.describe_time(last_visit.at if last_visit else None, zone),
        "changed": request.describe_time(changed, zone),
    }


def _known_courses(request: PageRequest) -> list[str]:
    """Return the courses to choose from; none where there is no account or no ledger."""
    with suppress(AurionError):
        job = job_for_account(requested_account(request), request.config)
        return known_courses(ledger_of_account(job.account))
    return []


def draw_qr_code(address: str) -> Markup:
    """Return an image that a phone reads as the address."""
    image = segno.make(address, error="m", micro=False)
    return Markup(image.svg_inline(scale=5, border=3, light="#fff", dark="#000", omitsize=True))  # noqa: S704 - an SVG made of the code's squares alone


ROUTES = (
    get("/subscribers", list_subscribers),
    post("/subscribers", add_subscriber),
    get("/subscribers/one", show_subscriber),
    post("/subscribers/renew", renew_address),
    post("/subscribers/revoke", revoke_address),
    post("/subscribers/address", set_address),
)
