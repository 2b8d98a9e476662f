"""A request to the page as plain data, the possible responses, and the checks around the views."""

from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qs, quote, urlencode
from zoneinfo import ZoneInfo

from anyio import from_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from scraper.config.configuration import Config
from scraper.errors import AurionError
from scraper.i18n import LANGUAGES, Catalogue
from scraper.publishing.local_times import format_recent_time
from scraper.system.crash_report import save_crash_report
from scraper.web.pages.auth import form_token
from scraper.web.pages.messages import error_message
from scraper.web.pages.security import LOOPBACK, host_name
from scraper.web.pages.server_state import ServerState
from scraper.web.pages.templating import render_template

LANGUAGE_COOKIE = "aurion_language"
MOST_FIELDS = 500
MOST_DIGITS = 5
INVALID_FORM = 422
"""The HTTP status for a form with values that are not accepted; the page explains why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One request to the page.

    `config` is read once for the request. `path`, `query` and `form` have the last value of each name, `lists` all
    values of the form. `at` is the path without the prefixes, `root` what the page's own addresses begin with. `words`
    are in the visitor's language. `loopback` is the server's origin for a browser on its own machine, `client` the
    visitor's network address.
    """

    state: ServerState
    config: Config
    root: str = field(repr=False)
    at: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    lists: Mapping[str, list[str]] = field(repr=False)
    words: Catalogue
    loopback: str
    cookies: Mapping[str, str] = field(repr=False)
    client: str = field(repr=False)

    @property
    def cookie(self) -> str:
        """The cookie that logs in, "" where there is none."""
        return self.cookies.get(self.state.cookie_name, "")

    @property
    def is_logged_in(self) -> bool:
        """Whether the visitor has logged in with a token."""
        return self.state.authenticator.is_valid_cookie(self.cookie)

    @property
    def may_change(self) -> bool:
        """Whether the visitor has logged in since this server started; an earlier visitor only reads and updates."""
        return self.state.authenticator.is_cookie_of_this_server(self.cookie)

    @property
    def visitor(self) -> str:
        """The visitor's identifier: the same on every page, and useless as a credential."""
        return form_token(self.cookie)

    @property
    def now(self) -> datetime:
        """The current time, with a zone."""
        return self.state.clock()

    def done(self, known: Container[str]) -> str:
        """Return what the form before this page did, as its redirect names it; empty where the page has no text."""
        done = self.query.get("done", "")
        return done if done in known else ""

    def describe_time(self, at: datetime | None, zone: ZoneInfo | None) -> str:
        """Return a time as text, in this zone of a school or else the machine's; "" for None."""
        return format_recent_time(at, self.now, self.words, zone) if at else ""

    def url(self, path: str, /, **query: object) -> str:
        """Return the address of one of the page's own paths, which begin with a slash."""
        parameters = urlencode({name: value for name, value in query.items() if value not in {"", None}})
        return f"{self.root}{quote(path)}{f'?{parameters}' if parameters else ''}"

    def explain(self, error: AurionError) -> tuple[str, str]:
        """Return message and hint of an error, for this page."""
        return error_message(error, self.words)

    def render(
        self, template: str, *, status: int = 200, error: AurionError | None = None, **facts: object
    ) -> Response:
        """Render the template; an error's message and hint come first on the page."""
        message = self.explain(error) if error else None
        html = render_template(
            template, self.words, self.state.templates, url=self.url, at=self.at, asked=urlencode(self.query),
            form_token=self.visitor, now=self.now, error=message, may_change=self.may_change,
            count_waiting=self._count_waiting, **facts,
        )  # fmt: skip
        return HTMLResponse(html, status_code=INVALID_FORM if error and status == 200 else status)  # noqa: PLR2004

    def _count_waiting(self) -> int:
        """Return how many accounts need a decision or a repair; 0 where the settings cannot be read."""
        with suppress(AurionError):
            return self.state.accounts.count_waiting(self) if self.is_logged_in else 0
        return 0

    def redirect(self, path: str, /, *, section: str = "", **query: object) -> Response:
        """Return the redirect to the page, or its section, that follows a form."""
        return RedirectResponse(f"{self.url(path, **query)}{section and f'#{section}'}", status_code=303)


def parse_index(text: str) -> int:
    """Return the index that a field of a form names; -1 for any other text."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else -1


def attachment(body: bytes, name: str, media_type: str) -> Response:
    """Return the response that a browser saves as a file of that name."""
    return Response(body, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


View = Callable[[Any], Response]
"""A page: a function that answers one request, a `PageRequest` or of the server's own type of it."""


def get(path: str, view: View) -> Route:
    """Return the route of a page for logged-in visitors, who get a browser ready for the next export."""

    def prepare_and_view(request: PageRequest) -> Response:
        request.state.prepare_run(request.path.get("account") or request.query.get("account", ""), request.config)
        return view(request)

    return Route(path, _endpoint(_require_login(prepare_and_view)), methods=["GET"])


