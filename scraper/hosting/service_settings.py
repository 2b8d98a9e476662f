"""The settings of the service: one TOML file, which is the same on every machine."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from scraper.domain.urls import is_safe
from scraper.errors import SettingsError
from scraper.system.files import create_folders, write_private
from scraper.system.os_errors import translate_state_errors

ChannelKind: TypeAlias = Literal["ntfy", "discord"]
PositiveRate = Annotated[float, Field(gt=0, le=10)]


def _check_server(address: str) -> str:
    """Return the address of a server without a path. Raise ValueError."""
    parts = urlsplit(address)
    if not is_safe(address) or parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("https://HOST[:PORT]")
    return address.rstrip("/")


class Politeness(BaseModel):
    """What the school allows: exchanges per second by day and by night, and sessions at once over all workers.

    `daily_exchanges` are those from one evening to the next; after them only clicks and log-ins are served.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    day_rate: PositiveRate = 0.4
    night_rate: PositiveRate = 0.75
    day_begins: time = time(7)
    night_begins: time = time(22)
    daily_exchanges: Annotated[int, Field(ge=1)] = 35_000
    sessions: Annotated[int, Field(ge=1, le=10)] = 2


class HostingSettings(BaseModel):
    """The settings of the service.

    `schools` are the ids of the schools of students who may sign up. `database` has no password: PostgreSQL's own
    means, a socket or a password file, log in. `keys` is the folder of the service's keys, `feeds` the folder that the
    web server publishes, `fetch_log` its log of fetches, `address` the public address of pages and calendars.
    `mail_domains` and `invitations` limit who may sign up; an empty list limits nothing. `admins` are `school/login` of
    the students who administer the service. `privacy` has the association's own part of the privacy notice by language.
    `ntfy_servers` are the servers of ntfy that students may choose, `discord` is whether they may be notified there.
    `proxies` are the addresses of the web servers in front, from which the header `X-Forwarded-For` is believed.
    `politeness` has limits for single schools.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    association: str
    contact: str
    address: str
    schools: tuple[str, ...] = Field(min_length=1)
    database: str = "postgresql:///aurion"
    keys: Path = Path("/etc/aurion-hosting/keys")
    feeds: Path = Path("/var/lib/aurion-hosting/feeds")
    fetch_log: Path = Path("/var/log/aurion-hosting/fetches.log")
    months: Annotated[int, Field(ge=1, le=12)] = 6
    mail_domains: tuple[str, ...] = ()
    invitations: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    privacy: dict[str, str] = {}
    ntfy_servers: tuple[Annotated[str, AfterValidator(_check_server)], ...] = ("https://ntfy.sh",)
    discord: bool = True
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    politeness: dict[str, Politeness] = {}

    @property
    def channel_kinds(self) -> tuple[ChannelKind, ...]:
        """The ways in which students may be notified."""
        kinds: dict[ChannelKind, bool] = {"ntfy": bool(self.ntfy_servers), "discord": self.discord}
        return tuple(kind for kind, is_allowed in kinds.items() if is_allowed)

    def politeness_for(self, school: str) -> Politeness:
        """Return the limits for the school's portal."""
        return self.politeness.get(school, Politeness())


def load_hosting_settings(path: Path) -> HostingSettings:
    """Read the settings file. Raise SettingsError("hosting-file" or "hosting-value")."""
    try:
        return HostingSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError("hosting-file", path=str(path), detail=str(error)) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError("hosting-value", path=str(path), place=place, detail=first["msg"]) from None


def write_example(path: Path) -> bool:
    """Write a settings file to fill in; return False where the file exists. Raise StateError."""
    with translate_state_errors(str(path)):
        if path.exists():
            return False
        create_folders(path.parent)
        write_private(path, (Path(__file__).parent / "settings-example.toml").read_bytes())
    return True
