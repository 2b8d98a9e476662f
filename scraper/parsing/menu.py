"""Search for the menu entry of the student's planning; pure functions of a Snapshot's entries."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from scraper.domain.recording import MenuEntry, Snapshot
from scraper.domain.text import fold, has, normalise_label
from scraper.parsing.labels import labels

Place = tuple[str, ...]
"""An entry's unchanged labels from the top level down; they identify it in every snapshot of a session."""

SURE, LIKELY, POSSIBLE, LAST = 3, 2, 1, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A move: click this entry, which may be the planning."""

    entry: MenuEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Expand:
    """A move: click this submenu, which has not loaded its entries yet."""

    entry: MenuEntry


def entry_key(entry: MenuEntry) -> Place:
    """Return the entry's labels from the top level down; the second entry with the same labels gets a number."""
    return (*entry.path, f"{entry.label} ({entry.twin + 1})" if entry.twin else entry.label)


def next_move(
    page: Snapshot, done: Collection[Place], own_labels: Iterable[str] = (), wanted: str = ""
) -> Open | Expand | None:
    """Return the next click: the likeliest planning, or a submenu that may contain it; None if nothing is left.

    `done` are the keys of entries already opened or expanded, `own_labels` are the school's labels for the planning. If
    `wanted` (`--menu`) is set, only an entry with that label is opened.
    """
    leaves = [e for e in page.entries if not e.opens_others and entry_key(e) not in done and not _is_never(e)]
    closed = [e for e in page.entries if _is_closed(e) and entry_key(e) not in done and not _is_never(e)]
    if wanted:
        leaf = max(leaves, key=lambda e: _match_score(e, wanted), default=None)
        return Open(entry=leaf) if leaf and _match_score(leaf, wanted) else _expand_likeliest(closed)
    ranked = sorted(((_rank(e, own_labels), -n, e) for n, e in enumerate(leaves)), key=lambda r: r[:2], reverse=True)
    best = next(((tier, entry) for (tier, _), _, entry in ranked if tier >= LAST), None)
    likely = [e for e in closed if _submenu_score(e) > 0]
    for tier, others in ((LIKELY, likely), (POSSIBLE, closed), (LAST, [])):
        if best and best[0] >= tier:
            return Open(entry=best[1])
        if others:
            return _expand_likeliest(others)
    return _expand_likeliest(closed)


def continue_link(page: Snapshot) -> MenuEntry | None:
    """Return the link that leaves a page without input ("Continuer"); None if the page needs more or has a menu.

    Links that accept something ("Accepter et continuer") are never returned: only the user may accept terms. A page
    with questions is left only by a link that postpones them ("Plus tard").
    """
    if page.has_menu or next_move(page, ()):
        return None
    asks = any(field.visible for form in page.forms for field in form.fields)
    words, accepting = labels()["pages"]["postpone" if asks else "onward"], labels()["pages"]["accept"]
    found = [e for e in page.entries if has(fold(e.label), words) and not has(fold(e.label), accepting)]
    found = [e for e in found if not _is_never(e)]
    return min(found, key=lambda e: next(n for n, word in enumerate(words) if has(fold(e.label), [word])), default=None)


def login_link(page: Snapshot) -> MenuEntry | None:
    """Return the link to the login from a page before it ("Se connecter"); None if the page has a menu or a logout."""
    if page.has_menu or any(map(_is_never, page.entries)):
        return None
    words = labels()["pages"]

    def worth(entry: MenuEntry) -> int:
        label = normalise_label(entry.label)
        begun = next((n for n, word in enumerate(words["entrance"]) if f"{label} ".startswith(f"{word} ")), None)
        return 0 if begun is None or has(fold(entry.label), words["not_submit"]) else len(words["entrance"]) - begun

    best = max(page.entries, key=worth, default=None)
    return best if best and worth(best) else None


