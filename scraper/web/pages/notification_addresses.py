"""Build the address of a notification service (an Apprise URL) from a form; describe one without secrets. Pure."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from scraper.domain.urls import is_safe
from scraper.errors import MASK

HOST = r"[\w.-]+|\[[0-9a-fA-F:.]+\]"
MAIL = r"[^\s@/?#]+@[\w.-]+"
FIELDS: Mapping[str, Mapping[str, str]] = {
    "ntfy": {"server": rf"https?://(?:{HOST})(?::\d{{1,5}})?/?", "topic": r"[A-Za-z0-9_-]{1,64}"},
    "discord": {"webhook": r"https://(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d+/[\w-]+/?"},
    "mail": {
        "host": HOST, "security": "starttls|ssl|insecure", "port": r"|\d{1,5}",
        "user": r"\S+", "password": r".+", "to": MAIL,
    },
}  # fmt: skip
"""The fields of each form, and the pattern of their values."""
SECRET_FIELDS = ("topic", "webhook", "password")
"""The fields that are not shown again."""
PORTS = {"starttls": "587", "ssl": "465", "insecure": "25"}
SHOWN = 2
"""The number of letters of a topic that the page shows."""


def wrong_fields(kind: str, form: Mapping[str, str]) -> list[str]:
    """Return the fields that are missing or not valid; a password is sent without encryption to this machine only."""
    wrong = [name for name, pattern in FIELDS[kind].items() if not re.fullmatch(pattern, form.get(name, ""))]
    if form.get("security") == "insecure" and not (wrong or is_safe(f"http://{form['host']}")):
        wrong.append("security")
    return wrong


def build_address(kind: str, form: Mapping[str, str]) -> str:
    """Return the address for a form without wrong fields."""
    match kind:
        case "ntfy":
            server = urlsplit(form["server"])
            return f"{'ntfys' if server.scheme == 'https' else 'ntfy'}://{server.netloc}/{form['topic']}?mode=private"
        case "discord":
            number, token = form["webhook"].rstrip("/").split("/")[-2:]
            return f"discord://{number}/{token}"
    user, security, host = form["user"], form["security"], form["host"]
    sender = user if re.fullmatch(MAIL, user) else form["to"]
    options = {"smtp": host, "from": sender, "to": form["to"], "mode": security}
    login = f"{quote(user, safe='')}:{quote(form['password'], safe='')}"
    scheme = "mailto" if security == "insecure" else "mailtos"
    return f"{scheme}://{login}@{host}:{form['port'] or PORTS[security]}?{urlencode(options)}"


def describe_address(address: str) -> tuple[str, str]:
    """Return the kind of an address (its scheme where no form builds it), and what of it is no secret."""
    parts = urlsplit(address)
    match parts.scheme.lower():
        case "ntfy" | "ntfys":
            server, topic = (parts.netloc.rpartition("@")[2], parts.path.strip("/"))
            server, topic = (server, topic) if topic else ("ntfy.sh", server)
            return "ntfy", f"{server}, {topic[:SHOWN]}{MASK}"
        case "mailto" | "mailtos":
            return "mail", next(iter(parse_qs(parts.query).get("smtp", [])), parts.hostname or "")
        case "discord":
            return "discord", ""
    return parts.scheme, ""
