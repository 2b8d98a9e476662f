"""Schools known: one TOML file each; ours in `schools/`, a user's own in the settings folder's `schools/`.

Finding a school reads TOML only; the one chosen alone is validated, for that is what takes time.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from platformdirs import user_config_dir

from scraper.domain.decoding import NotUtf8Error, decoded
from scraper.domain.school import School
from scraper.domain.urls import portal_root
from scraper.errors import SettingsError, UnknownSchool

# Every UID ever published hangs on it, and on the files' names: neither may change.
NAMESPACE = UUID("8f1c3f64-6d0e-4b0c-9a55-2f6f0a4d7c11")


def load_school(name: str) -> School:
    """The school whose id (its file's name) is `name`, in any case.

    Raises UnknownSchool where there is none: "unknown" with the ids (`near`) that resemble it or whose school's
    name does, "like-none" without any; SettingsError where its file is wrong (`scraper.config.schools.schema`).
    """
    found = _school_files()
    key = name.strip().casefold()
    if key not in found:
        own = _own_folder() / f"{key}.toml"
        if "/" not in key and os.path.lexists(own):
            raise SettingsError("school-no-file", path=str(own))
        if near := _near(key, found):
            raise UnknownSchool("unknown", id=name, near=near)
        raise UnknownSchool("like-none", id=name)
    return _validated(key, found[key], _table(found[key]))


def all_schools() -> tuple[School, ...]:
    """Every school, by name. Raises SettingsError where a file is wrong."""
    schools = [_validated(key, file, _table(file)) for key, file in _school_files().items()]
    return tuple(sorted(schools, key=lambda school: normalize("NFKD", school.name).casefold()))


def school_at(url: str) -> School:
    """The school whose portal is or was at `url`, or at a page of it; else one without id, named by its host.

    A school found keeps its namespace, so its events keep their UIDs when the portal moves. Its `base_url`
    is the portal's root in `url`, except for a former address: there it is today's. Raises SettingsError:
    "address" where `url` is no address of a portal, others (`scraper.config.schools.schema`) where a file is wrong.
    """
    root = portal_root(url)
    if found := _known_at(root):
        return found
    return School(id="", name=urlsplit(root).hostname or "", base_url=root, namespace=uuid5(NAMESPACE_URL, root))


def guess_school(login_or_address: str) -> School | None:
    """The school of a login's mail domain (or one above it), or of an address; None where none is known."""
    given = login_or_address.strip()
    if "@" not in given or "://" in given:
        try:
            return _known_at(portal_root(given))
        except SettingsError:
            return None
    domain = given.rpartition("@")[2].casefold()
    for key, file, table in _tables():
        if any(f".{domain}".endswith(f".{own.casefold()}") for own in _texts(table.get("mail_domains"))):
            return _validated(key, file, table)
    return None


def shipped_tables() -> Mapping[str, Mapping[str, Any]]:
    """What the program's own files say, by the schools' ids; a user's own files stay out."""
    return {key: _table(file) for key, file in _shipped().items()}


def shipped_school(name: str) -> School | None:
    """The school of the program's own file of that id, whatever a user's file says; None where there is none."""
    file = _shipped().get(name)
    return _validated(name, file, _table(file)) if file else None


def _known_at(root: str) -> School | None:
    """The school with the longest address, today's or former, that `root` lies in."""
    best, school = "", None
    for key, file, table in _tables():
        for base in _roots(table, "base_url", "former_urls"):
            if _lies_in(root, base) and len(base) > len(best):
                best, school = base, _validated(key, file, table)
    if school and school.base_url == best and root.startswith(best):
        return replace(school, base_url=root)
    return school


def _lies_in(root: str, base: str) -> bool:
    """Whether a portal's root is `base`, deeper in it, or its bare host: the context path gets left out."""
    return f"{root}/".startswith(f"{base}/") or (base.startswith(f"{root}/") and not urlsplit(root).path)


def _school_files() -> Mapping[str, Traversable]:
    """Each school's file by id; a user's own come first, and stand for ours of the same id."""
    own = _listed(_own_folder())
    ours = _shipped()
    return own | {key: file for key, file in ours.items() if key not in own}


def _own_folder() -> Path:
    return Path(user_config_dir("aurion-planning", appauthor=False)) / "schools"


def _shipped() -> dict[str, Traversable]:
    return _listed(files("scraper").joinpath("schools"))


def _listed(folder: Traversable) -> dict[str, Traversable]:
    try:
        found = sorted(folder.iterdir(), key=lambda file: file.name)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError("school-file", path=str(folder), said=error.strerror) from error
    return {file.name[:-5].casefold(): file for file in found if file.name.endswith(".toml") and file.is_file()}


def _tables() -> Iterator[tuple[str, Traversable, Mapping[str, Any]]]:
    for key, file in _school_files().items():
        yield key, file, _table(file)


@lru_cache(maxsize=256)
def _parsed(body: bytes) -> Mapping[str, Any]:
    """The table in a file of these bytes, parsed once for many accounts; read-only."""
    return tomllib.loads(decoded(body))


def _table(file: Traversable) -> Mapping[str, Any]:
    try:
        return _parsed(file.read_bytes())
    except NotUtf8Error as error:
        raise SettingsError("school-encoding", path=str(file), line=error.line) from error
    except (OSError, ValueError) as error:
        raise SettingsError("school-file", path=str(file), said=f"TOML: {error}") from error


def _texts(value: object) -> list[str]:
    """What a table not yet validated has there, if it is text."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _roots(table: Mapping[str, Any], *keys: str) -> Iterator[str]:
    for text in (text for key in keys for text in _texts(table.get(key))):
        try:
            yield portal_root(text)
        except SettingsError:
            continue


def _near(key: str, found: Mapping[str, Traversable]) -> list[str]:
    """The ids that resemble `key`, or whose school's name or a word of it does; best first."""
    owners: dict[str, list[str]] = {}
    for own, file in found.items():
        for word in (*_words_of(file), own):
            owners.setdefault(word, []).append(own)
    close = get_close_matches(key, owners, n=5, cutoff=0.7)
    return list(dict.fromkeys(own for word in close for own in owners[word]))


def _words_of(file: Traversable) -> list[str]:
    try:
        name = str(_table(file).get("name", "")).casefold()
    except SettingsError:
        return []
    return [name, *name.split()]


def _validated(key: str, file: Traversable, table: Mapping[str, Any]) -> School:
    from scraper.config.schools.schema import checked  # noqa: PLC0415 - pydantic is heavy, and only one school needs it

    return checked(table, name=key, namespace=uuid5(NAMESPACE, key), file=file)
