"""Find schools: one TOML file each, the program's in `schools/`, the user's in the settings folder's `schools/`.

The search only parses TOML; validation is slow, so only the school found is validated.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from scraper.domain.decoding import NotUtf8Error, decode_text
from scraper.domain.school import School
from scraper.domain.text import fold
from scraper.domain.urls import portal_root
from scraper.errors import SettingsError, UnknownSchool
from scraper.system.paths import settings_file

# Every published UID depends on this value and on the names of the files: neither may change.
_NAMESPACE = UUID("8f1c3f64-6d0e-4b0c-9a55-2f6f0a4d7c11")
CLOSE = 0.75
"""The minimum similarity (0 to 1) at which a typed word counts as a misspelling of another."""
MOST_NEAR = 5


def load_school(name: str) -> School:
    """Return the school with the id `name` (the name of its file), in any case.

    Raise UnknownSchool: "unknown" with the ids (`near`) of schools with a similar id or name, "like-none" if there
    are none; SettingsError if its file is invalid (`scraper.config.schools.schema`).
    """
    found = _school_files()
    key = name.strip().casefold()
    if key not in found:
        own = _own_folder() / f"{key}.toml"
        if "/" not in key and os.path.lexists(own):
            raise SettingsError("school-no-file", path=str(own))
        if near := similar_ids(key):
            raise UnknownSchool("unknown", id=name, near=near[:MOST_NEAR])
        raise UnknownSchool("like-none", id=name)
    return _validate_school(key, found[key], _table(found[key]))


def all_schools() -> tuple[School, ...]:
    """Return all schools, sorted by name. Raise SettingsError if a file is invalid."""
    schools = [_validate_school(key, file, _table(file)) for key, file in _school_files().items()]
    return tuple(sorted(schools, key=lambda school: normalize("NFKD", school.name).casefold()))


def school_at(url: str) -> School:
    """Return the school with a current or former portal at `url`, or else a school without id, named after its host.

    A known school keeps its namespace, so its events keep their UIDs when the portal moves. Its `base_url` is the
    portal's root in `url`; for a former address it is the current one. Raise SettingsError: "address" if `url` is not
    a portal's address, others (`scraper.config.schools.schema`) if a file is invalid.
    """
    root = portal_root(url)
    if found := _known_at(root):
        return found
    return School(id="", name=urlsplit(root).hostname or "", base_url=root, namespace=uuid5(NAMESPACE_URL, root))


def guess_school(login_or_address: str) -> School | None:
    """Return the school of a login's mail domain (or a parent domain), or of an address; None if it is unknown."""
    given = login_or_address.strip()
    if "@" not in given or "://" in given:
        try:
            return _known_at(portal_root(given))
        except SettingsError:
            return None
    domain = given.rpartition("@")[2].casefold()
    for key, file, table in _tables():
        if any(f".{domain}".endswith(f".{own.casefold()}") for own in _texts(table.get("mail_domains"))):
            return _validate_school(key, file, table)
    return None


def shipped_tables() -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of the program's school files by id, without the user's files."""
    return {key: _table(file) for key, file in _shipped_files().items()}


def shipped_school(name: str) -> School | None:
    """Return the school of the program's file with that id, ignoring the user's files; None if there is none."""
    file = _shipped_files().get(name)
    return _validate_school(name, file, _table(file)) if file else None


def _known_at(root: str) -> School | None:
    """Return the school with a current or former address that contains `root`; the longest address wins."""
    best, school = "", None
    for key, file, table in _tables():
        for base in _roots(table, "base_url", "former_urls"):
            if _lies_in(root, base) and len(base) > len(best):
                best, school = base, _validate_school(key, file, table)
    if school and school.base_url == best and root.startswith(best):
        return replace(school, base_url=root)
    return school


def _lies_in(root: str, base: str) -> bool:
    """Return whether `root` is `base`, below it, or only its host: users often omit the context path."""
    return f"{root}/".startswith(f"{base}/") or (base.startswith(f"{root}/") and not urlsplit(root).path)


def _school_files() -> Mapping[str, Traversable]:
    """Return the school files by id: first the user's, which replace the program's with the same id."""
    own = _files_in(_own_folder())
    ours = _shipped_files()
    return own | {key: file for key, file in ours.items() if key not in own}


def _own_folder() -> Path:
    return settings_file().parent / "schools"


def _shipped_files() -> dict[str, Traversable]:
    return _files_in(files("scraper").joinpath("schools"))


def _files_in(folder: Traversable) -> dict[str, Traversable]:
    try:
        found = sorted(folder.iterdir(), key=lambda file: file.name)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError("school-file", path=str(folder), detail=error.strerror) from error
    return {file.name[:-5].casefold(): file for file in found if file.name.endswith(".toml") and file.is_file()}


def _tables() -> Iterator[tuple[str, Traversable, Mapping[str, Any]]]:
    for key, file in _school_files().items():
        yield key, file, _table(file)


@lru_cache(maxsize=256)
def _parse_table(body: bytes) -> Mapping[str, Any]:
    """Return the table in a file's content, parsed once for many accounts; read-only."""
    return tomllib.loads(decode_text(body))


def _table(file: Traversable) -> Mapping[str, Any]:
    try:
        return _parse_table(file.read_bytes())
    except NotUtf8Error as error:
        raise SettingsError("school-encoding", path=str(file), line=error.line) from error
    except (OSError, ValueError) as error:
        raise SettingsError("school-file", path=str(file), detail=str(error)) from error


def _texts(value: object) -> list[str]:
    """Return the texts in a value that is not yet validated."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _roots(table: Mapping[str, Any], *keys: str) -> Iterator[str]:
    for text in (text for key in keys for text in _texts(table.get(key))):
        try:
            yield portal_root(text)
        except SettingsError:
            continue


def similar_ids(typed: str) -> list[str]:
    """Return the ids of schools with a word of the id, name or host similar to each typed word, best first."""
    wanted, scores = search_words(typed), dict[str, float]()
    for key, file in _school_files().items():
        with suppress(SettingsError):
            table = _table(file)
            own = search_words(key, *(str(table.get(name, "")) for name in ("name", "base_url")))
            ratios = [max(SequenceMatcher(None, word, one).ratio() for one in own) for word in wanted]
            if min(ratios, default=0) >= CLOSE:
                scores[key] = sum(ratios)
    return sorted(scores, key=lambda key: -scores[key])


def search_words(*texts: str) -> list[str]:
    """Return the words of texts without case and accents; of an address, the host."""
    hosts = (urlsplit(text).hostname or "" if "://" in text else text for text in texts)
    return re.sub(r"[^\w.]|_", " ", fold(" ".join(hosts))).split()


def _validate_school(key: str, file: Traversable, table: Mapping[str, Any]) -> School:
    from scraper.config.schools.schema import validate_school  # noqa: PLC0415 - many commands need no school

    return validate_school(table, name=key, namespace=uuid5(_NAMESPACE, key), file=file)
