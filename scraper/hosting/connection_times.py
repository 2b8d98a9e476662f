"""How long a connection to the database waits for the other machine."""

from collections.abc import Mapping
from typing import Any

KEEPALIVE, SILENCE = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}, "60000"
"""After a minute without an answer of a machine that is gone, both sides end the connection, and with it its locks."""
CONNECTION: Mapping[str, Any] = {
    **KEEPALIVE, "tcp_user_timeout": SILENCE, "connect_timeout": "10",
}  # fmt: skip
"""The parameters of every connection: without them a thread would wait for such a machine for hours."""
