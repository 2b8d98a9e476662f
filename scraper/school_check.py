"""What a school file may say, with an example of each key for who got it wrong."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from scraper.address import portal_root
from scraper.errors import SettingsError
from scraper.layout import written_layout
from scraper.school import School


def _root(address: str) -> str:
    try:
        return portal_root(address)
    except SettingsError as error:
        raise ValueError from error


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError from error


def _layout(text: str) -> str:
    if text not in LAYOUT_NAMES:
        written_layout(text)
    return text


LAYOUT_NAMES = ("junia-4", "junia-5", "junia-6", "isen-ouest", "isen-ouest-group", "isen-mediterranee", "lise")
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Host = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")]
Address = Annotated[str, AfterValidator(_root)]
Zone = Annotated[str, AfterValidator(_zone)]
Layout = Annotated[str, AfterValidator(_layout)]


class SchoolFile(BaseModel):
    """One file's keys; the meaning of each stands at School. `notes` and `kinds` are in French."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text = Field(examples=['"Junia"'])
    base_url: Address = Field(examples=['"https://aurion.example.fr"'])
    former_urls: tuple[Address, ...] = Field((), examples=['["https://ancien.example.fr"]'])
    timezone: Zone = Field("", examples=['"Europe/Paris"'])
    login: Literal["form", "sso"] = Field("form", examples=['"form" | "sso"'])
    login_hosts: tuple[Host, ...] = Field((), examples=['["cas.example.fr"]'])
    further_hosts: tuple[Host, ...] = Field((), examples=['["static.example.fr"]'])
    mail_domains: tuple[Host, ...] = Field((), examples=['["student.example.fr"]'])
    menu_labels: tuple[Text, ...] = Field((), examples=['["Mon planning"]'])
    layouts: tuple[Layout, ...] = Field((), examples=['["junia-5", "room / note* / subject / kind / teachers"]'])
    kinds: dict[str, Text] = Field({}, examples=['{ CM = "Cours magistral" }'])
    notes: str = Field("", examples=['"…"'])
    notes_en: str = Field("", examples=['"…"'])
    known: Literal["recorded", "code", "link"] = Field("link", examples=['"recorded" | "code" | "link"'])


def checked(table: Mapping[str, Any], *, name: str, namespace: UUID, path: str) -> School:
    """The school that a file's table describes, `name` being its id.

    Raises SettingsError: "school-file" where a key's value is wrong or missing (`said` shows a right one),
    "school-key" where a key is unknown (`near` are those that resemble it).
    """
    try:
        file = SchoolFile.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        key = str(first["loc"][0])
        if key not in SchoolFile.model_fields:
            near = ", ".join(get_close_matches(key, SchoolFile.model_fields) or SchoolFile.model_fields)
            raise SettingsError("school-key", path=path, key=key, near=near) from None
        example = SchoolFile.model_fields[key].examples or ["…"]
        raise SettingsError("school-file", path=path, said=f"{key} = {example[0]}") from None
    return School(id=name, namespace=namespace, **file.model_dump(exclude_unset=True))
