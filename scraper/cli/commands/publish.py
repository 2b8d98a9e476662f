"""`aurion publish`: publish, show or discard the changes that an export left pending."""

import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Annotated

from scraper.cli import options
from scraper.cli.options import Options, option
from scraper.cli.run import RunOptions, protect_delivery, report_outcome
from scraper.cli.select_jobs import select_job
from scraper.errors import SettingsError
from scraper.i18n import Catalogue, language_of
from scraper.publishing.ledgers import require_history

if TYPE_CHECKING:
    from scraper.publishing.job import ExportJob
    from scraper.publishing.pending import PendingChanges
    from scraper.publishing.publish import ExportResult

Show = Annotated[bool, option("--show", key="publish_show")]
Drop = Annotated[bool, option("--discard", key="publish_drop")]


def publish(
    account: options.Account = None,
    show: Show = False,
    drop: Drop = False,
    school: options.SchoolId = None,
    url: options.Url = None,
    login: options.Login = None,
    output: options.Output = None,
    language: options.Language = None,
    client: options.Client = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Publish the pending changes, compared again with the published calendar; or show or discard them."""
    from scraper.publishing.ledgers import ledger_of_account
    from scraper.publishing.pending import discard_pending, pending_changes

    if show and drop:
        raise SettingsError("show-and-drop")
    words = Catalogue(language_of(os.environ))
    given = Options(school=school, url=url, login=login, output=output, language=language, client=client)
    if not account:
        require_history()
    job = select_job([account] if account else [], given, words)
    run_options, ledger = RunOptions(words=words, quiet=quiet, json_output=json_output), ledger_of_account(job.account)
    if show:
        _show(pending_changes(ledger, datetime.now(UTC)), run_options)
    elif drop:
        dropped = discard_pending(ledger)
        _say({"dropped": dropped}, "held.dropped" if dropped else "held.nothing", run_options)
    elif outcome := _publish(job, run_options):
        report_outcome(outcome, run_options)
    else:
        _say({"held": False}, "held.nothing", run_options)


def _publish(job: "ExportJob", run_options: RunOptions) -> "ExportResult | None":
    from scraper.publishing.feeds.feed_calendars import feed_targets
    from scraper.runs.manual import publish_manually

    if run_options.json_output and job.is_piped:
        raise SettingsError("json-and-output")
    started, own = monotonic(), job.targets
    outcome = publish_manually(
        job.account, (*own, *feed_targets(job)), run_options.progress([job]), datetime.now(UTC),
        before_commit=lambda: protect_delivery(job),
    )  # fmt: skip
    return outcome and replace(outcome, outputs=outcome.outputs[: len(own)], seconds=monotonic() - started)


def _show(held: "PendingChanges | None", run_options: RunOptions) -> None:
    from scraper.domain.changes import counts
    from scraper.publishing.describe import change_as_data, format_change
    from scraper.publishing.times import local_time_facts, zone_note

    if held is None:
        _say({"held": False}, "held.nothing", run_options)
        return
    words = run_options.words
    if run_options.json_output:
        data = {
            "held": True,
            "at": held.at.astimezone().isoformat(timespec="seconds"),
            "suspicious": held.suspicious,
        }
        data |= {"changes": counts(held.changes), "list": [change_as_data(change) for change in held.changes]}
        sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
        return
    lines = [words("held.since", **local_time_facts(held.at, words, held.zone))]
    lines += [words("held.suspicious")] if held.suspicious else []
    lines += [f"  {format_change(change, words, held.zone)}" for change in held.changes]
    lines += zone_note(held.at, words, held.zone)
    sys.stdout.write("\n".join(lines) + "\n")


def _say(data: dict[str, object], key: str, run_options: RunOptions) -> None:
    if run_options.json_output:
        sys.stdout.write(json.dumps(data) + "\n")
    elif not run_options.quiet:
        sys.stdout.write(run_options.words(key) + "\n")
