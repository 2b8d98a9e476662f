"""The connection to Google: a form, Google's page in another tab, and the address that it leads back to.

Where the browser is on another machine, that address does not load there, and is pasted.
"""

from collections.abc import Mapping
from dataclasses import replace
from threading import Thread
from typing import cast

from pydantic import SecretStr
from starlette.responses import Response

from scraper.errors import AurionError, SettingsError
from scraper.publishing.destinations import add_destination, setup_request
from scraper.sinks.google.google_consent import query_in
from scraper.sinks.google.service import GoogleService
from scraper.sinks.registry import SINK_KINDS
from scraper.system.crash_report import save_crash_report
from scraper.web.pages.account_choice import requested_account
from scraper.web.pages.google_connections import GoogleConnection
from scraper.web.pages.messages import error_message
from scraper.web.pages.phone import Service, show_way
from scraper.web.pages.request import PageRequest, get, post, public
from scraper.web.pages.service_form import FormDialog, send_lessons
from scraper.web.pages.setup_form import open_vaults
from scraper.web.pages.token_login import show_login

KIND = SINK_KINDS["google"]
CALLBACK = "/google"
"""The path that Google's page leads back to; it is outside the secret path, which Google does not see."""
CONSENT = "/phone/google/consent"
THREAD = "google-connection"


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
    return request.redirect(CONSENT)


def show_consent(request: PageRequest, error: AurionError | None = None) -> Response:
    """Show the link to Google's page, then what became of the connection."""
    connection = request.state.google_connections.get(request.visitor)
    if connection is None:
        return request.redirect("/phone/google")
    wrong = error_message(connection.error, request.words) if connection.error else None
    return request.render("google_consent.html", connection=connection, wrong=wrong, error=error)


def accept_pasted(request: PageRequest) -> Response:
    """Accept the pasted address of Google's last page."""
    if not _accept(request, query_in(request.form.get("address", ""))):
        return show_consent(request, SettingsError("google-pasted"))
    return request.redirect(CONSENT)


def accept_answer(request: PageRequest) -> Response:
    """Accept the answer of Google's page, whose `state` only this program and Google know."""
    if not (connection := _accept(request, request.query)):
        return show_login(request)
    return replace(request, words=connection.words).render("google_allowed.html", home=f"{request.state.home}{CONSENT}")


def _accept(request: PageRequest, query: Mapping[str, str]) -> GoogleConnection | None:
    """Return the connection that waits for this answer, which is finished in a thread; None if there is none."""
    connection = request.state.google_connections.take(query.get("state", ""))
    if connection:
        Thread(target=_finish, name=THREAD, args=(request, connection, query), daemon=True).start()
    return connection


def _finish(request: PageRequest, connection: GoogleConnection, query: Mapping[str, str]) -> None:
    """Create the calendar, store the access, and send the lessons that are known."""
    name = connection.setup.account
    try:
        destination, secret = _service().finish(
            connection.consent, query, connection.destination, connection.setup, connection.dialog
        )
        stores = open_vaults(connection.passphrase, request.state.environment)
        add_destination(name, destination, SecretStr(secret), stores, request.config)
        connection.result = send_lessons(request, name)
    except AurionError as error:
        connection.error = error
    except Exception as raised:  # noqa: BLE001 - a bug becomes one sentence on the page and a file for a report
        connection.error = save_crash_report(raised)
    finally:
        connection.phase = "over"


def _service() -> GoogleService:
    return cast("GoogleService", KIND.service)


ROUTES = (
    post("/phone/google/connect", begin_connection),
    get(CONSENT, show_consent),
    post("/phone/google/paste", accept_pasted),
)
ANSWER = (public(CALLBACK, accept_answer),)
"""The route outside the secret path."""
