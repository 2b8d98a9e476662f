"""Partial responses: what JSF sends to the page's script, ordered and spaced as the recorded ones."""

from collections.abc import Iterable

from scraper.demo.http import XML, Answer

HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response id=\"j_id1\">"
STATE_ID = "j_id1:javax.faces.ViewState:0"


def changes(updates: Iterable[tuple[str, str]], state: str) -> Answer:
    """The updates, by id, and the view state behind them."""
    told = [*updates, (STATE_ID, state)]
    inner = "".join(f'<update id="{id_}"><![CDATA[{content}]]></update>' for id_, content in told)
    return _xml(f"<changes>{inner}</changes>")


def error(name: str) -> Answer:
    """A Java exception of that class, its message hidden as a production server does."""
    hidden = "See your server log for more information"
    return _xml(
        f"<error><error-name>class {name}</error-name><error-message><![CDATA[{hidden}]]></error-message></error>"
    )


def _xml(inner: str) -> Answer:
    return Answer(body=f"{HEAD}{inner}</partial-response>".encode(), content_type=XML, cache="no-cache")
