"""Pages to log in with a token, to log out and to choose the language."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scraper.i18n import LANGUAGES
from scraper.web.pages.auth import COOKIE_LIFETIME
from scraper.web.pages.request import LANGUAGE_COOKIE, PageRequest, get, page_request, post, public

YEAR = timedelta(days=365)


def accept_token(request: PageRequest) -> Response:
    """Exchange the token for a cookie; the redirect keeps the token's address out of the browser's history."""
    cookie = request.state.authenticator.exchange_token(request.query.get("token", ""))
    if cookie is None:
        return show_login(request)
    response = replace(request, root=request.state.home).redirect("/opened")
    _set_cookie(response, request.state.cookie_name, cookie, COOKIE_LIFETIME, request.state.home)
    return response


def show_login(request: PageRequest) -> Response:
    """Explain how to log in."""
    return request.render("login.html", status=403, is_logged_out=False)


def show_opened(request: PageRequest) -> Response:
    """Lead to the first page with a link and a refresh.

    A redirect alone counts as a request from the file or program that led here, so browsers would not send the cookie.
    """
    return request.render("opening.html")


def confirm_log_out(request: PageRequest) -> Response:
    """Ask whether to log out of this browser or of all."""
    return request.render("log_out.html", count=request.state.authenticator.count_cookies())


def log_out_browser(request: PageRequest) -> Response:
    """Log this browser out, or all; the browser deletes what it stored of the page."""
    if request.form.get("all") == "yes":
        request.state.authenticator.revoke_all()
    else:
        request.state.authenticator.revoke_cookie(request.cookie)
    response = request.render("login.html", is_logged_out=True)
    response.delete_cookie(request.state.cookie_name, path=f"{request.root}/", httponly=True, samesite="strict")
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


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


def _set_cookie(response: Response, name: str, value: str, lifetime: timedelta, root: str) -> None:
    seconds = int(lifetime.total_seconds())
    response.set_cookie(name, value, max_age=seconds, path=f"{root}/", httponly=True, samesite="strict")


OPENING = (Route("/open", check_token, methods=["HEAD"]), public("/open", accept_token))
"""Routes outside the secret path, which is not yet known to a browser that opens a token."""
ROUTES = (
    public("/opened", show_opened),
    post("/language", choose_language, harmless=True),
    get("/log-out", confirm_log_out),
    post("/log-out", log_out_browser, harmless=True),
)
