"""`aurion demo`: a demo portal on this machine, with invented people, for users without an account."""

import threading
from dataclasses import replace
from typing import Annotated

from scraper.cli import options
from scraper.cli.commands.export import run_export_command
from scraper.cli.debug_files import debug_folder, record_file
from scraper.cli.options import option
from scraper.cli.output import user_words, write_at_once
from scraper.cli.preload import driver
from scraper.cli.run import RunOptions
from scraper.cli.setting_options import NONE, Given, with_settings
from scraper.config.configuration import Config
from scraper.config.default_output import DEFAULT_FILE
from scraper.config.schools.school_files import school_at
from scraper.publishing.job import build_job
from scraper.system.interruptions import answer_hangup, answer_termination, ignore_interruptions

_Export = Annotated[bool, option("--export", key="demo_export")]
_Port = Annotated[int, option("--port", key="demo_port", value="port", most=65535)]


@with_settings
def demo(
    export: _Export = False,
    port: _Port = 0,
    output: options.OutputHere = DEFAULT_FILE,
    given: Annotated[Given, ("months", "language", "visible", "browser", "sandbox")] = NONE,
    debug: options.Debug = None,
    record: options.Record = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Start the demo portal, and with `export` export from it and stop it."""
    from scraper.demo import LOGIN, NAMESPACE, PASSWORD, Demo

    words = user_words()
    with Demo(port=port, changing=True) as portal:
        if not export:
            write_at_once(words("demo.ready", url=portal.url, login=LOGIN, password=PASSWORD))
            _wait_for_interruption()
            return
        run_options = RunOptions(
            words=words, record=record_file(record), quiet=quiet, json_output=json_output, is_stored=False
        )
        with driver() as started:
            portal_settings = {"url": portal.url, "login": LOGIN, "password": PASSWORD, "output": output}
            config = Config.from_environment({**given, **portal_settings})
            school = replace(school_at(portal.url), namespace=NAMESPACE)
            folder = debug_folder(debug)
            job = build_job(config.settings(), school, LOGIN, config, debug=folder, before_swap=ignore_interruptions)
            run_export_command(job, run_options, started)


def _wait_for_interruption() -> None:
    stop = threading.Event()
    answer_termination(stop.set)
    answer_hangup(stop.set)
    while not stop.wait(0.5):
        pass
