"""A single sign-on as Keycloak draws it: a form on the host `localhost`, a one-time code for the way back."""

import secrets
from collections.abc import Callable

from scraper.demo.http import Answer, Request, page, redirect
from scraper.demo.templates import fill
from scraper.demo.variant import User, Variant


class SingleSignOn:
    """The other host's part of a login; `enter` makes the portal's own answer for who came back."""

    def __init__(self, variant: Variant, enter: Callable[[User], Answer]) -> None:
        self._variant = variant
        self._enter = enter
        self._codes: dict[str, User] = {}

    def address(self, port: int) -> str:
        """Where a request without a session is sent."""
        return f"http://localhost:{port}{self._variant.context}/sso/realms/isen?client_id=aurion"

    def answer(self, request: Request) -> Answer:
        """The form, the form again with a refusal, the way back, or the end of the way back."""
        parameters = request.parameters
        if "code" in parameters:
            user = self._codes.pop(parameters["code"], None)
            return self._enter(user) if user else page(fill("status.html", status=400, message=""), status=400)
        user = self._variant.user(parameters.get("username", ""), parameters.get("password", ""))
        return self._back(user, request.port) if user else self._form(refused="username" in parameters)

    def _back(self, user: User, port: int) -> Answer:
        code = secrets.token_hex(16)
        self._codes[code] = user
        return redirect(f"http://127.0.0.1:{port}{self._variant.context}/sso/callback?code={code}")

    def _form(self, *, refused: bool) -> Answer:
        said = fill("sso-refused.html") if refused else ""
        return page(fill("sso.html", action=f"{self._variant.context}/sso/authenticate", refused=said))
