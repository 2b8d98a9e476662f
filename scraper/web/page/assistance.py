"""What helps when something does not work: the checks, a report to send, the log."""

import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.responses import Response

from scraper import __version__
from scraper.errors import AurionError
from scraper.recording import load
from scraper.report import Report, last_failure, last_page, logins_known, made
from scraper.reported import lines
from scraper.unattended.log import log_file
from scraper.web.page.chores import environment_for
from scraper.web.page.visit import Visit, get, post

CHORE = "doctor"
LONGEST = 180
"""Seconds that the checks may take: of each portal, and of the browser, they have bounds of their own."""
REPORT = "aurion-report.json"
LAST_LINES, MOST_BYTES = 300, 200_000
STATES = ("error", "warning", "ok")


def assistance(visit: Visit) -> Response:
    """What was checked last, and what there is to send."""
    chore, state = visit.desk.chores.last(CHORE), visit.desk.state
    checks = _checks(chore.output) if chore and chore.is_over else []
    worst = next((one for one in STATES if any(check["state"] == one for check in checks)), "")
    return visit.render(
        "help.html", chore=chore, checks=checks, worst=worst,
        has_failure=any(state.glob("failure*.json")), has_bug=_bug(state).exists(), has_log=log_file(state).exists(),
        counts={one: sum(check["state"] == one for check in checks) for one in STATES},
        versions={"aurion-planning": __version__, "Python": platform.python_version(), "": platform.platform()},
    )  # fmt: skip


def check(visit: Visit) -> Response:
    """The checks begin, as `aurion doctor`: no login is tried."""
    environment = environment_for(visit.desk.environment, visit.words.language)
    visit.desk.chores.begin(CHORE, ["doctor", "--json"], environment, seconds=LONGEST)
    return visit.goes_to("/help")


def report(visit: Visit) -> Response:
    """What a report of the last failed run would hold, without the words that were typed to be hidden."""
    hidden = visit.form.get("hide", "")
    try:
        found = _made(visit, hidden)
    except AurionError as error:
        return visit.render("help_report.html", error=error, lines=[], hidden=hidden)
    if "download" in visit.form:
        return _attached(found.text().encode(), REPORT, "application/json")
    return visit.render("help_report.html", lines=list(lines(found, visit.words)), hidden=hidden)


def bug(visit: Visit) -> Response:
    """Where the last bug of ours happened."""
    path = _bug(visit.desk.state)
    if not path.exists():
        return visit.render("missing.html", status=404)
    return _attached(path.read_bytes(), path.name, "text/plain; charset=utf-8")


def log(visit: Visit) -> Response:
    """The latest lines of the runs with nobody there."""
    path = log_file(visit.desk.state)
    text = path.read_bytes()[-MOST_BYTES:].decode("utf-8", "replace") if path.exists() else ""
    return visit.render("help_log.html", lines=text.splitlines()[-LAST_LINES:], path=path)


def _made(visit: Visit, hidden: str) -> Report:
    path = last_failure(visit.desk.state, None)
    logins = logins_known(visit.desk.environment)
    return made(load(path), page=last_page(path), logins=logins, hidden=hidden.split())


def _attached(body: bytes, name: str, kind: str) -> Response:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _bug(state: Path) -> Path:
    return state / "bug.txt"


def _checks(output: str) -> list[Mapping[str, Any]]:
    """What `aurion doctor --json` told, the worst first; nothing where it told nothing."""
    try:
        told = json.loads(output)["checks"]
    except (ValueError, KeyError, TypeError):
        return []
    return sorted(told, key=lambda one: STATES.index(one["state"]))


ROUTES = (
    get("/help", assistance),
    post("/help/check", check),
    get("/help/report", report),
    post("/help/report", report),
    get("/help/bug", bug),
    get("/help/log", log),
)
