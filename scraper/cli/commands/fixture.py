"""`aurion fixture`: turn a report into a test fixture of the current checkout."""

from pathlib import Path
from typing import Annotated

from scraper.cli.options import argument, option
from scraper.cli.output import user_words, write_line
from scraper.config.configuration import Config
from scraper.diagnostics.write_fixture import find_checkout, load_masked, write_fixture
from scraper.system.paths import expand_user

ReportFile = Annotated[str, argument("fixture_report", "report")]
Name = Annotated[str, option("--name", key="fixture_name", value="name")]
School = Annotated[str, option("--school", key="fixture_school", value="school")]


def fixture(report: ReportFile, name: Name = "", school: School = "") -> None:
    """Write the recording and its expected result, and print the next command to run."""
    words, here = user_words(), Path.cwd()
    root = find_checkout(here)
    files = write_fixture(load_masked(expand_user(report), Config.from_environment()), root, school=school, fact=name)
    lines = [words("fixture.written", path=path.relative_to(root)) for path in files]
    write_line("\n".join([*lines, words("fixture.next")]))
