"""`aurion account caldav`: add a CalDAV calendar to an account, or remove it."""

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from scraper.cli import options, prompts
from scraper.cli.options import argument, ask_secret, can_ask, option, read_password
from scraper.errors import CredentialsMissing, SettingsError, SinkRefused
from scraper.i18n import Catalogue, language_of

if TYPE_CHECKING:
    from scraper.config.accounts import ConfiguredAccount
    from scraper.config.outputs import Output
    from scraper.sinks.caldav.discovery import Discovery

Name = Annotated[str, argument("account", "account")]
Url = Annotated[str | None, option("--url", key="caldav_url", value="url")]
User = Annotated[str | None, option("--user", key="caldav_user", value="name")]
Calendar = Annotated[str | None, option("--calendar", key="caldav_calendar", value="name")]
NoTry = Annotated[bool, option("--no-login-test", key="caldav_no_try")]
Remove = Annotated[bool, option("--remove", key="caldav_remove")]


def caldav(
    name: Name,
    url: Url = None,
    user: User = None,
    calendar: Calendar = None,
    password_stdin: options.PasswordStdin = False,
    no_try: NoTry = False,
    remove: Remove = False,
) -> None:
    """Add a server's calendar to an account, change its password, or remove it. Raise AurionError."""
    from pydantic import SecretStr

    from scraper.cli.passphrase import passphrase_prompt
    from scraper.config.accounts import load_account
    from scraper.config.vault import vaults
    from scraper.publishing.caldav_accounts import add_collection, parse_collection_address, remove_collection

    words = Catalogue(language_of(os.environ))
    named = load_account(name, os.environ)
    output = _select_output(named, url, user, words)
    places = vaults(passphrase_prompt(words))
    if remove:
        if output.caldav not in [one.caldav for one in named.collections]:
            raise _which(named)
        remove_collection(name, output, places)
        sys.stdout.write(words("caldav.removed", path=output.caldav) + "\n")
        return
    if no_try and calendar is not None:
        raise SettingsError("caldav-untried")
    if no_try:
        parse_collection_address(output.caldav)
    typed = _password(output, words, piped=password_stdin)
    if not no_try:
        output = _discover(output, typed, calendar, words)
    home = add_collection(name, output, SecretStr(typed), places)
    where = words(f"vault.where.{home.why}", **home.facts)
    sys.stdout.write(words("caldav.added", path=output.caldav, name=name, where=where) + "\n")


def _select_output(named: "ConfiguredAccount", url: str | None, user: str | None, words: Catalogue) -> "Output":
    """Return the output from options, the only one, or one from prompts. Raise SettingsError, CredentialsMissing."""
    from scraper.config.outputs import Output
    from scraper.publishing.caldav_accounts import parse_server_address

    known = named.collections
    if url is None and len(known) == 1:
        return replace(known[0], user=user or known[0].user)
    if url is None and not can_ask():
        raise _which(named)
    address = parse_server_address(url or prompts.ask(words("caldav.url")))
    same = next((one for one in known if one.caldav == address), Output(caldav=address))
    if user := user or same.user:
        return replace(same, user=user)
    if not can_ask():
        raise CredentialsMissing("caldav-user", path=address)
    return replace(same, user=prompts.ask(words("caldav.user", path=address), named.login))


def _password(output: "Output", words: Catalogue, *, piped: bool) -> str:
    if piped:
        return read_password()
    if not can_ask():
        raise CredentialsMissing("caldav-password", path=output.caldav)
    return ask_secret(words("caldav.password", user=output.user, path=output.caldav))


def _discover(output: "Output", password: str, calendar: str | None, words: Catalogue) -> "Output":
    """Return the output with the address of a calendar found on the server; create a new calendar if requested.

    Raise SinkRefused, SinkUnavailable, SettingsError.
    """
    from scraper.config.settings.loading import load_network_access
    from scraper.publishing.caldav_accounts import parse_server_address
    from scraper.sinks.caldav.client import opened
    from scraper.sinks.caldav.discovery import look_around, make

    try:
        with opened(output.caldav, output.user, password, access=load_network_access(os.environ)) as client:
            found = look_around(client)
            wanted = calendar or (_ask_calendar(output, found, words) if found.home else "")
            matches = found.called(wanted) if wanted else found.offered
            if len(matches) > 1:
                raise SettingsError("caldav-several", name=wanted, near=[one.address for one in matches])
            if not matches and not found.home:
                raise SettingsError("caldav-other", path=output.caldav, name=wanted)
            if not matches:
                matches = (make(client, found, wanted),)
                sys.stdout.write(words("caldav.made", name=wanted) + "\n")
    except SinkRefused as error:
        to = str(error.facts.get("to", ""))
        if error.reason != "caldav-redirect" or "://" not in to or not can_ask():
            raise
        if not prompts.confirm(words("caldav.elsewhere", path=output.caldav, to=to), words):
            raise
        return _discover(replace(output, caldav=parse_server_address(to)), password, calendar, words)
    return replace(output, caldav=matches[0].address)


def _ask_calendar(output: "Output", found: "Discovery", words: Catalogue) -> str:
    """Ask for one of the user's calendars; there is no default. Raise SettingsError without a terminal."""
    names = [one.name for one in found.offered]
    if not can_ask():
        raise SettingsError("caldav-calendar", path=output.caldav, near=names)
    key = "caldav.calendars" if names else "caldav.no_calendars"
    sys.stderr.write(words(key, path=output.caldav, near=", ".join(names)) + "\n")
    return prompts.ask(words("caldav.calendar"), words("caldav.new_name"))


def _which(named: "ConfiguredAccount") -> SettingsError:
    return SettingsError("caldav-which", name=named.name, near=[one.caldav for one in named.collections])
