"""Structured logs: one JSON object a line on standard error, without names, addresses and secrets."""

import json
import logging
from datetime import UTC, datetime

OWN = "scraper.hosting"
"""The logger of the service; libraries log warnings only."""


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time, level, logger, message, and the record's `facts`.

    Of an exception only its type is written: its text may contain what a visitor typed.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }  # fmt: skip
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logs() -> None:
    """Write all logs of this process in this form."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OWN).setLevel(logging.INFO)
