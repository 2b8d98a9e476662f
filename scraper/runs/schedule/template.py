"""The texts that timers are written from: files of this package with `$names`."""

from importlib.resources import files
from string import Template


def filled(name: str, **facts: object) -> str:
    """The template of that name with its facts, without the line end at its own end."""
    text = files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    return Template(text).substitute(facts).rstrip("\n")
