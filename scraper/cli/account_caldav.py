"""`aurion account caldav`: pushes an account's calendar to a server, or no more."""

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from scraper.cli import options, questions
from scraper.cli.options import asked_secret, can_ask, piped_password
from scraper.errors import CredentialsMissing, SettingsError
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.accounts import Named
    from scraper.outputs import Output

Name = Annotated[str, typer.Argument(help="account", show_default=False)]
Url = Annotated[str | None, typer.Option("--url", help="caldav_url", show_default=False)]
User = Annotated[str | None, typer.Option("--user", help="caldav_user", show_default=False)]
NoTry = Annotated[bool, typer.Option("--no-try", help="caldav_no_try", show_default=False)]
Remove = Annotated[bool, typer.Option("--remove", help="caldav_remove", show_default=False)]


def caldav(
    name: Name,
    url: Url = None,
    user: User = None,
    password_stdin: options.PasswordStdin = False,
    no_try: NoTry = False,
    remove: Remove = False,
) -> None:
    """Adds a calendar at a server to an account, sets its password anew, or takes it out. Raises AurionError."""
    from pydantic import SecretStr

    from scraper.accounts import account_named
    from scraper.cli.passphrase import asking
    from scraper.pushing import push_no_more, push_to
    from scraper.vault import vaults

    words = Words(language_of(os.environ))
    named = account_named(name, os.environ)
    output = _meant(named, url, user, words)
    places = vaults(asking(words))
    if remove:
        if output.caldav not in [one.caldav for one in named.collections]:
            raise _which(named)
        push_no_more(name, output, places)
        sys.stdout.write(words("caldav.removed", path=output.caldav) + "\n")
        return
    typed = _password(output, words, piped=password_stdin)
    if not no_try:
        _try(output, typed)
    home = places.home(output.secret)
    home.vault.put(output.secret, SecretStr(typed))
    push_to(name, output, places)
    where = words(f"vault.where.{home.why}", **home.facts)
    sys.stdout.write(words("caldav.added", path=output.caldav, name=name, where=where) + "\n")


def _meant(named: "Named", url: str | None, user: str | None, words: Words) -> "Output":
    """The one said, or the only one there is; else asked for. Raises SettingsError, CredentialsMissing."""
    from scraper.outputs import Output
    from scraper.pushing import collection_address

    known = named.collections
    if url is None and len(known) == 1:
        return replace(known[0], user=user or known[0].user)
    if url is None and not can_ask():
        raise _which(named)
    address = collection_address(url or questions.asked(words("caldav.url")))
    same = next((one for one in known if one.caldav == address), Output(caldav=address))
    if user := user or same.user:
        return replace(same, user=user)
    if not can_ask():
        raise CredentialsMissing("caldav-user", path=address)
    return replace(same, user=questions.asked(words("caldav.user", path=address), named.login))


def _password(output: "Output", words: Words, *, piped: bool) -> str:
    if piped:
        return piped_password()
    if not can_ask():
        raise CredentialsMissing("caldav-password", path=output.caldav)
    return asked_secret(words("caldav.password", user=output.user, path=output.caldav))


def _try(output: "Output", password: str) -> None:
    """Whether there is a calendar for that user. Raises SinkRefused, SinkUnavailable."""
    from scraper.settings.file import state_folder
    from scraper.sinks.caldav import CalDavSink

    CalDavSink(address=output.caldav, user=output.user, password=lambda: password, state=state_folder()).try_out()


def _which(named: "Named") -> SettingsError:
    return SettingsError("caldav-which", name=named.name, near=[one.caldav for one in named.collections] or "-")
