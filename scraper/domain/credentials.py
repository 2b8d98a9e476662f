"""Login and password."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A login and its password, empty where none was given; neither is in a repr."""

    login: str = field(repr=False)
    password: str = field(default="", repr=False)
