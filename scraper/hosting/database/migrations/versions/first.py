"""The tables of the first version.

Revision ID: first
"""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    String,
    Text,
    Uuid,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision, down_revision = "first", None
MOMENT = DateTime(timezone=True)


def upgrade() -> None:
    """Create all tables."""
    create_portal_tables()
    create_student_tables()
    create_tables_of_students()
    op.execute("CREATE SCHEMA ledger")
    create_tables_of_events()
    create_tables_of_calendars()


def create_portal_tables() -> None:
    """Create the tables of the portals and of classes."""
    op.create_table(
        "portal",
        Column("id", Text(), primary_key=True),
        Column("tokens", Double(), nullable=False),
        Column("refilled_at", MOMENT, nullable=False),
        Column("paused_until", MOMENT),
        Column("pauses", Integer(), server_default=text("0"), nullable=False),
    )
    op.create_table(
        "portal_fault",
        Column("id", BigInteger(), Identity(), primary_key=True),
        Column("portal", Text(), nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("kind", String(16), nullable=False),
    )
    op.create_index("ix_portal_fault_portal_at", "portal_fault", ["portal", "at"])
    op.create_table(
        "portal_lease",
        Column("portal", Text(), primary_key=True),
        Column("place", Integer(), primary_key=True),
        Column("holder", Uuid()),
        Column("until", MOMENT),
    )
    op.create_table(
        "exchange_count",
        Column("portal", Text(), primary_key=True),
        Column("hour", MOMENT, primary_key=True),
        Column("count", Integer(), server_default=text("0"), nullable=False),
    )
    op.create_table(
        "class_change",
        Column("class_id", BigInteger(), primary_key=True),
        Column("change", BigInteger(), primary_key=True),
        Column("at", MOMENT, nullable=False, index=True),
    )


def create_student_tables() -> None:
    """Create the tables of students and sign-ins."""
    op.create_table(
        "student",
        Column("id", Uuid(), primary_key=True),
        Column("school", Text(), nullable=False),
        Column("login_digest", LargeBinary(), nullable=False, unique=True),
        Column("sealed", LargeBinary(), nullable=False),
        Column("key_version", Integer(), nullable=False),
        Column("state", String(16), nullable=False),
        Column("language", String(2), nullable=False),
        Column("settings", JSONB(), server_default=text("'{}'"), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("used_at", MOMENT, nullable=False),
    )
    op.create_table(
        "refused_password",
        Column("digest", LargeBinary(), primary_key=True),
        Column("login_digest", LargeBinary(), nullable=False, index=True),
        Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "sign_in",
        Column("id", Uuid(), primary_key=True),
        Column("school", Text(), nullable=False),
        Column("login_digest", LargeBinary(), nullable=False),
        Column("sealed", LargeBinary(), nullable=False),
        Column("key_version", Integer(), nullable=False),
        Column("language", String(2), nullable=False),
        Column("state", String(16), nullable=False),
        Column("error", JSONB()),
        Column("student", Uuid(), ForeignKey("student.id", ondelete="CASCADE")),
        Column("at", MOMENT, nullable=False, index=True),
    )


def create_tables_of_students() -> None:
    """Create the tables of what belongs to a student."""
    op.create_table(
        "portal_session",
        Column("student", Uuid(), ForeignKey("student.id", ondelete="CASCADE"), primary_key=True),
        Column("sealed", LargeBinary(), nullable=False),
        Column("key_version", Integer(), nullable=False),
        Column("saved_at", MOMENT, nullable=False),
    )
    op.create_table(
        "sign_in_try",
        Column("id", BigInteger(), Identity(), primary_key=True),
        Column("key", LargeBinary(), nullable=False),
        Column("at", MOMENT, nullable=False, index=True),
    )
    op.create_index("ix_sign_in_try_key_at", "sign_in_try", ["key", "at"])
    op.create_table(
        "web_session",
        Column("digest", LargeBinary(), primary_key=True),
        Column("student", Uuid(), ForeignKey("student.id", ondelete="CASCADE"), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("seen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "subscription",
        Column("id", Uuid(), primary_key=True),
        Column("student", Uuid(), ForeignKey("student.id", ondelete="CASCADE"), nullable=False, index=True),
        Column("generation", Integer(), server_default=text("1"), nullable=False),
        Column("label", Text(), nullable=False),
        Column("calendar", JSONB(), nullable=False),
        Column("until", Date()),
        Column("created_at", MOMENT, nullable=False),
        Column("fetched_at", MOMENT),
    )
    op.create_table(
        "notification_channel",
        Column("student", Uuid(), ForeignKey("student.id", ondelete="CASCADE"), primary_key=True),
        Column("kind", String(16), nullable=False),
        Column("sealed", LargeBinary(), nullable=False),
        Column("key_version", Integer(), nullable=False),
        Column("sent_until", MOMENT, nullable=False),
        Column("reported", String(16), server_default=text("'active'"), nullable=False),
        Column("due_at", MOMENT),
        Column("claimed_until", MOMENT),
        Column("failures", Integer(), server_default=text("0"), nullable=False),
        Column("test", String(16)),
    )
    op.create_table(
        "turn",
        Column("student", Uuid(), ForeignKey("student.id", ondelete="CASCADE"), primary_key=True),
        Column("portal", Text(), nullable=False),
        Column("due_at", MOMENT, index=True),
        Column("priority", Integer(), server_default=text("0"), nullable=False),
        Column("reason", String(16), nullable=False),
        Column("enqueued_at", MOMENT),
        Column("started_at", MOMENT),
        Column("finished_at", MOMENT),
        Column("succeeded_at", MOMENT),
        Column("attempts", Integer(), server_default=text("0"), nullable=False),
        Column("error", JSONB()),
        Column("class_id", BigInteger(), index=True),
        Column("lessons", ARRAY(BigInteger())),
    )


def create_tables_of_events() -> None:
    """Create the tables of what a ledger knows."""
    create_ledger_table(
        "ledger",
        Column("version", Integer(), nullable=False),
    )
    create_ledger_table(
        "events",
        Column("uid", String(36), primary_key=True),
        Column("event", Text(), nullable=False),
        Column("first_seen", DateTime(), nullable=False),
        Column("last_seen", DateTime(), nullable=False),
        Column("cancelled_since", DateTime()),
    )
    create_ledger_table(
        "days",
        Column("day", Date(), primary_key=True),
        Column("at", DateTime(), nullable=False),
    )
    create_ledger_table(
        "changes",
        Column("number", Integer(), Identity(), primary_key=True),
        Column("at", DateTime(), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("uid", String(36), nullable=False),
        Column("before", Text()),
        Column("after", Text()),
    )
    create_ledger_table(
        "held",
        Column("at", DateTime(), nullable=False),
        Column("namespace", String(36), nullable=False),
        Column("planning", LargeBinary(), nullable=False),
    )


def create_tables_of_calendars() -> None:
    """Create the tables of what is published."""
    create_ledger_table(
        "calendars",
        Column("number", Integer(), Identity(), primary_key=True),
        Column("output", Text(), nullable=False),
        Column("at", DateTime(), nullable=False),
        Column("events", Integer(), nullable=False),
        Column("changes", Text(), nullable=False),
        Column("body", LargeBinary(), nullable=False),
    )
    create_ledger_table(
        "published",
        Column("output", Text(), primary_key=True),
        Column("uid", String(36), primary_key=True),
        Column("fingerprint", String(32), nullable=False),
        Column("sequence", Integer(), nullable=False),
        Column("revised", DateTime(), nullable=False),
    )
    create_ledger_table(
        "ruled",
        Column("output", Text(), primary_key=True),
        Column("rules", Text(), nullable=False),
    )
    create_ledger_table(
        "published_copy",
        Column("output", Text(), primary_key=True),
        Column("body", LargeBinary(), nullable=False),
    )


def create_ledger_table(name: str, *columns: Column[object]) -> None:
    """Create a table of which a transaction sees only the rows of its account."""
    account: Column[object] = Column(
        "account", Uuid(), ForeignKey("student.id", ondelete="CASCADE"), primary_key=True,
        server_default=text("current_setting('aurion.account')::uuid"),
    )  # fmt: skip
    op.create_table(name, account, *columns, schema="ledger")
    op.execute(f"ALTER TABLE ledger.{name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE ledger.{name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY account ON ledger.{name} USING (account = current_setting('aurion.account')::uuid)")
