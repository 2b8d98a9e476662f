"""`aurion report`: write a report file for the user to send when a school's portal has changed."""

import sys
from typing import Annotated

import typer

from scraper.cli import options
from scraper.cli.answers import can_ask
from scraper.cli.options import option
from scraper.cli.output import user_words, write_json
from scraper.config.configuration import Config
from scraper.config.default_output import REPORT_FILE, default_output
from scraper.config.known_logins import known_logins
from scraper.diagnostics.report.make_report import (
    Report,
    asking_host,
    last_failure,
    last_page,
    make_report,
)
from scraper.diagnostics.report.preview import parse_error, preview_lines
from scraper.domain.recording import load
from scraper.errors import SettingsError
from scraper.publishing.output_file import file_sink
from scraper.sinks.file_kind import RECORDING
from scraper.sinks.sink import Sink
from scraper.sinks.stdout import standard_output
from scraper.system.interruptions import ignore_interruptions
from scraper.system.paths import expand_user

File = Annotated[str | None, option("--output", "-o", key="report_output", value="file")]
Recorded = Annotated[str, option("--recording", key="report_recording", value="file")]
Hide = Annotated[list[str] | None, option("--hide", key="report_hide", value="word")]
KeepHost = Annotated[list[str] | None, option("--keep-host", key="report_keep_host", value="host")]
_Yes = Annotated[bool, option("--yes", "-y", key="report_yes")]


def report(
    account: options.Account = None,
    output: File = None,
    recording: Recorded = "",
    hide: Hide = None,
    keep_host: KeepHost = None,
    yes: _Yes = False,
    json_output: options.Json = False,
) -> None:
    """Mask the recording of the last failed run, or the given recording; show the report and write it."""
    if account and recording:
        raise SettingsError("report-of-two", name=account)
    words, config = user_words(), Config.from_environment()
    sink = _sink(str(default_output().parent / REPORT_FILE) if output is None else output)
    sink.check()
    path = expand_user(recording) if recording else last_failure(config.state, account)
    loaded = load(path)
    hosts = [*(keep_host or ())]
    asks = can_ask() and not (yes or json_output or hosts)
    if asks and (host := asking_host(loaded)) and typer.confirm(words("report.keep_host", host=host), err=True):
        hosts.append(host)
    found = make_report(loaded, page=last_page(path), logins=known_logins(config), hidden=hide or (), hosts=hosts)
    if json_output:
        sink.deliver(found.text().encode())
        write_json(_data(found, sink.name))
        return
    stream = sys.stderr if sink.name == "-" else sys.stdout
    stream.write("\n".join((words("report.head"), *preview_lines(found, words))) + "\n")
    if not yes and can_ask() and not typer.confirm(words("report.ask", path=sink.name), err=True, default=True):
        stream.write(words("report.nothing") + "\n")
        return
    sink.deliver(found.text().encode())
    stream.write(words("report.written", path=sink.name) + "\n")


def _sink(output: str) -> Sink:
    """Return the report's destination; only an earlier report or a recording is overwritten."""
    return standard_output() if output == "-" else file_sink(output, RECORDING, before_swap=ignore_interruptions)


def _data(found: Report, output: str) -> dict[str, object]:
    error = parse_error(found)
    failed = {"error": type(error).__name__, "reason": error.reason, "exit_code": error.exit_code} if error else {}
    return {"output": output, "menu": found.menu, "words": found.words, **failed}
