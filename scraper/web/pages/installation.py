"""What a browser needs to install the page as an application: the manifest, and the worker that keeps the last week."""

import json
from pathlib import Path

from starlette.responses import FileResponse, Response

from scraper.web.pages.request import PageRequest, public

WORKER = Path(__file__).parent / "static" / "worker.js"
ICONS = (("icon.svg", "any", "any"), ("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any maskable"))
"""File, sizes and purpose of each icon."""


def send_manifest(request: PageRequest) -> Response:
    """Send the manifest, in the visitor's language; it contains nothing of the timetable."""
    icons = [
        {"src": request.url(f"/static/{file}"), "sizes": sizes, "purpose": purpose} for file, sizes, purpose in ICONS
    ]
    manifest = {
        "name": request.words("page.name"), "lang": request.words.language, "id": request.url("/"),
        "start_url": request.url("/planning"), "scope": request.url("/"), "display": "standalone",
        "background_color": "#f6f7f9", "theme_color": "#1f5fd0", "icons": icons,
    }  # fmt: skip
    return Response(json.dumps(manifest), media_type="application/manifest+json")


def send_worker(request: PageRequest) -> Response:
    """Send the worker from the top of the page's addresses, because it may answer only for those below its own."""
    del request
    return FileResponse(WORKER, media_type="text/javascript")


ROUTES = (public("/manifest.webmanifest", send_manifest), public("/worker.js", send_worker))
