"""The way in: the token's address, and the language chosen."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scraper.web.page.visit import COOKIE, LANGUAGE_COOKIE, Visit, open_to_all, post, visit_of
from scraper.words import LANGUAGES

YEAR = 31_536_000


def enter(visit: Visit) -> Response:
    """Let in whoever has a token or was here before; the address with the token does not stay in the history."""
    cookie = visit.desk.door.open(visit.query.get("token", ""))
    if cookie is None:
        return visit.goes_to("/") if visit.is_in else visit.render("door.html", status=403)
    answer = visit.goes_to("/entered")
    _give(answer, visit, COOKIE, cookie, 30 * 24 * 3600)
    return answer


def entered(visit: Visit) -> Response:
    """Lead to the first page.

    A redirect alone would count as coming from what led here, a file or another program, and bring no cookie.
    """
    return visit.render("opening.html")


def look(request: Request) -> Response:
    """Answer a program that looks at the address first (HEAD): its token stays good."""
    visit = visit_of(request)
    is_open = visit.is_in or visit.desk.door.has(visit.query.get("token", ""))
    return Response(status_code=200 if is_open else 403)


def choose_language(visit: Visit) -> Response:
    """Show the page again, in that language."""
    path, _, asked = visit.form.get("back", "/").partition("?")
    own = path if path.startswith("/") and not path.startswith("//") else "/"
    answer = visit.goes_to(own, **dict(parse_qsl(asked)))
    if (language := visit.form.get("language", "")) in LANGUAGES:
        _give(answer, visit, LANGUAGE_COOKIE, language, YEAR)
    return answer


def _give(answer: Response, visit: Visit, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, path=f"{visit.root}/", httponly=True, samesite="strict")


ROUTES = (
    Route("/open", look, methods=["HEAD"]),
    open_to_all("/open", enter),
    open_to_all("/entered", entered),
    post("/language", choose_language, harmless=True),
)
