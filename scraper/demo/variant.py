"""What differs between two installations of the portal; every field has the value seen at Junia."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

NAMESPACE = UUID("6a1d4c1e-3f0b-5a52-9d0e-5b7f2f3c8a11")
"""The namespace of the demo's UIDs and ledger, whatever its port: the next export knows what the last one saw."""
LOGIN = "prenom.nom@student.junia.com"
PASSWORD = "motdepasse"  # noqa: S105 - the invented student's, shown by `aurion demo`

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "Mon Planning": "My Schedule",
        "Mon planning": "My schedule",
        "Scolarité": "Education",
        "Mes notes": "My grades",
        "Mes absences": "My absences",
        "Plannings des groupes": "Group schedules",
        "Planning des promotions": "Year schedules",
        "Vie étudiante": "Student life",
        "Annuaire": "Directory",
        "Page d'accueil": "Home page",
        "Connexion": "Log in",
        "Autre rubrique": "Other section",
        "Mot de passe": "Password",
        "Login ou mot de passe invalide": "Login or password invalid",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubrique:
    """One entry of the menu: a leaf when it `opens` something (`planning` or `other`), else a submenu.

    The children of a `lazy` submenu come only when it is clicked. `id` is the portal's own, the same for
    years.
    """

    label: str
    id: int
    opens: str = ""
    lazy: bool = False
    children: tuple["Rubrique", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account; `events` (on the wire, as dicts) are its own where it has some."""

    password: str = field(repr=False)
    name: str = "Prénom NOM"
    events: tuple[Mapping[str, Any], ...] | None = None


def junia_menu() -> tuple[Rubrique, ...]:
    """The menu as at Junia: the planning at the top, two lazy submenus, one of them with another inside."""
    groups = Rubrique(
        label="Plannings des groupes",
        id=44430,
        lazy=True,
        children=(Rubrique(label="Planning des promotions", id=44431, opens="other"),),
    )
    return (
        Rubrique(label="Mon Planning", id=2169484, opens="planning"),
        Rubrique(
            label="Scolarité",
            id=44413,
            lazy=True,
            children=(
                Rubrique(label="Mes notes", id=44420, opens="other"),
                groups,
                Rubrique(label="Mes absences", id=44440, opens="other"),
            ),
        ),
        Rubrique(
            label="Vie étudiante",
            id=50012,
            lazy=True,
            children=(Rubrique(label="Annuaire", id=50013, opens="other"),),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One installation.

    `context`: the path before every address, without a slash at its end. `state_saving`: `server` keeps at
    most `views` views a session, `client` none. `home_padding` and `planning_padding` components stand
    before the sidebar and the schedule and move every generated id behind them; the schedule stands in
    `nesting` naming containers. `max_window_days` and `max_events` cap what one window answers, without a
    word; 0 is no cap. `direct`: opened straight, Planning.xhtml is a `shell` without its schedule, or
    `full`. `login`: `form`, `sso` (a request without a session goes to another host, the form is still
    there) or `sso-only`. `expired`: a request of the page's script without a session is answered `inline`
    (200, the login page) or by `redirect`.
    """

    context: str = ""
    language: str = "fr"
    zone: str = "Europe/Paris"
    state_saving: str = "server"
    views: int = 15
    session_minutes: float = 30
    view: str = "agendaWeek"
    widget: str = "schedule"
    home_padding: int = 30
    planning_padding: int = 80
    nesting: int = 0
    dashboard_schedule: bool = False
    max_window_days: int = 0
    max_events: int = 0
    direct: str = "shell"
    login: str = "form"
    login_button: str = "j_idt28"
    username_field: str = "username"
    password_field: str = "password"  # noqa: S105 - the field's name
    refused: str = "Login ou mot de passe invalide"
    login_title: str = "Connexion"
    home_title: str = "Page d'accueil"
    planning_title: str = "Mon planning"
    expired: str = "inline"
    menu: tuple[Rubrique, ...] = field(default_factory=junia_menu)
    home_links: tuple[Rubrique, ...] = ()
    users: Mapping[str, User] = field(default_factory=lambda: {LOGIN: User(password=PASSWORD)})

    @property
    def tzinfo(self) -> ZoneInfo:
        """The zone of the school's lessons."""
        return ZoneInfo(self.zone)

    def user(self, name: str, password: str) -> User | None:
        """The account with that name, in capitals or not, and that password."""
        user = self.users.get(name.lower())
        return user if user and user.password == password else None

    def say(self, french: str, language: str) -> str:
        """A French word of the pages, in English where that is asked and known."""
        return ENGLISH.get(french, french) if language == "en" else french


def walk(menu: tuple[Rubrique, ...]) -> Iterator[Rubrique]:
    """Every entry, parents before their children."""
    for rubrique in menu:
        yield rubrique
        yield from walk(rubrique.children)
