"""Messages: facts, plurals, dates and translations in both languages."""

import ast
import errno
import os
import re
import subprocess
import sys
import tomllib
from datetime import datetime
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from scraper.errors import (
    CredentialsMissing,
    PortalChanged,
    PortalUnavailable,
    SettingsError,
    SinkRefused,
    SuspiciouslyEmpty,
    UnknownSchool,
)
from scraper.i18n import LANGUAGES, OPTIONAL, PARTS, Catalogue, catalogue
from tests.cases import for_each
from tests.test_code import MODULES, PACKAGE, sentences, tree

GAP = re.compile(r"\(\s*\)|“\s*”|«\s*»|:\s*[.;)]|:\s*$|\s[.,)]|\(\s|\S  |, [,;]|\?\?")
"""The traces of an empty fact in a sentence."""


def facts_of(sentence: str) -> set[str]:
    """Return the names of the facts of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@for_each("language", LANGUAGES)
def test_sentence_of_an_error_has_no_gap_without_a_fact(language: str) -> None:
    """Each fact is empty in turn."""
    words, bad = Catalogue(language), []
    for key, sentence in sentences(catalogue(language, "errors")["errors"]):
        for name in facts_of(sentence):
            facts = dict.fromkeys(facts_of(sentence), "X") | {name: ""}
            if GAP.search(text := words._error_text(sentence, facts)):
                bad.append(f"{key} without {name}: {text}")
    assert not bad, "\n".join(["", *bad])


@for_each("language", LANGUAGES)
def test_sentence_with_all_facts_is_complete(language: str) -> None:
    """Only the marks of optional parts are removed."""
    words = Catalogue(language)
    for key, sentence in sentences(catalogue(language, "errors")["errors"]):
        facts = dict.fromkeys(facts_of(sentence), "X")
        assert words._error_text(sentence, facts) == OPTIONAL.sub(r"\1", sentence).format_map(facts).strip(), key


@for_each(
    ("error", "message", "hint"),
    [
        (SettingsError("which-session", near=[]), "Which session?", "To list them: aurion account list"),
        (SettingsError("which-session", near=["a", "b"]), "Which session?", "Accounts: a, b. To list them"),
        (SettingsError("which-export", near=[]), "Several accounts exist", "Name one or more, or use --all."),
        (SettingsError("which-one", near=["a", "b"]), "Several accounts exist", "Name one (a, b)."),
        (SuspiciouslyEmpty("", account=""), "Most upcoming lessons", "aurion publish, with the same --school or --url"),
        (SuspiciouslyEmpty("", account="anna"), "Most upcoming lessons", "pending changes: aurion publish anna"),
        (SettingsError("months", given=""), "“(empty)” is not a number of months", "--months 6"),
        (PortalChanged("event", id="", field="start"), "An event of the portal has no readable “start”.", ""),
        (CredentialsMissing("login", school=""), "No login was given.", "Use --login"),
        (UnknownSchool("unknown", id="x", near=[]), "There is no known school “x”.", "aurion schools lists them all"),
        (SettingsError("table-key", place="outputs[1].x", near=[]), "There is no setting outputs[1].x.", "Remove it."),
    ],
)
def test_sentence_without_optional_facts_is_correct(error: SettingsError, message: str, hint: str) -> None:
    """Lists, a value or the number of an event are empty."""
    found = Catalogue("en").error(error)
    assert found[0].startswith(message)
    assert found[1].startswith(hint) or hint in found[1]


@for_each(
    "error",
    [
        PortalUnavailable("connection", host="x", detail="Connection refused"),
        PortalUnavailable("proxy-down", proxy="http://x:3128", cause="Connection refused"),
    ],
)
def test_message_of_the_system_is_translated(error: PortalUnavailable) -> None:
    """Any fact may contain it."""
    assert "connexion refusée" in Catalogue("fr").error(error)[0]


def test_missing_fact_has_no_placeholder() -> None:
    """No code writes `?`, `-` or a dash instead; `-` is only standard output."""
    found = []
    for module in MODULES:
        for node in ast.walk(tree(module)):
            match node:
                case ast.BoolOp(op=ast.Or(), values=[*first, ast.Constant(value="?" | "-" | "—")]):
                    found.append((module, node.lineno, ast.unparse(first[-1])))
                case ast.IfExp(orelse=ast.Constant(value="?" | "-" | "—")):
                    found.append((module, node.lineno, ast.unparse(node.test)))
    log = {PACKAGE / "runs" / "unattended.py"}  # `error=-` in the log is a format, no sentence
    assert [one for one in found if "output" not in one[2] and one[0] not in log] == []


@for_each(
    ("language", "count", "sentence"),
    [
        ("fr", 0, "0 ajouté"),
        ("fr", 1, "1 ajouté"),
        ("fr", 2, "2 ajoutés"),
        ("fr", 1_000_000, "1000000 ajoutés"),
        ("en", 0, "No errors, 0 warnings."),
        ("en", 1, "No errors, 1 warning."),
        ("en", 2, "No errors, 2 warnings."),
    ],
)
def test_plural_form_follows_the_count(language: str, count: int, sentence: str) -> None:
    """French has the singular below two, English for one."""
    words = Catalogue(language)
    if language == "fr":
        assert words("changes.counts.added", count=count) == sentence
    else:
        assert words("doctor.summary.warning", warnings=words("doctor.summary.warnings", count=count)) == sentence


@for_each(
    ("language", "pattern", "text"),
    [
        ("fr", "short", "05/11/2026"),
        ("en", "short", "2026-11-05"),
        ("fr", "EEEE d MMMM", "jeudi 5 novembre"),
        ("en", "EEEE d MMMM", "Thursday 5 November"),
        ("fr", "EEE dd/MM", "jeu. 05/11"),
        ("en", "EEE dd/MM", "Thu 05/11"),
    ],
)
def test_dates_have_the_form_of_the_language(language: str, pattern: str, text: str) -> None:
    """No day can be taken for a month; hours are in the zone of the time, from 0 to 23."""
    words, moment = Catalogue(language), datetime(2026, 11, 5, 18, 7, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert words.format_date(moment, pattern) == text
    assert words.format_time(moment) == "18:07"
    error = SettingsError("period-long", first=moment, last=moment, months=1)
    assert f"{words.format_date(moment)} 18:07" in words.error(error)[0]


def test_babel_is_imported_for_dates_and_plurals_only() -> None:
    """A command without both, such as `--version`, does not import it."""
    code = "import sys; from scraper.cli.app import run_command_line; run_command_line(['--version'])"
    code += "; print('babel' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split()[-1] == "False"


@for_each(("count", "begins"), [(1, "X refused 1 event: a"), (3, "X refused 3 events: a")])
def test_error_has_plural_forms(count: int, begins: str) -> None:
    """The count is one of its facts."""
    error = SinkRefused("caldav-refused", path="X", count=count, named="a", answer="", others="")
    assert Catalogue("en").error(error)[0].startswith(begins)


@for_each("language", LANGUAGES)
def test_no_sentence_has_a_plural_in_parentheses(language: str) -> None:
    """A sentence with a count has two forms, or one for all counts."""
    found = [
        (key, sentence)
        for part in ("", *PARTS)
        for key, sentence in sentences(catalogue(language, part))
        if re.search(r"\w\((s|e|es|ent|x)\)", sentence)
    ]
    assert found == []


DIALECT = re.compile(
    r"\b(told|tells?|said|says?|meant|stands?|stood|anew|whose|likewise|nobody|somebody|wish(ed)?|mend(ed|s)?"
    r"|by itself|what there is|no more)\b",
    re.IGNORECASE,
)


@for_each("part", ["", *PARTS])
def test_english_texts_have_no_dialect(part: str) -> None:
    """Words that made sentences hard to read are not used."""
    found = [
        (key, sentence)
        for key, sentence in sentences(catalogue("en", part))
        if DIALECT.search(re.sub(r"\{\w+\}", "", sentence))
    ]
    assert found == []


@for_each(
    ("detail", "text"),
    [
        (os.strerror(errno.EACCES), "permission refusée"),
        (os.strerror(errno.ENOSPC), "plus de place sur le disque"),
        (os.strerror(errno.ECONNREFUSED), "connexion refusée"),
        ("database is locked", "base de données verrouillée"),
        ("certificate has expired", "certificat expiré"),
        ("Unclosed array (at line 3, column 7)", "tableau sans « ] » (ligne 3, colonne 7)"),
        ("Unterminated string (at end of document)", "texte sans guillemet de fin (à la fin du fichier)"),
        ("Un message inconnu", "Un message inconnu"),
    ],
)
def test_message_of_a_library_is_translated(detail: str, text: str) -> None:
    """Errors and the checks of doctor show it; an unknown one is not changed."""
    assert f"({text})" in Catalogue("fr").error(SettingsError("settings-file", path="x", detail=detail))[0]
    assert f"({text})" in Catalogue("fr")("doctor.network.connect.message", host="x", port=1, detail=detail)


@for_each(
    "text",
    [
        "a = [1",
        "a = 'x",
        "a",
        "[a",
        "a = 1 b = 2",
        "a = 1\na = 2",
        "= 1",
        "[a]\n[a]",
        'a = "x\ny"',
        "a = {b = 1, b = 2}",
    ],
)
def test_messages_of_the_toml_parser_are_translated(text: str) -> None:
    """Each common mistake has its translation, with its place."""
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    message = Catalogue("fr").error(SettingsError("school-file", path="x", detail=str(caught.value)))[0]
    assert str(caught.value) not in message
    assert "(ligne " in message or "(à la fin du fichier)" in message


JOINED = re.compile(r"""(?:"[^"]*"|'[^']*'|[\w.()]+)(?:\s*~\s*(?:"[^"]*"|'[^']*'|[\w.()]+))*""")
"""A text of a template, or several joined by `~`."""


