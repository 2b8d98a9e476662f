"""Rules that every file of the project must follow."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import scraper
from scraper import errors
from scraper.errors import AurionError
from scraper.i18n import LANGUAGES
from tests.cases import for_each

PACKAGE = Path(scraper.__file__).parent
ROOT = PACKAGE.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
KINDS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, AurionError)}


def place(module: Path) -> str:
    """Return the path of a module in the package, the same on every system."""
    return module.relative_to(PACKAGE).as_posix()


@cache
def tree(module: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(module.read_text(encoding="utf-8"))


def raised() -> Iterator[tuple[str, str, frozenset[str] | None, str]]:
    """Yield each error of the package: class, reason, facts (None: computed) and place."""
    for module in MODULES:
        for node in ast.walk(tree(module)):
            match node:
                case ast.Call(func=ast.Name(id=name), args=args, keywords=words) if name in KINDS:
                    facts = frozenset(word.arg for word in words if word.arg)
                    computed = any(word.arg is None for word in words)
                    for reason in reasons(args):
                        yield name, reason, None if computed else facts, f"{place(module)}:{node.lineno}"


def reasons(args: list[ast.expr]) -> list[str]:
    """Return the possible first arguments of an error; none where they are computed elsewhere."""
    match args:
        case []:
            return [""]
        case [ast.Constant(value=str(reason)), *_]:
            return [reason]
        case [ast.IfExp(body=body, orelse=orelse), *_]:
            return reasons([body]) + reasons([orelse])
        case _:
            return []


def sentences(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every sentence of a catalogue with its dotted key."""
    for name, value in table.items():
        key = f"{path}.{name}".lstrip(".")
        if isinstance(value, dict):
            yield from sentences(value, key)
        else:
            yield key, value


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the sentences of a language by key; fail if a key is in two files."""
    found: dict[str, str] = {}
    for part in sorted((PACKAGE / "locales" / language).glob("*.toml")):
        own = dict(sentences(tomllib.loads(part.read_text(encoding="utf-8"))))
        assert not found.keys() & own.keys(), f"{part}: a sentence of another file again"
        found |= own
    return found


@for_each("language", LANGUAGES)
def test_apostrophes_are_typographic(language: str) -> None:
    """No apostrophe between letters is straight: quotes are typographic, too."""
    straight = re.compile(r"[^\W\d_]'[^\W\d_]")
    assert [key for key, sentence in catalogue(language).items() if straight.search(sentence)] == []


def placeholders(sentence: str) -> set[str]:
    """Return the names of the facts of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.slow
def test_modules_and_functions_are_small_and_synchronous() -> None:
    """No module is longer than 300 lines, no function longer than 60; nothing is asynchronous but the queue's library.

    Migrations are left out: each is a list of tables and columns, and never changes again.
    """
    wrong = []
    for module in [one for one in MODULES if "migrations" not in one.parts]:
        if len(module.read_text(encoding="utf-8").splitlines()) > 300:
            wrong.append(place(module))
        for node in ast.walk(tree(module)):
            match node:
                case ast.FunctionDef() if (node.end_lineno or 0) - node.lineno >= 60:
                    wrong.append(f"{place(module)}:{node.lineno} {node.name}")
                case ast.AsyncFunctionDef() | ast.Await() if place(module) != "hosting/queue.py":
                    wrong.append(f"{place(module)}:{node.lineno} is asynchronous")
    assert wrong == []


@pytest.mark.slow
def test_system_differences_are_in_one_package() -> None:
    """Other modules do not ask for the system, and use nothing that a system lacks.

    Timers are left out: each system has its own module. The hosting runs on Linux only.
    """
    modules = {"fcntl", "grp", "locale", "msvcrt", "pwd", "resource", "signal", "termios", "winreg"}
    lacking = ("fchmod", "fchown", "fork", "geteuid", "getuid", "killpg", "link", "O_CLOEXEC", "setsid", "umask")
    members = {"os.name", "sys.platform", *(f"os.{name}" for name in lacking)}
    variables = {"APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"}
    wrong = []
    for module in [one for one in MODULES if not place(one).startswith(("system/", "runs/schedule/", "hosting/"))]:
        for node in ast.walk(tree(module)):
            match node:
                case ast.Import(names=names) if modules & {one.name for one in names}:
                    wrong.append(f"{place(module)}:{node.lineno} import")
                case ast.ImportFrom(module=str(name)) if name in modules:
                    wrong.append(f"{place(module)}:{node.lineno} {name}")
                case ast.Attribute(value=ast.Name(id=owner), attr=name) if f"{owner}.{name}" in members:
                    wrong.append(f"{place(module)}:{node.lineno} {owner}.{name}")
                case ast.Constant(value=str(name)) if name in variables:
                    wrong.append(f"{place(module)}:{node.lineno} {name}")
                case ast.keyword(arg="start_new_session" | "creationflags" | "preexec_fn"):
                    wrong.append(f"{place(module)}:{node.value.lineno} {node.arg}")
    assert wrong == []


