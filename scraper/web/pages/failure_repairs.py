"""What a failed run offers besides another try: a menu entry, a host to allow, the portal's last page."""

from contextlib import suppress
from pathlib import Path

from starlette.responses import Response

from scraper.config.accounts import load_account
from scraper.config.settings.edit import change_settings, parse_setting
from scraper.system.run_history import Run, Runs
from scraper.web.feed.feed_app import empty_response
from scraper.web.pages.load_run_status import load_run_status
from scraper.web.pages.request import PageRequest, get, post
from scraper.web.pages.start_run import begin_run


def choose_menu_entry(request: PageRequest) -> Response:
    """Store the menu entry that opens the timetable, one of those that the last run found, and start a run."""
    name, label = request.path["account"], request.form.get("label", "")
    if label not in load_run_status(request, name).labels:
        return request.redirect(f"/runs/{name}")
    return _change_and_run(request, name, "menu", label)


def allow_host(request: PageRequest) -> Response:
    """Allow the host on which the last run did not type the password, and start a run."""
    name = request.path["account"]
    host = load_run_status(request, name).host
    if not host or request.form.get("host") != host:
        return request.redirect(f"/runs/{name}")
    settings = load_account(name, request.config).settings
    return _change_and_run(request, name, "login_hosts", " ".join((*settings.login_hosts, host)))


def show_last_page(request: PageRequest) -> Response:
    """Send the picture of the portal's page on which the last run failed."""
    last, picture = _last_run_and_page(request, request.path["account"])
    with suppress(OSError):
        if last is not None and last.exit_code:
            return Response(picture.read_bytes(), media_type="image/png")
    return empty_response(404)


def has_last_page(request: PageRequest, name: str) -> bool:
    """Return whether the last run left a picture of the portal's page: one that is not older than that run."""
    last, picture = _last_run_and_page(request, name)
    with suppress(OSError):
        return last is not None and picture.stat().st_mtime >= last.at.timestamp()
    return False


def _last_run_and_page(request: PageRequest, name: str) -> tuple[Run | None, Path]:
    """Return the account's last run, and where a failed run leaves a picture of the portal's page."""
    account = load_account(name, request.config).account()
    return Runs(request.state.folder, account.runs).last(), account.failure.with_name(f"{account.failure.name}.png")


def _change_and_run(request: PageRequest, account: str, setting: str, value: str) -> Response:
    change_settings(account, {setting: parse_setting(setting, value)})
    return begin_run(request, account)


ROUTES = (
    post("/runs/{account}/menu", choose_menu_entry),
    post("/runs/{account}/host", allow_host),
    get("/runs/{account}/last-page.png", show_last_page),
)
