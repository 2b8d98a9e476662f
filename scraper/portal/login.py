"""The log-in: from the portal's first page to a page with its menu, by the classification of each page."""

from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from scraper.domain.credentials import Credentials
from scraper.domain.recording import MenuEntry, Snapshot
from scraper.domain.text import fold, has
from scraper.errors import (
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
from scraper.portal.allowed_hosts import check_password_may_go
from scraper.portal.tab import Tab

FIRST = "first"
"""The name of the first step, at which the address may turn out not to be an Aurion portal."""
ACCEPTED = frozenset({"renewal", "second-factor", "consent"})
"""Reasons of ActionNeeded that appear only after a correct password."""
BETWEEN = frozenset({Page.HOME, Page.UNKNOWN, Page.NOT_AURION, Page.CONSENT})
"""Kinds of page before login, or between login and home, that are passed by their own links."""
MOST_BETWEEN = 3
"""The most such pages in a row."""
READ = 3
"""Seconds without effect after which a pressed link is considered dead."""


OnVerdict = Callable[[Literal["accepted", "refused"]], None]
HINDRANCES: dict[Page, tuple[type[PortalError], str]] = {
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
    if login_form(page) is None and (error := failures.of_page(page, host)):
        raise error


class Login:
    """A log-in. The password is sent at most once to each host that asks for it.

    `allowed` are the hosts that may receive it. With `by_hand`, a number of seconds, the user may complete a step in
    the window that only the user can. `on_verdict` is called as soon as the portal has accepted or refused the login.
    `kept` is true where a saved session is reused, so that no login page may appear. `last` is the page that followed
    the log-in.
    """

    def __init__(
        self,
        tab: Tab,
        credentials: Credentials,
        allowed: frozenset[str],
        by_hand: float | None = None,
        on_verdict: OnVerdict = lambda _: None,
        *,
        kept: bool = False,
    ) -> None:
        self._tab = tab
        self._credentials = credentials
        self._allowed = allowed
        self._by_hand = by_hand
        self._on_verdict = on_verdict
        self._kept = kept
        self.last: Snapshot | None = None
        self._asked: set[str] = set()
        self._before: Snapshot | None = None
        self._answered = True

    def go_in(self, page: Snapshot) -> Snapshot:
        """Log in from this page to one with the portal's menu or timetable. Raise the error that prevents it."""
        try:
            while classify(page) is Page.LOGIN:
                self.last = page = self._send(page)
                self.last = page = self._led(page, continue_link)
            if error := self._hindrance(page, classify(page)):
                raise error
        except LoginRefused:
            self._on_verdict("refused")
            raise
        except ActionNeeded as error:
            if self._asked and error.reason in ACCEPTED:
                self._on_verdict("accepted")
            if self._by_hand is None:
                raise
            page = self._tab.look(is_inside, "by-hand", timeout=self._by_hand)
            self._on_verdict("accepted")
            return page
        if self._asked:
            self._on_verdict("accepted")
        return page

    def _send(self, page: Snapshot) -> Snapshot:
        form = login_form(page)
        host = urlsplit(page.address).hostname or ""
        if form is None or host in self._asked:
            raise self._still_out(page)
        check_password_may_go(page.address, self._allowed)
        check_password_may_go(form.action, self._allowed)
        if not self._credentials.password:
            raise ActionNeeded("by-hand", host=host) if self._by_hand else CredentialsMissing("session-gone", host=host)
        self._asked.add(host)
        self._before, self._answered = page, False
        after = self._submit(page, form, self._credentials)
        self._answered = True
        check_status(after, self._tab.host)
        return after

    def approach(self, page: Snapshot) -> Snapshot:
        """Go from a page before the login to the one with its form, by its own link or out of its frame."""
        return self._led(page, login_link)

    def _led(self, page: Snapshot, by: Callable[[Snapshot], MenuEntry | None]) -> Snapshot:
        """Pass pages before login or home by their own links; leave a frameset for its main page."""
        tab = self._tab
        for _ in range(MOST_BETWEEN):
            if classify(page) not in BETWEEN or urlsplit(page.address).hostname != tab.host:
                break
            if page.framed and not next_move(page, ()):
                tab.unframe()
                page = arrive(tab, "between")
            elif entry := by(page):
                page = self._followed(entry)
            else:
                break
        return page

    def _followed(self, entry: MenuEntry) -> Snapshot:
        tab, born = self._tab, self._tab.born
        tab.press(entry)
        return tab.look(
            lambda now: is_sure(now) and (tab.born != born or classify(now) is Page.LOGIN),
            "between",
            settled=lambda now: tab.born != born and classify(now) is not Page.LOADING,
            again=lambda: None,
            patience=READ,
            quiet=tab.patience,
        )

    def _submit(self, page: Snapshot, form: LoginForm, credentials: Credentials) -> Snapshot:
        tab, born, files = self._tab, self._tab.born, self._tab.wire.downloads
        values = {form.user: credentials.login, form.password: credentials.password}

        def press() -> None:
            tab.submit(form.form, form.button, values)

        def answered(now: Snapshot) -> bool:
            if tab.born != born:
                return is_sure(now)
            return is_inside(now) or (bool(new_messages(now, page)) and not tab.is_busy(now))

        def settled(now: Snapshot) -> bool:
            return tab.wire.downloads > files or (tab.born != born and classify(now) is not Page.LOADING)

        def quiet(now: Snapshot) -> float:  # a page between login and home may redirect by a script
            return tab.timeout / 6 if classify(now) is Page.NOT_AURION and not continue_link(now) else tab.patience(now)

        press()
        after = tab.look(answered, "login", settled=settled, again=press, quiet=quiet)
        if tab.wire.downloads > files:
            raise PortalChanged("unknown-page", address=form.action, title="")
        return after

    def _still_out(self, page: Snapshot) -> PortalError:
        """Return why the login page appears again; without a message, a wrong password is the safest assumption.

        Spring sends a refused login to a single page. A login that was redirected to the home page and from there back
        was accepted, and its session was lost.
        """
        if not self._answered:
            return PortalUnavailable("login-cut", host=self._tab.host)
        words = labels()["pages"]
        message = self._masked(new_messages(page, self._before) or " ".join(self._tab.wire.alerts))
        if has(fold(message), words["locked"]):
            return AccountLocked(detail=message)
        let_in = self._was_inside() and not has(fold(message), words["refused"])
        if let_in:
            self._on_verdict("accepted")
        if let_in or has(fold(message), words["expired"]):
            return SessionExpired("login-page")
        return WrongCredentials("" if message else "silent", detail=message)

    def _was_inside(self) -> bool:
        """Return whether the redirects after the form included a page other than the login's own."""
        before = self._before
        form = login_form(before) if before else None
        own = {before.address, form.action} if before and form else set()
        return any(address not in own for address in self._tab.wire.visit.way)

    def _masked(self, text: str) -> str:
        return text.replace(self._credentials.password, "•••") if self._credentials.password else text

    def _is_inside(self, page: Snapshot) -> bool:
        """Return whether a page that needs consent is the portal's; before the login it may be any site's form."""
        return bool(self._asked) or self._kept or (is_aurion(page) and asks_agreement(page))

    def _hindrance(self, page: Snapshot, kind: Page) -> PortalError | None:
        """Return the error for a page without a login form to fill in; None for a page inside the portal."""
        host = urlsplit(page.address).hostname or self._tab.host
        if kind in {Page.HOME, Page.PLANNING}:
            return None
        if kind is Page.REFUSED and self._asked:
            locked = self._masked(matching_line(page, "locked"))
            return (
                AccountLocked(detail=locked)
                if locked
                else WrongCredentials(detail=self._masked(matching_line(page, "refused")))
            )
        if kind is Page.MAINTENANCE:
            return PortalUnavailable("maintenance", host=host, detail=matching_line(page, "maintenance"))
        if (error := HINDRANCES.get(kind)) is not None:
            return error[0](error[1], host=host)
        if kind is Page.CONSENT and host in self._allowed and self._is_inside(page):
            return ActionNeeded("consent", host=host, labels=answer_labels(page))
        if host != self._tab.host:
            return ActionNeeded("other-host", host=host)
        if (
            kind in {Page.NOT_AURION, Page.CONSENT}
            and not is_aurion(page)
            and not (self._before and is_aurion(self._before))
        ):
            return OtherProduct("not-aurion", host=host)
        return PortalChanged("unknown-page", address=page.address, title=page.title)
