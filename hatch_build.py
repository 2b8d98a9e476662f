"""Build hook: the project's addresses, and the README as a package index shows it.

An index has neither the repository's files nor its pictures. If the variable REPOSITORY_URL is set, as in the release
workflow, links lead to the files of this version there; otherwise links become plain text and pictures are left out.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
PAGES = {
    "Source": "",
    "Issues": "/issues",
    "Changelog": "/blob/{tag}/CHANGELOG.md",
    "Documentation": "/tree/{tag}/docs",
}


class ProjectPages(MetadataHookInterface):
    """Set `readme` and `urls`, which `pyproject.toml` declares as dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add both fields to the metadata."""
        repository, tag = os.environ.get("REPOSITORY_URL", "").rstrip("/"), f"v{metadata['version']}"

        def without_relative(link: re.Match[str]) -> str:
            is_picture, text, path = link.groups()
            if repository:
                return f"{is_picture}[{text}]({repository}/{'raw' if is_picture else 'blob'}/{tag}/{path})"
            return "" if is_picture else text

        text = RELATIVE.sub(without_relative, (Path(self.root) / "README.md").read_text(encoding="utf-8"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        if repository:
            metadata["urls"] = {name: repository + path.format(tag=tag) for name, path in PAGES.items()}
