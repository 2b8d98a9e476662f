"""The sidebar: submenus whose children come only when asked for, leaves that open a rubrique."""

from collections.abc import Set as AbstractSet

from scraper.demo.templates import fill
from scraper.demo.variant import Rubrique, Variant


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
        label = self._variant.say(rubrique.label, self._language)
        if rubrique.opens:
            return fill("leaf.html", id=rubrique.id, label=label, place=place)
        here = self._here(rubrique)
        children = fill("children.html", entries=self._list(rubrique.children, f"{place}_")) if here else ""
        state = "enfants-entierement-charges" if here else "null"
        return fill("submenu.html", id=rubrique.id, label=label, state=state, children=children)

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
