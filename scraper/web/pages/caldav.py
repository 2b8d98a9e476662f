"""A form that sends an account's lessons to a calendar server (CalDAV), and one that stops it."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.accounts import load_account
from scraper.config.outputs import Output
from scraper.config.settings.loading import load_network_access
from scraper.errors import AurionError, CredentialsMissing, SettingsError, SinkRefused, VaultLocked
from scraper.publishing.caldav_accounts import add_collection, parse_server_address, remove_collection
from scraper.publishing.feeds.feed_calendars import republish_account
from scraper.publishing.job import job_for_account
from scraper.sinks.caldav.client import opened
from scraper.sinks.caldav.discovery import look_around, make
from scraper.web.pages.account_choice import requested_account
from scraper.web.pages.phone import show_way
from scraper.web.pages.request import PageRequest, post
from scraper.web.pages.setup_form import open_vaults

SERVERS: Mapping[str, str] = {"apple": "https://caldav.icloud.com", "nextcloud": ""}
"""The ways of the guide that have this form, with the server's address where it is always the same."""
OWN_HOSTS: Mapping[str, str] = {"apple": ".icloud.com"}
"""The ending of the hosts among which a server distributes its users; their redirects are followed."""


def add_calendar(request: PageRequest) -> Response:
    """Find or create the calendar at the server, store its password, and send the lessons that are known."""
    form, way = request.form, request.form.get("way", "")
    if way not in SERVERS:
        raise SettingsError("caldav-address", given=way)
    name = requested_account(request)
    try:
        address = parse_server_address(form.get("url", "").strip() or SERVERS[way])
        output = Output(caldav=address, user=form.get("user", "").strip())
        password = form.get("secret", "")
        for field, value in (("caldav-user", output.user), ("caldav-password", password)):
            if not value:
                raise CredentialsMissing(field, path=address)
        output = _find_calendar(request, output, password, way)
        stores = open_vaults(form.get("passphrase", ""), request.state.environment)
        add_collection(name, output, SecretStr(password), stores)
    except AurionError as error:
        return show_way(request, way, error)
    return request.redirect(f"/phone/{way}", account=name, done=_send(request, name))


def remove_calendar(request: PageRequest) -> Response:
    """Stop sending lessons to a server's calendar, which stays there as it is."""
    name, address = requested_account(request), request.form.get("address", "")
    account = load_account(name, request.state.environment)
    output = next((one for one in account.collections if one.caldav == address), None)
    if output is not None:
        remove_collection(name, output, open_vaults("", request.state.environment))
    return request.redirect("/calendars", account=name, done="removed")


def _find_calendar(request: PageRequest, output: Output, password: str, way: str) -> Output:
    """Return the output with the address of the named calendar, created if the server has none of that name.

    Raise SinkRefused ("caldav-redirect" where the server sends to a host that is not its own), SinkUnavailable or
    SettingsError.
    """
    wanted = request.form.get("calendar", "").strip() or request.words("page.phone.calendar_default")
    try:
        with opened(
            output.caldav, output.user, password, access=load_network_access(request.state.environment)
        ) as client:
            found = look_around(client)
            matches = found.called(wanted) if found.home else found.offered
            if len(matches) > 1:
                raise SettingsError("caldav-several", name=wanted, near=[one.address for one in matches])
            return replace(output, caldav=(matches[0] if matches else make(client, found, wanted)).address)
    except SinkRefused as error:
        target = str(error.facts.get("to", ""))
        if error.reason != "caldav-redirect" or not _is_own_host(target, way) or target == output.caldav:
            raise
        return _find_calendar(request, replace(output, caldav=parse_server_address(target)), password, way)


def _is_own_host(address: str, way: str) -> bool:
    """Whether the address is on one of the hosts among which that server distributes its users."""
    parts, ending = urlsplit(address), OWN_HOSTS.get(way)
    return bool(ending) and parts.scheme == "https" and (parts.hostname or "").endswith(ending or "")


def _send(request: PageRequest, name: str) -> str:
    """Send the known lessons now; return `sent`, `later` (at the next update), or `empty` where there are none yet."""
    try:
        is_sent = republish_account(job_for_account(name, request.state.environment), request.now)
    except VaultLocked:
        return "later"
    except AurionError:
        return "later"
    return "sent" if is_sent else "empty"


ROUTES = (post("/phone/caldav", add_calendar), post("/calendars/caldav/remove", remove_calendar))
