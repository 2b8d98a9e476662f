"""Render the pages: login, home, planning, its empty shell, another section; components in a frame."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scraper.demo.event_json import parse_event_time
from scraper.demo.ids import Ids, page_ids
from scraper.demo.menu_tree import MenuNode
from scraper.demo.sessions import DemoView
from scraper.demo.templates import escape, fill_slots
from scraper.demo.variant import ZONE, Variant

MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


class DemoPage:
    """A view of a page in one language; `detail` is the HTML of the chosen event, if any."""

    def __init__(self, variant: Variant, view: DemoView, language: str, detail: str = "") -> None:
        self._variant = variant
        self._view = view
        self._language = language
        self._detail = detail
        self._resources = f"{variant.context}/faces/javax.faces.resource"

    @property
    def ids(self) -> Ids:
        """The ids of the components."""
        return page_ids(self._view.page, self._variant)

    @property
    def automatic(self) -> frozenset[str]:
        """The components in every partial response: messages and growl."""
        second = (self.ids.messages,) if self._is_planning else ()
        return frozenset(("form:messages", self.ids.growl, *second))

    @property
    def _is_planning(self) -> bool:
        return self._view.page == "Planning" and self._view.full

    def components(self) -> dict[str, str]:
        """Return the components' HTML by client id, in their order on the page and in a partial response."""
        ids, messages = self.ids, "form:messages"
        found = {messages: fill_slots("messages.html", id=messages), "form:sidebar": self._sidebar()}
        if self._is_planning:
            found |= self._planning_components()
        if self._view.page == "MainMenuPage" and ids.schedule:
            found[ids.schedule] = fill_slots("dashboard.html", id=ids.schedule, widget=_widget(ids.schedule))
        found[ids.growl] = fill_slots("growl.html", id=ids.growl, widget=_widget(ids.growl))
        found[ids.languages] = fill_slots("languages.html", id=ids.languages, widget=_widget(ids.languages))
        return found

    def _sidebar(self) -> str:
        menu = MenuNode(self._variant, self._view.loaded, self._language)
        return fill_slots("sidebar.html", entries=menu.entries())

    def _planning_components(self) -> dict[str, str]:
        ids, variant = self.ids, self._variant
        return {
            ids.schedule: fill_slots("schedule.html", id=ids.schedule, view=variant.view, widget=variant.widget),
            ids.messages: fill_slots("messages.html", id=ids.messages),
            "form:modaleDetail": fill_slots("dialog.html", detail=self._detail),
            "form:confirmerSuppression": '<span id="form:confirmerSuppression"></span>',
        }

    def html(self, name: str, now: datetime) -> str:
        """Return the whole page for the user `name`; `now` is in the school's zone."""
        parts, ids = self.components(), self.ids
        return fill_slots(
            "frame.html",
            language=self._language,
            resources=self._resources,
            head=fill_slots("head.html", resources=self._resources) if self._has_schedule else "",
            title=self._title(),
            rubrique=self._rubrique(),
            action=f"{self._variant.context}/faces/{self._view.page}.xhtml",
            id_init=self._view.id_init,
            state=self._view.state,
            name=name,
            remote=ids.remote,
            messages=parts["form:messages"],
            sidebar=parts["form:sidebar"],
            content=self._content(parts, now),
            growl=parts[ids.growl],
            languages=parts[ids.languages],
        )

    @property
    def _has_schedule(self) -> bool:
        return self._is_planning or (self._view.page == "MainMenuPage" and self._variant.dashboard_schedule)

    def _title(self) -> str:
        planning = "Mon planning" if self._view.full else ""
        titles = {"MainMenuPage": "Page d'accueil", "Planning": planning, "Other": "Autre rubrique"}
        return self._variant.translate(titles[self._view.page], self._language)

    def _rubrique(self) -> str:
        if self._view.page == "MainMenuPage":
            return "accueil"
        return "inconnu" if self._view.page == "Planning" and not self._view.full else "planning"

    def _content(self, parts: Mapping[str, str], now: datetime) -> str:
        if self._is_planning:
            return fill_slots(
                "planning.html",
                date=f"{now:%d/%m/%Y}",
                week=f"{now:%V-%G}",
                schedule=parts[self.ids.schedule],
                messages=parts[self.ids.messages],
                dialog=parts["form:modaleDetail"],
                confirmation=parts["form:confirmerSuppression"],
            )
        if self._view.page == "MainMenuPage":
            return self._links() + parts.get(self.ids.schedule, "")
        return "<p>Aucun enregistrement.</p>" if self._view.page == "Other" else ""

    def _links(self) -> str:
        return "".join(
            fill_slots(
                "link.html",
                id=id_,
                resources=self._resources,
                label=self._variant.translate(link.label, self._language),
            )
            for id_, link in zip(self.ids.links, self._variant.home_links, strict=True)
        )


def _widget(id_: str) -> str:
    return escape(id_.replace(":", "_"))


def login_page(variant: Variant, language: str, *, refused: bool) -> str:
    """Return the login form, with the portal's message where the login was refused."""
    message = fill_slots("refused.html", message=variant.translate(variant.refused, language)) if refused else ""
    return fill_slots(
        "login.html",
        language=language,
        context=variant.context,
        title=variant.translate("Connexion", language),
        username=variant.username_field,
        password=variant.password_field,
        password_label=variant.translate("Mot de passe", language),
        refused=message,
    )


def detail(event: Mapping[str, Any]) -> str:
    """Return the dialog's HTML for one event; days and hours are in the school's zone."""
    first, last = (parse_event_time(event.get(name)) for name in ("start", "end"))
    return fill_slots(
        "detail.html",
        first_day=_day(first),
        first_hour=_hour(first),
        last_day=_day(last),
        last_hour=_hour(last),
        kind=event.get("className") or "",
        title=event.get("title", ""),
        exam="Oui" if event.get("className") == "est-epreuve" else "Non",
    )


def _day(moment: datetime | None) -> str:
    if moment is None:
        return ""
    day = moment.astimezone(ZONE)
    return f"{_DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def _hour(moment: datetime | None) -> str:
    return f"{moment.astimezone(ZONE):%H:%M}" if moment else ""
