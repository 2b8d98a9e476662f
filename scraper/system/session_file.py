"""Save a portal session between runs: its cookies in a private file."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scraper.system.files import check_writable, private_folder, write_private
from scraper.system.os_errors import translate_state_errors

COOKIE = {"name": str, "value": str, "domain": str, "path": str, "expires": float, "httpOnly": bool, "secure": bool}
SAME_SITE = ("Strict", "Lax", "None")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSession:
    """A session saved for the next run: the portal's own cookies and the address of the planning."""

    login: str = field(repr=False)
    address: str
    planning: str = ""
    cookies: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def state(self) -> Any:  # noqa: ANN401 - Playwright's own type would import Playwright
        """The session in the format of Playwright's `storage_state`."""
        return {"cookies": list(self.cookies), "origins": []}

    def to_json(self) -> bytes:
        """Return the session as JSON."""
        return json.dumps({name: getattr(self, name) for name in SavedSession.__slots__}).encode()


def session_from_json(body: bytes, login: str, address: str) -> SavedSession | None:
    """Return the session of this login at this address; None where it is of another login, or damaged."""
    try:
        data = json.loads(body)
        session = SavedSession(
            **{**data, "planning": str(data["planning"]), "cookies": tuple(map(_cookie, data["cookies"]))}
        )
    except (ValueError, TypeError, KeyError):
        return None
    return session if (session.login, session.address) == (login, address) else None


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A private file with a saved session."""

    path: Path

    def read(self, login: str, address: str) -> SavedSession | None:
        """Return the session of this login at this address; None where it is missing, of another login, or damaged."""
        try:
            return session_from_json(self.path.read_bytes(), login, address)
        except OSError:
            return None

    def check(self) -> None:
        """Raise StateError where a session could not be saved."""
        with translate_state_errors(str(self.path)):
            self._close_folders()
            check_writable(self.path)

    def write(self, session: SavedSession) -> None:
        """Save the session; ignore errors, which only cost one more login."""
        with suppress(OSError):
            self._close_folders()
            write_private(self.path, session.to_json())

    def _close_folders(self) -> None:
        """Make the folder of sessions and the state folder private."""
        for folder in (self.path.parents[1], self.path.parent):
            private_folder(folder)

    def delete(self) -> None:
        """Delete the saved session."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _cookie(data: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a valid cookie. Raise KeyError, TypeError or ValueError where it is not valid."""
    same_site = data["sameSite"]
    if same_site not in SAME_SITE or not all(isinstance(data[name], str) for name in ("name", "value", "domain")):
        raise ValueError(same_site)
    return {name: kind(data[name]) for name, kind in COOKIE.items()} | {"sameSite": same_site}
