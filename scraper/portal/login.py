"""The log-in: from the portal's first page to a page with its menu, by the classification of each page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from scraper.domain.credentials import Credentials
from scraper.domain.recording import MenuEntry, Snapshot
from scraper.domain.text import fold, has
from scraper.errors import (
    MASK,
    AccountLocked,
    ActionNeeded,
    CredentialsMissing,
    LoginRefused,
    OtherProduct,
    PortalChanged,
    PortalError,
    PortalUnavailable,
    SessionExpired,
    WrongCredentials,
)
from scraper.parsing.consent import answer_labels, asks_agreement
from scraper.parsing.labels import labels
from scraper.parsing.menu import continue_link, login_link, next_move
from scraper.parsing.page import (
    SURE,
    LoginForm,
    Page,
    classify,
    is_aurion,
    login_form,
    matching_line,
    may_ask_login,
    new_messages,
)
from scraper.portal import failures
from scraper.portal.password_hosts import check_password_may_go
from scraper.portal.tab import Tab

FIRST = "first"
"""The name of the first step, at which the address may turn out not to be an Aurion portal."""
ACCEPTED = frozenset({"renewal", "second-factor", "consent"})
"""Reasons of ActionNeeded that appear only after a correct password."""
INTERSTITIALS = frozenset({Page.HOME, Page.UNKNOWN, Page.NOT_AURION, Page.CONSENT})
"""Kinds of page before login, or between login and home, that are passed by their own links."""
MOST_INTERSTITIALS = 3
"""The most such pages in a row."""
LINK_SECONDS = 3
"""Seconds without effect after which a pressed link is considered dead."""


OnVerdict = Callable[[Literal["accepted", "refused"]], None]
BLOCKING_PAGES: dict[Page, tuple[type[PortalError], str]] = {
    Page.RENEWAL: (ActionNeeded, "renewal"),
    Page.SECOND_FACTOR: (ActionNeeded, "second-factor"),
    Page.SUCCESSOR: (OtherProduct, "successor"),
}
"""Kinds of page that prevent the log-in, with their errors."""


def is_sure(page: Snapshot) -> bool:
    """Return whether the page's kind is certain, even if more content is still to load."""
    return classify(page) in SURE and page.ready != "loading" and not may_ask_login(page)


def is_inside(page: Snapshot) -> bool:
    """Return whether the page is one of a logged-in student."""
    return classify(page) in {Page.HOME, Page.PLANNING}


def arrive(tab: Tab, step: str) -> Snapshot:
    """Wait for the requested page and return it. Raise the error for its status or failure."""
    try:
        page = tab.look(is_sure, step, settled=lambda page: classify(page) is not Page.LOADING, quiet=tab.patience)
        check_status(page, tab.host)
    except PortalChanged as error:
        if error.reason == "not-found" and step == FIRST:
            raise OtherProduct("not-found", host=tab.host) from None
        raise
    return page


def check_status(page: Snapshot, host: str) -> None:
    """Raise the error for the page's status, except for a page with a login form."""
    if login_form(page) is None and (error := failures.page_error(page, host)):
        raise error


def page_change(tab: Tab) -> Callable[[Snapshot], bool]:
    """Return a test of whether the tab has left the page of now, for another one or for a download."""
    document_id, files = tab.document_id, tab.network.downloads

    def has_left(page: Snapshot) -> bool:
        is_other_page = tab.document_id != document_id and classify(page) is not Page.LOADING
        return is_other_page or tab.network.downloads > files

    return has_left


