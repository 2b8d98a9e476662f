"""`aurion schools`: the schools known, and what is known of each."""

import dataclasses
import json
import os
import sys
from typing import TYPE_CHECKING

from scraper.cli import options
from scraper.school import School
from scraper.school_files import all_schools
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from rich.table import Table

WIDTH_OF_A_PIPE = 160


def schools(*, json_output: options.Json = False) -> None:
    """Writes the schools to standard output: a table and notes, or one JSON list. Raises SettingsError."""
    known = all_schools()
    if json_output:
        told = [dataclasses.asdict(school) | {"namespace": str(school.namespace)} for school in known]
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    from rich.console import Console

    words = Words(language_of(os.environ))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)
    console.print(_table(known, words))
    console.print(f"\n{words('schools.notes')}", style="bold", markup=False)
    for school in known:
        if school.notes:
            console.print(f"{school.id}: {school.notes}", markup=False)


def _table(known: tuple[School, ...], words: Words) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(words("schools.id"), no_wrap=True)
    table.add_column(words("schools.school"), overflow="fold")
    table.add_column(words("schools.login"))
    for school in known:
        login = words(f"schools.logins.{school.login}")
        knowledge = words(f"schools.knowledge.{school.known or 'own'}")
        table.add_row(school.id, escape(f"{school.name}\n{school.base_url}"), f"{login}\n{knowledge}")
    return table
