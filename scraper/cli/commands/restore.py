"""`aurion restore`: write the content of a backup to this computer."""

from typing import Annotated

from scraper.cli import options
from scraper.cli.commands.backup import PassphraseStdin
from scraper.cli.options import argument
from scraper.cli.output import user_words, write_line
from scraper.cli.passphrase import ask_backup_passphrase, passphrase_prompt
from scraper.config.configuration import Config
from scraper.config.settings.settings_file import refuse_settings
from scraper.config.vault.vaults import vaults
from scraper.domain.decoding import read_file
from scraper.errors import SettingsError
from scraper.runs.backup_file import open_backup, restore_backup
from scraper.system.paths import expand_user

_File = Annotated[str, argument("restore_file", "file")]


def restore(file: _File, passphrase_stdin: PassphraseStdin = False, quiet: options.Quiet = False) -> None:
    """Restore the backup where there are no settings yet; otherwise, or if it is damaged, change nothing."""
    words = user_words()
    refuse_settings()
    try:
        sealed = read_file(expand_user(file))
    except OSError as error:
        raise SettingsError("restore-file", given=file, detail=error.strerror or "") from None
    passphrase = ask_backup_passphrase(words, is_new=False, from_stdin=passphrase_stdin)
    content = open_backup(sealed, passphrase)
    names = restore_backup(content, Config.from_environment(), vaults(passphrase_prompt(words)))
    if not quiet:
        write_line(words("backup.restored", count=len(names), names=", ".join(names)))
