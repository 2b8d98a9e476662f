"""The page of notifications: add, try and remove the services that get them."""

import hmac
from collections.abc import Mapping
from secrets import token_bytes

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.settings.edit import change_settings
from scraper.config.settings.model import VARIABLES
from scraper.runs.notify.notifier import send_to_address
from scraper.system.desktop import show_notification
from scraper.web.pages.account_choice import ALL_ACCOUNTS, requested_scope
from scraper.web.pages.notification_addresses import (
    FIELDS,
    SECRET_FIELDS,
    build_address,
    describe_address,
    wrong_fields,
)
from scraper.web.pages.request import INVALID_FORM, PageRequest, get, post

COMPUTER = "computer"
_KEY = token_bytes(32)


def show_notifications(request: PageRequest, kind: str = "", wrong: tuple[str, ...] = ()) -> Response:
    """Show the services, and a form for each kind; `wrong` are the fields of the form `kind` that are not valid."""
    scope, result = requested_scope(request), request.query.get("result", "")
    services = {handle: describe_address(one.get_secret_value()) for handle, one in _addresses(request, scope).items()}
    return request.render(
        "notifications.html", status=INVALID_FORM if wrong else 200, account=scope or ALL_ACCOUNTS,
        accounts=request.config.account_names, services=services, kind=kind, wrong=wrong,
        fields={name: value for name, value in request.form.items() if name not in SECRET_FIELDS} if kind else {},
        result=result if request.words.has(f"page.notifications.results.{result}") else "",
        variable=VARIABLES["notify"] if VARIABLES["notify"] in request.state.environment else "",
        groups=tuple(FIELDS), servers=(), has_computer=True,
    )  # fmt: skip


def add_service(request: PageRequest) -> Response:
    """Add the service of the form and send a test to it."""
    kind = request.path["kind"]
    if kind not in FIELDS:
        return show_notifications(request)
    form = {name: value if name == "password" else value.strip() for name, value in request.form.items()}
    if wrong := wrong_fields(kind, form):
        return show_notifications(request, kind, tuple(wrong))
    scope, address = requested_scope(request), SecretStr(build_address(kind, form))
    _store(scope, {**_addresses(request, scope), _handle(address): address})
    return _send_test(request, address)


def remove_service(request: PageRequest) -> Response:
    """Remove the service that the form names."""
    scope = requested_scope(request)
    addresses = _addresses(request, scope)
    addresses.pop(request.form.get("service", ""), None)
    _store(scope, addresses)
    return request.redirect("/notifications", account=scope or ALL_ACCOUNTS, result="removed")


def test_service(request: PageRequest) -> Response:
    """Send a test to the service that the form names, or to this computer's desktop."""
    service = request.form.get("service", "")
    addresses = _addresses(request, requested_scope(request))
    return _send_test(request, None if service == COMPUTER else addresses.get(service))


def _send_test(request: PageRequest, address: SecretStr | None) -> Response:
    title, text = (request.words(f"page.notifications.test_{part}") for part in ("title", "text"))
    result: str = "gone"
    if address:
        result = send_to_address(address, title, text)
    elif request.form.get("service") == COMPUTER:
        result = "shown" if show_notification(title, text, request.state.environment) else "no_desktop"
    return request.redirect("/notifications", account=requested_scope(request) or ALL_ACCOUNTS, result=result)


def _addresses(request: PageRequest, scope: str | None) -> dict[str, SecretStr]:
    """Return the saved addresses, by a name for forms that is only valid while this server runs."""
    return {_handle(one): one for one in request.config.stored.settings(scope).notify}


def _handle(address: SecretStr) -> str:
    return hmac.digest(_KEY, address.get_secret_value().encode(), "sha256").hex()[:24]


def _store(scope: str | None, addresses: Mapping[str, SecretStr]) -> None:
    change_settings(scope, {"notify": tuple(addresses.values()) or None})


ROUTES = (
    get("/notifications", show_notifications),
    post("/notifications/test", test_service),
    post("/notifications/remove", remove_service),
    post("/notifications/add/{kind}", add_service),
)
