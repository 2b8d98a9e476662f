"""What helps when something does not work: the checks, a report to send, the log."""

import platform
from collections.abc import Iterator
from pathlib import Path

from starlette.responses import Response

from scraper import __version__
from scraper.config.settings.loading import account_names
from scraper.diagnostics.report.preview import preview_lines
from scraper.diagnostics.report.report import Report, known_logins, last_failure, last_page, make_report
from scraper.domain.recording import load
from scraper.errors import AurionError, ExitCode
from scraper.runs.log import log_file
from scraper.system.run_history import Runs, known_accounts
from scraper.web.pages.background_jobs import environment_for
from scraper.web.pages.doctor_results import STATES, checks_told
from scraper.web.pages.request import PageRequest, get, post

CHORE = "doctor"
LONGEST = 180
"""Seconds that the checks may take: of each portal, and of the browser, they have bounds of their own."""
REPORT = "aurion-report.json"
LAST_LINES, MOST_BYTES = 300, 200_000


def assistance(visit: PageRequest) -> Response:
    """What was checked last, and what there is to send."""
    chore, state = visit.desk.chores.last(CHORE), visit.desk.state
    checks = checks_told(chore.output, account_names()) if chore and chore.is_over else []
    worst = next((one for one in STATES if any(check["state"] == one for check in checks)), "")
    return visit.render(
        "help.html", chore=chore, checks=checks, worst=worst,
        reports=list(_reports(state)), failed=_failed(state), has_failure=any(state.glob("failure*.json")),
        has_bug=_bug(state).exists(), has_log=log_file(state).exists(),
        counts={one: sum(check["state"] == one for check in checks) for one in STATES},
        versions={"aurion-planning": __version__, "Python": platform.python_version(), "": platform.platform()},
    )  # fmt: skip


def check(visit: PageRequest) -> Response:
    """The checks begin, as `aurion doctor`: no login is tried."""
    environment = environment_for(visit.desk.environment, visit.words.language)
    visit.desk.chores.begin(CHORE, ["doctor", "--json"], environment, seconds=LONGEST)
    return visit.goes_to("/help")


def report(visit: PageRequest) -> Response:
    """What a report of the last failed run would hold, without the words that were typed to be hidden."""
    hidden = visit.form.get("hide", "")
    try:
        found = _made(visit, hidden)
    except AurionError as error:
        return visit.render("help_report.html", error=error, lines=[], hidden=hidden, account="")
    if "download" in visit.form:
        return _attached(found.text().encode(), REPORT, "application/json")
    return visit.render(
        "help_report.html",
        lines=list(preview_lines(found, visit.words)),
        hidden=hidden,
        account=visit.form.get("account") or visit.query.get("account", ""),
    )


def bug(visit: PageRequest) -> Response:
    """Where the last bug of ours happened."""
    path = _bug(visit.desk.state)
    if not path.exists():
        return visit.render("missing.html", status=404)
    return _attached(path.read_bytes(), path.name, "text/plain; charset=utf-8")


def log(visit: PageRequest) -> Response:
    """The latest lines of the runs with nobody there."""
    path = log_file(visit.desk.state)
    text = path.read_bytes()[-MOST_BYTES:].decode("utf-8", "replace") if path.exists() else ""
    return visit.render("help_log.html", lines=text.splitlines()[-LAST_LINES:], path=path)


def _made(visit: PageRequest, hidden: str) -> Report:
    path = last_failure(visit.desk.state, visit.form.get("account") or visit.query.get("account") or None)
    logins = known_logins(visit.desk.environment)
    return make_report(load(path), page=last_page(path), logins=logins, hidden=hidden.split())


def _attached(body: bytes, name: str, kind: str) -> Response:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _failed(state: Path) -> dict[str, int]:
    """The exit code of each account's last run, where it failed; of whom only options tell, by the login."""
    found = {name: Runs(state, name).last() for name in account_names() or known_accounts(state)}
    good = {ExitCode.OK, ExitCode.INTERRUPTED}
    return {name: run.exit_code for name, run in found.items() if run and run.exit_code not in good}


def _reports(state: Path) -> Iterator[str]:
    """The accounts of whose last run a report would help; "" for one that only options tell of."""
    named = account_names()
    for name, code in _failed(state).items():
        left = state / (f"failure-{name}.json" if name in named else "failure.json")
        if ExitCode(code).is_reportable and left.exists():
            yield name if name in named else ""


def _bug(state: Path) -> Path:
    return state / "bug.txt"


ROUTES = (
    get("/help", assistance),
    post("/help/check", check, harmless=True),
    get("/help/report", report),
    post("/help/report", report, harmless=True),
    get("/help/bug", bug),
    get("/help/log", log),
)
