"""A server's reason for a refusal: the preconditions in DAV:error (RFC 4918 §16) and the message."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from lxml import etree

from scraper.errors import AurionError

MOST_CHARACTERS = 200
ERROR, HREF, STATUS = "{DAV:}error", "{DAV:}href", "{DAV:}status"
STATUS_LINE = re.compile(r"\s*HTTP/[0-9.]+ ([0-9]{3})\b")
MESSAGES = frozenset({"message", "error-description", "responsedescription"})
"""Local names of elements with a message for users: SabreDAV's, CalendarServer's and WebDAV's."""
NO_CONDITIONS = MESSAGES | {"exception", "sabredav-version"}
TAKEN = frozenset({"no-uid-conflict", "unique-scheduling-object-resource"})
"""Preconditions of RFC 4791 §5.3.2.1 and RFC 6638 §3.2.4.1; Cyrus sends the second one."""
TRASH = ("deleted calendar object", "trashbin", "trash bin")
"""Parts of Nextcloud's messages about a conflict with an event in its trash bin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerReason:
    """A server's reason for a refusal; a part that the server does not give is empty.

    `condition` is the local name of a precondition, `href` the address inside it.
    """

    status: int = 0
    condition: str = ""
    href: str = ""
    message: str = ""

    @property
    def facts(self) -> dict[str, object]:
        """The facts for an error with this reason; `reason_in` is the inverse."""
        return {"status": self.status, "condition": self.condition, "at": self.href, "answer": self.message}

    @property
    def kind(self) -> str:
        """The kind: "taken" (another event has the UID), "trash" (the event is in the trash bin there) or "other"."""
        if self.condition in TAKEN:
            return "taken"
        return "trash" if any(word in self.message.lower() for word in TRASH) else "other"

    @property
    def words(self) -> str:
        """The message, or else the precondition, or else the status."""
        return self.message or self.condition or f"HTTP {self.status}"


def reason_in(error: AurionError) -> ServerReason:
    """Return the reason in an error's facts."""
    status = error.facts.get("status")
    condition, href, message = (str(error.facts.get(name, "")) for name in ("condition", "at", "answer"))
    return ServerReason(
        status=status if isinstance(status, int) else 0, condition=condition, href=href, message=message
    )  # fmt: skip


def status_within(body: bytes | str | None) -> int:
    """Return the first error status in a multistatus response (RFC 4918 §13), 0 if there is none."""
    root = _tree(body)
    found = (one.text or "" for one in root.iter(STATUS)) if root is not None else ()
    statuses = (int(at[1]) for at in map(STATUS_LINE.match, found) if at)
    return next((status for status in statuses if status >= HTTPStatus.BAD_REQUEST), 0)


def reason_of(status: int, body: bytes | str | None, secret: str = "") -> ServerReason:
    """Return the reason in a response body of any content type; `secret` is masked in the message."""
    root = _tree(body)
    if root is None or root.tag != ERROR:
        return ServerReason(status=status)
    found = [(one.tag.rpartition("}")[2], one) for one in root if isinstance(one.tag, str)]
    message = next((" ".join((one.text or "").split()) for name, one in found if name in MESSAGES), "")
    known = [(name, one) for name, one in found if name not in NO_CONDITIONS]
    href = next(("".join(at.itertext()).strip() for _, one in known for at in one.iter(HREF)), "")
    if secret:
        message = message.replace(secret, "…")
    return ServerReason(
        status=status, condition=known[0][0] if known else "", href=href, message=message.rstrip(".")[:MOST_CHARACTERS]
    )  # fmt: skip


def _tree(body: bytes | str | None) -> etree._Element | None:
    given = body.encode() if isinstance(body, str) else body or b""
    try:
        return etree.fromstring(given, parser=etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return None
