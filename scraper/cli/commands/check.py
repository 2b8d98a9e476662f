"""`aurion check`: check any .ics file, and show how to fix it."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from scraper.cli import options
from scraper.cli.options import argument
from scraper.cli.output import user_words, write_json, write_line
from scraper.errors import SettingsError
from scraper.i18n import Catalogue
from scraper.system.paths import expand_user

if TYPE_CHECKING:
    from scraper.ical.lint.finding import Finding

STANDARD_INPUT = "-"
Files = Annotated[list[str], argument("check_files", "file")]


def check(files: Files, *, quiet: options.Quiet = False, json_output: options.Json = False) -> None:
    """Write each file's findings, without notes if `quiet`; exit with 1 if any finding is more than a note.

    Raise SettingsError("check-file") if a file cannot be read.
    """
    words = user_words()
    levels: Counter[str] = Counter()
    checked: list[dict[str, object]] = []
    for file in files:
        name = _shown_name(file, words)
        findings: list[dict[str, object]] = []
        for finding in _findings(file):
            levels[finding.level] += 1
            if json_output:
                findings.append(_as_data(finding, words))
            elif not (quiet and finding.level == "note"):
                sys.stdout.write(_as_text(finding, name, words))
        checked.append({"file": file if file == STANDARD_INPUT else name, "findings": findings})
    if json_output:
        write_json({"files": checked})
    elif not quiet:
        write_line(_summary(levels, len(files), words))
    if levels["error"] or levels["client"]:
        raise typer.Exit(1)


def _findings(file: str) -> Iterator["Finding"]:
    from scraper.ical.lint.lint import check_address, lint_calendar
    from scraper.ical.lint.subscription import is_address

    if is_address(file):
        from scraper.config.configuration import Config

        yield from check_address(file, Config.from_environment().network_access())
        return
    try:
        with _open_file(file) as stream:
            yield from lint_calendar(stream)
    except OSError as error:
        raise SettingsError("check-file", path=file, detail=error.strerror or type(error).__name__) from None


def _shown_name(file: str, words: Catalogue) -> str:
    """Return a name to show; for an address, which is a secret, only the host."""
    if file == STANDARD_INPUT:
        return words("check.standard_input")
    from scraper.ical.lint.subscription import is_address, mask_address

    return mask_address(file) if is_address(file) else file


def _open_file(file: str) -> AbstractContextManager[BinaryIO]:
    if file == STANDARD_INPUT and sys.stdin:
        return nullcontext(sys.stdin.buffer)
    try:
        return expand_user(file).open("rb")
    except ValueError as error:  # an invalid file name
        raise SettingsError("check-file", path=file, detail=type(error).__name__) from None


def _sentences(finding: "Finding", words: Catalogue) -> tuple[str, str]:
    message, hint = (words(f"check.rules.{finding.rule}.{part}", **finding.facts) for part in ("message", "hint"))
    return message, hint


def _as_data(finding: "Finding", words: Catalogue) -> dict[str, object]:
    message, hint = _sentences(finding, words)
    place = {"line": finding.line, "rule": finding.rule, "level": finding.level, "source": finding.source}
    return {**place, "message": message, "hint": hint}


def _as_text(finding: "Finding", file: str, words: Catalogue) -> str:
    message, hint = _sentences(finding, words)
    if finding.level == "note":
        message = words("check.note", message=message)
    place = words("check.finding", file=file, line=finding.line, message=message, source=finding.source)
    return f"{place}\n{words('check.hint', hint=hint)}\n"


def _summary(levels: Counter[str], files: int, words: Catalogue) -> str:
    counts = {"files": files, "errors": levels["error"], "clients": levels["client"]}
    if levels["error"] + levels["client"]:
        summary = words("check.found", **{name: words(f"check.{name}", count=count) for name, count in counts.items()})
    else:
        summary = words("check.clean", count=files)
    return f"{summary} {words('check.notes', count=levels['note'])}" if levels["note"] else summary
