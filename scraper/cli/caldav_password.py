"""CalDAV calendars at a terminal: a missing password is asked for, and a delivery can be interrupted."""

import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from scraper.cli.interruptions import answer_interruptions
from scraper.cli.options import ask_secret, can_ask
from scraper.errors import SinkRefused
from scraper.i18n import Catalogue, language_of

if TYPE_CHECKING:
    from scraper.config.outputs import Output
    from scraper.sinks.caldav.sink import CalDavSink


def prompting_sink(output: "Output", account: str) -> "CalDavSink":
    """Return the sink of an output; its password is looked up, or asked for, when it is first needed."""
    from scraper.publishing.caldav_accounts import sink_with_stored_password
    from scraper.sinks.caldav.sink import BOUND

    @cache
    def password() -> str:
        return _password(output, account)

    sink = sink_with_stored_password(output, account)
    return replace(sink, password=password, before_push=answer_interruptions, bound=BOUND)


def _password(output: "Output", account: str) -> str:
    """Return the stored password, else a typed one. Raise SinkRefused("caldav-no-password"), VaultLocked."""
    from scraper.cli.passphrase import passphrase_prompt
    from scraper.config.vault import vaults
    from scraper.publishing.caldav_accounts import stored_password

    words = Catalogue(language_of(os.environ))
    try:
        return stored_password(output, account, vaults(passphrase_prompt(words)))
    except SinkRefused:
        if not can_ask():
            raise
    return ask_secret(words("caldav.password", user=output.user, path=output.caldav))
