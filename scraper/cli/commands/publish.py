"""`aurion publish`: publish, show or discard the changes that an export left pending."""

from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Annotated

from scraper.cli import options
from scraper.cli.options import option
from scraper.cli.output import time_to_json, user_words, write_json, write_line
from scraper.cli.run import RunOptions, publish_options, report_outcome
from scraper.cli.select_jobs import select_job
from scraper.cli.setting_options import NONE, Given, with_settings
from scraper.config.configuration import Config
from scraper.config.settings.model import IDENTITY
from scraper.domain.changes import counts
from scraper.errors import SettingsError
from scraper.publishing.describe import change_as_data, format_change
from scraper.publishing.feed_calendars import feed_targets
from scraper.publishing.job import ExportJob
from scraper.publishing.ledgers import ledger_of_account, require_history
from scraper.publishing.local_times import local_time_facts, zone_note
from scraper.publishing.pending import PendingChanges, discard_pending, pending_changes
from scraper.publishing.publish import ExportResult
from scraper.runs.manual import publish_manually

Show = Annotated[bool, option("--show", key="publish_show")]
Drop = Annotated[bool, option("--discard", key="publish_drop")]


@with_settings
def publish(
    account: options.Account = None,
    show: Show = False,
    drop: Drop = False,
    given: Annotated[Given, (*IDENTITY, "output", "language", "client")] = NONE,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Publish the pending changes, compared again with the published calendar; or show or discard them."""
    if show and drop:
        raise SettingsError("show-and-drop")
    words, config = user_words(), Config.from_environment(given)
    if not account:
        require_history(config)
    job = select_job([account] if account else [], config, words)
    run_options, ledger = RunOptions(words=words, quiet=quiet, json_output=json_output), ledger_of_account(job.account)
    if show:
        _show(pending_changes(ledger, datetime.now(UTC)), run_options)
    elif drop:
        dropped = discard_pending(ledger)
        _say({"dropped": dropped}, "held.dropped" if dropped else "held.nothing", run_options)
    elif outcome := _publish(job, run_options):
        report_outcome(outcome, run_options, job.account.name)
    else:
        _say({"held": False}, "held.nothing", run_options)


def _publish(job: ExportJob, run_options: RunOptions) -> ExportResult | None:
    if run_options.json_output and job.is_piped:
        raise SettingsError("json-and-output")
    started, own = monotonic(), job.targets
    options = publish_options(job, run_options.progress([job]))
    outcome = publish_manually(job.account, (*own, *feed_targets(job, options.now)), options)
    return outcome and replace(outcome, outputs=outcome.outputs[: len(own)], seconds=monotonic() - started)


def _show(held: PendingChanges | None, run_options: RunOptions) -> None:
    if held is None:
        _say({"held": False}, "held.nothing", run_options)
        return
    words = run_options.words
    if run_options.json_output:
        data = {
            "held": True,
            "at": time_to_json(held.at),
            "suspicious": held.suspicious,
            "changes": counts(held.changes),
            "list": [change_as_data(change) for change in held.changes],
        }
        write_json(data)
        return
    lines = [words("held.since", **local_time_facts(held.at, words, held.zone))]
    lines += [words("held.suspicious")] if held.suspicious else []
    lines += [f"  {format_change(change, words, held.zone)}" for change in held.changes]
    lines += zone_note(held.at, words, held.zone)
    write_line("\n".join(lines))


def _say(data: dict[str, object], key: str, run_options: RunOptions) -> None:
    if run_options.json_output:
        write_json(data)
    elif not run_options.quiet:
        write_line(run_options.words(key))
