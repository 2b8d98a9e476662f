"""The sidebar menu: submenus that load their children on request, and leaves that open a section ("rubrique")."""

from collections.abc import Set as AbstractSet

from scraper.demo.templates import fill_slots
from scraper.demo.variant import Rubrique, Variant


class MenuNode:
    """The menu of a page: the variant's tree, and the ids of the lazy submenus that are `loaded`."""

    def __init__(self, variant: Variant, loaded: AbstractSet[int], language: str = "fr") -> None:
        self._variant = variant
        self._loaded = loaded
        self._language = language

    def entries(self) -> str:
        """Return the list's HTML as SlideMenu writes it."""
        return self._list(self._variant.menu, "")

    def _list(self, rubriques: tuple[Rubrique, ...], above: str) -> str:
        return "".join(self._entry(rubrique, f"{above}{n}") for n, rubrique in enumerate(rubriques))

    def _entry(self, rubrique: Rubrique, place: str) -> str:
        label = self._variant.translate(rubrique.label, self._language)
        if rubrique.opens:
            return fill_slots("leaf.html", id=rubrique.id, label=label, place=place)
        is_loaded = self._is_loaded(rubrique)
        children = fill_slots("children.html", entries=self._list(rubrique.children, f"{place}_")) if is_loaded else ""
        state = "enfants-entierement-charges" if is_loaded else "null"
        return fill_slots("submenu.html", id=rubrique.id, label=label, state=state, children=children)

    def _is_loaded(self, rubrique: Rubrique) -> bool:
        return not rubrique.lazy or rubrique.id in self._loaded

    def knows(self, id_: int) -> bool:
        """Return whether the page shows that section: a nested one is shown only when its parents are loaded."""
        return self._shows(self._variant.menu, id_)

    def _shows(self, rubriques: tuple[Rubrique, ...], id_: int) -> bool:
        return any(r.id == id_ or (self._is_loaded(r) and self._shows(r.children, id_)) for r in rubriques)

    def leaf(self, place: str) -> Rubrique | None:
        """Return the leaf at a place such as `1_0`; None where the page shows none."""
        rubriques, found = self._variant.menu, None
        for step in place.split("_"):
            if not step.isdigit() or int(step) >= len(rubriques):
                return None
            found = rubriques[int(step)]
            rubriques = found.children if self._is_loaded(found) else ()
        return found if found and found.opens else None
