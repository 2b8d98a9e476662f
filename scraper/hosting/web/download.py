"""All that the service has stored of a student, in one archive; sealed values stay out: they cannot be opened here."""

import json
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import Connection, Engine, LargeBinary, Table, select

from scraper.config.default_output import DEFAULT_FILE
from scraper.errors import LedgerMissing
from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import metadata, student
from scraper.hosting.students import Student
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.publishing.ledger import tables as ledger_tables
from scraper.publishing.ledger.ledger import Ledger


def archive_everything(engine: Engine, owner: Student, ledger: Ledger) -> bytes:
    """Return a zip archive: the calendar, and a JSON file for each table with the rows of the student.

    Raise DatabaseUnavailable or LedgerDamaged.
    """
    files = {
        f"{name}.json": json.dumps(rows, ensure_ascii=False, indent=2, default=str).encode()
        for name, rows in _collect_rows(engine, owner, ledger).items()
    }
    with suppress(LedgerMissing), ledger.reading() as transaction:
        if body := transaction.last_body(AS_THE_FILE.file_name):
            files[DEFAULT_FILE] = body
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return archive.getvalue()


def _collect_rows(engine: Engine, owner: Student, ledger: Ledger) -> Mapping[str, list[dict[str, Any]]]:
    """Return the rows of every table that belong to the student, by table, without binary columns."""
    found: dict[str, list[dict[str, Any]]] = {}
    with translate_database_errors(), engine.connect() as connection:
        for table in metadata.sorted_tables:
            column = table.c.id if table is student else table.c.get("student")
            if column is not None:
                found[table.name] = _rows(connection, table, column == owner.id)
    with suppress(LedgerMissing), ledger.reading() as transaction:
        for table in ledger_tables.tables.sorted_tables:
            found[f"ledger_{table.name}"] = _rows(transaction.connection, table)
    return found


def _rows(connection: Connection, table: Table, *where: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - SQLAlchemy's
    columns = [column for column in table.c if not isinstance(column.type, LargeBinary)]
    rows = connection.execute(select(*columns).where(*where))
    return [{name: _parse_json(value) for name, value in row._asdict().items()} for row in rows]


def _parse_json(value: Any) -> Any:  # noqa: ANN401 - a column's value
    """Return the content of a JSON text; any other value as it is."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        with suppress(ValueError):
            return json.loads(value)
    return value
