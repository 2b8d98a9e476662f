"""The choice of a calendar on a server: the one of the options, the only one, one from a question, or a new one."""

from scraper.domain.sink_kind import Destination
from scraper.errors import SettingsError
from scraper.sinks.caldav.client import open_client
from scraper.sinks.caldav.discovery import Discovery, RemoteCalendar, create_calendar, discover_calendars
from scraper.sinks.sink_service import Dialog
from scraper.system.network.access import Access


def find_calendar(
    destination: Destination, password: str, calendar: str | None, access: Access, dialog: Dialog
) -> RemoteCalendar:
    """Return the calendar on the server, created if it does not exist. Raise DeliveryError or SettingsError."""
    with open_client(destination.address, destination.user, password, access=access) as client:
        found = discover_calendars(client)
        wanted = calendar or (_ask_calendar(destination, found, dialog) if found.home else "")
        matches = found.find_by_name(wanted) if wanted else found.calendars
        if len(matches) > 1:
            raise SettingsError("caldav-several", name=wanted, near=[one.address for one in matches])
        if not matches and not found.home:
            raise SettingsError("caldav-other", path=destination.address, name=wanted)
        if not matches:
            matches = (create_calendar(client, found, wanted),)
            dialog.show("caldav.made", name=wanted)
    return matches[0]


def _ask_calendar(destination: Destination, found: Discovery, dialog: Dialog) -> str:
    """Ask for one of the user's calendars, or the name of a new one. Raise SettingsError without a terminal."""
    names = [one.name for one in found.calendars]
    if not dialog.can_ask:
        raise SettingsError("caldav-calendar", path=destination.address, near=names)
    key = "caldav.calendars" if names else "caldav.no_calendars"
    dialog.explain(key, path=destination.address, near=", ".join(names))
    return dialog.ask("caldav.calendar", dialog.text("caldav.new_name"))
