"""Generated ids: JSF numbers what stands on a page, so whatever is put before a component moves its id."""

from dataclasses import dataclass

from scraper.demo.variant import Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The client ids of one page; `links` are the home page's, `messages` the second list, if any."""

    remote: str
    links: tuple[str, ...] = ()
    schedule: str = ""
    messages: str = ""
    growl: str
    languages: str


def _id(*numbers: int) -> str:
    return "form:" + ":".join(f"j_idt{number}" for number in numbers)


def ids_of(page: str, variant: Variant) -> Ids:
    """The ids that a page of this variant has; numbers as Mojarra 2.2 counts them on the same page."""
    remote = 13 + variant.home_padding
    if page == "Planning":
        return _planning(remote, variant)
    if page == "MainMenuPage":
        return _home(remote, variant)
    return Ids(remote=_id(remote), growl=_id(remote + 4), languages=_id(remote + 5))


def _planning(remote: int, variant: Variant) -> Ids:
    first = remote + 4 + variant.planning_padding
    schedule = range(first, first + variant.nesting + 1)
    after = schedule[-1] + 1
    return Ids(
        remote=_id(remote),
        schedule=_id(*schedule),
        messages=_id(after),
        growl=_id(after + 4),
        languages=_id(after + 5),
    )


def _home(remote: int, variant: Variant) -> Ids:
    first = remote + 3
    after = first + 2 * len(variant.home_links)
    growl = after + 3 * variant.dashboard_schedule
    return Ids(
        remote=_id(remote),
        links=tuple(_id(first + 2 * n) for n in range(len(variant.home_links))),
        schedule=_id(after, after + 1) if variant.dashboard_schedule else "",
        growl=_id(growl),
        languages=_id(growl + 1),
    )
