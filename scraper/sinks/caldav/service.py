"""The CalDAV kind of sink: open a collection, and find or create one during the set-up of an account."""

from dataclasses import replace

from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import CALDAV, collection_root, server_root
from scraper.domain.urls import without_secrets
from scraper.errors import CredentialsMissing, SettingsError, SinkRefused
from scraper.sinks.caldav.sink import CalDavSink
from scraper.sinks.sink_service import Dialog, SetupRequest, SinkConnection, SinkService, library_errors
from scraper.system.network.access import Access


class CalDavService:
    """CalDAV servers."""

    def open(self, destination: Destination, connection: SinkConnection) -> CalDavSink:
        """Return the sink of a collection."""
        return CalDavSink(destination=destination, connection=connection)

    def choose(self, request: SetupRequest, dialog: Dialog) -> Destination:
        """Return the calendar from the options, the only one, or one from questions. Raise AurionError."""
        url, user, known = request.options.get("url"), request.options.get("user"), request.known
        if url is None and len(known) == 1:
            return replace(known[0], user=user or known[0].user)
        if url is None and not dialog.can_ask:
            raise SettingsError("caldav-which", name=request.account, near=[one.address for one in known])
        address = parse_address(url or dialog.ask("caldav.url"))
        same = next((one for one in known if one.address == address), Destination(kind="caldav", address=address))
        if user := user or same.user:
            return replace(same, user=user)
        if not dialog.can_ask:
            raise CredentialsMissing("caldav-user", path=address)
        return replace(same, user=dialog.ask("caldav.user", request.login, path=address))

    def connect(self, destination: Destination, request: SetupRequest, dialog: Dialog) -> tuple[Destination, str]:
        """Return the address of a calendar found on the server, and the password; create a calendar if requested.

        Raise SinkRefused, SinkUnavailable, SettingsError or CredentialsMissing.
        """
        calendar = request.options.get("calendar")
        if request.access is None:
            if calendar is not None:
                raise SettingsError("caldav-untried")
            parse_address(destination.address, is_calendar=True)
        if not dialog.can_ask_secret:
            raise CredentialsMissing("caldav-password", path=destination.address)
        password = dialog.ask_secret("caldav.password", user=destination.user, path=destination.address)
        if request.access is not None:
            destination = _find_calendar(destination, password, calendar, request.access(), dialog)
        return destination, password

    def verify(self, destination: Destination, connection: SinkConnection) -> None:
        """Do nothing: the next push shows whether the password is right."""

    def disconnect(self, destination: Destination, connection: SinkConnection, options: frozenset[str]) -> None:
        """Do nothing: there is no access to end."""


SERVICE: SinkService = CalDavService()


def parse_address(given: str, *, is_calendar: bool = False) -> str:
    """Return the address of a server, or of a calendar there, with https where no scheme is given.

    Raise SettingsError("caldav-address"); with `is_calendar` also for the root of a server.
    """
    parse = collection_root if is_calendar else server_root
    try:
        return parse(given if "://" in given else f"https://{given.strip()}")
    except ValueError:
        raise SettingsError("caldav-address", given=without_secrets(given)) from None


def _find_calendar(
    destination: Destination, password: str, calendar: str | None, access: Access, dialog: Dialog
) -> Destination:
    try:
        with library_errors(CALDAV, destination.address):
            from scraper.sinks.caldav.find_calendar import find_calendar  # noqa: PLC0415 - slow to import
        found = find_calendar(destination, password, calendar, access, dialog)
    except SinkRefused as error:
        to = str(error.facts.get("to", ""))
        if error.reason != "caldav-redirect" or "://" not in to:
            raise
        if not dialog.confirm("caldav.elsewhere", path=destination.address, to=to):
            raise
        return _find_calendar(replace(destination, address=parse_address(to)), password, calendar, access, dialog)
    return replace(destination, address=found.address)
