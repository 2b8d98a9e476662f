"""The prompt for the age file's passphrase."""

import sys

import typer
from pydantic import SecretStr

from scraper.cli.options import can_ask
from scraper.config.secret_text import secret_text
from scraper.config.vault import Ask
from scraper.i18n import Catalogue


def passphrase_prompt(words: Catalogue) -> Ask | None:
    """Return a function that asks for the passphrase without echo; None without a terminal."""

    def ask(*, new: bool) -> SecretStr:
        while True:
            typed = _ask_hidden(words("vault.new_passphrase" if new else "vault.passphrase"))
            if not new or not typed or _ask_hidden(words("vault.again")) == typed:
                return SecretStr(typed)
            sys.stderr.write(f"{words('vault.differ')}\n")

    return ask if can_ask() else None


def _ask_hidden(question: str) -> str:
    return secret_text(typer.prompt(question, hide_input=True, err=True, default="", show_default=False))
