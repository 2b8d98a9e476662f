"""A form that sends an account's lessons to a calendar at a service, and one that stops it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault import Vaults
from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import AurionError, CredentialsMissing, DeliveryError, SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.destinations import (
    add_destination,
    disconnect_destination,
    open_destination,
    remove_destination,
    stored_password,
)
from scraper.publishing.feed_calendars import republish_account
from scraper.publishing.job import job_for_account
from scraper.sinks.sink import Sink
from scraper.sinks.sink_service import PUSH_BOUND, SetupRequest, require_library, service_of
from scraper.web.pages.account_choice import requested_account
from scraper.web.pages.phone import SERVICES, Service, show_way
from scraper.web.pages.request import PageRequest, post
from scraper.web.pages.service_jobs import Result, ServiceJob
from scraper.web.pages.setup_form import open_vaults


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDialog:
    """The answers of a form (`sinks.sink_service.Dialog`): what the form does not contain is not asked for."""

    words: Catalogue
    secret: str = field(repr=False)
    service: Service
    can_ask: bool = False

    @property
    def can_ask_secret(self) -> bool:
        """Whether a secret was typed."""
        return bool(self.secret)

    def text(self, key: str) -> str:
        """Return a message."""
        return self.words(key)

    def ask(self, key: str, default: str = "", **facts: object) -> str:
        """Return the default: the form had its fields."""
        del key, facts
        return default

    def ask_secret(self, key: str, **facts: object) -> str:
        """Return the typed secret."""
        del key, facts
        return self.secret

    def confirm(self, key: str, **facts: object) -> bool:
        """Agree to another host only where the service distributes its users among such hosts."""
        del key
        parts, ending = urlsplit(str(facts.get("to", ""))), self.service.own_hosts
        return bool(ending) and parts.scheme == "https" and (parts.hostname or "").endswith(ending)

    def show(self, key: str, **facts: object) -> None:
        """Ignore a step: the page shows the result."""

    def explain(self, key: str, **facts: object) -> None:
        """Ignore what a question is about: none is asked."""

    def open_page(self, address: str) -> AbstractContextManager[bool]:
        """Open nothing: the user's browser may be on another machine."""
        del address
        return nullcontext(enter_result=False)


def add_calendar(request: PageRequest) -> Response:
    """Start to find or create the calendar at the service and to send it the known lessons; the guide shows how far."""
    form, way, name = request.form, request.form.get("way", ""), requested_account(request)
    if way not in SERVICES:
        raise SettingsError("client", given=way)
    service, config = SERVICES[way], request.config
    setup = SetupRequest(
        account=name, login="", known=(), options=_options(form, service, request.words),
        zone=load_account(name, request.config).school.zone.key, access=request.config.network_access,
    )  # fmt: skip
    dialog = FormDialog(words=request.words, secret=form.get("secret", ""), service=service)
    stores = open_vaults(form.get("passphrase", ""), config.environment)
    kind, now = SINK_KINDS[service.kind], request.now
    try:
        require_library(kind)
        chosen = service_of(kind).choose(setup, dialog)
        if not dialog.secret:
            raise CredentialsMissing(f"{service.kind}-password", path=chosen.address)
    except AurionError as error:
        return show_way(request, way, error)

    def work(job: ServiceJob) -> Result:
        destination, password = service_of(kind).connect(chosen, setup, dialog)
        add_destination(name, destination, SecretStr(password), stores, config)
        job.state_file = destination.state_file(request.state.folder)
        return send_lessons(name, config, stores, now)

    typed = {key: form.get(key, "") for key in ("url", "user", "calendar")}
    request.state.service_jobs.start(name, way, typed, work)
    return request.redirect(f"/phone/{way}", account=name, section="sending")


def remove_calendar(request: PageRequest) -> Response:
    """Stop sending lessons to a service's calendar, which stays there as it is unless the form says otherwise."""
    name, address = requested_account(request), request.form.get("address", "")
    known = load_account(name, request.config).destinations
    destination = next((one for one in known if one.address == address), None)
    if destination is not None:
        stores = open_vaults("", request.state.environment)
        flags = frozenset(flag for flag in SINK_KINDS[destination.kind].flags if request.form.get(flag))
        with nullcontext() if flags else suppress(DeliveryError):
            disconnect_destination(destination, name, stores, flags, request.config)
        remove_destination(name, destination, stores, request.config.state)
    return request.redirect("/calendars", account=name, done="removed")


def _options(form: Mapping[str, str], service: Service, words: Catalogue) -> dict[str, str | None]:
    return {
        "url": form.get("url", "").strip() or service.address,
        "user": form.get("user", "").strip() or None,
        "calendar": form.get("calendar", "").strip() or words("page.phone.calendar_default"),
    }


def send_lessons(name: str, config: Config, stores: Vaults, now: datetime) -> Result:
    """Send the known lessons; return whether they were sent, will be sent by the next update, or are not known yet."""

    def push(destination: Destination, account: str, config: Config) -> Sink:
        password = lambda: stored_password(destination, account, stores)  # noqa: E731 - read when the push begins
        return open_destination(destination, account, config, password=password, bound=PUSH_BOUND)

    try:
        job = job_for_account(name, config.reread())  # it has the new calendar
        is_sent = republish_account(replace(job, push=push), now)
    except AurionError:
        return "later"
    return "sent" if is_sent else "empty"


ROUTES = (post("/phone/service", add_calendar), post("/calendars/service/remove", remove_calendar))
