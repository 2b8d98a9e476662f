"""Removal of queries, sessions, users and tokens from addresses."""

import re
from urllib.parse import urlsplit, urlunsplit

_ADDRESS = re.compile(r"\bhttps?://(?:(?!\]\]>)[^\s\"'<>\\])+", re.IGNORECASE)
SESSION = re.compile(r"(?:;|%3B)?\bjsessionid(?:=|%3D|:)\s*([\w.!~-]+)", re.IGNORECASE)
"""A Java session's id in a path or a cookie; group 1 is the id."""
_TOKEN = re.compile(
    r"\b((?:execution|_?csrf(?:_?token)?|xsrf-token|ticket|code|state|session_state|session_code|token|access_token"
    r"|id_token|nonce|samlrequest|samlresponse|relaystate|lt)(?:=|%3D))(?:(?![&\s\"'<>#\\]|%26|\]\]>).)+",
    re.IGNORECASE,
)
TOKEN_FIELD = re.compile(
    r"(?:^|[:._-])(?:viewstate|clientwindow|execution|csrf|csrf_?token|xsrf-token|ticket|token|access_token|id_token"
    r"|nonce|code|state|session_state|session_code|samlrequest|samlresponse|relaystate|lt|password|passwd|pass"
    r"|username|login|credentialid)(?::\d+)?$",
    re.IGNORECASE,
)
"""The name of a field with a secret value."""


def clean_url(text: str) -> str:
    """Return the address without user, session, query and values in its fragment; a route (`#/main`) stays."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme and parts.scheme not in {"http", "https"}:
        return f"{parts.scheme}:"
    route = parts.fragment.split("?")[0]
    path = "/".join(step.split(";")[0] for step in parts.path.split("/"))
    fragment = "" if re.search("[=&]|%3D", route) else route
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", fragment))


def remove_tokens(text: str) -> str:
    """Return the text with its addresses cleaned and the values of well-known tokens removed."""
    text = _ADDRESS.sub(lambda found: clean_url(found[0]), text)
    return _TOKEN.sub(r"\1", SESSION.sub("", text))
