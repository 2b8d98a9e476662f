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
    ForeignKeyConstraint,
    Identity,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
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
        Column("id", Text(), nullable=False),
        Column("tokens", Double(), nullable=False),
        Column("refilled_at", MOMENT, nullable=False),
        Column("paused_until", MOMENT),
        Column("pauses", Integer(), server_default=text("0"), nullable=False),
        PrimaryKeyConstraint("id", name="pk_portal"),
    )
    op.create_table(
        "portal_fault",
        Column("id", BigInteger(), Identity(), nullable=False),
        Column("portal", Text(), nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("kind", String(16), nullable=False),
        PrimaryKeyConstraint("id", name="pk_portal_fault"),
    )
    op.create_index("ix_portal_fault_portal_at", "portal_fault", ["portal", "at"])
    op.create_table(
        "portal_lease",
        Column("portal", Text(), nullable=False),
        Column("place", Integer(), nullable=False),
        Column("holder", Uuid()),
        Column("until", MOMENT),
        PrimaryKeyConstraint("portal", "place", name="pk_portal_lease"),
    )
    op.create_table(
        "exchange_count",
        Column("portal", Text(), nullable=False),
        Column("hour", MOMENT, nullable=False),
        Column("count", Integer(), server_default=text("0"), nullable=False),
        PrimaryKeyConstraint("portal", "hour", name="pk_exchange_count"),
    )
    op.create_table(
        "class_change",
        Column("class_id", BigInteger(), nullable=False),
        Column("change", BigInteger(), nullable=False),
        Column("at", MOMENT, nullable=False),
        PrimaryKeyConstraint("class_id", "change", name="pk_class_change"),
    )
    op.create_index("ix_class_change_at", "class_change", ["at"])


def create_student_tables() -> None:
    """Create the tables of students and sign-ins."""
    op.create_table(
        "student",
        Column("id", Uuid(), nullable=False),
        Column("school", Text(), nullable=False),
        Column("login_digest", LargeBinary(), nullable=False),
        Column("sealed", LargeBinary(), nullable=False),
        Column("key_version", Integer(), nullable=False),
        Column("state", String(16), nullable=False),
        Column("language", String(2), nullable=False),
        Column("settings", JSONB(), server_default=text("'{}'"), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("used_at", MOMENT, nullable=False),
        PrimaryKeyConstraint("id", name="pk_student"),
        UniqueConstraint("login_digest", name="uq_student_login_digest"),
    )
    op.create_table(
        "refused_password",
        Column("digest", LargeBinary(), nullable=False),
        Column("login_digest", LargeBinary(), nullable=False),
        Column("at", MOMENT, nullable=False),
        PrimaryKeyConstraint("digest", name="pk_refused_password"),
    )
    op.create_index("ix_refused_password_login_digest", "refused_password", ["login_digest"])
    op.create_table(
        "sign_in",
        Column("id", Uuid(), nullable=False),
        Column("school", Text(), nullable=False),
        Column("login_digest", LargeBinary(), nullable=False),
        Column("sealed", LargeBinary(), nullable=False),
        Column("key_version", Integer(), nullable=False),
        Column("language", String(2), nullable=False),
        Column("state", String(16), nullable=False),
        Column("error", JSONB()),
        Column("student", Uuid()),
        Column("at", MOMENT, nullable=False),
        ForeignKeyConstraint(["student"], ["student.id"], name="fk_sign_in_student", ondelete="CASCADE"),
        PrimaryKeyConstraint("id", name="pk_sign_in"),
    )
    op.create_index("ix_sign_in_at", "sign_in", ["at"])


def create_tables_of_students() -> None:
    """Create the tables of what belongs to a student."""
    op.create_table(
        "portal_session",
        Column("student", Uuid(), nullable=False),
        Column("sealed", LargeBinary(), nullable=False),
        Column("key_version", Integer(), nullable=False),
        Column("saved_at", MOMENT, nullable=False),
        ForeignKeyConstraint(["student"], ["student.id"], name="fk_portal_session_student", ondelete="CASCADE"),
        PrimaryKeyConstraint("student", name="pk_portal_session"),
    )
    op.create_table(
        "sign_in_try",
        Column("id", BigInteger(), Identity(), nullable=False),
        Column("key", LargeBinary(), nullable=False),
        Column("at", MOMENT, nullable=False),
        PrimaryKeyConstraint("id", name="pk_sign_in_try"),
    )
    op.create_index("ix_sign_in_try_at", "sign_in_try", ["at"])
    op.create_index("ix_sign_in_try_key_at", "sign_in_try", ["key", "at"])
    op.create_table(
        "web_session",
        Column("digest", LargeBinary(), nullable=False),
        Column("student", Uuid(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("seen_at", MOMENT, nullable=False),
        ForeignKeyConstraint(["student"], ["student.id"], name="fk_web_session_student", ondelete="CASCADE"),
        PrimaryKeyConstraint("digest", name="pk_web_session"),
    )
    op.create_table(
        "subscription",
        Column("id", Uuid(), nullable=False),
        Column("student", Uuid(), nullable=False),
        Column("generation", Integer(), server_default=text("1"), nullable=False),
        Column("label", Text(), nullable=False),
        Column("calendar", JSONB(), nullable=False),
        Column("until", Date()),
        Column("created_at", MOMENT, nullable=False),
        Column("fetched_at", MOMENT),
        ForeignKeyConstraint(["student"], ["student.id"], name="fk_subscription_student", ondelete="CASCADE"),
        PrimaryKeyConstraint("id", name="pk_subscription"),
    )
    op.create_index("ix_subscription_student", "subscription", ["student"])
    op.create_table(
        "turn",
        Column("student", Uuid(), nullable=False),
        Column("portal", Text(), nullable=False),
        Column("due_at", MOMENT),
        Column("priority", Integer(), server_default=text("0"), nullable=False),
        Column("reason", String(16), nullable=False),
        Column("enqueued_at", MOMENT),
        Column("started_at", MOMENT),
        Column("finished_at", MOMENT),
        Column("succeeded_at", MOMENT),
        Column("attempts", Integer(), server_default=text("0"), nullable=False),
        Column("error", JSONB()),
        Column("class_id", BigInteger()),
        Column("lessons", ARRAY(BigInteger())),
        ForeignKeyConstraint(["student"], ["student.id"], name="fk_turn_student", ondelete="CASCADE"),
        PrimaryKeyConstraint("student", name="pk_turn"),
    )
    op.create_index("ix_turn_class_id", "turn", ["class_id"])
    op.create_index("ix_turn_due_at", "turn", ["due_at"])


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
        "account", Uuid(), ForeignKey("student.id", name=f"fk_{name}_account", ondelete="CASCADE"), primary_key=True,
        server_default=text("current_setting('aurion.account')::uuid"),
    )  # fmt: skip
    op.create_table(name, account, *columns, schema="ledger")
    op.execute(f"ALTER TABLE ledger.{name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE ledger.{name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY account ON ledger.{name} USING (account = current_setting('aurion.account')::uuid)")
