"""The way from a page with the menu to the timetable: the moves of `menu.next_move`, made by clicks in the page."""

from urllib.parse import urlsplit

from scraper.domain.recording import MenuEntry, Schedule, Snapshot
from scraper.errors import ActionNeeded, PortalChanged, PortalError, PortalUnavailable, SessionExpired
from scraper.parsing.consent import answer_labels
from scraper.parsing.menu import Expand, Open, Place, entry_key, labels_of, next_move
from scraper.parsing.page import Page, asks_new_password, classify, matching_line, own_schedule
from scraper.parsing.partial_response import updates
from scraper.portal import failures
from scraper.portal.login import check_status, page_change
from scraper.portal.network import Exchange
from scraper.portal.session import Session

MOST_MOVES = 60
LABELS_SHOWN = 30
SUBMENU_SECONDS = 3
"""Seconds after which a button that resembles a menu's is considered to open nothing."""


class MenuNavigator:
    """A search of the menu. `wanted` is the menu label of the settings, if any."""

    def __init__(self, session: Session, wanted: str = "") -> None:
        self._session = session
        self._tab = session.tab
        self._wanted = wanted
        self._home: Snapshot | None = None
        self._opened: set[Place] = set()
        self._expanded: set[Place] = set()
        self._document_id = self._tab.document_id
        self._pages: list[Snapshot] = []

    def walk(self, page: Snapshot, *, direct: bool = False) -> tuple[Snapshot, Schedule]:
        """Return the timetable's page and its schedule; with `direct`, the page may already be the timetable's.

        Raise PortalChanged("no-planning") with the labels seen where no candidate leads to a schedule, and other errors
        for the pages on the way.
        """
        if direct and (schedule := own_schedule(page, None)):
            return page, schedule
        self._home = page
        for _ in range(MOST_MOVES):
            page = self._tab.look(
                self._offers_something, "menu", settled=lambda _: True, quiet=lambda _: self._tab.short_wait
            )
            self._check(page)
            self._pages.append(page)
            if self._has_no_scripts() and (self._opened or self._expanded):
                break  # each entry would be waited for in vain
            move = self._next(page)
            if move is None and (schedule := own_schedule(page, None)):
                return page, schedule  # the home page's own schedule, where the menu has no candidate left
            if move is None and page.address != self._home.address and self._opened:
                self._tab.goto(f"{self._session.school.base_url}/")
            elif isinstance(move, Expand):
                before, page = page, self._expand(move.entry, page)
                if schedule := _new_schedule(page, before):
                    return page, schedule  # the entry was a tab of the page that contains it
            elif isinstance(move, Open):
                page = self._open(move.entry)
                if schedule := own_schedule(page, self._home):
                    return page, schedule
            else:
                break
        raise self._not_found_error(page)

    def _not_found_error(self, page: Snapshot) -> PortalError:
        """Return why no planning was found: a page requires input, scripts are missing, or no entry leads to one."""
        self._session.note(page)
        if asks_new_password(page):
            return ActionNeeded("renewal", host=self._tab.host)
        seen = (page, *self._pages)
        if waiting := next((one for one in seen if classify(one) is Page.CONSENT), None):
            return ActionNeeded("consent", host=self._tab.host, labels=answer_labels(waiting))
        if self._has_no_scripts():
            return PortalChanged("scripts-elsewhere", host=self._tab.network.blocked_hosts[0])
        tried = sorted(" > ".join(here) for here in self._opened)
        return PortalChanged(
            "no-planning", labels=labels_of(self._pages)[:LABELS_SHOWN], tried=tried, wanted=self._wanted
        )

    def _has_no_scripts(self) -> bool:
        """Return whether the menu's scripts are missing, and at least one is on a host that may not be reached."""
        has_primefaces = any("primefaces" in page.traces for page in self._pages)
        return bool(self._tab.network.blocked_hosts) and not has_primefaces

    def _next(self, page: Snapshot) -> Open | Expand | None:
        if self._tab.document_id != self._document_id:  # a new document has its submenus closed
            self._document_id = self._tab.document_id
            self._expanded.clear()
        done = self._opened | self._expanded
        return next_move(page, done, self._session.school.menu_labels, self._wanted)

    def _offers_something(self, page: Snapshot) -> bool:
        kind = classify(page)
        return kind is Page.LOGIN or (kind in {Page.HOME, Page.PLANNING} and self._next(page) is not None)

    def _check(self, page: Snapshot) -> None:
        kind, host = classify(page), self._tab.host
        if kind in {Page.LOGIN, Page.RENEWAL}:
            raise SessionExpired("login-page")
        if (urlsplit(page.address).hostname or host) != host:
            raise ActionNeeded("other-host", host=urlsplit(page.address).hostname)
        check_status(page, host)
        if kind is Page.MAINTENANCE:
            raise PortalUnavailable("maintenance", host=host, detail=matching_line(page, "maintenance"))

    # ---- moves

    def _expand(self, entry: MenuEntry, before: Snapshot) -> Snapshot:
        """Open a submenu by its own click; wait until its entries have loaded, or until it turns out to have none."""
        here, document_id, mark = entry_key(entry), self._tab.document_id, len(self._tab.network.exchanges)
        known = {entry_key(e) for e in before.entries}
        self._expanded.add(here)

        def has_answered(now: Snapshot) -> bool:
            entry_now = next((e for e in now.entries if entry_key(e) == here), None)
            if self._tab.document_id != document_id or entry_now is None or entry_now.loaded or self._has_answer(mark):
                return True
            return not entry.opens_others and any(entry_key(e) not in known for e in now.entries)

        self._press(entry)
        patience = self._tab.long_wait if entry.opens_others else SUBMENU_SECONDS
        page = self._tab.look(has_answered, "menu", again=lambda: self._press_again(here), patience=patience)
        if self._tab.document_id == document_id:
            page = self._session.note(self._tab.look(lambda _: True, f"menu-{entry.label}"))
        for exchange in self._tab.network.exchanges[mark:]:
            self._check_answer(exchange)
        return page

    def _has_answer(self, mark: int) -> bool:
        return any(exchange.done for exchange in self._tab.network.exchanges[mark:] if not _is_of_schedule(exchange))

    def _check_answer(self, exchange: Exchange) -> None:
        """Raise the error for a submenu's response that is not a partial response."""
        if _is_of_schedule(exchange) or not exchange.done:
            return
        check_exchange(exchange, self._tab.host, self._tab.network.alerts)
        updates(exchange.body)

    def _open(self, entry: MenuEntry) -> Snapshot:
        """Open an entry and return the page that follows: with a schedule of its own, or complete without one."""
        here, document_id, files = entry_key(entry), self._tab.document_id, self._tab.network.downloads
        has_left = page_change(self._tab)
        self._opened.add(here)

        def has_arrived(now: Snapshot) -> bool:
            if classify(now) is Page.LOGIN:
                return now.ready != "loading"
            return own_schedule(now, self._home) is not None

        def repeat() -> None:
            # Otherwise the page has arrived, and a click there would request it again.
            if self._tab.document_id == document_id and self._tab.network.downloads == files:
                self._press_again(here)

        self._press(entry)
        page = self._session.note(
            self._tab.look(has_arrived, "planning", settled=has_left, again=repeat, patience=self._tab.long_wait)
        )
        self._check(page)
        return page

    def _press(self, entry: MenuEntry) -> None:
        if not self._tab.press(entry):
            self._press_again(entry_key(entry))

    def _press_again(self, here: Place) -> None:
        """Press the entry that has this key now: the page may have replaced its menu."""
        page = self._tab.look(lambda _: True, "menu")
        entry = next((e for e in page.entries if entry_key(e) == here), None)
        if entry is not None:
            self._tab.press(entry, by_mouse=True)


def _new_schedule(page: Snapshot, before: Snapshot) -> Schedule | None:
    known = {schedule.id for schedule in before.schedules}
    found = own_schedule(page, None)
    return found if found and page.address == before.address and found.id not in known else None


def check_exchange(exchange: Exchange, host: str, alerts: list[str]) -> None:
    """Raise the error for an XHR without response, with a redirect (view or session expired) or error status."""
    if exchange.failure:
        raise failures.network_error(exchange.failure, host, host)
    if exchange.status in {401, 419, 440} or exchange.is_redirected:
        raise SessionExpired("redirect")
    if error := failures.status_error(exchange.status, host, " ".join(alerts[-1:])):
        raise error


def _is_of_schedule(exchange: Exchange) -> bool:
    source = exchange.parameters.get("javax.faces.source") or exchange.parameters.get("jakarta.faces.source")
    return f"{source}_start" in exchange.parameters
