"""Who logs in."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A login and its password; the password is in no repr."""

    login: str = field(repr=False)
    password: str = field(repr=False)
