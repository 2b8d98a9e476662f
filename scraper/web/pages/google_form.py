"""The connection to Google: a form, Google's page in another tab, and the address that it leads back to.

Where the browser is on another machine, that address does not load there, and is pasted.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from pydantic import SecretStr
from starlette.responses import Response

from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import AurionError, SettingsError
from scraper.publishing.destinations import add_destination, setup_request
from scraper.sinks.google.google_consent import query_in
from scraper.sinks.google.service import GoogleService
from scraper.sinks.sink_service import service_of
from scraper.web.pages.account_choice import requested_account
from scraper.web.pages.google_connections import GoogleConnection
from scraper.web.pages.phone import Service, show_way
from scraper.web.pages.request import PageRequest, get, post, public
from scraper.web.pages.service_form import FormDialog, send_lessons
from scraper.web.pages.service_jobs import Result, ServiceJob
from scraper.web.pages.setup_form import open_vaults
from scraper.web.pages.token_login import show_login

KIND = SINK_KINDS["google"]
CALLBACK = "/google"
"""The path that Google's page leads back to; it is outside the secret path, which Google does not see."""
CONSENT = "/phone/google/consent"


def begin_connection(request: PageRequest) -> Response:
    """Prepare a connection, and lead to the page with the link to Google."""
    form, environment = request.form, request.state.environment
    dialog = FormDialog(words=request.words, secret=form.get("secret", ""), service=Service(kind=KIND.name))
    options = {
        "client_id": form.get("client_id", "").strip() or None,
        "calendar": form.get("calendar", "").strip() or request.words("page.phone.calendar_default"),
    }
    try:
        setup = setup_request(KIND, requested_account(request), options, request.config)
        destination = _service().choose(setup, dialog)
        open_vaults(form.get("passphrase", ""), environment).find(destination.secret)  # raises VaultLocked
        consent = _service().begin(destination, setup, dialog, f"{request.loopback}{CALLBACK}")
    except AurionError as error:
        return show_way(request, "google", error)
    connection = GoogleConnection(
        setup=setup, destination=destination, consent=consent, dialog=dialog, passphrase=form.get("passphrase", ""),
        address=consent.address(_service().endpoints.consent), words=request.words,
    )  # fmt: skip
    request.state.google_connections.add(request.visitor, connection)
    return request.redirect(CONSENT, account=setup.account)


def show_consent(request: PageRequest, error: AurionError | None = None) -> Response:
    """Show the link to Google's page; once its answer is here, lead to the result."""
    connection = request.state.google_connections.get(request.visitor)
    if connection is None:
        return request.redirect("/phone/google", account=requested_account(request), section="sending")
    return request.render("google_consent.html", connection=connection, error=error)


def accept_pasted(request: PageRequest) -> Response:
    """Accept the pasted address of Google's last page."""
    if not _accept(request, query_in(request.form.get("address", ""))):
        return show_consent(request, SettingsError("google-pasted"))
    return request.redirect(CONSENT, account=requested_account(request))


def accept_answer(request: PageRequest) -> Response:
    """Accept the answer of Google's page; only this program and Google know its `state`."""
    if not (connection := _accept(request, request.query)):
        return show_login(request)
    inside = replace(request, root=request.state.home, words=connection.words)
    return inside.render("google_allowed.html", account=connection.setup.account)


def _accept(request: PageRequest, query: Mapping[str, str]) -> GoogleConnection | None:
    """Return the connection that waits for this answer, which is finished in a thread; None if there is none."""
    connection = request.state.google_connections.take(query.get("state", ""))
    if connection is None:
        return None
    config, now, folder, setup = request.config, request.now, request.state.folder, connection.setup
    stores = open_vaults(connection.passphrase, config.environment)

    def work(job: ServiceJob) -> Result:
        destination, secret = _service().finish(
            connection.consent, query, connection.destination, setup, connection.dialog
        )
        add_destination(setup.account, destination, SecretStr(secret), stores, config)
        job.state_file = destination.state_file(folder)
        return send_lessons(setup.account, config, stores, now)

    typed = {"client_id": connection.destination.user, "calendar": setup.options.get("calendar") or ""}
    request.state.service_jobs.start(setup.account, "google", typed, work)
    return connection


def _service() -> GoogleService:
    return cast("GoogleService", service_of(KIND))


ROUTES = (
    post("/phone/google/connect", begin_connection),
    get(CONSENT, show_consent),
    post("/phone/google/paste", accept_pasted),
)
ANSWER = (public(CALLBACK, accept_answer),)
"""The route outside the secret path."""
