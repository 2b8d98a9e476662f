"""The page of notifications: where the student is notified. An address is sealed at once, and never shown again."""

from starlette.responses import Response

from scraper.errors import SettingsError
from scraper.hosting.channels import WAITING
from scraper.hosting.web.hosted_request import HostedRequest
from scraper.hosting.web.sign_in_pages import TOO_MANY
from scraper.web.pages.notification_addresses import FIELDS, SECRET_FIELDS, wrong_fields
from scraper.web.pages.request import INVALID_FORM, get, post

CHANNEL = "channel"
"""The name of the student's only channel in forms."""
TEST = "test"


def show_channel(
    request: HostedRequest, kind: str = "", wrong: tuple[str, ...] = (), *, error: SettingsError | None = None
) -> Response:
    """Show the channel, and a form for each kind; `wrong` are the fields of the form `kind` that are not valid."""
    found, settings = request.state.channels.find(request.owner.id), request.state.settings
    asked, test = request.query.get("result", ""), found.test if found else None
    is_paused = bool(found and found.is_paused)
    result = test if test and (asked == TEST or (test != "sent" and not is_paused)) else asked
    return request.render(
        "notifications.html", status=INVALID_FORM if wrong else TOO_MANY if error else 200, error=error, account="",
        accounts=(), services={CHANNEL: (found.kind, "")} if found else {}, kind=kind, wrong=wrong,
        result=result if request.words.has(f"page.notifications.results.{result}") else "",
        fields={name: value for name, value in request.form.items() if name not in SECRET_FIELDS} if kind else {},
        variable="", groups=settings.channel_kinds, servers=settings.ntfy_servers, has_computer=False,
        is_waiting=test == WAITING, is_paused=is_paused,
    )  # fmt: skip


def save_channel(request: HostedRequest) -> Response:
    """Replace the channel by that of the form, and have a test sent to it."""
    kind, settings = request.path["kind"], request.state.settings
    if kind not in settings.channel_kinds:
        return show_channel(request)
    form = {name: request.form.get(name, "").strip() for name in FIELDS[kind]}
    wrong = wrong_fields(kind, form)
    if "server" in form and form["server"] not in settings.ntfy_servers:
        wrong.append("server")
    if wrong:
        return show_channel(request, kind, tuple(wrong))
    if not _may_test(request):
        return show_channel(request, error=SettingsError("hosting-tests"))
    request.state.channels.save(request.owner.id, kind, form)
    return request.redirect("/notifications", result=TEST)


def test_channel(request: HostedRequest) -> Response:
    """Have a worker send a test; a paused channel goes on if it arrives."""
    if not _may_test(request):
        return show_channel(request, error=SettingsError("hosting-tests"))
    is_there = request.state.channels.request_test(request.owner.id)
    return request.redirect("/notifications", result=TEST if is_there else "gone")


def remove_channel(request: HostedRequest) -> Response:
    """Delete the channel with its address."""
    request.state.channels.delete(request.owner.id)
    return request.redirect("/notifications", result="removed")


def _may_test(request: HostedRequest) -> bool:
    """Count a test of the student; return False where too many were sent."""
    key = request.state.keys.digest("notification test", str(request.owner.id))
    return request.state.tests.allow(key, request.now)


ROUTES = (
    get("/notifications", show_channel),
    post("/notifications/test", test_channel),
    post("/notifications/remove", remove_channel),
    post("/notifications/add/{kind}", save_channel),
)
