"""`aurion report`: write a report file for the user to send when a school's portal has changed."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scraper.cli import options
from scraper.cli.interruptions import ignore_interruptions
from scraper.cli.options import can_ask, option
from scraper.errors import SettingsError
from scraper.i18n import Catalogue, language_of
from scraper.system.path_text import expand_user

if TYPE_CHECKING:
    from scraper.diagnostics.report.make_report import Report
    from scraper.sinks.sink import Sink

File = Annotated[str | None, option("--output", "-o", key="report_output", value="file")]
Recorded = Annotated[str, option("--recording", key="report_recording", value="file")]
Hide = Annotated[list[str] | None, option("--hide", key="report_hide", value="word")]
KeepHost = Annotated[list[str] | None, option("--keep-host", key="report_keep_host", value="host")]
Yes = Annotated[bool, option("--yes", "-y", key="report_yes")]
NAME = "aurion-report.json"


def report(
    account: options.Account = None,
    output: File = None,
    recording: Recorded = "",
    hide: Hide = None,
    keep_host: KeepHost = None,
    yes: Yes = False,
    json_output: options.Json = False,
) -> None:
    """Mask the recording of the last failed run, or the given recording; show the report and write it."""
    from scraper.diagnostics.report.make_report import asking_host, known_logins, last_failure, last_page, make_report
    from scraper.diagnostics.report.preview import preview_lines
    from scraper.domain.recording import load
    from scraper.system.paths import state_folder

    if account and recording:
        raise SettingsError("report-of-two", name=account)
    words = Catalogue(language_of(os.environ))
    sink = _sink(str(_downloads() / NAME) if output is None else output)
    sink.check()
    path = expand_user(recording) if recording else last_failure(state_folder(), account)
    loaded = load(path)
    hosts = [*(keep_host or ())]
    asks = can_ask() and not (yes or json_output or hosts)
    if asks and (host := asking_host(loaded)) and typer.confirm(words("report.keep_host", host=host), err=True):
        hosts.append(host)
    found = make_report(loaded, page=last_page(path), logins=known_logins(os.environ), hidden=hide or (), hosts=hosts)
    if json_output:
        sink.deliver(found.text().encode())
        sys.stdout.write(json.dumps(_data(found, sink.name), ensure_ascii=False) + "\n")
        return
    stream = sys.stderr if sink.name == "-" else sys.stdout
    stream.write("\n".join((words("report.head"), *preview_lines(found, words))) + "\n")
    if not yes and can_ask() and not typer.confirm(words("report.ask", path=sink.name), err=True, default=True):
        stream.write(words("report.nothing") + "\n")
        return
    sink.deliver(found.text().encode())
    stream.write(words("report.written", path=sink.name) + "\n")


def _sink(output: str) -> "Sink":
    """Return the report's destination; only an earlier report or a recording is overwritten."""
    from scraper.publishing.output_file import file_sink
    from scraper.sinks.file_kind import RECORDING
    from scraper.sinks.stdout import standard_output

    return standard_output() if output == "-" else file_sink(output, RECORDING, before_swap=ignore_interruptions)


def _downloads() -> Path:
    from scraper.config.settings.loading import default_output

    return default_output().parent


def _data(found: "Report", output: str) -> dict[str, object]:
    from scraper.diagnostics.report.preview import parse_error

    error = parse_error(found)
    failed = {"error": type(error).__name__, "reason": error.reason, "exit_code": error.exit_code} if error else {}
    return {"output": output, "menu": found.menu, "words": found.words, **failed}
