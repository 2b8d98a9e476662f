"""A School: where it is, how one gets in, and how its titles are laid out. Data; the files are `schools/*.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """One school's portal, validated.

    `base_url` has no slash at its end. `login_hosts` are hosts besides the portal's own where the password may
    be typed (Keycloak, CAS); `further_hosts` are reached but never given a password. `menu_labels` are labels of the
    student's own planning beyond the common ones, best first. `layouts` names title layouts to try first.
    `kinds` maps the portal's codes to words in French, beyond the common ones. `namespace` makes event UIDs.
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
    known: str = ""
    namespace: UUID

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the school's days begin and end."""
        return ZoneInfo(self.timezone)
