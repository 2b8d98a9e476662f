"""Templates of the timers' files, with `$names` as placeholders."""

from importlib.resources import files
from string import Template


def fill_template(name: str, **facts: object) -> str:
    """Return a template with its placeholders filled in, without its final line end."""
    text = files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    return Template(text).substitute(facts).rstrip("\n")
