"""Records what four readers make of each broken calendar, in `data/verdicts.json`.

Needs Node, and ical.js and node-ical in a directory of their own, outside the project:

    npm install --prefix /tmp/readers ical.js node-ical
    python -m tests.ical.lint.record_verdicts /tmp/readers

A verdict compares what a reader sees in a broken calendar with what the same reader sees in the whole one: `refuses`,
`drops` (fewer dates or events), `doubles` (more), `moves` (other hours), `changes` (other texts). A reader that sees
the same has no entry.
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import vobject
from ical.calendar_stream import IcsCalendarStream

from tests.ical.lint.broken import broken_calendars, intended_calendars, whole_calendars

DATA = Path(__file__).parent / "data" / "verdicts.json"
NODE = Path(__file__).with_name("readers.mjs")
MOST = 12
LONGEST = 5
INVISIBLE = re.compile("[\x85\u2028]")
"""Legal in a text, and kept by the readers."""
TEXTS = ("uid", "summary", "location", "description", "status", "url", "priority", "sequence")
Reading = Mapping[str, Any]


def by_ical(body: bytes) -> Reading:
    """Return the events of ical, the parser of Home Assistant."""
    calendar = IcsCalendarStream.calendar_from_ics(body.decode("utf-8", "replace"))
    dates = [f"{event.start} {event.end}" for event in islice(calendar.timeline, 60)]
    return {
        "when": sorted(dates),
        "texts": sorted(_texts(partial(getattr, event)) for event in calendar.events),
    }


def by_vobject(body: bytes) -> Reading:
    """Return the events of vobject, which reads only the first calendar of a file."""
    calendar = vobject.readOne(body.decode("utf-8", "replace"))
    events = calendar.contents.get("vevent", [])
    when = []
    for event in events:
        start = event.dtstart.value
        length = event.dtend.value - start if "dtend" in event.contents else event.getChildValue("duration")
        dates = islice(event.getrruleset(addRDate=True), MOST) if event.rruleset else [start]
        when += [f"{_shown(start)} {one} {length}" for one in dates]
    return {"when": sorted(when), "texts": sorted(_texts(event.getChildValue) for event in events)}


def verdict(whole: Reading, read: Reading) -> str:
    """Return the difference between two readings, or nothing."""
    if "refused" in read:
        return "refuses"
    for part in ("texts", "when"):
        if len(read[part]) != len(whole[part]):
            return "drops" if len(read[part]) < len(whole[part]) else "doubles"
    if read["when"] != whole["when"]:
        return "moves"
    return "changes" if read["texts"] != whole["texts"] else ""


def record(readers: Path) -> dict[str, dict[str, str]]:
    """Return the verdicts by calendar, then by reader; readers that see the same are left out."""
    whole, broken = whole_calendars() | dict(intended_calendars()), dict(broken_calendars())
    of_whole, of_broken = _readings(whole, readers), _readings(broken, readers)
    wrong = {name: reading for name, reading in of_whole.items() if any("refused" in one for one in reading.values())}
    if wrong:
        raise SystemExit(f"a reader refuses a whole calendar: {wrong}")
    verdicts = {}
    for name, readings in of_broken.items():
        of_shape = of_whole.get(name) or of_whole[name.partition("/")[0]]
        found = {reader: verdict(of_shape[reader], reading) for reader, reading in readings.items()}
        verdicts[name] = {reader: difference for reader, difference in found.items() if difference}
    return verdicts


def _readings(calendars: Mapping[str, bytes], readers: Path) -> dict[str, dict[str, Reading]]:
    given = json.dumps({name: base64.b64encode(body).decode() for name, body in calendars.items()})
    done = subprocess.run(
        [shutil.which("node") or "node", NODE, readers.resolve()],
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    readings: dict[str, dict[str, Reading]] = json.loads(done.stdout)
    for name, body in calendars.items():
        readings[name] |= {"ical": _tried(by_ical, body), "vobject": _tried(by_vobject, body)}
    return readings


def _tried(reader: Callable[[bytes], Reading], body: bytes) -> Reading:
    signal.alarm(LONGEST)
    try:
        return reader(body)
    except Exception as error:  # noqa: BLE001 - a reader fails as it likes
        return {"refused": f"{type(error).__name__}: {error}"[:100]}
    finally:
        signal.alarm(0)


def _end_reading(*_: object) -> None:
    raise TimeoutError


def _texts(value: Callable[[str], object]) -> str:
    return " | ".join(INVISIBLE.sub("", str(value(name) if value(name) is not None else "")) for name in TEXTS)


def _shown(moment: date) -> str:
    return f"{moment} {getattr(moment, 'tzinfo', None) is not None}"


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    signal.signal(signal.SIGALRM, _end_reading)  # some readers never end
    DATA.parent.mkdir(exist_ok=True)
    recorded = record(Path(sys.argv[1]))
    DATA.write_text(json.dumps(recorded, indent=0, sort_keys=True) + "\n", encoding="utf-8")