def post(path: str, view: View, *, harmless: bool = False) -> Route:
    """Return the route of a form for logged-in visitors; a form of another site is refused.

    A form that is not `harmless` changes settings, passwords or accounts, and so which programs run and which files are
    written: only a visitor who logged in since this server started may submit it.
    """
    checked = view if harmless else _require(lambda request: request.may_change, view, "again.html")
    return Route(path, _endpoint(_require_login(_require_own_form(checked))), methods=["POST"])


def public(path: str, view: View) -> Route:
    """Return the route of a page for visitors who have not logged in."""
    return Route(path, _endpoint(view), methods=["GET"])


def public_post(path: str, view: View) -> Route:
    """Return the route of a form for visitors who have not logged in; a form of another site is refused."""
    return Route(path, _endpoint(_require_own_form(view)), methods=["POST"])


def language_for(http_request: Request) -> str:
    """Return the visitor's language: chosen on the page, else the browser's first that exists, else French."""
    chosen = _cookies(http_request).get(LANGUAGE_COOKIE, "")
    accepted = (
        part.partition(";")[0].strip()[:2].lower()
        for part in http_request.headers.get("accept-language", "").split(",")
    )
    return next((language for language in (chosen, *accepted) if language in LANGUAGES), LANGUAGES[0])


def page_request(http_request: Request) -> PageRequest:
    """Read the request; call it in a worker thread of the server."""
    body = from_thread.run(http_request.body) if http_request.method == "POST" else b""
    lists = _form_lists(body, http_request.headers.get("content-type", ""))
    state: ServerState = http_request.app.state.server
    request_type: type[PageRequest] = getattr(http_request.app.state, "request_type", PageRequest)
    return request_type(
        state=state, config=Config(environment=state.environment), words=state.words[language_for(http_request)],
        root=f"{state.root}{http_request.scope['secret_path']}",
        # `root_path` is removed only where it is there: a proxy may have removed its own prefix already.
        at=http_request.url.path.removeprefix(http_request.scope["root_path"]),
        cookies=_cookies(http_request),
        client=http_request.client.host if http_request.client else "",
        path={name: str(value) for name, value in http_request.path_params.items()},
        query=dict(http_request.query_params), lists=lists,
        form={name: values[-1] for name, values in lists.items()},
        loopback=_loopback(http_request),
    )  # fmt: skip


def _form_lists(body: bytes, media_type: str) -> dict[str, list[str]]:
    """Return all values of a form, by field; a file's value is its content as text."""
    if not media_type.startswith("multipart/form-data"):
        with suppress(ValueError):  # more fields than any form of the page has
            return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        return {}
    message = message_from_bytes(b"Content-Type: " + media_type.encode("latin-1") + b"\r\n\r\n" + body)
    lists: dict[str, list[str]] = {}
    for part in message.walk():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            lists.setdefault(name, []).append(content.decode("utf-8", "replace"))
    return lists


def _loopback(http_request: Request) -> str:
    """Return the origin that the browser used if that is this machine, else the one that it would use there."""
    host = http_request.headers.get("host", "")
    _, port = http_request.scope["server"]
    return f"http://{host}" if host_name(host) in LOOPBACK else f"http://127.0.0.1:{port}"


def _cookies(http_request: Request) -> Mapping[str, str]:
    """Return the first cookie of each name: browsers send the one with the longest path first, so this page's own."""
    pairs = (part.strip().partition("=") for part in http_request.headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in reversed([*pairs])}


def _endpoint(view: View) -> Callable[[Request], Response]:
    """Return the ASGI endpoint of a view, which runs in a worker thread; any exception becomes an error page."""

    def endpoint(http_request: Request) -> Response:
        request = page_request(http_request)
        try:
            return view(request)
        except AurionError as error:
            return request.render("error.html", error=error)
        except Exception as raised:  # noqa: BLE001 - a bug becomes one sentence on the page and a file for a report
            return request.render("error.html", error=save_crash_report(raised), status=500)

    return endpoint


def _require(is_allowed: Callable[[PageRequest], bool], view: View, refusal: str, **facts: Any) -> View:  # noqa: ANN401 - whatever the template shows
    """Return the view with a check before it; requests that are not allowed get the template `refusal`."""

    def wrapper(request: PageRequest) -> Response:
        return view(request) if is_allowed(request) else request.render(refusal, status=403, **facts)

    return wrapper


def _require_login(view: View) -> View:
    return _require(lambda request: request.is_logged_in, view, "login.html", is_logged_out=False)


def _require_own_form(view: View) -> View:
    return _require(_is_own_form, view, "stale.html")


def _is_own_form(request: PageRequest) -> bool:
    return compare_digest(request.form.get("form_token", "").encode(), form_token(request.cookie).encode())
