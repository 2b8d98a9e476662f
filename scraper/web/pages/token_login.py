"""Pages to log in with a token, to log out and to choose the language."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scraper.i18n import LANGUAGES
from scraper.web.pages.auth import COOKIE_LIFETIME
from scraper.web.pages.request import COOKIE, LANGUAGE_COOKIE, PageRequest, page_request, post, public

YEAR = timedelta(days=365)


def accept_token(request: PageRequest) -> Response:
    """Exchange the token for a cookie; the redirect keeps the token's address out of the browser's history."""
    cookie = request.state.authenticator.exchange_token(request.query.get("token", ""))
    if cookie is None:
        return show_login(request)
    response = replace(request, root=request.state.home).redirect("/opened")
    _set_cookie(response, COOKIE, cookie, COOKIE_LIFETIME, request.state.home)
    return response


def show_login(request: PageRequest) -> Response:
    """Explain how to log in."""
    return request.render("login.html", status=403)


def show_opened(request: PageRequest) -> Response:
    """Lead to the first page with a link and a refresh.

    A redirect alone counts as a request from the file or program that led here, so browsers would not send the cookie.
    """
    return request.render("opening.html")


def check_token(http_request: Request) -> Response:
    """Answer a HEAD request without using up the token: some programs check a link before they open it."""
    request = page_request(http_request)
    return Response(
        status_code=200 if request.state.authenticator.is_valid_token(request.query.get("token", "")) else 403
    )


def choose_language(request: PageRequest) -> Response:
    """Show the page again in the chosen language."""
    back, _, query = request.form.get("back", "/").partition("?")
    back = back if back.startswith("/") and not back.startswith("//") else "/"
    response = request.redirect(back, **dict(parse_qsl(query)))
    if (language := request.form.get("language", "")) in LANGUAGES:
        _set_cookie(response, LANGUAGE_COOKIE, language, YEAR, request.state.root)
    return response


def end_session(request: PageRequest) -> Response:
    """End this browser's session, or those of all browsers, and delete what the browser keeps for offline use."""
    request.state.authenticator.revoke("" if "everywhere" in request.form else request.cookie)
    response = request.redirect("/")
    response.delete_cookie(COOKIE, path=f"{request.root}/", httponly=True, samesite="strict")
    response.headers["clear-site-data"] = '"storage"'
    return response


def _set_cookie(response: Response, name: str, value: str, lifetime: timedelta, root: str) -> None:
    seconds = int(lifetime.total_seconds())
    response.set_cookie(name, value, max_age=seconds, path=f"{root}/", httponly=True, samesite="strict")


OPENING = (Route("/open", check_token, methods=["HEAD"]), public("/open", accept_token))
"""Routes outside the secret path, which is not yet known to a browser that opens a token."""
ROUTES = (
    public("/opened", show_opened),
    post("/language", choose_language, harmless=True),
    post("/log-out", end_session, harmless=True),
)
