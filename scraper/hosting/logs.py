"""Structured logs: one JSON object a line on standard error, without names, addresses and secrets."""

import json
import logging
from datetime import UTC, datetime

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from scraper.errors import AurionError
from scraper.system.crash_report import describe_crash

OWN = "scraper.hosting"
"""The logger of the service; libraries log warnings only."""
log = logging.getLogger(__name__)


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


def log_failure(part: str, error: Exception) -> None:
    """Log why a part of the service failed: an expected error by its type and reason, a bug with its traceback.

    Messages of exceptions are left out: they may contain values of a row, a file's name or a secret.
    """
    match error:
        case AurionError(reason=reason):
            log.warning("%s: %s", part, f"{type(error).__name__} {reason}".strip())
        case SQLAlchemyError() | psycopg.Error():
            log.warning("%s: %s", part, type(error).__name__)
        case _:
            log.error("%s: %s", part, describe_crash(error))
