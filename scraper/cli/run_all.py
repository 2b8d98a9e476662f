"""Several accounts one after the other in one browser; one that fails stops no other."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from scraper.cli.error_output import as_data, tell
from scraper.cli.run import RunOptions, exported, report_outcome
from scraper.cli.signals import answer_interruptions
from scraper.errors import AurionError, SettingsError
from scraper.publishing.job import ExportJob
from scraper.system.crash_report import save_crash_report
from scraper.system.run_history import combined_exit_code

if TYPE_CHECKING:
    from scraper.domain.progress import Progress
    from scraper.portal.browser import Chromium, Driver


def run_all(jobs: Sequence[ExportJob], how: RunOptions, driver: "Driver") -> int:
    """Exports each, tells of each; the exit code of all. Raises AurionError where none could be begun."""
    from scraper.cli.launch import chromium_for

    if how.record:
        raise SettingsError("record-for-one")
    if how.json_output and any(job.is_piped for job in jobs):
        raise SettingsError("json-and-output")
    progress = how.progress(jobs)
    codes: list[int] = []
    data: list[Mapping[str, object]] = []
    with chromium_for([job.account for job in jobs], driver, progress) as chromium:
        for job in jobs:
            answer_interruptions()  # the account before may have let none through at its end
            code, said = _one(job, how, chromium, how.progress(jobs))
            codes.append(code)
            data.append({"account": job.account.name, **said})
    if how.json_output:
        sys.stdout.write(
            json.dumps({"accounts": data, "exit_code": combined_exit_code(codes)}, ensure_ascii=False) + "\n"
        )
    return combined_exit_code(codes)


def _one(
    job: ExportJob, how: RunOptions, chromium: "Chromium", progress: "Progress"
) -> tuple[int, Mapping[str, object]]:
    """One account's exit code, and what is told of it as data."""
    from scraper.cli import summary

    if not (how.quiet or how.json_output):
        stream = sys.stderr if job.is_piped else sys.stdout
        stream.write(f"\n{how.words('summary.account', name=job.account.name, school=job.account.school.name)}\n")
    try:
        outcome = exported(job, how, chromium, progress)
    except Exception as raised:  # noqa: BLE001 - a bug of ours may not stop the other accounts either
        error = raised if isinstance(raised, AurionError) else save_crash_report(raised)
        if not how.json_output:
            sys.stderr.write(f"{how.words('summary.account', name=job.account.name, school='')}\n")
            tell(error, how.words)
        return error.exit_code, as_data(error, how.words)
    if not how.json_output:
        report_outcome(outcome, how)
    return 0, summary.as_data(outcome)
