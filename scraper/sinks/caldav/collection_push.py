"""A push to a collection: what changed on the server since the last push, then the events."""

from collections.abc import Mapping

from scraper.errors import SinkRefused
from scraper.sinks.caldav.client import CalDavClient
from scraper.sinks.caldav.collection import Collection, RemoteObject
from scraper.sinks.caldav.objects import CalendarObject, uid_in
from scraper.sinks.caldav.push import Push, state_of
from scraper.sinks.push_state import CollectionState

MOST_SINGLE_REQUESTS = 20
"""Maximum number of events fetched one by one; if more have changed there, all are fetched in one request."""


def push_to_collection(
    client: CalDavClient, wanted: Mapping[str, CalendarObject], memory: CollectionState, deadline: float
) -> bool:
    """Push the wanted objects to the collection of the client; return whether anything changed. Raise DeliveryError.

    The push ends at the time `deadline` of the monotonic clock.
    """
    collection, is_refused = Collection(client), False
    try:
        _update_memory(collection, memory, wanted)
        return Push(collection, memory, wanted, deadline).run()
    except SinkRefused as error:
        is_refused = error.reason == "caldav-password"
        raise
    finally:
        memory.scheme = "" if is_refused else client.scheme  # the server may have changed its scheme


def _update_memory(collection: Collection, memory: CollectionState, wanted: Mapping[str, CalendarObject]) -> None:
    """Update the state with the changes on the server since the last push; one request if there are none."""
    listing = collection.listing(memory.token)
    names = {one.name: uid for uid, one in memory.events.items()}
    for uid, one in list(memory.events.items()):
        if one.name in listing.gone or (listing.whole and one.name not in listing.etags):
            del memory.events[uid]
    changed = {
        name
        for name, etag in listing.etags.items()
        if name in names and not (etag and (known := memory.events.get(names[name])) and known.etag == etag)
    }
    ours = {f"{uid}.ics" for uid in wanted}
    # An event of the last push may have been stored without a response, under a name chosen by the server.
    is_sure = names and not memory.offered.keys() - memory.events.keys() - memory.refused.keys()
    unknown = {name for name in listing.etags if name not in names and (not is_sure or name in ours)}
    for name, found in _fetch(collection, changed | unknown).items():
        uid = names.get(name) or uid_in(found.body)
        if uid in memory.events or uid in wanted:
            offered = memory.offered.get(uid, "")
            memory.events[uid] = state_of(name, found, memory.events.get(uid), wanted.get(uid), offered)
    memory.token = listing.token


def _fetch(collection: Collection, names: set[str]) -> dict[str, RemoteObject]:
    if len(names) > MOST_SINGLE_REQUESTS:
        return {name: one for name, one in collection.events().items() if name in names}
    return {name: one for name in sorted(names) if (one := collection.event(name))}
