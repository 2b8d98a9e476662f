"""The student's own data: language, download, deletion; and the privacy notice."""

from collections.abc import Mapping

from starlette.responses import Response

from scraper.hosting.web.download import archive_everything
from scraper.hosting.web.hosted_request import HostedRequest
from scraper.hosting.web.student_accounts import render_calendars, student_ledger
from scraper.i18n import LANGUAGES
from scraper.publishing.local_times import format_day
from scraper.web.pages.request import attachment, get, post, public, public_post
from scraper.web.pages.token_login import choose_language

NAMES: Mapping[str, str] = {"fr": "Français", "en": "English"}
DONE = frozenset({"language"})


def show_account(request: HostedRequest) -> Response:
    """Show what a student can do with the account."""
    since = request.owner.created_at.astimezone(request.school.zone).date()
    return request.render(
        "account.html", school=request.school.name, since=format_day(since, request.words),
        languages={one: NAMES[one] for one in LANGUAGES}, chosen_language=request.owner.language,
        done=request.done(DONE),
    )  # fmt: skip


def change_language(request: HostedRequest) -> Response:
    """Choose the language of the calendars, and render them again."""
    if (language := request.form.get("language", "")) in LANGUAGES:
        request.state.students.save_language(request.owner.id, language)
        render_calendars(request)
    return request.redirect("/account", done="language")


def download_everything(request: HostedRequest) -> Response:
    """Send all that the service has stored of the student in one archive; the password is not readable here."""
    body = archive_everything(request.state.engine, request.owner, student_ledger(request))
    return attachment(body, "aurion.zip", "application/zip")


def delete_student(request: HostedRequest) -> Response:
    """Delete everything of the student at once: rows, sealed secrets, ledger and feed files."""
    if request.form.get("sure") != "yes":
        return request.redirect("/account")
    request.state.students.delete(request.owner.id)
    request.state.feeds.update(request.owner.id)
    request.state.ledger_cache.forget(student_ledger(request))
    response = request.render("deleted.html")
    for name in (request.state.cookie_name, request.state.known_browser_name):
        request.delete_cookie(response, name)
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


def show_privacy(request: HostedRequest) -> Response:
    """Show the privacy notice."""
    return request.render("privacy.html")


ROUTES = (
    get("/account", show_account),
    post("/account/language", change_language),
    get("/account/download", download_everything),
    post("/account/delete", delete_student),
    public("/privacy", show_privacy),
    public_post("/language", choose_language),
)
