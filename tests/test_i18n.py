"""Sentences with facts: a missing or empty one leaves no placeholder behind, in either language."""

import ast
import errno
import os
import re
import subprocess
import sys
import tomllib
from datetime import datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

import scraper
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
from tests.test_code import sentences

PACKAGE = Path(scraper.__file__).parent
GAP = re.compile(r"\(\s*\)|“\s*”|«\s*»|:\s*[.;)]|:\s*$|\s[.,)]|\(\s|\S  |, [,;]|\?\?")
"""What an empty fact would leave in a sentence."""


def facts_of(sentence: str) -> set[str]:
    """The names of its facts."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_without_one_of_its_facts_has_no_gap(language: str) -> None:
    """Every sentence of every error, with each of its facts empty in turn."""
    words, bad = Catalogue(language), []
    for key, sentence in sentences(catalogue(language, "errors")["errors"]):
        for name in facts_of(sentence):
            facts = dict.fromkeys(facts_of(sentence), "X") | {name: ""}
            if GAP.search(text := words._error_text(sentence, facts)):
                bad.append(f"{key} without {name}: {text}")
    assert not bad, "\n".join(["", *bad])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_sentence_is_left_as_it_is(language: str) -> None:
    """With all facts only the marks of optional parts go."""
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
def test_facts_that_may_be_missing(error: SettingsError, message: str, hint: str) -> None:
    """Lists that are empty, a value that is, an event without number: the sentence does without."""
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
def test_a_sentence_of_the_system_is_translated(error: PortalUnavailable) -> None:
    """Whichever fact contains it."""
    assert "connexion refusée" in Catalogue("fr").error(error)[0]


def test_nothing_is_in_for_a_missing_fact() -> None:
    """No code writes `?`, `-` or a dash where it has nothing to say; `-` is only standard output."""
    found = []
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            match node:
                case ast.BoolOp(op=ast.Or(), values=[*first, ast.Constant(value="?" | "-" | "—")]):
                    found.append((module, node.lineno, ast.unparse(first[-1])))
                case ast.IfExp(orelse=ast.Constant(value="?" | "-" | "—")):
                    found.append((module, node.lineno, ast.unparse(node.test)))
    log = {PACKAGE / "runs" / "unattended.py"}  # `error=-` in the log is a format, no sentence
    assert [one for one in found if "output" not in one[2] and one[0] not in log] == []


@pytest.mark.parametrize(
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
def test_a_count_chooses_the_form(language: str, count: int, sentence: str) -> None:
    """French writes the singular below two, English for one alone."""
    words = Catalogue(language)
    if language == "fr":
        assert words("changes.counts.added", count=count) == sentence
    else:
        assert words("doctor.summary.warning", warnings=words("doctor.summary.warnings", count=count)) == sentence


@pytest.mark.parametrize(
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
def test_dates_are_written_in_the_language(language: str, pattern: str, text: str) -> None:
    """In digits no day can be taken for a month; the hour is that of the moment's own zone, of 24."""
    words, moment = Catalogue(language), datetime(2026, 11, 5, 18, 7, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert words.format_date(moment, pattern) == text
    assert words.format_time(moment) == "18:07"
    error = SettingsError("period-long", first=moment, last=moment, months=1)
    assert f"{words.format_date(moment)} 18:07" in words.error(error)[0]


def test_babel_is_imported_for_dates_and_plurals_only() -> None:
    """A command that renders neither, like `--version`, does not wait for it."""
    code = "import sys; from scraper.cli.app import run_command_line; run_command_line(['--version'])"
    code += "; print('babel' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split()[-1] == "False"


@pytest.mark.parametrize(("count", "begins"), [(1, "X refused 1 event: a"), (3, "X refused 3 events: a")])
def test_an_error_has_plurals_too(count: int, begins: str) -> None:
    """The count is among the error's facts."""
    error = SinkRefused("caldav-refused", path="X", count=count, named="a", answer="", others="")
    assert Catalogue("en").error(error)[0].startswith(begins)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_avoids_its_plural(language: str) -> None:
    """No `1 change(s)`: a sentence that counts has two forms, or the same one for all counts."""
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


@pytest.mark.parametrize("part", ["", *PARTS])
def test_english_is_plain(part: str) -> None:
    """The words that made sentences hard to read are gone from all of them."""
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
def test_a_librarys_sentence_is_shown_in_the_readers_language(detail: str, text: str) -> None:
    """In errors and in the checks of doctor; a sentence without a translation is shown as it is."""
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
def test_no_sentence_of_the_toml_parser_is_shown_in_english(text: str) -> None:
    """Each common mistake has its translation, with its place."""
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    message = Catalogue("fr").error(SettingsError("school-file", path="x", detail=str(caught.value)))[0]
    assert str(caught.value) not in message
    assert "(ligne " in message or "(à la fin du fichier)" in message


JOINED = re.compile(r"""(?:"[^"]*"|'[^']*'|[\w.()]+)(?:\s*~\s*(?:"[^"]*"|'[^']*'|[\w.()]+))*""")
"""A text of a template, or several joined by `~`."""


def used_keys() -> re.Pattern[str]:
    """The keys that the code and the templates name: whole, or with `.+` for each part that they compute."""
    named = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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
    return re.compile("|".join(one for one in named if ".+" not in one or computed.search(one)))


def test_every_sentence_is_used() -> None:
    """No sentence is left behind when what showed it goes; a page's template leaves out the prefix `page.`."""
    used = used_keys()
    keys = [
        key
        for part in ("", "page", "check")
        for key, _ in sentences(catalogue("en", part))
        if not key.startswith(("calendar.kinds.", "calendar.labels.", "google.removed_"))  # whole tables; several flags
    ]
    assert len(keys) > len(PARTS)
    assert [key for key in keys if not any(map(used.fullmatch, forms(key)))] == []


def forms(key: str) -> set[str]:
    """The ways to write a key: one of several forms is named by its table, and a page's without its prefix."""
    written = {key, key.removesuffix(".one"), key.removesuffix(".other")}
    return written | {one.removeprefix("page.") for one in written}
