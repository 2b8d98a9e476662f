"""`aurion schools`: list the known schools and how far each was tested."""

import dataclasses
from typing import TYPE_CHECKING

from scraper.cli import options
from scraper.cli.console_tables import bare_table, draw
from scraper.cli.output import user_words, write_json
from scraper.config.schools.school_files import all_schools
from scraper.domain.school import School
from scraper.i18n import Catalogue

if TYPE_CHECKING:
    from rich.table import Table


def schools(*, json_output: options.Json = False) -> None:
    """Write the schools as a table with notes, or as JSON. Raise SettingsError."""
    known = all_schools()
    if json_output:
        data = [dataclasses.asdict(school) | {"namespace": str(school.namespace)} for school in known]
        write_json(data, indent=2)
        return
    words = user_words()
    from rich.text import Text

    notes = {one.id: (one.notes_en if words.language == "en" else one.notes) or one.notes for one in known}
    lines = [words("schools.note", school=name, note=note) for name, note in notes.items() if note]
    draw(_table(known, words), Text(f"\n{words('schools.notes')}", style="bold"), *map(Text, lines))


def _table(known: tuple[School, ...], words: Catalogue) -> "Table":
    from rich.markup import escape

    table = bare_table(*(words(f"schools.{column}") for column in ("id", "school", "login")))
    table.columns[0].no_wrap = True
    for school in known:
        login = words(f"schools.logins.{school.login}")
        knowledge = words(f"schools.knowledge.{school.known or 'own'}")
        table.add_row(school.id, escape(f"{school.name}\n{school.base_url}"), f"{login}\n{knowledge}")
    return table
