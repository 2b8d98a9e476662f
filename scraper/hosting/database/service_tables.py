"""The tables of the service. A change here, or of the ledgers' tables, needs a migration beside it."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
MOMENT = DateTime(timezone=True)


def _student_key(*, is_primary: bool = False) -> Column[object]:
    """Return the column that names the student; the row is deleted with the student."""
    return Column("student", ForeignKey("student.id", ondelete="CASCADE"), primary_key=is_primary, nullable=False)


student = Table(
    "student", metadata,
    Column("id", Uuid, primary_key=True),
    Column("school", Text, nullable=False),
    Column("login_digest", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("language", String(2), nullable=False),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    Column("created_at", MOMENT, nullable=False),
    Column("used_at", MOMENT, nullable=False),
)  # fmt: skip
"""A student who signed up. `sealed` is the login and password that only a worker opens; `login_digest` is keyed.

`state` is active, refused (the portal refused the password) or action (the portal asks for something). `used_at` is the
last fetch of a calendar or visit to the page.
"""

portal_session = Table(
    "portal_session", metadata,
    _student_key(is_primary=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("saved_at", MOMENT, nullable=False),
)  # fmt: skip
"""The sealed session of a student at the portal."""

refused_password = Table(
    "refused_password", metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("login_digest", LargeBinary, nullable=False, index=True),
    Column("at", MOMENT, nullable=False),
)  # fmt: skip
"""Logins with passwords that the portal refused, as digests keyed by the worker: none is ever tried again.

`login_digest` finds the rows to delete with the student.
"""

sign_in = Table(
    "sign_in", metadata,
    Column("id", Uuid, primary_key=True),
    Column("school", Text, nullable=False),
    Column("login_digest", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("language", String(2), nullable=False),
    Column("state", String(16), nullable=False),
    Column("error", JSONB),
    Column("student", ForeignKey("student.id", ondelete="CASCADE")),
    Column("at", MOMENT, nullable=False, index=True),
)  # fmt: skip
"""A sign-up or a log-in that waits for the portal's answer. `state` is waiting, working, accepted or failed."""

sign_in_try = Table(
    "sign_in_try", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("at", MOMENT, nullable=False, index=True),
    Index(None, "key", "at"),
)  # fmt: skip
"""An attempt to sign in or a test notification, kept for an hour.

`key` is a keyed digest: of a network address, a login, a browser or a student.
"""

web_session = Table(
    "web_session", metadata,
    Column("digest", LargeBinary, primary_key=True),
    _student_key(),
    Column("created_at", MOMENT, nullable=False),
    Column("seen_at", MOMENT, nullable=False),
)  # fmt: skip
"""A browser that is logged in to the page; the cookie is stored as a digest."""

subscription = Table(
    "subscription", metadata,
    Column("id", Uuid, primary_key=True),
    _student_key(),
    Column("generation", Integer, nullable=False, server_default=text("1")),
    Column("label", Text, nullable=False),
    Column("calendar", JSONB, nullable=False),
    Column("until", Date),
    Column("created_at", MOMENT, nullable=False),
    Column("fetched_at", MOMENT),
    Index(None, "student"),
)  # fmt: skip
"""A calendar address. Its secret is computed from `id` and `generation` with a key that the database does not have."""

notification_channel = Table(
    "notification_channel", metadata,
    _student_key(is_primary=True),
    Column("kind", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("sent_until", MOMENT, nullable=False),
    Column("reported", String(16), nullable=False, server_default=text("'active'")),
    Column("due_at", MOMENT),
    Column("claimed_until", MOMENT),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("test", String(16)),
)  # fmt: skip
"""Where a student is notified. `sealed` is the address, which only a worker opens; `kind` is ntfy or discord.

At `due_at` a worker sends what is new: changes that are recorded from `sent_until` on, and a `state` of the
student other than the one `reported`. `claimed_until` names the worker that sends. `failures` counts those in a row.
`test` is "waiting", or how the last test ended.
"""

turn = Table(
    "turn", metadata,
    _student_key(is_primary=True),
    Column("portal", Text, nullable=False),
    Column("due_at", MOMENT),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("reason", String(16), nullable=False),
    Column("enqueued_at", MOMENT),
    Column("started_at", MOMENT),
    Column("finished_at", MOMENT),
    Column("succeeded_at", MOMENT),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", JSONB),
    Column("class_id", BigInteger),
    Column("lessons", ARRAY(BigInteger)),
    Index(None, "due_at"),
    Index(None, "class_id"),
)  # fmt: skip
"""When a student's planning is read next, and how the last reading ended. `attempts` counts failures in a row.

`reason` is why it is due: sign-up, click, class, canary, night or retry. A higher `priority` comes first. `due_at` is
null while the turn runs, and where the student has to act first. `enqueued_at` is set while a job for it exists.
`succeeded_at` is when the last successful reading began. `lessons` is a sample of the lessons, as digests, by which
students of one class are recognised.
"""

class_change = Table(
    "class_change", metadata,
    Column("class_id", BigInteger, primary_key=True),
    Column("change", BigInteger, primary_key=True),
    Column("at", MOMENT, nullable=False, index=True),
)  # fmt: skip
"""A change, as a digest, for which the class has become due."""

portal = Table(
    "portal", metadata,
    Column("id", Text, primary_key=True),
    Column("tokens", Double, nullable=False),
    Column("refilled_at", MOMENT, nullable=False),
    Column("paused_until", MOMENT),
    Column("pauses", Integer, nullable=False, server_default=text("0")),
)  # fmt: skip
"""The politeness towards one portal: its bucket of exchanges, and its circuit breaker."""

portal_fault = Table(
    "portal_fault", metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("portal", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("kind", String(16), nullable=False),
    Index(None, "portal", "at"),
)  # fmt: skip
"""A fault of a portal that counts for its circuit breaker: overload, unavailable or time-out."""

portal_lease = Table(
    "portal_lease", metadata,
    Column("portal", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("holder", Uuid),
    Column("until", MOMENT),
)  # fmt: skip
"""A place for one session at a portal. The lease of a worker that died is over at `until`."""

exchange_count = Table(
    "exchange_count", metadata,
    Column("portal", Text, primary_key=True),
    Column("hour", MOMENT, primary_key=True),
    Column("count", Integer, nullable=False, server_default=text("0")),
)  # fmt: skip
"""The requests to a portal in each hour."""
