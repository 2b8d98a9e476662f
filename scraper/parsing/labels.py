"""Labels and words to compare without case, accents, HTML escapes and repeated blanks."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def labels() -> Mapping[str, Mapping[str, list[str]]]:
    """Return the words of `labels.toml`, by table and key."""
    return tomllib.loads(files(__package__).joinpath("labels.toml").read_text(encoding="utf-8"))
