"""The threat model names tests that exist, and requirements once."""

import ast
import re
from pathlib import Path

from tests.paths import ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


def functions(file: Path) -> set[str]:
    """Return the functions of a module."""
    return {one.name for one in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(one, ast.FunctionDef)}


def test_every_named_test_exists() -> None:
    """A renamed test is renamed in the table."""
    assert len(NAMED) > 30
    assert [f"{file}::{name}" for file, name in NAMED if name not in functions(ROOT / file)] == []


def test_every_requirement_has_a_test_and_occurs_once() -> None:
    """Each line has numbers of the standard and a test."""
    rows = re.findall(r"^\| ([\d., ]+) \| [^|]+ \| ([^|]+) \|$", TEXT, re.MULTILINE)
    numbers = [number for cell, _ in rows for number in cell.split(", ")]
    assert len(rows) > 30
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", number) for number in numbers)
    assert len(numbers) == len(set(numbers))
    assert all("::" in cell for _, cell in rows)
