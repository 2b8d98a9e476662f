"""`aurion schedule status`: whether a timer is on, its next run and its last one."""

from datetime import UTC, datetime

from scraper.cli.options import Json
from scraper.cli.output import time_to_json, user_words, write_json, write_line
from scraper.config.configuration import Config
from scraper.i18n import Catalogue
from scraper.publishing.local_times import format_local_time
from scraper.runs.schedule.backends import installed_timer


def show_timer(json_output: Json = False) -> None:
    """Print whether a timer is on, its next run, and the result of the last one."""
    words, timer = user_words(), installed_timer(Config().state)
    following, last = (timer.next(datetime.now(UTC)), timer.last()) if timer else (None, None)
    if json_output:
        data = {
            "on": timer is not None,
            "kind": timer.kind if timer else None,
            "next": time_to_json(following),
            "last": {"at": time_to_json(last.at), "exit_code": last.exit_code} if last else None,
        }
        write_json(data)
        return
    if timer is None:
        write_line(words("schedule.is_off"))
        return
    write_line(words("schedule.is_on", kind=timer.kind, next=format_timer_time(following, words)))
    write_line(
        words("schedule.last", at=format_timer_time(last.at, words), code=last.exit_code)
        if last
        else words("schedule.no_last")
    )


def format_timer_time(at: datetime | None, words: Catalogue) -> str:
    """Return the local time of a timer's run, "" where it is not known."""
    return format_local_time(at, words) if at else ""


COMMANDS = {"on": "schedule_on:on", "off": "schedule_on:off", "status": show_timer}
