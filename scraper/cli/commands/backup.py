"""`aurion backup`: write settings, passwords and history to one encrypted file, for another computer."""

from typing import Annotated

from scraper.cli import options
from scraper.cli.options import argument, option
from scraper.cli.output import user_words, write_line
from scraper.cli.passphrase import ask_backup_passphrase, passphrase_prompt
from scraper.config.configuration import Config
from scraper.config.default_output import default_output
from scraper.config.vault.vaults import vaults
from scraper.publishing.output_file import file_sink
from scraper.runs.backup_file import NAME, make_backup
from scraper.sinks.file_kind import BACKUP
from scraper.system.interruptions import ignore_interruptions

File = Annotated[str | None, argument("backup_file", "file")]
PassphraseStdin = Annotated[bool, option("--passphrase-stdin", key="passphrase_stdin")]


def backup(file: File = None, passphrase_stdin: PassphraseStdin = False, quiet: options.Quiet = False) -> None:
    """Write the backup; only an earlier backup is overwritten."""
    words = user_words()
    path = str(default_output().parent / NAME) if file is None else file
    sink = file_sink(path, BACKUP, before_swap=ignore_interruptions)
    sink.check()
    content = make_backup(Config.from_environment(), vaults(passphrase_prompt(words)))
    passphrase = ask_backup_passphrase(words, is_new=True, from_stdin=passphrase_stdin)
    sink.deliver(content.seal(passphrase))
    if not quiet:
        write_line(words("backup.written", path=sink.name))