def test_module_names_are_specific() -> None:
    """No module has a name that would fit any module."""
    assert not {module.stem for module in MODULES} & {"utils", "helpers", "base", "manager", "common"}


def test_names_are_in_one_place() -> None:
    """Fewer than 10 modules, and fewer than 15 functions and classes, share their name with another."""
    modules = [module.stem for module in MODULES if not module.stem.startswith("__")]
    public = [
        node.name
        for module in MODULES
        for node in tree(module).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    for names, limit in ((modules, 10), (public, 15)):
        repeated = {name for name, count in Counter(names).items() if count > 1}
        assert len(repeated) < limit, sorted(repeated)


def test_lock_has_no_index() -> None:
    """Find only versions and hashes: the source of packages is set on each machine."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*--(?!hash=)", lock, re.MULTILINE)
    pinned = re.findall(r"^([a-z0-9-]+)==\S+(?: ; .*)? \\\n {4}--hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^\S", lock, re.MULTILINE))


def test_lock_has_every_requirement() -> None:
    """The package, its extras and its groups have their versions there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = list(project["project"]["dependencies"])
    for group in (
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ):
        asked += [requirement for requirement in group if isinstance(requirement, str)]
    names = {re.sub(r"[._]", "-", re.split(r"[^\w.-]", requirement)[0]).lower() for requirement in asked}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
    assert names <= locked


def test_both_languages_have_the_same_sentences() -> None:
    """Each sentence has the same facts, in one form or two."""
    french, english = (forms(catalogue(language)) for language in LANGUAGES)
    assert french.keys() == english.keys()
    for key in french:
        asked = [placeholders(sentence) for sentence in (*french[key], *english[key])]
        assert all(one == asked[0] for one in asked), key
        assert all(sentence.strip() for sentence in french[key]), key


def forms(found: dict[str, str]) -> dict[str, list[str]]:
    """Return the sentences of each key; both plural forms are under one key."""
    by_key: dict[str, list[str]] = {}
    for key, sentence in found.items():
        base, _, form = key.rpartition(".")
        plural = form in {"one", "other"} and {f"{base}.one", f"{base}.other"} <= found.keys()
        by_key.setdefault(base if plural else key, []).append(sentence)
    return by_key


def test_sentences_of_errors_have_the_same_order() -> None:
    """Every `[errors.…]` table is in errors.toml, with the same keys in both languages."""
    table = re.compile(r"^(?:\[(.+)\]|# (?=.)|([\w-]+) = )", re.MULTILINE)
    orders = []
    for language in LANGUAGES:
        for part in sorted((PACKAGE / "locales" / language).glob("*.toml")):
            text = part.read_text(encoding="utf-8")
            if part.name == "errors.toml":
                orders.append(table.findall(text))
            else:
                assert "errors" not in tomllib.loads(text), part
    assert orders[0] == orders[1]


def test_errors_of_each_form_are_found() -> None:
    """The next tests prove nothing if no error is found."""
    found = {(name, reason) for name, reason, _, _ in raised()}
    assert {
        ("UnknownSchool", "unknown"),
        ("BrowserMissing", "slow"),
        ("BrowserMissing", "none"),
    } <= found


HINTS_OWN = {"account", "NAME"}
"""The account in a hint's commands: known or not, every hint may name it."""


@pytest.mark.slow
@for_each("language", LANGUAGES)
def test_every_error_has_its_sentence(language: str) -> None:
    """The sentence is that of its reason or its class, and has its facts."""
    stated, missing = {key: " ".join(all_forms) for key, all_forms in forms(catalogue(language)).items()}, []
    for name, reason, facts, where in raised():
        keys = [key for key in (f"errors.{name}.{reason}", f"errors.{name}") if f"{key}.message" in stated]
        if not keys or f"{keys[0]}.hint" not in stated:
            missing.append(f"{where} has no sentence errors.{name}.{reason}")
        elif facts is not None:
            asked = placeholders(stated[f"{keys[0]}.message"]) | placeholders(stated[f"{keys[0]}.hint"])
            missing += [f"{where} {keys[0]} asks for {{{fact}}}" for fact in sorted(asked - facts - HINTS_OWN)]
    assert not missing, "\n".join(["", *missing])


@for_each("language", LANGUAGES)
def test_message_and_hint_of_an_error_are_sentences(language: str) -> None:
    """Expect one line that ends like a sentence, with the portal's words, or with a command."""
    for key, sentence in catalogue(language).items():
        if key.startswith("errors."):
            assert "\n" not in sentence, key
            whole = sentence.replace("<<", "").replace(">>", "")
            ended = whole.rstrip('»”" ').endswith((".", "!", "?", "…", "}"))
            assert ended or re.search(r": aurion [^.]+$", whole), key


def test_options_are_read_before_heavy_imports() -> None:
    """Heavy libraries of an export are imported while the driver starts.

    Pydantic is none of them: typer imports it to read any option.
    """
    heavy = ("playwright", "sqlalchemy", "icalendar", "rich", "keyring", "pyrage", "tomlkit", "asyncio", "babel")
    asked = (
        f"import sys, scraper.cli.app, scraper.cli.commands.export; print(*[n for n in {heavy} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []
