"""Pages of a student's calendar addresses: create, show, renew and revoke them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from starlette.responses import Response

from scraper.domain.sharing import CONTENTS
from scraper.errors import AurionError, SettingsError
from scraper.hosting.feeds import feed_path, feed_secret
from scraper.hosting.student_addresses import Subscription, Subscriptions
from scraper.hosting.web.hosted_request import HostedRequest
from scraper.hosting.web.student_accounts import render_calendars, student_ledger
from scraper.publishing.feed_calendars import known_courses
from scraper.publishing.feeds.choices import parse_last_day, parse_sharing
from scraper.publishing.feeds.feed_files import FeedCalendar
from scraper.publishing.local_times import format_day, format_local_time
from scraper.web.pages.request import get, post
from scraper.web.pages.subscriptions import CLIENTS, draw_qr_code

DONE = frozenset({"revoked"})


def list_addresses(request: HostedRequest, error: AurionError | None = None) -> Response:
    """List the student's addresses, with the form for a new one."""
    form = request.form
    return request.render(
        "subscribers.html", error=error, clients=tuple(CLIENTS), contents=CONTENTS,
        courses=known_courses(student_ledger(request)),
        rows=[_row(one, request) for one in _store(request).of_student(request.owner.id)],
        chosen=form.get("for") or request.query.get("for", ""), label=form.get("label", ""),
        content=form.get("content") or "all", chosen_courses=request.lists.get("course", []),
        until=form.get("until", ""), today=_today(request), done=request.done(DONE),
    )  # fmt: skip


def add_address(request: HostedRequest) -> Response:
    """Create an address, render its calendar from the known lessons, and show it."""
    form, chosen = request.form, request.form.get("for", "other")
    if chosen not in CLIENTS:
        return list_addresses(request, SettingsError("client", given=chosen))
    try:
        courses: Sequence[str] = request.lists.get("course", []) if form.get("content") == "courses" else ()
        sharing = parse_sharing(form.get("content", ""), courses, known_courses(student_ledger(request)))
        until = parse_last_day(form.get("until", ""), _today(request))
        label = form.get("label", "").strip() or request.words(f"page.subscribers.clients.{chosen}")
        calendar = FeedCalendar(client=CLIENTS[chosen] or "", sharing=sharing)
        added = _store(request).add(request.owner.id, label, calendar, until, request.now)
    except SettingsError as error:
        return list_addresses(request, error)
    render_calendars(request)
    return request.redirect("/subscribers/one", id=str(added.id))


def show_address(request: HostedRequest) -> Response:
    """Show an address, with the steps for its calendar, and what can be done with it."""
    number = _number(request.query)
    found = _store(request).find(request.owner.id, number) if number else None
    if found is None:
        return request.render("missing.html", status=404)
    secret = feed_secret(request.state.keys, found.id, found.generation)
    address = request.state.settings.address.rstrip("/") + feed_path(secret)
    webcal = f"webcal://{address.partition('://')[2]}"
    client = found.calendar.client if found.calendar.client in CLIENTS else "other"
    return request.render(
        "subscriber.html", row=_row(found, request), address=address, webcal=webcal, client=client,
        code=draw_qr_code(webcal) if client == "apple" else "",
    )  # fmt: skip


def replace_address(request: HostedRequest) -> Response:
    """Replace an address; the previous one stops working."""
    number = _number(request.form)
    renewed = _store(request).renew(request.owner.id, number) if number else None
    if renewed is None:
        return request.render("missing.html", status=404)
    request.state.feeds.update(request.owner.id)
    return request.redirect("/subscribers/one", id=str(renewed.id))


def end_address(request: HostedRequest) -> Response:
    """Delete an address: it answers 404 when the page does."""
    number = _number(request.form)
    if number is None or _store(request).revoke(request.owner.id, number) is None:
        return request.render("missing.html", status=404)
    request.state.feeds.update(request.owner.id)
    return request.redirect("/subscribers", done="revoked")


def _store(request: HostedRequest) -> Subscriptions:
    return Subscriptions(request.state.engine)


def _number(given: Mapping[str, str]) -> UUID | None:
    with suppress(ValueError):
        return UUID(given.get("id", ""))
    return None


def _row(one: Subscription, request: HostedRequest) -> Mapping[str, Any]:
    sharing = one.calendar.sharing
    status = "ended" if one.has_ended(_today(request)) else "read" if one.fetched_at else "never"
    return {
        "id": one.id, "label": one.label, "for": one.calendar.client or "other", "status": status,
        "content": sharing.content if sharing.is_partial else "", "courses": ", ".join(sharing.courses),
        "until": format_day(one.until, request.words) if one.until else "",
        "at": format_local_time(one.fetched_at, request.words, request.school.zone) if one.fetched_at else "",
    }  # fmt: skip


def _today(request: HostedRequest) -> date:
    return request.now.astimezone(request.school.zone).date()


ROUTES = (
    get("/subscribers", list_addresses),
    post("/subscribers", add_address),
    get("/subscribers/one", show_address),
    post("/subscribers/renew", replace_address),
    post("/subscribers/revoke", end_address),
)
