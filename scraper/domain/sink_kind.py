"""The description of a kind of sink that pushes an account's calendar to a service, such as a CalDAV server.

Settings need it; what implements it is in `sink_service`.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scraper.domain.choices import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A calendar at a service, from a table of `[[outputs]]`: the kind's name, the calendar's address, the user there.

    The address is a URL. `options` are the values of the kind's optional keys.
    """

    kind: str
    address: str
    user: str = ""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def secret(self) -> str:
        """The name under which the password is stored; the spaces keep it apart from account names."""
        return f"{self.kind} {self.user} {self.address}"

    def state_file(self, state: Path) -> Path:
        """Return the path of the sink's own file in the state folder."""
        digest = hashlib.sha256(f"{self.user} {self.address}".encode()).hexdigest()
        return state / self.kind / f"{digest[:16]}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkKind:
    """A kind of sink, by its name: the key of the address in `[[outputs]]`, the command, the prefix of its messages.

    `parse_address` and those of `keys` return a value of `[[outputs]]` in the form used in settings, and raise
    ValueError. `keys` are the kind's optional keys. `options` are the options of its command, each with the name of its
    value, `flags` those of its removal. `settings` are the names of the settings that its set-up reads. `module` has
    the implementation as `SERVICE`; it is imported when a calendar of this kind is used. It needs `library`, which the
    extra of the kind's name installs. `client` is the calendar program that shows it, None for that of the settings. An
    account has at most one calendar of a kind that `is_single`. `has_typed_password` is false if a secret cannot be
    typed later.
    """

    name: str
    parse_address: Callable[[str], str]
    keys: Mapping[str, Callable[[str], str]]
    options: Mapping[str, str]
    module: str
    library: str
    flags: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    client: Client | None = None
    is_single: bool = False
    has_typed_password: bool = True
