"""Removal of secrets from text, in whatever encoding they occur."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from html.entities import html5
from unicodedata import normalize

_LONG = 6
"""The length from which a secret is also removed inside a longer word; a shorter one would match everywhere."""

_MARKS = ("xxx", "ooo", "---", "*")
_MAIL = re.compile(r"([^@\s]+)@[^@\s]+\.[^@\s]+")
# An escape may come directly before a secret: `%3Dsecret`, `\nsecret`.
_BEFORE = r"(?:(?<!{0})|(?<=%[0-9a-f][0-9a-f])|(?<=\\u[0-9a-f]{{4}})|(?<=\\[nrtbf]))"

SecretRemover = Callable[[str], str]


def mail_name(secret: str) -> str:
    """Return the local part of a mail address; empty for any other text."""
    found = _MAIL.fullmatch(secret.strip())
    return found[1] if found else ""


def secret_remover(secrets: Iterable[str]) -> SecretRemover:
    """Return a function that removes the secrets from a text, and the local part of those that are mail addresses.

    They are found as written, in any case, percent-encoded (also twice), form-encoded, as HTML, as JSON, in mixed
    encodings, and in base64, also next to other text (`login:password`).
    """
    parts = {part for secret in secrets for part in (secret.strip(), mail_name(secret)) if part}
    if not parts:
        return lambda text: text
    entities = _html_entities()
    longest_first = sorted(parts, key=len, reverse=True)
    forms = [form for secret in longest_first for form in (_pattern(secret, entities), *_base64(secret))]
    pattern = re.compile("|".join(forms), re.IGNORECASE)
    mark = next(mark for mark in (*_MARKS, "") if not pattern.search(mark))
    return lambda text: pattern.sub(mark, text)


def _pattern(secret: str, entities: dict[str, list[str]]) -> str:
    body = "".join(_character(c, entities) for c in secret)
    if secret.isdigit():
        return _BEFORE.format(r"\d") + body + r"(?!\d)"
    if len(secret) < _LONG:
        return _BEFORE.format(r"[^\W_]") + body + r"(?![^\W_])"
    return body


def _character(c: str, entities: dict[str, list[str]]) -> str:
    """Return a pattern for one character in every encoding, so that mixed encodings match too.

    The pattern ignores case, so each form occurs once for both cases. Two alternatives that match the same text would
    double the attempts for each letter, and matching a text that differs only at the secret's end would take
    exponential time.
    """
    coded = {form for case in {c, c.lower(), c.upper()} if len(case) == 1 for form in _encoded_forms(case, entities)}
    forms = set({form.lower(): form for form in sorted(coded)}.values())
    if c in "\"'\\/":
        forms.add(rf"\\+{re.escape(c)}")
    if c == " ":
        forms |= {r"\+", "%(?:25)*2b"}  # form-encoded, and percent-encoded after that
    return f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})"


def _encoded_forms(c: str, entities: dict[str, list[str]]) -> set[str]:
    forms = {re.escape(c), re.escape(normalize("NFD", c)), rf"&\#0*{ord(c)};", rf"&\#x0*{ord(c):x};"}
    forms |= {rf"&{name};" for name in entities.get(c, ())}
    forms.add("".join(rf"\\+u{unit:04x}" for unit in _utf16(c)))
    return forms | {"".join(rf"%(?:25)*{byte:02x}" for byte in octets) for octets in _encoded_bytes(c)}


def _encoded_bytes(c: str) -> set[bytes]:
    try:
        return {c.encode(), c.encode("latin-1")}
    except UnicodeEncodeError:
        return {c.encode("utf-8", "surrogatepass")}


def _utf16(c: str) -> list[int]:
    octets = c.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(octets[n : n + 2]) for n in range(0, len(octets), 2)]


def _html_entities() -> dict[str, list[str]]:
    names_by_character: dict[str, list[str]] = {}
    for name, character in html5.items():
        if name.endswith(";"):
            names_by_character.setdefault(character, []).append(name[:-1])
    return names_by_character


def _base64(secret: str) -> list[str]:
    """Return the base64 letters that depend on the secret alone, for each of its three possible alignments."""
    forms = set()
    cases = {secret, secret.lower(), secret.upper()}
    for octets in {case.encode("utf-8", "replace") for case in cases}:
        for shift in range(3):
            encoded = b64encode(bytes(shift) + octets).decode()
            core = encoded[-(-shift * 4 // 3) : (shift + len(octets)) * 4 // 3]
            if len(core) >= _LONG:
                forms |= {core, core.replace("+", "-").replace("/", "_")}
    return [f"(?-i:{re.escape(core)})" for core in sorted(forms)]
