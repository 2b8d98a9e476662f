"""Export of several accounts in one browser, one after the other; a failure does not stop the others."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from scraper.cli.error_output import error_data, write_error
from scraper.cli.output import write_json
from scraper.cli.run import RunOptions, report_outcome, run_export
from scraper.errors import AurionError, SettingsError
from scraper.publishing.job import ExportJob
from scraper.system.crash_report import save_crash_report
from scraper.system.interruptions import answer_interruptions
from scraper.system.run_history import combined_exit_code

if TYPE_CHECKING:
    from scraper.domain.progress import Progress
    from scraper.portal.browser import Chromium
    from scraper.portal.driver import Driver


def run_all(jobs: Sequence[ExportJob], options: RunOptions, driver: "Driver") -> int:
    """Export each account and report its result; return the combined exit code. Raise AurionError before any export."""
    from scraper.cli.launch_chromium import chromium_for

    if options.record:
        raise SettingsError("record-for-one")
    if options.json_output and any(job.is_piped for job in jobs):
        raise SettingsError("json-and-output")
    progress = options.progress(jobs)
    codes: list[int] = []
    data: list[Mapping[str, object]] = []
    with chromium_for([job.account for job in jobs], driver, progress, jobs[0].config) as chromium:
        for job in jobs:
            answer_interruptions()  # the previous account ignores them after its commit
            code, result = _run_one(job, options, chromium, options.progress(jobs))
            codes.append(code)
            data.append({"account": job.account.name, **result})
    if options.json_output:
        write_json({"accounts": data, "exit_code": combined_exit_code(codes)})
    return combined_exit_code(codes)


def _run_one(
    job: ExportJob, options: RunOptions, chromium: "Chromium", progress: "Progress"
) -> tuple[int, Mapping[str, object]]:
    """Export one account; return its exit code and its result as data."""
    from scraper.cli import summary

    if not (options.quiet or options.json_output):
        stream = sys.stderr if job.is_piped else sys.stdout
        stream.write(f"\n{options.words('summary.account', name=job.account.name, school=job.account.school.name)}\n")
    try:
        outcome = run_export(job, options, chromium, progress)
    except Exception as raised:  # noqa: BLE001 - a bug must not stop the other accounts either
        error = raised if isinstance(raised, AurionError) else save_crash_report(raised)
        if not options.json_output:
            sys.stderr.write(f"{options.words('summary.account', name=job.account.name, school='')}\n")
            write_error(error, options.words)
        return error.exit_code, error_data(error, options.words)
    if not options.json_output:
        report_outcome(outcome, options, job.account.name)
    return 0, summary.result_data(outcome)
