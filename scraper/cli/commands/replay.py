"""`aurion replay`: repeat a run from its recording, without browser, network or ledger."""

import sys
from dataclasses import asdict
from typing import Annotated

from scraper.cli import options
from scraper.cli.options import argument, option
from scraper.cli.output import user_words, write_json, write_line
from scraper.cli.run import RunOptions, report_outcome
from scraper.cli.setting_options import NONE, Given, with_settings
from scraper.cli.summary import result_data
from scraper.config.configuration import Config
from scraper.diagnostics.school_draft import draft
from scraper.domain.progress import Silent
from scraper.domain.recording import Recording, load
from scraper.errors import PortalError
from scraper.i18n import Catalogue
from scraper.parsing.layout_fit import measure_fit
from scraper.parsing.retry import RetryOutcome, retry
from scraper.publishing.job import build_sink
from scraper.publishing.output_file import draft_sink
from scraper.publishing.replay_recording import (
    describe_layout_fit,
    replay_recording,
    with_current_school,
    without_advice,
)
from scraper.sinks.stdout import standard_output
from scraper.system.interruptions import ignore_interruptions
from scraper.system.paths import expand_user

RecordingFile = Annotated[str, argument("recording", "recording")]
Draft = Annotated[bool, option("--draft", key="replay_draft")]
_School = Annotated[str, option("--school", key="replay_school", value="school")]


@with_settings
def replay(
    recording: RecordingFile,
    school: _School = "",
    draft: Draft = False,
    output: options.OutputOrStdout = None,
    given: Annotated[Given, ("language",)] = NONE,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Write the same events and UIDs as the recorded run, or raise the same error.

    The calendar is written to `output`, by default to standard output unless that is a terminal.
    """
    settings, words = Config.from_environment(given).settings(), user_words()
    if draft:
        _write_draft(with_current_school(load(expand_user(recording)), school), output, words)
        return
    is_silent = output is None and (json_output or sys.stdout.isatty())
    sink = None if is_silent else build_sink("-" if output is None else output, before_swap=ignore_interruptions)
    loaded = with_current_school(load(expand_user(recording)), school)
    if found := retry(loaded, loaded.school):
        _report_retry(found, words, json_output=json_output)
        return
    try:
        outcome = replay_recording(loaded, sink, Catalogue(settings.language), Silent())
    except PortalError as error:
        error.facts["replayed"] = "yes"
        raise
    shown = measure_fit(outcome.planning, loaded.school)
    if json_output:
        write_json({**result_data(outcome), "layouts": asdict(shown)})
        return
    report_outcome(without_advice(outcome), RunOptions(words=words, quiet=quiet))
    if not quiet or shown.left:
        sys.stderr.writelines(f"{line}\n" for line in describe_layout_fit(shown, words))


def _write_draft(loaded: Recording, output: str | None, words: Catalogue) -> None:
    """Write a draft of a school's file; an existing file is not overwritten."""
    sink = standard_output() if output in {None, "-"} else draft_sink(str(output))
    sink.check()
    sink.deliver(draft(loaded, words).encode())
    if sink.name != "-":
        write_line(words("draft.written", path=sink.name))


def _report_retry(found: RetryOutcome, words: Catalogue, *, json_output: bool) -> None:
    """Report that this version would get past the recorded failure; the recording ends there, without lessons."""
    if json_output:
        write_json({"repaired": found.reason, **found.facts, "exit_code": 0})
    else:
        sys.stderr.write(words(f"replay.{found.reason}", **found.facts) + "\n")
