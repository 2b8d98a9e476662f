"""`aurion login`: log in without an export, with screenshots for `--debug`, or by hand in a window."""

from dataclasses import replace
from typing import Annotated

from scraper.cli import options
from scraper.cli.output import user_words, write_json, write_line
from scraper.cli.preload import driver
from scraper.cli.run import RunOptions, with_password
from scraper.cli.select_jobs import select_jobs
from scraper.cli.setting_options import NONE, Given, Identity, with_settings
from scraper.config.configuration import Config


@with_settings
def login(
    account: options.Account = None,
    identity: Identity = NONE,
    password_stdin: options.PasswordStdin = False,
    given: Annotated[Given, ("timeout", "visible", "browser", "sandbox", "login_hosts")] = NONE,
    debug: options.Debug = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Log in and save the session for the next export."""
    words = user_words()
    run_options = RunOptions(words=words, quiet=quiet, json_output=json_output)
    with driver() as started:
        names, config = [account] if account else [], Config.from_environment({**identity, **given})
        (job,) = select_jobs(names, config, words, every=False, password_stdin=password_stdin, debug=debug)
        target = job.account
        if not target.headless:
            target = replace(target, by_hand=True)
        elif not target.credentials.password:
            target = with_password(target, words)
        from scraper.cli.launch_chromium import chromium_for
        from scraper.export import log_in

        progress = run_options.progress([job])
        with chromium_for([target], started, progress, config) as chromium:
            log_in(target, progress, chromium)
    if json_output:
        write_json({"school": target.school.name, "session": "kept"})
    elif not quiet:
        write_line(words("summary.logged_in", school=target.school.name))
        if debug:
            write_line(words("summary.debug", path=debug))
