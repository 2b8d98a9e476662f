"""The timetable's page: reached through the menu; its own XHR is widened to a period until every day is covered."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scraper.domain.planning import Period
from scraper.domain.recording import Capture, Schedule, Snapshot, Window
from scraper.errors import OtherProduct, PortalChanged, PortalError, PortalUnavailable, SessionExpired, ViewExpired
from scraper.parsing.coverage import Answer, next_window, proofs
from scraper.parsing.events import parse_capture
from scraper.parsing.page import Page, classify
from scraper.portal.login import Login, arrive
from scraper.portal.navigation import MenuNavigator, check_exchange
from scraper.portal.network import Exchange
from scraper.portal.session import Session, attempts

SECRET = ("ViewState", "_csrf", "token", "password")
MINUTE = timedelta(minutes=1)
PROMPT_SECONDS = 5
"""Seconds for the page's own request to start; after them its schedule is made to send one."""


@dataclass(slots=True, kw_only=True)
class PlanningPage:
    """The timetable of a session; `menu` is the menu label of the settings, if any."""

    session: Session
    menu: str = ""
    address: str = ""
    _answers: list[Answer] = field(default_factory=list)
    _source: str = ""
    _mark: int = 0
    _fresh: bool = False
    _own: list[float] | None = None

    def record(self, period: Period) -> None:
        """Add the portal's data for all days of the period to the session's captures and proofs.

        A session or view that expires is renewed once in a row, and the run continues where it stopped. Raise
        PortalError.
        """
        zone, renewed = self.session.school.zone, False
        while window := next_window(period, zone, self._answers):
            try:
                if not self._source:
                    self._open(window)
                self._ask(window)
                renewed = False
            except (SessionExpired, ViewExpired):
                if renewed:
                    raise
                self._source, self.session.saved, renewed = "", None, True
            self.session.proved = proofs(period, zone, self._answers)

    # ---- reaching it

    def _open(self, window: Window) -> None:
        """Open the timetable's page with its first request widened to the window."""
        login = self.session.new_login()
        for attempt in attempts():
            with attempt:
                self._mark = len(self.session.tab.network.exchanges)
                self.session.tab.widen(_wanted_window(window))
                self._reach(login)

    def _reach(self, login: Login) -> None:
        direct = self._open_saved_address(login)
        try:
            page, schedule = self._navigate(direct or self.session.enter(login), direct=direct is not None)
        except PortalChanged as error:
            if direct is None or error.reason != "no-planning":
                raise
            page, schedule = self._navigate(self.session.enter(login))  # the menu of that page was incomplete
        self._source, self.address, self._fresh = schedule.id, page.address, True
        self._own = None
        self._mark = max(self._mark, self.session.tab.network.own)  # requests of earlier pages are void

    def _navigate(self, page: Snapshot, *, direct: bool = False) -> tuple[Snapshot, Schedule]:
        with self.session.progress.step("planning"):
            return MenuNavigator(self.session, self.menu).walk(page, direct=direct)

    def _open_saved_address(self, login: Login) -> Snapshot | None:
        """Return the page at the timetable's saved address, where its session is reused; else None."""
        saved, self.session.saved = self.session.saved, None
        if saved is None or not saved.planning or self.menu:
            return None
        try:
            with self.session.progress.step("portal"):
                self.session.tab.goto(saved.planning)
                page = arrive(self.session.tab, "planning")
            page = self.session.ensure_logged_in(page, login)
        except (PortalChanged, OtherProduct):  # the address shows the portal's empty frame, or nothing
            return None
        return page if classify(page) in {Page.PLANNING, Page.HOME} and page.entries else None

    # ---- asking

    def _ask(self, window: Window) -> None:
        """Get one response for the window: to the page's own request if one is under way, else to another one."""
        with self.session.progress.step("events"):
            for attempt in attempts():
                with attempt:
                    exchange = self._exchange(window)
                    self._take(exchange)

    def _exchange(self, window: Window) -> Exchange:
        tab, fresh = self.session.tab, self._fresh
        self._fresh = False
        if not fresh or not tab.wait(self._own_exchange, PROMPT_SECONDS):
            self._mark = len(tab.network.exchanges)
            self._send(window)
        if not tab.wait(lambda: (exchange := self._own_exchange()) is not None and exchange.done):
            raise PortalUnavailable("timeout", host=tab.host, seconds=round(tab.timeout))
        exchange = self._own_exchange()
        if exchange is None:
            raise PortalChanged("no-request", source=self._source)
        if not fresh and abs(_window(exchange, self._source).start - window.start) > MINUTE:
            raise PortalChanged("not-widened", source=self._source)
        return exchange

    def _own_exchange(self) -> Exchange | None:
        """Return the schedule's request since the last mark; None where none was sent."""
        later = self.session.tab.network.exchanges[self._mark :]
        return next((x for x in later if f"{self._source}_start" in x.parameters), None)

    def _send(self, window: Window) -> None:
        if not self.session.tab.ask(_wanted_window(window, self._source), self._source):
            self._check_page()
            raise PortalChanged("no-widget", source=self._source)

    def _take(self, exchange: Exchange) -> None:
        session = self.session
        try:
            check_exchange(exchange, session.tab.host, session.tab.network.alerts)
        except PortalUnavailable:
            self._check_page()
            raise
        capture = self._capture(exchange)
        try:
            events = parse_capture(capture, session.school.zone)
        except (SessionExpired, ViewExpired):
            raise
        except PortalError as error:
            error.facts["host"] = session.tab.host
            session.captures.append(capture)
            raise
        session.captures.append(capture)
        starts = tuple(event.start.astimezone(UTC) for event in events)
        self._answers.append(Answer(window=capture.window, own=capture.own, starts=starts))

    def _check_page(self) -> None:
        """Raise SessionExpired where the page has gone to the login page in the meantime."""
        if classify(self.session.tab.look(lambda _: True, "planning")) is Page.LOGIN:
            raise SessionExpired("login-page")

    def _capture(self, exchange: Exchange) -> Capture:
        window = _window(exchange, self._source)
        self._own = own = self._own or self.session.tab.own_window(self._source)
        plain = {
            name: value
            for name, value in exchange.parameters.items()
            if name.startswith((self._source, "javax.faces.", "jakarta.faces.")) and not any(s in name for s in SECRET)
        }
        return Capture(
            at=exchange.at,
            address=exchange.address,
            source=self._source,
            window=window,
            own=Window(start=_instant(own[0]), end=_instant(own[1])) if own else window,
            request=plain,
            status=exchange.status,
            content_type=exchange.content_type,
            body=exchange.body,
        )


def _wanted_window(window: Window, source: str | None = None) -> dict[str, str | None]:
    return {"start": window.start.isoformat(), "end": window.end.isoformat(), "source": source}


def _window(exchange: Exchange, source: str) -> Window:
    """Return the window that the request asked for, in UTC. Raise PortalChanged where its times are invalid."""
    try:
        start, end = (_instant(exchange.parameters[f"{source}_{edge}"]) for edge in ("start", "end"))
    except (KeyError, ValueError, OverflowError):
        raise PortalChanged("request", source=source) from None
    return Window(start=start, end=end)


def _instant(value: str | float) -> datetime:
    """Return the instant of epoch milliseconds (PrimeFaces up to 7) or an ISO time (from 8 on)."""
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        return datetime.fromisoformat(value).astimezone(UTC)
    return datetime.fromtimestamp(float(value) / 1000, UTC)
