"""The sidebar: submenus whose children come only when asked for, leaves that open a rubrique."""

from collections.abc import Set as AbstractSet

from scraper.demo.html import escape
from scraper.demo.variant import Rubrique, Variant

SUBMENU = (
    '<li class="ui-widget ui-menuitem ui-corner-all ui-menu-parent submenu_{id} {state}" role="menuitem"'
    ' aria-haspopup="true"><a href="#" class="ui-menuitem-link ui-submenu-link ui-corner-all" tabindex="-1">'
    '<span class="ui-menuitem-icon ui-icon fa fa-university"></span><span class="ui-menuitem-text">{label}</span>'
    '<span class="ui-icon ui-icon-triangle-1-e"></span></a>{children}</li>'
)
CHILDREN = (
    '<ul class="ui-widget-content ui-menu-list ui-corner-all ui-helper-clearfix ui-menu-child ui-shadow"'
    ' role="menu">{children}</ul>'
)
LEAF = (
    '<li class="ui-menuitem ui-widget ui-corner-all" role="menuitem"><a tabindex="-1"'
    ' class="ui-menuitem-link ui-corner-all link item_{id} " href="#" onclick="PrimeFaces.addSubmitParam(\'form\','
    "{{'form:sidebar':'form:sidebar','form:sidebar_menuid':'{place}'}}).submit('form');return false;\">"
    '<span class="ui-menuitem-icon ui-icon fa fa-calendar-alt"></span>'
    '<span class="ui-menuitem-text">{label}</span></a></li>'
)


class Menu:
    """One page's menu: the variant's tree, with what this page has `loaded` of it."""

    def __init__(self, variant: Variant, loaded: AbstractSet[int], language: str = "fr") -> None:
        self._variant = variant
        self._loaded = loaded
        self._language = language

    def entries(self) -> str:
        """The list's HTML, as SlideMenu writes it."""
        return self._list(self._variant.menu, "")

    def _list(self, rubriques: tuple[Rubrique, ...], above: str) -> str:
        return "".join(self._entry(rubrique, f"{above}{n}") for n, rubrique in enumerate(rubriques))

    def _entry(self, rubrique: Rubrique, place: str) -> str:
        label = escape(self._variant.say(rubrique.label, self._language))
        if rubrique.opens:
            return LEAF.format(id=rubrique.id, label=label, place=place)
        here = self._here(rubrique)
        children = CHILDREN.format(children=self._list(rubrique.children, f"{place}_")) if here else ""
        state = "enfants-entierement-charges" if here else "null"
        return SUBMENU.format(id=rubrique.id, label=label, state=state, children=children)

    def _here(self, rubrique: Rubrique) -> bool:
        return not rubrique.lazy or rubrique.id in self._loaded

    def knows(self, id_: int) -> bool:
        """Whether the page shows that rubrique: a nested one is known only when its parents are loaded."""
        return self._shows(self._variant.menu, id_)

    def _shows(self, rubriques: tuple[Rubrique, ...], id_: int) -> bool:
        return any(r.id == id_ or (self._here(r) and self._shows(r.children, id_)) for r in rubriques)

    def leaf(self, place: str) -> Rubrique | None:
        """The leaf at a place such as `1_0`; None where the page shows none."""
        rubriques, found = self._variant.menu, None
        for step in place.split("_"):
            if not step.isdigit() or int(step) >= len(rubriques):
                return None
            found = rubriques[int(step)]
            rubriques = found.children if self._here(found) else ()
        return found if found and found.opens else None
