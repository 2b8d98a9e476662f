"""The wheel and the source archive: the same bytes each time, complete, and enough without the lock."""

import os
import re
import subprocess
import sys
import tarfile
import venv
from email import message_from_string
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

from scraper import __version__
from tests.paths import ROOT

REPOSITORY = "https://git.example/anna/aurion-planning"
NOT_SHIPPED = {".png", ".svg"}
"""Pictures of the documents."""


def build(folder: Path, repository: str = "") -> tuple[Path, Path]:
    """Build source archive and wheel in a process of its own, as a release does."""
    environment = {**os.environ, "REPOSITORY_URL": repository}
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    (source,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return source, wheel


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One build, for tests that only read it."""
    return build(tmp_path_factory.mktemp("dist"))


def metadata(wheel: Path) -> Message:
    """Return the METADATA of a wheel."""
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(archive.read(name).decode())


@pytest.mark.slow
def test_two_builds_have_the_same_bytes(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Everyone who builds the tag gets the files of the release; the source archive gives the same wheel."""
    again = build(tmp_path / "again")
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in built]
    with tarfile.open(built[0]) as archive:
        # Python 3.11.2, that of Debian 12, has no filters; 3.12 and 3.13 warn without one.
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # noqa: S202 - built here
    (unpacked,) = tmp_path.glob("aurion_planning-*")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=unpacked, check=True, capture_output=True, timeout=120)
    assert (tmp_path / built[1].name).read_bytes() == built[1].read_bytes()


def test_wheel_is_complete(built: tuple[Path, Path]) -> None:
    """Find every file of the package, and the documents for `aurion help`."""
    with ZipFile(built[1]) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = {path.relative_to(ROOT) for folder in ("scraper", "docs") for path in (ROOT / folder).rglob("*")}
    sources = {path for path in files if path.suffix != ".pyc" and (ROOT / path).is_file()}
    shipped = {path.as_posix() for path in sources if path.suffix not in NOT_SHIPPED or "static" in path.parts}
    assert names == {f"scraper/{name}" if name.startswith("docs/") else name for name in shipped}
    assert "scraper/py.typed" in names


def test_metadata_is_that_of_the_project(built: tuple[Path, Path]) -> None:
    """One version, every licence, and the Pythons of the tests."""
    found = metadata(built[1])
    assert (found["Version"], found["License-Expression"]) == (__version__, "MIT")
    assert len(found.get_all("License-File") or ()) == 4
    classifiers = found.get_all("Classifier") or []
    assert [one[-4:] for one in classifiers if re.search(r":: 3\.\d+$", one)] == ["3.11", "3.12", "3.13", "3.14"]


def test_readme_renders_on_an_index(tmp_path: Path, built: tuple[Path, Path]) -> None:
    """Find no link to files that an index lacks; with the repository's address all have a target."""
    relative = re.compile(r"\]\((?!https://)")
    assert not relative.search(str(metadata(built[1]).get_payload()))
    found = metadata(build(tmp_path, REPOSITORY)[1])
    text = str(found.get_payload())
    assert not relative.search(text)
    assert f"]({REPOSITORY}/raw/v{__version__}/docs/page-week.png)" in text
    assert f"[Accounts]({REPOSITORY}/blob/v{__version__}/docs/accounts.md)" in text
    assert f"Source, {REPOSITORY}" in (found.get_all("Project-URL") or ())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the folder of a venv's packages has another name there")
def test_wheel_works_without_the_checkout(built: tuple[Path, Path], tmp_path: Path) -> None:
    """In an environment with the libraries alone, the command shows version, help and a document."""
    venv.create(tmp_path / "venv")
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    with ZipFile(built[1]) as archive:
        archive.extractall(packages)  # noqa: S202 - built here
    libraries = Path(pytest.__file__).parents[1]
    (packages / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    python, home = tmp_path / "venv" / "bin" / "python", {"PATH": os.defpath, "HOME": str(tmp_path), "LC_ALL": "en_US"}
    for arguments, expected in (
        (["--version"], f"aurion-planning {__version__}\n"),
        (["help"], "Usage: aurion"),
        (["help", "configuration"], "# Configuration\n"),
        (["schools"], "junia"),
    ):
        command = [python, "-P", "-m", "scraper", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=home, check=True, capture_output=True, text=True, timeout=60)
        assert expected in done.stdout
