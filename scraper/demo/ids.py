"""Generate ids as JSF does: it numbers a page's components, so any component added before another changes its id."""

from dataclasses import dataclass

from scraper.demo.variant import Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The client ids of a page; `links` are those of the home page, `messages` that of the second list, if any."""

    remote: str
    links: tuple[str, ...] = ()
    schedule: str = ""
    messages: str = ""
    growl: str
    languages: str


def _id(*numbers: int) -> str:
    return "form:" + ":".join(f"j_idt{number}" for number in numbers)


def page_ids(page: str, variant: Variant) -> Ids:
    """Return the ids of a page in this variant, numbered as Mojarra 2.2 does on the same page."""
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
