"""One request to the page, as plain data, and what may be answered; the pages themselves are plain functions."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from urllib.parse import parse_qs, quote, urlencode

from anyio import from_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from scraper.errors import AurionError
from scraper.i18n import LANGUAGES, Catalogue
from scraper.system.crash_report import save_crash_report
from scraper.web.pages.auth import form_token
from scraper.web.pages.messages import error_message
from scraper.web.pages.server_state import ServerState
from scraper.web.pages.templating import drawn

COOKIE, LANGUAGE_COOKIE = "aurion", "aurion_language"
MOST_FIELDS = 500
WRONG = 422
"""What was sent in a form cannot be done; the page says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One request. `path`, `query` and `form` have the last value of each name, `lists` all of a form's.

    `words` are in the visitor's language. `desk` is the server's, `root` what our addresses begin with.
    """

    desk: ServerState
    root: str = field(repr=False)
    at: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    lists: Mapping[str, list[str]] = field(repr=False)
    words: Catalogue
    cookie: str = field(repr=False)

    @property
    def is_in(self) -> bool:
        """Whether the visitor came in by a token of ours."""
        return self.desk.door.lets_in(self.cookie)

    @property
    def may_change(self) -> bool:
        """Whether the visitor came in since this server began: who did before reads and updates only."""
        return self.desk.door.lets_change(self.cookie)

    @property
    def visitor(self) -> str:
        """Who it is; the same on every page, and no secret that opens anything."""
        return form_token(self.cookie)

    @property
    def now(self) -> datetime:
        """The time, aware."""
        return self.desk.clock()

    def url(self, path: str, /, **query: object) -> str:
        """The address of one of our pages, by its path from "/" on."""
        asked = urlencode({name: value for name, value in query.items() if value not in {"", None}})
        return f"{self.root}{quote(path)}{f'?{asked}' if asked else ''}"

    def render(
        self, template: str, *, status: int = 200, error: AurionError | None = None, **facts: object
    ) -> Response:
        """The page drawn; with an error, its sentence and what to do stand first."""
        said = error_message(error, self.words) if error else None
        html = drawn(
            template, self.words, url=self.url, at=self.at, asked=urlencode(self.query), form_token=self.visitor,
            now=self.now, error=said, may_change=self.may_change, **facts,
        )  # fmt: skip
        return HTMLResponse(html, status_code=WRONG if error and status == 200 else status)  # noqa: PLR2004

    def goes_to(self, path: str, /, **query: object) -> Response:
        """An answer to a form: the page to see now."""
        return RedirectResponse(self.url(path, **query), status_code=303)


Answering = Callable[[PageRequest], Response]


def get(path: str, answering: Answering) -> Route:
    """A page that is looked at."""
    return Route(path, _endpoint(_let_in(answering)), methods=["GET"])


def post(path: str, answering: Answering, *, harmless: bool = False) -> Route:
    """A form; one that is not ours is refused.

    One that is not harmless changes settings, passwords or accounts, and so what runs and what is written: it takes a
    visitor who came in since this server began.
    """
    guarded = answering if harmless else _of_a_fresh_visitor(answering)
    return Route(path, _endpoint(_let_in(_of_our_form(guarded))), methods=["POST"])


def open_to_all(path: str, answering: Answering) -> Route:
    """A page for whoever has not come in yet."""
    return Route(path, _endpoint(answering), methods=["GET"])


def language_for(request: Request) -> str:
    """The visitor's: chosen on the page, else the first that the browser asks for, else French."""
    chosen = _cookie(request, LANGUAGE_COOKIE)
    asked = (
        part.partition(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")
    )
    return next((language for language in (chosen, *asked) if language in LANGUAGES), LANGUAGES[0])


def visit_of(request: Request) -> PageRequest:
    """What was asked; called in a thread of the server's."""
    body = from_thread.run(request.body) if request.method == "POST" else b""
    lists: dict[str, list[str]] = {}
    with suppress(ValueError):  # more fields than any form of ours has
        lists = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    desk: ServerState = request.app.state.desk
    return PageRequest(
        desk=desk, root=f"{desk.root}{request.scope['room']}", words=desk.words[language_for(request)],
        at=request.url.path.removeprefix(request.scope["root_path"]),  # a proxy may have taken its own prefix off
        cookie=_cookie(request, COOKIE),
        path={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params), lists=lists, form=_last(lists.items()),
    )  # fmt: skip


def _cookie(request: Request, name: str) -> str:
    """The first of that name: browsers put the one with the longest path first, so ours before a foreign server's."""
    pairs = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return next((value for one, _, value in pairs if one == name), "")


def _last(lists: Iterable[tuple[str, list[str]]]) -> Mapping[str, str]:
    return {name: values[-1] for name, values in lists}


def _endpoint(answering: Answering) -> Callable[[Request], Response]:
    """What the server calls, in a thread of its own; nothing that goes wrong is told otherwise than by a page."""

    def answered(request: Request) -> Response:
        visit = visit_of(request)
        try:
            return answering(visit)
        except AurionError as error:
            return visit.render("error.html", error=error)
        except Exception as raised:  # noqa: BLE001 - a bug of ours: told in one sentence, kept for a report
            return visit.render("error.html", error=save_crash_report(raised), status=500)

    return answered


def _let_in(answering: Answering) -> Answering:
    def answered(visit: PageRequest) -> Response:
        if not visit.is_in:
            return visit.render("door.html", status=403)
        return answering(visit)

    return answered


def _of_a_fresh_visitor(answering: Answering) -> Answering:
    def answered(visit: PageRequest) -> Response:
        if not visit.may_change:
            return visit.render("again.html", status=403)
        return answering(visit)

    return answered


def _of_our_form(answering: Answering) -> Answering:
    def answered(visit: PageRequest) -> Response:
        if not compare_digest(visit.form.get("form_token", "").encode(), form_token(visit.cookie).encode()):
            return visit.render("stale.html", status=403)
        return answering(visit)

    return answered
