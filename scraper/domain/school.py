"""The data of a school: its portal, login and title layouts; loaded from `schools/*.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Europe/Paris"


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """One school's portal, validated.

    `id` is the file's name, empty for a portal without a file. `base_url` has no slash at its end. `login` is `form`
    (the portal's own) or `sso` (on another host). `login_hosts` are further hosts where the password may be typed
    (Keycloak, CAS); `further_hosts` may be contacted but never get a password. `mail_domains` are those of its
    students' logins. `menu_labels` are labels of the student's own timetable in addition to the common ones, best
    first. `layouts` are title layouts to try first, by name or as text (scraper.domain.title_layout). `kinds` maps
    the portal's codes to French words, in addition to the common ones. `notes` (in French) and `notes_en` describe
    peculiarities. `known` is the source of the data: `recorded` (responses were parsed), `code` (public programs rely
    on it), `link` (only an address), or empty in a user's own file. `namespace` is that of event UIDs.
    """

    id: str
    name: str
    base_url: str
    former_urls: tuple[str, ...] = ()
    timezone: str = DEFAULT_ZONE
    login: str = "form"
    login_hosts: tuple[str, ...] = ()
    further_hosts: tuple[str, ...] = ()
    mail_domains: tuple[str, ...] = ()
    menu_labels: tuple[str, ...] = ()
    layouts: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    notes_en: str = ""
    known: str = ""
    namespace: UUID

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the school's days."""
        return ZoneInfo(self.timezone)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that a browser must reach."""
        return urlsplit(self.base_url).hostname or "", *self.login_hosts, *self.further_hosts
