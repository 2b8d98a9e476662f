"""`aurion login`: log in without an export, with screenshots for `--debug`, or by hand in a window."""

import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from scraper.cli import options
from scraper.cli.options import Options
from scraper.cli.preload import driver
from scraper.cli.run import RunOptions, with_password
from scraper.cli.select_jobs import select_jobs
from scraper.domain.progress import Progress
from scraper.i18n import Catalogue, language_of

if TYPE_CHECKING:
    from scraper.config.portal_account import Account
    from scraper.portal.browser import Driver


def login(
    account: options.Account = None,
    school: options.SchoolId = None,
    url: options.Url = None,
    login: options.Login = None,
    password_stdin: options.PasswordStdin = False,
    timeout: options.Timeout = None,
    visible: options.Visible = None,
    browser: options.Browser = None,
    sandbox: options.Sandbox = None,
    login_host: options.LoginHosts = None,
    debug: options.Debug = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Log in and save the session for the next export."""
    words = Catalogue(language_of(os.environ))
    run_options = RunOptions(words=words, quiet=quiet, json_output=json_output)
    given = Options(
        school=school, url=url, login=login, timeout=timeout, visible=visible, browser=browser, sandbox=sandbox,
        login_hosts=login_host,
    )  # fmt: skip
    with driver() as started:
        (job,) = select_jobs(
            [account] if account else [], given, words, every=False, password_stdin=password_stdin, debug=debug
        )
        target = job.account
        if not target.headless:
            target = replace(target, by_hand=True)
        elif not target.credentials.password:
            target = with_password(target, words)
        _log_in(target, started, run_options.progress([job]))
    if json_output:
        sys.stdout.write(json.dumps({"school": target.school.name, "session": "kept"}, ensure_ascii=False) + "\n")
    elif not quiet:
        sys.stdout.write(words("summary.logged_in", school=target.school.name) + "\n")
        if debug:
            sys.stdout.write(words("summary.debug", path=debug) + "\n")


def _log_in(account: "Account", started: "Driver", progress: Progress) -> None:
    from scraper.cli.launch_chromium import chromium_for

    with chromium_for([account], started, progress) as chromium:
        from scraper.export import log_in

        log_in(account, progress, chromium)
