"""The documents of `docs/`, shown by `aurion help TOPIC`."""

import sys
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePath
from typing import Annotated

from scraper.cli.options import argument


def list_topics() -> Mapping[str, Traversable]:
    """Return the documents by name: those of the wheel, or of the checkout."""
    package = files("scraper")
    folders = (package / "docs", package / ".." / "docs")
    folder = next((folder for folder in folders if folder.is_dir()), None)
    return {PurePath(file.name).stem: file for file in folder.iterdir() if file.name.endswith(".md")} if folder else {}


def topic_name(given: str) -> str:
    """Return the name of a document, which may be written as in a message: `docs/rules.md`."""
    return given.removeprefix("docs/").removesuffix(".md")


def show_topic(topic: Annotated[str, argument("help_topic", "topic")] = "") -> None:
    """Print the document: formatted on a terminal, as it is elsewhere."""
    text = list_topics()[topic_name(topic)].read_text(encoding="utf-8")
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from rich.markdown import Markdown

    from scraper.cli.console import console_on

    console_on(sys.stdout).print(Markdown(text, hyperlinks=False))
