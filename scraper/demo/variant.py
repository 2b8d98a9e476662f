"""The differences between installations of the portal; the defaults are those of Junia."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from scraper.domain.demo_student import LOGIN, PASSWORD

ZONE = ZoneInfo("Europe/Paris")
"""The time zone of the school's lessons."""
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
    """A menu entry ("rubrique" in Aurion): a leaf if it `opens` something (`planning`, `other`), else a submenu.

    The children of a `lazy` submenu are loaded when it is clicked. `id` is the portal's own and stays the same for
    years.
    """

    label: str
    id: int
    opens: str = ""
    lazy: bool = False
    children: tuple["Rubrique", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoUser:
    """An account; `events` are its own, as dicts in the format of a response, if it has some."""

    password: str = field(repr=False)
    name: str = "Prénom NOM"
    events: tuple[Mapping[str, Any], ...] | None = None


def junia_menu() -> tuple[Rubrique, ...]:
    """Return the menu of Junia: the planning at the top, two lazy submenus, one with another inside."""
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
    """An installation of the portal.

    `context`: the path before every address, without final slash. `state_saving`: `server` keeps at most `views` views
    per session, `client` none. `home_padding` and `planning_padding`: the number of components before the sidebar and
    the schedule, which shifts all generated ids after them; the schedule is inside `nesting` naming containers.
    `max_window_days` and `max_events` silently limit the response to one window; 0: no limit. `direct`: Planning.xhtml
    opened by its address is a `shell` without schedule, or `full`. `login`: `form`, `sso` (a request without session
    is redirected to another host, the form still exists) or `sso-only`. `expired`: a request of the page's script
    without session gets the login page `inline` (200) or a `redirect`.
    """

    context: str = ""
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
    username_field: str = "username"
    password_field: str = "password"  # noqa: S105 - the field's name
    refused: str = "Login ou mot de passe invalide"
    expired: str = "inline"
    menu: tuple[Rubrique, ...] = field(default_factory=junia_menu)
    home_links: tuple[Rubrique, ...] = ()
    users: Mapping[str, DemoUser] = field(default_factory=lambda: {LOGIN: DemoUser(password=PASSWORD)})

    def user(self, name: str, password: str) -> DemoUser | None:
        """Return the account with that name, ignoring case, and that password, or None."""
        user = self.users.get(name.lower())
        return user if user and user.password == password else None

    def translate(self, french: str, language: str) -> str:
        """Return a French text of the pages in the language, where a translation exists."""
        return ENGLISH.get(french, french) if language == "en" else french
