"""What the portal remembers of a browser: who it is, and the pages it has open. Nothing is kept on disk."""

import base64
import json
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from scraper.demo.variant import User, Variant

CLIENT_STATE_BYTES = 1000


@dataclass(slots=True, kw_only=True)
class View:
    """One page as it was sent: its name (`Planning`), when, the submenus it has loaded, its hidden id."""

    page: str
    opened: datetime
    full: bool = False
    loaded: set[int] = field(default_factory=set)
    id_init: str = ""
    state: str = ""


@dataclass(slots=True, kw_only=True)
class Session:
    """A browser's session; `views` are at most `keep`, the one used last at the end."""

    id: str
    keep: int
    user: User | None = None
    rubrique: str = ""
    seen: float = 0
    views: OrderedDict[str, View] = field(default_factory=OrderedDict)

    def remember(self, view: View) -> None:
        """Keeps a new page; the one longest unused is forgotten where there are too many."""
        view.state = f"{_signed()}:{_signed()}"
        self.views[view.state] = view
        while len(self.views) > self.keep:
            self.views.popitem(last=False)

    def restore(self, state: str) -> View | None:
        """The page with that view state; None when it is forgotten."""
        if state in self.views:
            self.views.move_to_end(state)
        return self.views.get(state)


def _signed() -> int:
    return secrets.randbits(64) - 2**63


def new_view(page: str, opened: datetime, *, full: bool) -> View:
    """A fresh page, with the hidden id that its form carries."""
    return View(page=page, opened=opened, full=full, id_init=f"webscolaapp.{page}_{_signed()}")


def pack(view: View) -> str:
    """The view as the page itself carries it where the server keeps none: long and opaque."""
    kept = json.dumps([view.page, view.opened.isoformat(), view.full, sorted(view.loaded), view.id_init]).encode()
    return base64.b64encode(kept.ljust(CLIENT_STATE_BYTES)).decode()


def unpack(state: str) -> View | None:
    """The view in a state that the page carried; None where there is none in it."""
    try:
        page, opened, full, loaded, id_init = json.loads(base64.b64decode(state, validate=True))
        moment = datetime.fromisoformat(opened)
    except ValueError:
        return None
    return View(page=page, opened=moment, full=full, loaded=set(loaded), id_init=id_init, state=state)


class Sessions:
    """All sessions, by the value of their cookie."""

    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def get(self, id_: str) -> Session | None:
        """The session of that cookie; None when there is none or it was idle too long."""
        with self._lock:
            session = self._sessions.get(id_)
            if session and time.monotonic() - session.seen > self._variant.session_minutes * 60:
                del self._sessions[id_]
                return None
            if session:
                session.seen = time.monotonic()
            return session

    def new(self, user: User | None = None) -> Session:
        """A fresh session."""
        session = Session(id=secrets.token_hex(16).upper(), keep=self._variant.views, user=user, seen=time.monotonic())
        with self._lock:
            self._sessions[session.id] = session
        return session

    def drop(self, session: Session | None) -> None:
        """Forgets a session, if there is one."""
        with self._lock:
            if session:
                self._sessions.pop(session.id, None)
