"""`aurion login`: the login alone, with a picture of each step where wished, or finished by hand in a window."""

import os
import sys
from dataclasses import replace

from scraper.cli import options
from scraper.cli.export import account_of, with_password
from scraper.cli.options import school_of, settings_from
from scraper.words import Words, language_of


def login(
    school: options.SchoolId = None,
    url: options.Url = None,
    login: options.Login = None,
    password_stdin: options.PasswordStdin = False,
    timeout: options.Timeout = None,
    visible: options.Visible = None,
    browser: options.Browser = None,
    login_host: options.LoginHosts = None,
    debug: options.Debug = None,
    quiet: options.Quiet = False,
) -> None:
    """Log in only, and keep the session for the next export."""
    from scraper.export import log_in
    from scraper.progress import Silent, progress_on

    settings = settings_from(
        password_stdin=password_stdin, school=school, url=url, login=login, timeout=timeout, visible=visible,
        browser=browser, login_hosts=login_host,
    )  # fmt: skip
    words = Words(language_of(os.environ))
    account = account_of(settings, school_of(settings, words), words, debug=debug)
    if settings.visible:
        account = replace(account, by_hand=True)
    elif not account.credentials.password:
        account = with_password(account, words)
    log_in(account, Silent() if quiet else progress_on(sys.stdout, words))
    if not quiet:
        sys.stdout.write(words("summary.logged_in", school=account.school.name) + "\n")
        if debug:
            sys.stdout.write(words("summary.debug", path=debug) + "\n")