@dataclass(slots=True, kw_only=True)
class Login:
    """A log-in. The password is sent at most once to each host that asks for it.

    `allowed` are the hosts that may receive it. With `by_hand`, a number of seconds, the user may complete a step in
    the window that only the user can. `on_verdict` is called as soon as the portal has accepted or refused the login.
    With `has_saved_session` no login page may appear. `last` is the page that followed the log-in.
    """

    tab: Tab
    credentials: Credentials = field(repr=False)
    allowed: frozenset[str]
    by_hand: float | None = None
    on_verdict: OnVerdict = lambda _: None
    has_saved_session: bool = False
    last: Snapshot | None = None
    _asked: set[str] = field(default_factory=set)
    _before: Snapshot | None = None
    _answered: bool = True

    def log_in(self, page: Snapshot) -> Snapshot:
        """Log in from this page to one with the portal's menu or timetable. Raise the error that prevents it."""
        try:
            while classify(page) is Page.LOGIN:
                self.last = page = self._send(page)
                self.last = page = self._skip_interstitials(page, continue_link)
            if error := self._blocking_error(page, classify(page)):
                raise error
        except LoginRefused:
            self.on_verdict("refused")
            raise
        except ActionNeeded as error:
            if self._asked and error.reason in ACCEPTED:
                self.on_verdict("accepted")
            if self.by_hand is None:
                raise
            page = self.tab.look(is_inside, "by-hand", timeout=self.by_hand)
            self.on_verdict("accepted")
            return page
        if self._asked:
            self.on_verdict("accepted")
        return page

    def _send(self, page: Snapshot) -> Snapshot:
        form = login_form(page)
        host = urlsplit(page.address).hostname or ""
        if form is None or host in self._asked:
            raise self._login_error(page)
        check_password_may_go(page.address, self.allowed)
        check_password_may_go(form.action, self.allowed)
        if not self.credentials.password:
            raise ActionNeeded("by-hand", host=host) if self.by_hand else CredentialsMissing("session-gone", host=host)
        self._asked.add(host)
        self._before, self._answered = page, False
        after = self._submit(page, form, self.credentials)
        self._answered = True
        check_status(after, self.tab.host)
        return after

    def open_login_page(self, page: Snapshot) -> Snapshot:
        """Go from a page before the login to the one with its form, by its own link or out of its frame."""
        return self._skip_interstitials(page, login_link)

    def _skip_interstitials(self, page: Snapshot, by: Callable[[Snapshot], MenuEntry | None]) -> Snapshot:
        """Pass pages before login or home by their own links; leave a frameset for its main page."""
        tab = self.tab
        for _ in range(MOST_INTERSTITIALS):
            if classify(page) not in INTERSTITIALS or urlsplit(page.address).hostname != tab.host:
                break
            if page.framed and not next_move(page, ()):
                tab.open_frame()
                page = arrive(tab, "between")
            elif entry := by(page):
                page = self._follow(entry)
            else:
                break
        return page

    def _follow(self, entry: MenuEntry) -> Snapshot:
        tab, document_id = self.tab, self.tab.document_id
        tab.press(entry)
        return tab.look(
            lambda now: is_sure(now) and (tab.document_id != document_id or classify(now) is Page.LOGIN),
            "between",
            settled=lambda now: tab.document_id != document_id and classify(now) is not Page.LOADING,
            again=lambda: None,
            patience=LINK_SECONDS,
            quiet=tab.patience,
        )

    def _submit(self, page: Snapshot, form: LoginForm, credentials: Credentials) -> Snapshot:
        tab, document_id, files = self.tab, self.tab.document_id, self.tab.network.downloads
        has_left = page_change(tab)
        values = {form.user: credentials.login, form.password: credentials.password}

        def press() -> None:
            tab.submit(form.form, form.button, values)

        def has_answered(now: Snapshot) -> bool:
            if tab.document_id != document_id:
                return is_sure(now)
            return is_inside(now) or (bool(new_messages(now, page)) and not tab.is_busy(now))

        def quiet(now: Snapshot) -> float:  # a page between login and home may redirect by a script
            return tab.short_wait if classify(now) is Page.NOT_AURION and not continue_link(now) else tab.patience(now)

        press()
        after = tab.look(has_answered, "login", settled=has_left, again=press, quiet=quiet)
        if tab.network.downloads > files:
            raise PortalChanged("unknown-page", address=form.action, title="")
        return after

    def _login_error(self, page: Snapshot) -> PortalError:
        """Return why the login page appears again; without a message, a wrong password is the safest assumption.

        Spring sends a refused login to a single page. A login that was redirected to the home page and from there back
        was accepted, and its session was lost.
        """
        if not self._answered:
            return PortalUnavailable("login-cut", host=self.tab.host)
        words = labels()["pages"]
        message = self._mask_password(new_messages(page, self._before) or " ".join(self.tab.network.alerts))
        if has(fold(message), words["locked"]):
            return AccountLocked(detail=message)
        was_accepted = self._reached_portal() and not has(fold(message), words["refused"])
        if was_accepted:
            self.on_verdict("accepted")
        if was_accepted or has(fold(message), words["expired"]):
            return SessionExpired("login-page")
        return WrongCredentials("" if message else "silent", detail=message)

    def _reached_portal(self) -> bool:
        """Return whether the redirects after the form included a page other than the login's own."""
        before = self._before
        form = login_form(before) if before else None
        own = {before.address, form.action} if before and form else set()
        return any(address not in own for address in self.tab.network.navigation.redirects)

    def _mask_password(self, text: str) -> str:
        return text.replace(self.credentials.password, MASK) if self.credentials.password else text

    def _is_inside(self, page: Snapshot) -> bool:
        """Return whether a page that needs consent is the portal's; before the login it may be any site's form."""
        return bool(self._asked) or self.has_saved_session or (is_aurion(page) and asks_agreement(page))

    def _blocking_error(self, page: Snapshot, kind: Page) -> PortalError | None:
        """Return the error for a page without a login form to fill in; None for a page inside the portal."""
        host = urlsplit(page.address).hostname or self.tab.host
        if kind in {Page.HOME, Page.PLANNING}:
            return None
        if kind is Page.REFUSED and self._asked:
            if locked := self._mask_password(matching_line(page, "locked")):
                return AccountLocked(detail=locked)
            return WrongCredentials(detail=self._mask_password(matching_line(page, "refused")))
        if kind is Page.MAINTENANCE:
            return PortalUnavailable("maintenance", host=host, detail=matching_line(page, "maintenance"))
        if (error := BLOCKING_PAGES.get(kind)) is not None:
            return error[0](error[1], host=host)
        if kind is Page.CONSENT and host in self.allowed and self._is_inside(page):
            return ActionNeeded("consent", host=host, labels=answer_labels(page))
        if host != self.tab.host:
            return ActionNeeded("other-host", host=host)
        has_met_aurion = is_aurion(page) or (self._before is not None and is_aurion(self._before))
        if kind in {Page.NOT_AURION, Page.CONSENT} and not has_met_aurion:
            return OtherProduct("not-aurion", host=host)
        return PortalChanged("unknown-page", address=page.address, title=page.title)
