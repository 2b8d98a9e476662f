"""`aurion account caldav`: pushes an account's calendar to a server, or no more."""

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from scraper.cli import options, prompts
from scraper.cli.options import argument, asked_secret, can_ask, option, piped_password
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
    """Adds a calendar at a server to an account, sets its password anew, or takes it out. Raises AurionError."""
    from pydantic import SecretStr

    from scraper.cli.passphrase import passphrase_prompt
    from scraper.config.accounts import load_account
    from scraper.config.vault import vaults
    from scraper.publishing.caldav_accounts import add_collection, parse_collection_address, remove_collection

    words = Catalogue(language_of(os.environ))
    named = load_account(name, os.environ)
    output = _meant(named, url, user, words)
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
        output = _found(output, typed, calendar, words)
    home = add_collection(name, output, SecretStr(typed), places)
    where = words(f"vault.where.{home.why}", **home.facts)
    sys.stdout.write(words("caldav.added", path=output.caldav, name=name, where=where) + "\n")


def _meant(named: "ConfiguredAccount", url: str | None, user: str | None, words: Catalogue) -> "Output":
    """The one said, or the only one there is; else asked for. Raises SettingsError, CredentialsMissing."""
    from scraper.config.outputs import Output
    from scraper.publishing.caldav_accounts import parse_server_address

    known = named.collections
    if url is None and len(known) == 1:
        return replace(known[0], user=user or known[0].user)
    if url is None and not can_ask():
        raise _which(named)
    address = parse_server_address(url or prompts.asked(words("caldav.url")))
    same = next((one for one in known if one.caldav == address), Output(caldav=address))
    if user := user or same.user:
        return replace(same, user=user)
    if not can_ask():
        raise CredentialsMissing("caldav-user", path=address)
    return replace(same, user=prompts.asked(words("caldav.user", path=address), named.login))


def _password(output: "Output", words: Catalogue, *, piped: bool) -> str:
    if piped:
        return piped_password()
    if not can_ask():
        raise CredentialsMissing("caldav-password", path=output.caldav)
    return asked_secret(words("caldav.password", user=output.user, path=output.caldav))


def _found(output: "Output", password: str, calendar: str | None, words: Catalogue) -> "Output":
    """With the address of the calendar itself: found from that of its server, and made where that is wished.

    Raises SinkRefused, SinkUnavailable, SettingsError.
    """
    from scraper.config.settings.loading import load_network_access
    from scraper.publishing.caldav_accounts import parse_server_address
    from scraper.sinks.caldav.client import opened
    from scraper.sinks.caldav.discovery import look_around, make

    try:
        with opened(output.caldav, output.user, password, access=load_network_access(os.environ)) as there:
            found = look_around(there)
            wanted = calendar or (_chosen(output, found, words) if found.home else "")
            meant = found.called(wanted) if wanted else found.offered
            if len(meant) > 1:
                raise SettingsError("caldav-several", name=wanted, near=[one.address for one in meant])
            if not meant and not found.home:
                raise SettingsError("caldav-other", path=output.caldav, name=wanted)
            if not meant:
                meant = (make(there, found, wanted),)
                sys.stdout.write(words("caldav.made", name=wanted) + "\n")
    except SinkRefused as error:
        to = str(error.facts.get("to", ""))
        if error.reason != "caldav-redirect" or "://" not in to or not can_ask():
            raise
        if not prompts.agreed(words("caldav.elsewhere", path=output.caldav, to=to), words):
            raise
        return _found(replace(output, caldav=parse_server_address(to)), password, calendar, words)
    return replace(output, caldav=meant[0].address)


def _chosen(output: "Output", found: "Discovery", words: Catalogue) -> str:
    """Which of a user's calendars: none is taken that was not named. Raises SettingsError where nobody can be asked."""
    names = [one.name for one in found.offered]
    if not can_ask():
        raise SettingsError("caldav-calendar", path=output.caldav, near=names)
    key = "caldav.calendars" if names else "caldav.no_calendars"
    sys.stderr.write(words(key, path=output.caldav, near=", ".join(names)) + "\n")
    return prompts.asked(words("caldav.calendar"), words("caldav.new_name"))


def _which(named: "ConfiguredAccount") -> SettingsError:
    return SettingsError("caldav-which", name=named.name, near=[one.caldav for one in named.collections])
