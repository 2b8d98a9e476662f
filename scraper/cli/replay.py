"""`aurion replay`: from a recording on, without browser, network or ledger."""

import os
from pathlib import Path
from typing import Annotated

import typer

from scraper.cli import options
from scraper.cli.export import How, sink_of, told
from scraper.cli.options import settings_from
from scraper.words import Words, language_of

RecordingFile = Annotated[str, typer.Argument(help="recording", metavar="RECORDING", show_default=False)]


def replay(
    recording: RecordingFile,
    output: options.Output = None,
    language: options.Language = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """The same events and UIDs as the run that recorded it, or the same error; to standard output unless told."""
    from scraper.progress import Silent
    from scraper.publish import replayed, with_todays_knowledge
    from scraper.recording import load

    settings = settings_from(language=language)
    sink = None if json_output and not output else sink_of(output or "-")
    taken = with_todays_knowledge(load(Path(recording).expanduser()))
    outcome = replayed(taken, sink, Words(settings.language), Silent())
    told(outcome, How(words=Words(language_of(os.environ)), quiet=quiet, json_output=json_output))
