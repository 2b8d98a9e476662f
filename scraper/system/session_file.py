"""A session kept between runs: the portal's own cookies, readable by their user alone."""

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
    """What a session leaves for the next run: the portal's own cookies, and the planning's address."""

    login: str = field(repr=False)
    address: str
    planning: str = ""
    cookies: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def state(self) -> Any:  # noqa: ANN401 - Playwright's type for it would bring Playwright
        """As Playwright takes it."""
        return {"cookies": list(self.cookies), "origins": []}


@dataclass(frozen=True, slots=True)
class SessionFile:
    """Where a session is kept, readable by its user alone."""

    path: Path

    def read(self, login: str, address: str) -> SavedSession | None:
        """What was kept for this login at this address; None where there is nothing, something foreign or damaged."""
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            kept = SavedSession(
                **{**data, "planning": str(data["planning"]), "cookies": tuple(map(_cookie, data["cookies"]))}
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return kept if (kept.login, kept.address) == (login, address) else None

    def check(self) -> None:
        """Raise StateError where a session could not be kept."""
        with translate_state_errors(str(self.path)):
            self._close_folders()
            check_writable(self.path)

    def write(self, kept: SavedSession) -> None:
        """Keeps it; a session that cannot be kept costs only a login."""
        body = json.dumps({name: getattr(kept, name) for name in SavedSession.__slots__})
        with suppress(OSError):
            self._close_folders()
            write_private(self.path, body.encode())

    def _close_folders(self) -> None:
        """Close the folder of sessions and the state folder above it to other users."""
        for folder in (self.path.parents[1], self.path.parent):
            private_folder(folder)

    def drop(self) -> None:
        """Forgets it."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _cookie(data: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """One cookie as a browser takes it. Raises KeyError, TypeError or ValueError for what is none."""
    same_site = data["sameSite"]
    if same_site not in SAME_SITE or not all(isinstance(data[name], str) for name in ("name", "value", "domain")):
        raise ValueError(same_site)
    return {name: kind(data[name]) for name, kind in COOKIE.items()} | {"sameSite": same_site}
