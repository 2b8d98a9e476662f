"""Sessions of the portal, in memory only: the user and the open pages of each browser."""

import base64
import json
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from scraper.demo.variant import DemoUser, Variant

CLIENT_STATE_BYTES = 1000


@dataclass(slots=True, kw_only=True)
class DemoView:
    """A page that was sent: its name (`Planning`), time, loaded submenus and hidden id."""

    page: str
    opened: datetime
    full: bool = False
    loaded: set[int] = field(default_factory=set)
    id_init: str = ""
    state: str = ""


@dataclass(slots=True, kw_only=True)
class DemoSession:
    """A browser's session with at most `keep` views, the last used one at the end."""

    id: str
    keep: int
    user: DemoUser | None = None
    rubrique: str = ""
    seen: float = 0
    views: OrderedDict[str, DemoView] = field(default_factory=OrderedDict)

    def remember(self, view: DemoView) -> None:
        """Store a new page; delete the least recently used one beyond `keep`."""
        view.state = f"{_signed_number()}:{_signed_number()}"
        self.views[view.state] = view
        while len(self.views) > self.keep:
            self.views.popitem(last=False)

    def restore(self, state: str) -> DemoView | None:
        """Return the page with that view state; None where it was deleted."""
        if state in self.views:
            self.views.move_to_end(state)
        return self.views.get(state)


def _signed_number() -> int:
    return secrets.randbits(64) - 2**63


def new_view(page: str, opened: datetime, *, full: bool) -> DemoView:
    """Return a new page with the hidden id of its form."""
    return DemoView(page=page, opened=opened, full=full, id_init=f"webscolaapp.{page}_{_signed_number()}")


def pack(view: DemoView) -> str:
    """Return the view as text for client-side state saving: long and opaque."""
    data = json.dumps([view.page, view.opened.isoformat(), view.full, sorted(view.loaded), view.id_init]).encode()
    return base64.b64encode(data.ljust(CLIENT_STATE_BYTES)).decode()


def unpack(state: str) -> DemoView | None:
    """Return the view in a client-side state; None where the state is invalid."""
    try:
        page, opened, full, loaded, id_init = json.loads(base64.b64decode(state, validate=True))
        moment = datetime.fromisoformat(opened)
    except ValueError:
        return None
    return DemoView(page=page, opened=moment, full=full, loaded=set(loaded), id_init=id_init, state=state)


class Sessions:
    """All sessions by the value of their cookie."""

    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        self._lock = threading.Lock()
        self._sessions: dict[str, DemoSession] = {}

    def get(self, id_: str) -> DemoSession | None:
        """Return the session of that cookie; None where there is none or it expired."""
        with self._lock:
            session = self._sessions.get(id_)
            if session and time.monotonic() - session.seen > self._variant.session_minutes * 60:
                del self._sessions[id_]
                return None
            if session:
                session.seen = time.monotonic()
            return session

    def new(self, user: DemoUser | None = None) -> DemoSession:
        """Create a session."""
        session = DemoSession(
            id=secrets.token_hex(16).upper(), keep=self._variant.views, user=user, seen=time.monotonic()
        )
        with self._lock:
            self._sessions[session.id] = session
        return session

    def drop(self, session: DemoSession | None) -> None:
        """Delete a session, if there is one."""
        with self._lock:
            if session:
                self._sessions.pop(session.id, None)
