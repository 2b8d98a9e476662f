"""The prompts for the passphrases of the age file and of a backup."""

import sys

import typer
from pydantic import SecretStr

from scraper.cli.answers import can_ask, read_password
from scraper.config.secret_text import secret_text
from scraper.config.vault.vault import Ask
from scraper.errors import SettingsError
from scraper.i18n import Catalogue


def passphrase_prompt(words: Catalogue) -> Ask | None:
    """Return a function that asks for the passphrase without echo; None without a terminal."""

    def ask(*, new: bool) -> SecretStr:
        return _ask(words("vault.new_passphrase" if new else "vault.passphrase"), words, is_new=new)

    return ask if can_ask() else None


def ask_backup_passphrase(words: Catalogue, *, is_new: bool, from_stdin: bool) -> SecretStr:
    """Read the passphrase from standard input, or ask for it. Raise SettingsError("backup-unasked") without either."""
    if from_stdin:
        return SecretStr(read_password())
    if not can_ask():
        raise SettingsError("backup-unasked")
    return _ask(words("backup.new_passphrase" if is_new else "backup.passphrase"), words, is_new=is_new)


def _ask(question: str, words: Catalogue, *, is_new: bool) -> SecretStr:
    """Ask without echo; a new passphrase twice."""
    while True:
        typed = _ask_hidden(question)
        if not is_new or not typed or _ask_hidden(words("vault.again")) == typed:
            return SecretStr(typed)
        sys.stderr.write(f"{words('vault.differ')}\n")


def _ask_hidden(question: str) -> str:
    return secret_text(typer.prompt(question, hide_input=True, err=True, default="", show_default=False))
