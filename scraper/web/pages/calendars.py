"""The calendars of an account: files and servers, with a form for one more file."""

from starlette.responses import Response

from scraper.config.outputs import Output, load_outputs
from scraper.errors import AurionError
from scraper.publishing.output_list import add_file, remove_output
from scraper.web.pages.account_choice import requested_account
from scraper.web.pages.request import PageRequest, get, parse_index, post

CLIENTS = ("any", "google", "apple", "outlook", "thunderbird")
DONE = frozenset({"added", "removed"})


def show_calendars(request: PageRequest, error: AurionError | None = None) -> Response:
    """List the account's calendars."""
    name = requested_account(request)
    outputs = load_outputs(request.config, name)
    return request.render(
        "calendars.html", error=error, account=name, names=request.config.account_names, clients=CLIENTS,
        rows=[_row(output) for output in outputs], form=request.form, done=request.done(DONE),
    )  # fmt: skip


def add_calendar(request: PageRequest) -> Response:
    """Add a calendar file to the account."""
    name, form = requested_account(request), request.form
    keys = {"name": form.get("name", "").strip(), "for": form.get("for", "")}
    try:
        options = {key: value for key, value in keys.items() if value not in {"", "any"}}
        add_file(name, form.get("path", ""), options, request.config)
    except AurionError as error:
        return show_calendars(request, error)
    return request.redirect("/calendars", account=name, done="added")


def remove_calendar(request: PageRequest) -> Response:
    """Remove a calendar file from the account; the file stays."""
    name = requested_account(request)
    try:
        remove_output(name, parse_index(request.form.get("index", "")), request.config)
    except AurionError as error:
        return show_calendars(request, error)
    return request.redirect("/calendars", account=name, done="removed")


def _row(output: Output) -> dict[str, str]:
    service = output.destination
    return {
        "place": service.address if service else output.file,
        "kind": service.kind if service else "file",
        "name": output.name,
        "client": output.client,
        "user": service.user if service else "",
    }


ROUTES = (
    get("/calendars", show_calendars),
    post("/calendars", add_calendar),
    post("/calendars/remove", remove_calendar),
)
