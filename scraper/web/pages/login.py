"""The way in: the token's address, and the language chosen."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scraper.i18n import LANGUAGES
from scraper.web.pages.auth import COOKIE_LIVES
from scraper.web.pages.request import COOKIE, LANGUAGE_COOKIE, PageRequest, open_to_all, post, visit_of

YEAR = timedelta(days=365)


def enter(visit: PageRequest) -> Response:
    """Let in whoever has a token; its address does not stay in the browser's history."""
    cookie = visit.desk.door.open(visit.query.get("token", ""))
    if cookie is None:
        return shut(visit)
    answer = replace(visit, root=visit.desk.home).goes_to("/opened")
    _give(answer, COOKIE, cookie, COOKIE_LIVES, visit.desk.home)
    return answer


def shut(visit: PageRequest) -> Response:
    """Tell how to come in."""
    return visit.render("door.html", status=403)


def opened(visit: PageRequest) -> Response:
    """Lead to the first page.

    A redirect alone would count as coming from what led here, a file or another program, and bring no cookie.
    """
    return visit.render("opening.html")


def look(request: Request) -> Response:
    """Answer a program that looks at the address first (HEAD): its token stays good."""
    visit = visit_of(request)
    return Response(status_code=200 if visit.desk.door.has(visit.query.get("token", "")) else 403)


def choose_language(visit: PageRequest) -> Response:
    """Show the page again, in that language."""
    path, _, asked = visit.form.get("back", "/").partition("?")
    own = path if path.startswith("/") and not path.startswith("//") else "/"
    answer = visit.goes_to(own, **dict(parse_qsl(asked)))
    if (language := visit.form.get("language", "")) in LANGUAGES:
        _give(answer, LANGUAGE_COOKIE, language, YEAR, visit.desk.root)
    return answer


def _give(answer: Response, name: str, value: str, lives: timedelta, root: str) -> None:
    seconds = int(lives.total_seconds())
    answer.set_cookie(name, value, max_age=seconds, path=f"{root}/", httponly=True, samesite="strict")


OPENING = (Route("/open", look, methods=["HEAD"]), open_to_all("/open", enter))
"""Outside the secret path: whoever is shown the address of a token does not know that path yet."""
ROUTES = (open_to_all("/opened", opened), post("/language", choose_language, harmless=True))
