"""The tables of the ledgers in PostgreSQL: those of `publishing.ledger`, each row with the account that it belongs to.

The statements of `publishing.ledger` do not name the account: PostgreSQL fills it in and filters by it (row-level
security), by the setting `aurion.account` of the transaction. Without the setting every statement fails.
"""

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    event,
    text,
)

from scraper.hosting.database.service_tables import metadata
from scraper.publishing.ledger import tables as ledger

SCHEMA = "ledger"
ACCOUNT = "aurion.account"
"""The setting of a transaction that names the student."""
OF_TRANSACTION = f"current_setting('{ACCOUNT}')::uuid"


def _with_account(table: Table) -> Table:
    """Return the same table with an account as the first part of its primary key."""
    return _ledger_table(table.name, *(_copy(column) for column in table.columns))


def _copy(column: Column[object]) -> Column[object]:
    numbered = [Identity()] if column.primary_key and isinstance(column.type, Integer) else []
    return Column(column.name, column.type, *numbered, primary_key=column.primary_key, nullable=column.nullable)


def _ledger_table(name: str, *columns: Column[object]) -> Table:
    """Return a table of which a transaction sees only the rows of its account."""
    account: Column[object] = Column(
        "account", Uuid, ForeignKey("student.id", ondelete="CASCADE"), primary_key=True,
        server_default=text(OF_TRANSACTION),
    )  # fmt: skip
    table = Table(name, metadata, account, *columns, schema=SCHEMA)
    event.listen(table, "after_create", _protect)
    return table


def _protect(table: Table, connection: Connection, **_: object) -> None:
    for statement in row_security(table.name):
        connection.execute(text(statement))


def _create_schema(_: MetaData, connection: Connection, **_options: object) -> None:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))


def row_security(name: str) -> tuple[str, ...]:
    """Return the statements that keep the accounts in a table of the ledgers apart, also for the table's owner."""
    return (
        f"ALTER TABLE {SCHEMA}.{name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {SCHEMA}.{name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY account ON {SCHEMA}.{name} USING (account = {OF_TRANSACTION})",
    )


event.listen(metadata, "before_create", _create_schema)
ledger_tables = tuple(_with_account(table) for table in ledger.tables.sorted_tables)
published_copy = _ledger_table(
    "published_copy", Column("output", Text, primary_key=True), Column("body", LargeBinary, nullable=False)
)
"""A published calendar that is newer than the ledger, which was restored: the next reading completes the ledger."""
