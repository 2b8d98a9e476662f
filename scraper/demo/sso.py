"""Simulate single sign-on as with Keycloak: a form on the host `localhost`, a redirect back with a one-time code."""

import secrets
from collections.abc import Callable

from scraper.demo.http import HttpResponse, Request, page, redirect
from scraper.demo.templates import fill_slots
from scraper.demo.variant import DemoUser, Variant


class SingleSignOn:
    """The identity provider's part of a login; `enter` returns the portal's response for a user who comes back."""

    def __init__(self, variant: Variant, enter: Callable[[DemoUser], HttpResponse]) -> None:
        self._variant = variant
        self._enter = enter
        self._codes: dict[str, DemoUser] = {}

    def address(self, port: int) -> str:
        """Return the address to which requests without a session are redirected."""
        return f"http://localhost:{port}{self._variant.context}/sso/realms/isen?client_id=aurion"

    def answer(self, request: Request) -> HttpResponse:
        """Return the form (with an error after a refused login), the redirect back, or the portal's response to it."""
        parameters = request.parameters
        if "code" in parameters:
            user = self._codes.pop(parameters["code"], None)
            return self._enter(user) if user else page(fill_slots("status.html", status=400, message=""), status=400)
        user = self._variant.user(parameters.get("username", ""), parameters.get("password", ""))
        return self._redirect_back(user, request.port) if user else self._form(refused="username" in parameters)

    def _redirect_back(self, user: DemoUser, port: int) -> HttpResponse:
        code = secrets.token_hex(16)
        self._codes[code] = user
        return redirect(f"http://127.0.0.1:{port}{self._variant.context}/sso/callback?code={code}")

    def _form(self, *, refused: bool) -> HttpResponse:
        message = fill_slots("sso-refused.html") if refused else ""
        return page(fill_slots("sso.html", action=f"{self._variant.context}/sso/authenticate", refused=message))
