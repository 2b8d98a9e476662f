"""Write partial responses, which JSF sends to the page's script, in the order and spacing of the recordings."""

from collections.abc import Iterable

from scraper.demo.http import XML, HttpResponse

_HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response id=\"j_id1\">"
STATE_ID = "j_id1:javax.faces.ViewState:0"


def changes_response(updates: Iterable[tuple[str, str]], state: str) -> HttpResponse:
    """Return the updates by id, followed by the view state."""
    parts = [*updates, (STATE_ID, state)]
    inner = "".join(f'<update id="{id_}"><![CDATA[{content}]]></update>' for id_, content in parts)
    return _xml(f"<changes>{inner}</changes>")


def error_response(name: str) -> HttpResponse:
    """Return the error for a Java exception of that class, its message hidden as on a production server."""
    hidden = "See your server log for more information"
    return _xml(
        f"<error><error-name>class {name}</error-name><error-message><![CDATA[{hidden}]]></error-message></error>"
    )


def _xml(inner: str) -> HttpResponse:
    return HttpResponse(body=f"{_HEAD}{inner}</partial-response>".encode(), content_type=XML, cache="no-cache")