def used_keys() -> tuple[set[str], re.Pattern[str]]:
    """Return the keys in code and templates, and a pattern of those with computed parts, which are `.+`."""
    named = set()
    for module in MODULES:
        for node in ast.walk(tree(module)):
            match node:
                case ast.Constant(value=str(text)):
                    named.add(re.escape(text))
                case ast.JoinedStr(values=parts):
                    texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
                    named.add("".join(".+" if text is None else re.escape(str(text)) for text in texts))
    for path in PACKAGE.rglob("*.html"):
        for expression in re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(encoding="utf-8"), re.DOTALL):
            for joined in JOINED.findall(expression):
                texts = re.split(r"\s*~\s*", joined)
                named.add("".join(re.escape(text[1:-1]) if text[0] in "'\"" else ".+" for text in texts))
    named.discard(r"page\..+")  # the templates' own prefix
    computed = re.compile(r"[a-z]\\\.|\\\.[a-z]")
    whole = {re.sub(r"\\(.)", r"\1", one) for one in named if ".+" not in one}
    return whole, re.compile("|".join(one for one in named if ".+" in one and computed.search(one)))


def test_every_sentence_is_used() -> None:
    """A page's template leaves out the prefix `page.`."""
    whole, computed = used_keys()
    keys = [
        key
        for part in ("", "page", "check")
        for key, _ in sentences(catalogue("en", part))
        if not key.startswith(("calendar.kinds.", "calendar.labels.", "google.removed_"))  # whole tables; several flags
    ]
    assert len(keys) > len(PARTS)
    unused = [key for key in keys if not forms(key) & whole]
    assert [key for key in unused if not any(map(computed.fullmatch, forms(key)))] == []


def forms(key: str) -> set[str]:
    """Return the ways to write a key: without its plural form, and without the prefix of a page."""
    written = {key, key.removesuffix(".one"), key.removesuffix(".other")}
    return written | {one.removeprefix("page.") for one in written}
