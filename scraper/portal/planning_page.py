"""PlanningPage: reached through the menu; its own XHR widened to a period, listened to, until every day is proved."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scraper.domain.planning import Period
from scraper.domain.recording import Capture, Schedule, Snapshot, Window
from scraper.errors import OtherProduct, PortalChanged, PortalError, PortalUnavailable, SessionExpired, ViewExpired
from scraper.parsing.coverage import Answer, next_window, proofs
from scraper.parsing.events import answered
from scraper.parsing.page import Page, classify
from scraper.portal.login import Login, arrive
from scraper.portal.navigation import MenuNavigator, check_exchange
from scraper.portal.network import Exchange
from scraper.portal.session import Session, attempts

SECRET = ("ViewState", "_csrf", "token", "password")
MINUTE = timedelta(minutes=1)
PROMPT = 5
"""Seconds in which the page's own request begins; after them its schedule is told to send it."""


@dataclass(slots=True, kw_only=True)
class PlanningPage:
    """The planning of a session; `menu` is the label a person gave, where it cannot be told from the labels."""

    session: Session
    menu: str = ""
    address: str = ""
    _answers: list[Answer] = field(default_factory=list)
    _source: str = ""
    _mark: int = 0
    _fresh: bool = False
    _own: list[float] | None = None

    def record(self, period: Period) -> None:
        """Leaves in the session's captures and proofs all that the portal has for these days.

        A session or a view that ends on the way is renewed, and the run goes on where it stopped; twice in a row it is
        told. Raises PortalError.
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
                self._source, self.session.kept, renewed = "", None, True
            self.session.proved = proofs(period, zone, self._answers)

    # ---- reaching it

    def _open(self, window: Window) -> None:
        """The planning's page, its first request widened to the window."""
        login = self.session.new_login()
        for attempt in attempts():
            with attempt:
                self._mark = len(self.session.tab.wire.exchanges)
                self.session.tab.widen(_want(window))
                self._reach(login)

    def _reach(self, login: Login) -> None:
        straight = self._straight(login)
        try:
            page, schedule = self._walk(straight or self.session.enter(login), straight=straight is not None)
        except PortalChanged as error:
            if straight is None or error.reason != "no-planning":
                raise
            page, schedule = self._walk(self.session.enter(login))  # the menu there was not the whole one
        self._source, self.address, self._fresh = schedule.id, page.address, True
        self._own = None
        self._mark = max(self._mark, self.session.tab.wire.own)  # what a page left behind had asked ended with it

    def _walk(self, page: Snapshot, *, straight: bool = False) -> tuple[Snapshot, Schedule]:
        with self.session.progress.step("planning"):
            return MenuNavigator(self.session, self.menu).walk(page, straight=straight)

    def _straight(self, login: Login) -> Snapshot | None:
        """The page at the planning's address of the last run, if its session was kept; None if that leads nowhere."""
        kept, self.session.kept = self.session.kept, None
        if kept is None or not kept.planning or self.menu:
            return None
        try:
            with self.session.progress.step("portal"):
                self.session.tab.goto(kept.planning)
                page = arrive(self.session.tab, "planning")
            page = self.session.admit(page, login)
        except (PortalChanged, OtherProduct):  # only the portal's empty frame, or nothing of it
            return None
        return page if classify(page) in {Page.PLANNING, Page.HOME} and page.entries else None

    # ---- asking

    def _ask(self, window: Window) -> None:
        """One answer for the window: that of the page's own request where it is under way, else of one more."""
        with self.session.progress.step("events"):
            for attempt in attempts():
                with attempt:
                    exchange = self._exchange(window)
                    self._take(exchange)

    def _exchange(self, window: Window) -> Exchange:
        tab, fresh = self.session.tab, self._fresh
        self._fresh = False
        if not fresh or not tab.wait(self._begun, PROMPT):
            self._mark = len(tab.wire.exchanges)
            self._send(window)
        if not tab.wait(lambda: (mine := self._begun()) is not None and mine.done):
            raise PortalUnavailable("timeout", host=tab.host, seconds=round(tab.timeout))
        mine = self._begun()
        if mine is None:
            raise PortalChanged("no-request", source=self._source)
        if not fresh and abs(_window(mine, self._source).start - window.start) > MINUTE:
            raise PortalChanged("not-widened", source=self._source)
        return mine

    def _begun(self) -> Exchange | None:
        """The schedule's request since the last mark, if it has gone out."""
        later = self.session.tab.wire.exchanges[self._mark :]
        return next((x for x in later if f"{self._source}_start" in x.parameters), None)

    def _send(self, window: Window) -> None:
        if not self.session.tab.ask(_want(window, self._source), self._source):
            self._check_page()
            raise PortalChanged("no-widget", source=self._source)

    def _take(self, exchange: Exchange) -> None:
        session = self.session
        try:
            check_exchange(exchange, session.tab.host, session.tab.wire.alerts)
        except PortalUnavailable:
            self._check_page()
            raise
        capture = self._capture(exchange)
        try:
            events = answered(capture, session.school.zone)
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
        """Raises SessionExpired where the page itself has gone to the login page meanwhile."""
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


def _want(window: Window, source: str | None = None) -> dict[str, str | None]:
    return {"start": window.start.isoformat(), "end": window.end.isoformat(), "source": source}


def _window(exchange: Exchange, source: str) -> Window:
    """What the request really asked, in UTC. Raises PortalChanged where its times cannot be read."""
    try:
        start, end = (_instant(exchange.parameters[f"{source}_{edge}"]) for edge in ("start", "end"))
    except (KeyError, ValueError, OverflowError):
        raise PortalChanged("request", source=source) from None
    return Window(start=start, end=end)


def _instant(value: str | float) -> datetime:
    """Epoch milliseconds (PrimeFaces up to 7) or an ISO time (from 8 on)."""
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        return datetime.fromisoformat(value).astimezone(UTC)
    return datetime.fromtimestamp(float(value) / 1000, UTC)
