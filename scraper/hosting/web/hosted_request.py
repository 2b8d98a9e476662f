"""A request to the service's pages: the local page's, with the student to whom the session belongs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from scraper.domain.school import School
from scraper.errors import AurionError
from scraper.hosting.stored_error import hosted_hint
from scraper.hosting.students import Student
from scraper.hosting.web.hosted_state import HostedState
from scraper.web.pages.messages import error_message
from scraper.web.pages.request import PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedRequest(PageRequest):
    """One request to the service. `student` is None for a visitor without a session."""

    state: HostedState
    student: Student | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the student of the session, once for the request."""
        owner = self.state.sessions.find_student(self.cookie, self.state.clock())
        object.__setattr__(self, "student", self.state.students.get(owner) if owner else None)

    @property
    def is_logged_in(self) -> bool:
        """Whether the session belongs to a student."""
        return self.student is not None

    @property
    def may_change(self) -> bool:
        """Whether the visitor may change settings: every student may, their own."""
        return self.is_logged_in

    @property
    def owner(self) -> Student:
        """The student; only for pages that require a session."""
        if self.student is None:
            raise PermissionError
        return self.student

    @property
    def school(self) -> School:
        """The student's school."""
        return self.state.schools[self.owner.school]

    @property
    def is_admin(self) -> bool:
        """Whether the student administers the service."""
        return self.student is not None and self.student.login_digest in self.state.admins

    def explain(self, error: AurionError) -> tuple[str, str]:
        """Return message and hint of an error; the hint is the service's own where it has one."""
        message, hint = error_message(error, self.words)
        return message, hosted_hint(error, self.words) or hint

    def render(
        self, template: str, *, status: int = 200, error: AurionError | None = None, **facts: object
    ) -> Response:
        """Render the template with what every page of the service shows."""
        shared: Mapping[str, Any] = {
            "is_logged_in": self.is_logged_in, "is_admin": self.is_admin, "service": self.state.settings,
        }  # fmt: skip
        return PageRequest.render(self, template, status=status, error=error, **shared, **facts)

    def set_cookie(self, response: Response, value: str, lifetime: timedelta, name: str = "") -> None:
        """Have the browser send that value from now on, to this service only and never to a script."""
        response.set_cookie(
            name or self.state.cookie_name, value, max_age=int(lifetime.total_seconds()), path="/", httponly=True,
            samesite="lax", secure=self.state.is_secure,
        )  # fmt: skip

    def delete_cookie(self, response: Response, name: str) -> None:
        """Have the browser forget the cookie."""
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=self.state.is_secure)