def _expand_likeliest(closed: list[MenuEntry]) -> Expand | None:
    """Return a move for the submenu that most likely contains a planning, with shallow ones preferred."""
    best = max(closed, key=lambda e: (_submenu_score(e), -len(e.path)), default=None)
    return Expand(entry=best) if best else None


def _is_closed(entry: MenuEntry) -> bool:
    unfolds = not entry.opens_others and normalise_label(entry.label) in labels()["menu"]["unfolds"]
    return unfolds or (entry.opens_others and not entry.loaded)


def _submenu_score(submenu: MenuEntry) -> int:
    words = labels()["menu"]
    label = normalise_label(submenu.label)
    if has(label, words["others"]):
        return -1
    return next((len(words["above"]) - n for n, word in enumerate(words["above"]) if has(label, [word])), 0)


def _is_never(entry: MenuEntry) -> bool:
    return has(normalise_label(entry.label), labels()["menu"]["never"])


def _match_score(entry: MenuEntry, wanted: str) -> int:
    """Return how exactly an entry matches the wanted label, 0 for no match; counters in labels are compared last."""
    steps = wanted.replace("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", ">").split(">")
    ways: tuple[Callable[[str], str], ...] = (str.strip, fold, normalise_label, _without_count)
    mine = (*entry.path, entry.label)[-len(steps) :]

    def same(way: Callable[[str], str]) -> bool:
        return [*map(way, mine)] == (keys := [*map(way, steps)]) and all(keys)

    return next((len(ways) - n for n, way in enumerate(ways) if same(way)), 0)


def _without_count(label: str) -> str:
    return " ".join(word for word in normalise_label(label).split() if not word.isdigit())


def _rank(entry: MenuEntry, own_labels: Iterable[str]) -> tuple[int, int]:
    """Return a leaf's likelihood to be the planning: a tier (negative: it is not one), and an order within the tier."""
    words = labels()["menu"]
    label = normalise_label(entry.label)
    known = [*map(normalise_label, own_labels), *words["own"]]
    in_menu = 1 if entry.place == "menu" else 0
    if (plain := _without_count(label)) in known:
        return SURE, 2000 - 4 * known.index(plain) + 2 * (label == plain) + in_menu
    above = normalise_label(entry.path[-1]) if entry.path else ""
    if has(above, words["nouns"]) and not has(label, words["nouns"]) and _is_plain(label):
        label = f"{above} {label}"  # a label such as "Consulter" is only meaningful with its submenu's
    if (
        has(label, words["perhaps"])
        and not _remove_phrases(label, [*words["perhaps"], *words["mine"], *words["plain"]]).strip()
    ):
        return LAST, in_menu
    mine = has(label, words["mine"])
    rest = _remove_phrases(label, words["whole"]) if mine else label
    noun = next((n for n, word in enumerate(words["nouns"]) if has(rest, [word])), None)
    if noun is None or has(rest, words["others"]):
        return -1, 0
    if any(has(normalise_label(above), words["others"]) for above in entry.path):
        return LAST, in_menu
    order = 2 * (len(words["nouns"]) - noun) + in_menu
    if has(rest, words["aside"]):
        return LAST, order
    if _is_plain(rest):
        return (SURE, order) if mine else (LIKELY, order + (200 if label in words["nouns"] else 100))
    return (LIKELY if mine else POSSIBLE), order


def _is_plain(label: str) -> bool:
    """Return whether a label has only neutral words beside a planning's name, so that it names nothing else."""
    words = labels()["menu"]
    rest = _remove_phrases(label, [*sorted(words["nouns"], key=len, reverse=True), *words["mine"], *words["plain"]])
    return all(word.isdigit() for word in re.findall(r"\w+", rest))


def _remove_phrases(text: str, phrases: Iterable[str]) -> str:
    for phrase in phrases:
        text = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", " ", text)
    return text


def labels_of(pages: Iterable[Snapshot]) -> list[str]:
    """Return the distinct labels of the pages' entries, in the format of `--menu`."""
    found = dict.fromkeys(" > ".join((*e.path, e.label)) for page in pages for e in page.entries)
    return list(found)
