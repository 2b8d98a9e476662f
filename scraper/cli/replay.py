"""`aurion replay`: from a recording on, without browser, network or ledger."""

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

from scraper.cli import options
from scraper.cli.interruption import ignore_interruptions
from scraper.cli.job import How, told
from scraper.cli.options import argument, option, settings_from
from scraper.job import sink_of
from scraper.path_text import expanded
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.reading.mended import Mended

RecordingFile = Annotated[str, argument("recording", "recording")]
School = Annotated[str, option("--school", key="replay_school", value="school")]


def replay(
    recording: RecordingFile,
    school: School = "",
    output: options.OutputOrStdout = None,
    language: options.Language = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """The same events and UIDs as the run that recorded it, or the same error; to standard output unless told."""
    from scraper.progress import Silent
    from scraper.reading.mended import mended
    from scraper.recording import load
    from scraper.replaying import replayed, with_todays_knowledge

    settings, words = settings_from(language=language), Words(language_of(os.environ))
    place = "-" if output is None else output
    sink = None if json_output and output is None else sink_of(place, before_swap=ignore_interruptions)
    taken = with_todays_knowledge(load(expanded(recording)), school)
    if found := mended(taken, taken.school):
        _tell_mended(found, words, json_output=json_output)
        return
    outcome = replayed(taken, sink, Words(settings.language), Silent())
    told(outcome, How(words=words, quiet=quiet, json_output=json_output))


def _tell_mended(found: "Mended", words: Words, *, json_output: bool) -> None:
    """The run would go on today; there is no calendar, for the recording ends before the lessons."""
    told = {"mended": found.reason, **found.facts, "exit_code": 0}
    line = json.dumps(told, ensure_ascii=False) if json_output else words(f"replay.{found.reason}", **found.facts)
    (sys.stdout if json_output else sys.stderr).write(line + "\n")
