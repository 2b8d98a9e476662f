"""`aurion export`: export the calendar of one account or several."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scraper.cli import options
from scraper.cli.debug_files import record_file
from scraper.cli.output import user_words
from scraper.cli.preload import driver
from scraper.cli.run import RunOptions, report_outcome, run_export
from scraper.cli.setting_options import NONE, Given, Identity, RunSettings, with_settings
from scraper.errors import SettingsError
from scraper.i18n import Catalogue

if TYPE_CHECKING:
    from scraper.config.configuration import Config
    from scraper.portal.driver import Driver
    from scraper.publishing.job import ExportJob


@with_settings
def export(
    context: typer.Context,
    accounts: options.Accounts = None,
    every: options.All = False,
    identity: Identity = NONE,
    password_stdin: options.PasswordStdin = False,
    given: RunSettings = NONE,
    debug: options.Debug = None,
    record: options.Record = None,
    accept_empty: options.AcceptEmpty = False,
    review: Annotated[Given, ("publish",)] = NONE,
    explain: options.Explain = None,
    unattended: options.Unattended = False,
    if_due: options.IfDue = False,
    plan: options.PlanFile = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Log in, read the planning, write the calendar."""
    if if_due or plan:
        if not (every and unattended and if_due):
            raise SettingsError("if-due")
        raise typer.Exit(_run_if_due(plan))
    from scraper.config.configuration import Config

    words, names = user_words(), accounts or []
    config = Config.from_environment({**identity, **given, **review})
    if unattended:
        raise typer.Exit(_run_unattended(names, config, words, every=every, quiet=quiet))
    if explain is not None:
        _explain(explain, names, config, words, json_output=json_output)
        return
    run_options = RunOptions(
        words=words, record=record_file(record), allow_mass_removal=accept_empty, quiet=quiet, json_output=json_output
    )
    from scraper.cli.select_jobs import select_jobs

    with driver(context.obj) as started:
        jobs = select_jobs(names, config, words, every=every, password_stdin=password_stdin, debug=debug)
        if len(jobs) == 1 and not every:
            run_export_command(jobs[0], run_options, started)
        else:
            from scraper.cli.run_all import run_all

            raise typer.Exit(run_all(jobs, run_options, started))


def run_export_command(job: "ExportJob", run_options: RunOptions, driver: "Driver") -> None:
    """Export and report the result. Raise AurionError."""
    from scraper.cli.launch_chromium import chromium_for

    if run_options.json_output and job.is_piped:
        raise SettingsError("json-and-output")
    refuse_same_file(run_options.record, job)
    progress = run_options.progress([job])
    with chromium_for([job.account], driver, progress, job.config) as chromium:
        report_outcome(run_export(job, run_options, chromium, progress), run_options, job.account.name)


def refuse_same_file(record: Path | None, job: "ExportJob") -> None:
    """Raise SettingsError if the recording and a calendar would be the same file."""
    from scraper.publishing.job import ledger_name

    if record and os.path.realpath(record) in {ledger_name(output) for output in job.outputs}:
        raise SettingsError("record-output", given=str(record))


def _run_if_due(plan: str | None) -> int:
    """Run the unattended export if it is due by the plan's file; return its exit code, 0 without a run."""
    from scraper.runs.schedule.planned import run_if_due

    if plan is None:
        from scraper.config.configuration import Config
        from scraper.runs.scheduling import default_plan_file

        return run_if_due(default_plan_file(Config.from_environment()), os.environ, sys.stderr.write)
    return run_if_due(Path(plan), os.environ, sys.stderr.write)


def _explain(event: str, names: list[str], config: "Config", words: Catalogue, *, json_output: bool) -> None:
    from scraper.cli.error_output import name_in_hints
    from scraper.cli.explain_output import print_explanation
    from scraper.cli.select_jobs import select_job
    from scraper.publishing.ledgers import ledger_of_account, require_history

    if not names:
        require_history(config)
    job = select_job(names, config, words)
    with name_in_hints(job.account.name):
        print_explanation(event, ledger_of_account(job.account), job.targets, words, json_output=json_output)


def _run_unattended(names: list[str], config: "Config", words: Catalogue, *, every: bool, quiet: bool) -> int:
    from scraper.cli.run_unattended import export_unattended
    from scraper.config.selection import select_accounts

    try:
        selected = select_accounts(names, config, every=every)
    except SettingsError:  # the export itself reports it, with one notification as for any failure
        selected = []
    return export_unattended(selected or names or [""], config.with_options({}), words, quiet=quiet)
