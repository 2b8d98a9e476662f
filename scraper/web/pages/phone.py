"""The guide to a user's calendar program: where to see the lessons, and what to do there, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from starlette.responses import Response

from scraper.config.accounts import load_account
from scraper.config.default_output import shorten_path
from scraper.errors import AurionError
from scraper.publishing.feeds.feed_urls import public_address, reach_of
from scraper.system.platforms import is_macos
from scraper.web.pages.account_choice import requested_account
from scraper.web.pages.messages import error_message
from scraper.web.pages.request import INVALID_FORM, PageRequest, get
from scraper.web.pages.setup_form import asks_passphrase

Action = Literal["service", "google", "download", "network", "internet", "local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service of a way: the kind of sink, its address where that is always the same, and its own other hosts."""

    kind: str = "caldav"
    address: str = ""
    own_hosts: str = ""


SERVICES: Mapping[str, Service] = {
    "apple": Service(address="https://caldav.icloud.com", own_hosts=".icloud.com"),
    "nextcloud": Service(),
}
"""The services by the way that leads to them; `own_hosts` is how the names of its hosts end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of a way: its key below `page.phone.methods`, what the page offers for it, a drawing for each step."""

    key: str
    action: Action
    drawings: tuple[str, ...]


WAYS: Mapping[str, tuple[Method, ...]] = {
    "apple": (
        Method(key="icloud", action="service", drawings=("site", "password", "form", "switch", "calendar")),
        Method(key="apple_network", action="network", drawings=("wifi", "code", "accept", "interval")),
        Method(key="apple_mac", action="local", drawings=("copy", "accept", "interval")),
        Method(key="apple_file", action="download", drawings=("download", "mail", "accept")),
    ),
    "google": (
        Method(key="google_push", action="google", drawings=("menu", "accept", "calendar")),
        Method(key="google_file", action="download", drawings=("download", "menu", "choose", "calendar")),
        Method(key="google_internet", action="internet", drawings=("copy", "paste", "switch")),
    ),
    "outlook": (
        Method(key="outlook_file", action="download", drawings=("download", "menu", "choose")),
        Method(key="outlook_internet", action="internet", drawings=("copy", "paste", "calendar")),
    ),
    "thunderbird": (
        Method(key="thunderbird_local", action="local", drawings=("copy", "menu", "paste", "calendar")),
        Method(key="thunderbird_file", action="download", drawings=("download", "menu", "choose")),
    ),
    "nextcloud": (
        Method(key="nextcloud_caldav", action="service", drawings=("site", "password", "form", "calendar")),
        Method(key="nextcloud_file", action="download", drawings=("download", "menu", "choose")),
    ),
    "file": (Method(key="any_file", action="download", drawings=("download", "menu", "choose", "calendar")),),
}
"""The ways of the guide, each with its methods, the best one first."""
DONE = frozenset({"network"})


def show_ways(request: PageRequest) -> Response:
    """Ask where the user wants to see the lessons."""
    return request.render("phone.html", ways=tuple(WAYS), has_account=bool(request.config.account_names))


def show_requested_way(request: PageRequest) -> Response:
    """Show the way of the address."""
    if request.path["way"] not in WAYS:
        return request.render("missing.html", status=404)
    return show_way(request, request.path["way"])


def show_way(request: PageRequest, way: str, error: AurionError | None = None) -> Response:
    """Show the methods of a way, with what was typed and the error of its form."""
    state, name = request.state, requested_account(request)
    if not name:
        return request.redirect("/welcome")
    account, address = load_account(name, request.config), public_address(state.folder)
    job = state.service_jobs.last(name, way)
    error = error or (job.error if job else None)
    client_id = next((one.user for one in account.destinations if one.kind == "google"), "")
    default_id = account.settings.google_client_id or ""
    methods = [one for one in WAYS[way] if one.key != "apple_mac" or is_macos()]
    if not (client_id or default_id):  # to get a client takes longer than the other ways
        methods.sort(key=lambda one: one.action == "google")
    return request.render(
        "phone_way.html", status=INVALID_FORM if request.form and error else 200, way=way, job=job,
        form=request.form or (job.typed if job and job.error else {}), names=request.config.account_names,
        methods=methods, account=name, client_id=client_id or default_id,
        needs_client=not (account.settings.google_client_secret and client_id in {"", default_id}),
        files=[shorten_path(Path(path)) for path in account.outputs if path != "-"], reach=reach_of(address),
        address=address, sent_to=[one.address for one in account.destinations], network=state.home_network,
        done=request.done(DONE), number=state.one_time_forms.issue(),
        wrong=error_message(error, request.words) if error else None, every=state.options.every,
        needs_passphrase=way in {*SERVICES, "google"} and asks_passphrase(state.environment),
    )  # fmt: skip


ROUTES = (get("/phone", show_ways), get("/phone/{way}", show_requested_way))
