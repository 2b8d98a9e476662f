"""The help page: the checks, a report to send, the log."""

import platform
from collections.abc import Iterator

from starlette.responses import Response

from scraper import __version__
from scraper.config.default_output import REPORT_FILE, shorten_path
from scraper.config.known_logins import known_logins
from scraper.diagnostics.report.make_report import Report, last_failure, last_page, make_report
from scraper.diagnostics.report.preview import preview_lines
from scraper.domain.recording import load
from scraper.errors import AurionError, ExitCode
from scraper.runs.log import log_file
from scraper.system.paths import APP, bug_file, failure_file, failure_files
from scraper.system.run_history import Runs, known_accounts
from scraper.web.pages.background_jobs import child_environment
from scraper.web.pages.doctor_results import STATES, parse_checks
from scraper.web.pages.request import PageRequest, attachment, get, post

_JOB = "doctor"
_LONGEST = 180
"""Seconds that all checks may take; the check of each portal and of the browser has its own limit."""
LAST_LINES, MOST_BYTES = 300, 200_000
REPORTED = frozenset({6, 9, 70})
"""Exit codes of failures that a report helps to fix: the portal differs from what is expected, or a bug."""


def show_help(request: PageRequest) -> Response:
    """Show the results of the last checks, and the files to send."""
    job, folder = request.state.background_jobs.last(_JOB), request.state.folder
    checks = parse_checks(job.output, request.config.account_names) if job and job.is_over else []
    worst = next((one for one in STATES if any(check["state"] == one for check in checks)), "")
    return request.render(
        "help.html", job=job, checks=checks, worst=worst,
        reports=list(_accounts_to_report(request)), failed=_failed_runs(request),
        has_failure=bool(failure_files(folder)),
        has_bug=bug_file(folder).exists(), has_log=log_file(folder).exists(),
        counts={one: sum(check["state"] == one for check in checks) for one in STATES},
        versions={APP: __version__, "Python": platform.python_version(), "": platform.platform()},
    )  # fmt: skip


def start_checks(request: PageRequest) -> Response:
    """Start the checks, like `aurion doctor`; they try no login."""
    environment = child_environment(request.state.environment, request.words.language)
    request.state.background_jobs.start(_JOB, ["doctor", "--json"], environment, seconds=_LONGEST)
    return request.redirect("/help")


def preview_report(request: PageRequest) -> Response:
    """Preview or send the report of the last failed run, without the words typed to be hidden."""
    hidden = request.form.get("hide", "")
    try:
        found = _build_report(request, hidden)
    except AurionError as error:
        return request.render("help_report.html", error=error, lines=[], hidden=hidden, account="")
    if "download" in request.form:
        return attachment(found.text().encode(), REPORT_FILE, "application/json")
    return request.render(
        "help_report.html",
        lines=list(preview_lines(found, request.words)),
        hidden=hidden,
        account=request.form.get("account") or request.query.get("account", ""),
    )


def download_bug(request: PageRequest) -> Response:
    """Send the traceback of the last bug."""
    path = bug_file(request.state.folder)
    if not path.exists():
        return request.render("missing.html", status=404)
    return attachment(path.read_bytes(), path.name, "text/plain; charset=utf-8")


def show_log(request: PageRequest) -> Response:
    """Show the last lines of the log of unattended runs."""
    path = log_file(request.state.folder)
    text = path.read_bytes()[-MOST_BYTES:].decode("utf-8", "replace") if path.exists() else ""
    return request.render("help_log.html", lines=text.splitlines()[-LAST_LINES:], path=shorten_path(path))


def _build_report(request: PageRequest, hidden: str) -> Report:
    path = last_failure(request.state.folder, request.form.get("account") or request.query.get("account") or None)
    logins = known_logins(request.config)
    return make_report(load(path), page=last_page(path), logins=logins, hidden=hidden.split())


def _failed_runs(request: PageRequest) -> dict[str, int]:
    """Return the exit code of each account's last run, where it failed.

    An account that exists only on the command line is found by its login.
    """
    folder = request.state.folder
    found = {name: Runs(folder, name).last() for name in request.config.account_names or known_accounts(folder)}
    return {
        name: run.exit_code for name, run in found.items() if run and run.exit_code not in {0, ExitCode.INTERRUPTED}
    }


def _accounts_to_report(request: PageRequest) -> Iterator[str]:
    """Yield the accounts for which a report of the last run helps; "" for one that exists only on the command line."""
    named = request.config.account_names
    for name, code in _failed_runs(request).items():
        left = failure_file(request.state.folder, name if name in named else "")
        if code in REPORTED and left.exists():
            yield name if name in named else ""


ROUTES = (
    get("/help", show_help),
    post("/help/check", start_checks, harmless=True),
    get("/help/report", preview_report),
    post("/help/report", preview_report, harmless=True),
    get("/help/bug", download_bug),
    get("/help/log", show_log),
)
