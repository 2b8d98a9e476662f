"""A School: where it is, how one gets in, how titles are laid out. Data; the files are `schools/*.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """One school's portal, validated.

    `id` is the file's name, empty for a portal that no file describes. `base_url` has no slash at its end.
    `login` is `form` (the portal's own) or `sso` (another host asks first). `login_hosts` are hosts besides
    the portal's own where the password may be typed (Keycloak, CAS); `further_hosts` are reached but never
    given a password. `mail_domains` are those of its students' logins. `menu_labels` are labels of the
    student's own planning beyond the common ones, best first. `layouts` names title layouts to try first, or
    writes them (scraper.domain.title_layout).
    `kinds` maps the portal's codes to words in French, beyond the common ones. `notes` (in French) and `notes_en`
    say what differs there. `known` is how well it is known: `recorded` (answers were read), `code` (public programs
    rely on it), `link` (an address), or empty in a file of the user's own. `namespace` makes event UIDs.
    """

    id: str
    name: str
    base_url: str
    former_urls: tuple[str, ...] = ()
    timezone: str = "Europe/Paris"
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
        """The zone in which the school's days begin and end."""
        return ZoneInfo(self.timezone)
