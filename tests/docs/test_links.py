"""The documents: links, anchors, paths, the README's tables and its length."""

import re
import tomllib
from functools import cache
from pathlib import Path
from unicodedata import category

from tests.cases import for_each
from tests.paths import ROOT

README = ROOT / "README.md"
MOST_LINES = 150
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md"), ROOT / "fixtures/README.md"]
)
BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FROM = {"recorded": "recorded answers", "code": "public programs", "link": "its address"}
LOGIN = {"form": "form", "sso": "single sign-on"}


@cache
def links(document: Path) -> tuple[str, ...]:
    """Return the targets of a document's links, without those in code."""
    return tuple(LINK.findall(CODE.sub("", BLOCK.sub("", document.read_text(encoding="utf-8")))))


@cache
def anchors(document: Path) -> frozenset[str]:
    """Return the anchors of a document's headings on GitHub; a repeated heading gets a number."""
    found: list[str] = []
    for heading in HEADING.findall(BLOCK.sub("", document.read_text(encoding="utf-8"))):
        text = LINK.sub(lambda link: link[0][1:].partition("]")[0], heading).replace("`", "").strip().lower()
        slug = "".join("-" if sign == " " else sign for sign in text if sign in " -_" or category(sign)[0] in "LN")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return frozenset(found)


@for_each("document", DOCUMENTS)
def test_every_link_has_a_target(document: Path) -> None:
    """Find the file of the repository, or its heading."""
    broken = []
    for link in links(document):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (document.parent / file).resolve() if file else document
        if not target.exists() or not target.is_relative_to(ROOT) or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_readme_is_short() -> None:
    """Longer texts belong into a document."""
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_readme_lists_every_document() -> None:
    """The table has each of them."""
    table = README.read_text(encoding="utf-8").partition("\n## Documents\n")[2].partition("\n## ")[0]
    listed = {(ROOT / link).resolve() for link in LINK.findall(table)}
    assert listed == {*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")} - {README}


def test_readme_lists_every_school() -> None:
    """The table has id, name, login and level of knowledge of each."""
    table = README.read_text(encoding="utf-8").partition("\n## Schools\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \| (.+) \|$", table, re.MULTILINE)
    schools = {}
    for file in (ROOT / "scraper" / "schools").glob("*.toml"):
        school = tomllib.loads(file.read_text(encoding="utf-8"))
        schools[file.stem] = (school["name"], LOGIN[school.get("login", "form")], FROM[school.get("known", "link")])
    assert rows == [(name, *schools[name]) for name in sorted(schools)]


@for_each("document", DOCUMENTS)
def test_every_path_in_a_document_exists(document: Path) -> None:
    """Paths of the repository in code and modules of tests count; ID is a placeholder."""
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:scraper|tests|docs|deploy)/[\w./-]*)`", text)
    named += [f"{module.replace('.', '/')}.py" for module in re.findall(r"-m (tests\.[\w.]+)", text)]
    assert not [path for path in named if not re.search(r"\b[A-Z]{2,}\b", path) and not (ROOT / path).exists()]
