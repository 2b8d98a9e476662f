"""`aurion fixture`: a report becomes a test of the checkout that one stands in."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from scraper.words import Words, language_of

ReportFile = Annotated[str, typer.Argument(help="fixture_report", metavar="REPORT", show_default=False)]
Name = Annotated[str, typer.Option("--name", help="fixture_name", show_default=False)]
School = Annotated[str, typer.Option("--school", help="fixture_school", show_default=False)]


def fixture(report: ReportFile, name: Name = "", school: School = "") -> None:
    """Writes a recording and what is expected of it, and says what to run next."""
    from scraper.fixture import checkout, keep
    from scraper.recording import load

    words, here = Words(language_of(os.environ)), Path.cwd()
    root = checkout(here)
    files = keep(load(Path(report).expanduser()), root, school=school, fact=name)
    lines = [words("fixture.written", path=path.relative_to(root)) for path in files]
    sys.stdout.write("\n".join([*lines, words("fixture.next")]) + "\n")
