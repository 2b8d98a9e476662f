"""`aurion demo`: a portal on this machine, with invented people, for whoever has no account."""

import os
import signal
import sys
import threading
from typing import Annotated

import typer

from scraper.cli import options
from scraper.cli.export import account_of, run, sink_of
from scraper.cli.options import record_file, settings_from
from scraper.words import Words, language_of

Export = Annotated[bool, typer.Option("--export", help="demo_export", show_default=False)]
Port = Annotated[int, typer.Option("--port", help="demo_port", show_default=False)]
HERE = "planning.ics"


def demo(
    export: Export = False,
    port: Port = 0,
    months: options.Months = None,
    output: options.Output = None,
    language: options.Language = None,
    visible: options.Visible = None,
    browser: options.Browser = None,
    debug: options.Debug = None,
    record: options.Record = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Start the demo portal, or export from it in one go."""
    from scraper.demo import LOGIN, PASSWORD, Demo
    from scraper.school_files import school_at

    words = Words(language_of(os.environ))
    with Demo(port=port) as portal:
        if not export:
            sys.stdout.write(words("demo.ready", url=portal.url, login=LOGIN, password=PASSWORD) + "\n")
            sys.stdout.flush()
            _until_interrupted()
            return
        settings = settings_from(
            url=portal.url, login=LOGIN, months=months, output=output or HERE, language=language, visible=visible,
            browser=browser, password=PASSWORD,
        )  # fmt: skip
        account, kept = account_of(settings, school_at(portal.url), words, debug=debug), record_file(record)
        run(account, settings, words, sink_of(settings.output), record=kept, quiet=quiet, json_output=json_output)


def _until_interrupted() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.wait(0.5):
        pass
