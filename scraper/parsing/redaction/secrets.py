"""Secrets out of any text, however they are encoded there."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from html.entities import html5
from unicodedata import normalize

_LONG = 6
"""Letters from which a secret is found inside a longer word too; a shorter one would be found everywhere."""

_MARKS = ("xxx", "ooo", "---", "*")
_MAIL = re.compile(r"([^@\s]+)@[^@\s]+\.[^@\s]+")
# An escape may stand before a secret without a character of its own between: `%3Dsecret`, `\nsecret`.
_BEFORE = r"(?:(?<!{0})|(?<=%[0-9a-f][0-9a-f])|(?<=\\u[0-9a-f]{{4}})|(?<=\\[nrtbf]))"

Conceal = Callable[[str], str]


def mail_name(secret: str) -> str:
    """What stands before the `@` of a mail address; empty for anything else."""
    found = _MAIL.fullmatch(secret.strip())
    return found[1] if found else ""


def conceals(secrets: Iterable[str]) -> Conceal:
    """A function that takes `secrets` out of a text; of a mail address also what precedes the `@`.

    Found as written, in any case, percent-encoded (twice too), in a form, as HTML, as JSON, mixed; and in
    base64, also beside other text (`login:password`).
    """
    whole = {part for secret in secrets for part in (secret.strip(), mail_name(secret)) if part}
    if not whole:
        return lambda text: text
    entities = _entities()
    longest_first = sorted(whole, key=len, reverse=True)
    forms = [form for secret in longest_first for form in (_written(secret, entities), *_base64(secret))]
    pattern = re.compile("|".join(forms), re.IGNORECASE)
    mark = next(mark for mark in (*_MARKS, "") if not pattern.search(mark))
    return lambda text: pattern.sub(mark, text)


def _written(secret: str, entities: dict[str, list[str]]) -> str:
    body = "".join(_character(c, entities) for c in secret)
    if secret.isdigit():
        return _BEFORE.format(r"\d") + body + r"(?!\d)"
    if len(secret) < _LONG:
        return _BEFORE.format(r"[^\W_]") + body + r"(?![^\W_])"
    return body


def _character(c: str, entities: dict[str, list[str]]) -> str:
    """A pattern for one character in each encoding; a mix of encodings is met as well.

    Case is ignored, so that a form stands once for its cases: two that match alike are two ways to fail, for each
    letter of a secret, and a text that is the secret but for its end would take for ever.
    """
    coded = {form for case in {c, c.lower(), c.upper()} if len(case) == 1 for form in _coded(case, entities)}
    forms = set({form.lower(): form for form in sorted(coded)}.values())
    if c in "\"'\\/":
        forms.add(rf"\\+{re.escape(c)}")
    if c == " ":
        forms.add(r"\+")
    return f"(?:{'|'.join(sorted(forms, key=len, reverse=True))})"


def _coded(c: str, entities: dict[str, list[str]]) -> set[str]:
    forms = {re.escape(c), re.escape(normalize("NFD", c)), rf"&\#0*{ord(c)};", rf"&\#x0*{ord(c):x};"}
    forms |= {rf"&{name};" for name in entities.get(c, ())}
    forms.add("".join(rf"\\+u{unit:04x}" for unit in _utf16(c)))
    return forms | {"".join(rf"%(?:25)*{byte:02x}" for byte in octets) for octets in _octets(c)}


def _octets(c: str) -> set[bytes]:
    try:
        return {c.encode(), c.encode("latin-1")}
    except UnicodeEncodeError:
        return {c.encode("utf-8", "surrogatepass")}


def _utf16(c: str) -> list[int]:
    octets = c.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(octets[n : n + 2]) for n in range(0, len(octets), 2)]


def _entities() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, character in html5.items():
        if name.endswith(";"):
            found.setdefault(character, []).append(name[:-1])
    return found


def _base64(secret: str) -> list[str]:
    """The letters of base64 that only the secret decides, at each of three places where it may begin."""
    forms = set()
    cases = {secret, secret.lower(), secret.upper()}
    for octets in {case.encode("utf-8", "replace") for case in cases}:
        for shift in range(3):
            encoded = b64encode(bytes(shift) + octets).decode()
            core = encoded[-(-shift * 4 // 3) : (shift + len(octets)) * 4 // 3]
            if len(core) >= _LONG:
                forms |= {core, core.replace("+", "-").replace("/", "_")}
    return [f"(?-i:{re.escape(core)})" for core in sorted(forms)]
