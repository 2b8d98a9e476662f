"""The way in: the token's address, and the language chosen."""

from urllib.parse import parse_qsl

from starlette.responses import Response

from scraper.web.page.visit import COOKIE, LANGUAGE_COOKIE, Visit, open_to_all, post
from scraper.words import LANGUAGES

YEAR = 31_536_000


def enter(visit: Visit) -> Response:
    """What leads to the first page, for whoever has a token or was here before.

    It is a page and no redirect: that would count as what led here, a file or another program, and bring no cookie.
    """
    cookie = visit.desk.door.open(visit.query.get("token", ""))
    if cookie is None:
        return visit.goes_to("/") if visit.is_in else visit.render("door.html", status=403)
    answer = visit.render("opening.html")
    _give(answer, visit, COOKIE, cookie, 30 * 24 * 3600)
    return answer


def choose_language(visit: Visit) -> Response:
    """The page again, in that language."""
    path, _, asked = visit.form.get("back", "/").partition("?")
    own = path if path.startswith("/") and not path.startswith("//") else "/"
    answer = visit.goes_to(own, **dict(parse_qsl(asked)))
    if (language := visit.form.get("language", "")) in LANGUAGES:
        _give(answer, visit, LANGUAGE_COOKIE, language, YEAR)
    return answer


def _give(answer: Response, visit: Visit, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, path=f"{visit.desk.root}/", httponly=True, samesite="strict")


ROUTES = (open_to_all("/open", enter), post("/language", choose_language))
