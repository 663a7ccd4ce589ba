"""What people name that is on other servers, in a search and in a new status. Loaded only where that is wanted."""

from __future__ import annotations

from pleroma import auth, db
from pleroma.db import queries
from pleroma.federation import lookups, uris
from pleroma.federation.lookups import Result
from pleroma.statuses import posting
from pleroma.statuses.posting import NewStatus
from pleroma.text import Handle
from pleroma.web import rate_limits
from pleroma.web.state import configured

_SECONDS = 6.0
_MOST_MENTIONED, _SECONDS_OF_MENTIONS = 5, 4.0


def find(query: str, *, is_wanted: bool) -> Result | None:
    """The account or the status of an address, or the account of a handle that is not here yet.

    One that is not here is looked up when that `is_wanted`, which is limited for each account. None when not found.
    """
    if _is_address(query):
        with db.connection() as connection:
            row = queries.search.at_address(connection, address=query)
        if row.account_id or row.status_id:
            return Result(row.account_id, row.status_id)
    if not is_wanted:
        return None
    kind, name = (lookups.URI, query) if _is_address(query) else (lookups.HANDLE, _unknown_handle(query))
    if not name or lookups.host_of(kind, name) == configured().domain:
        return None
    # A request that is run again has got this far, and was not counted.
    db.let_go()
    rate_limits.count({f"resolve:{auth.viewer_id()}": rate_limits.RESOLVING})
    found = lookups.wait_for(kind, name, configured(), _SECONDS)
    return found if any(found) else None


def meet_mentioned(new: NewStatus) -> None:
    """Have those looked up whom a new status names and nobody here knows, a few; who is not found stays text."""
    handles = posting.handles(new, configured())
    lookups.meet(handles, configured(), most=_MOST_MENTIONED, seconds=_SECONDS_OF_MENTIONS)


def _is_address(query: str) -> bool:
    try:
        return bool(uris.accepted(query, configured()))
    except uris.BadUri:
        return False


def _unknown_handle(query: str) -> str:
    """A handle elsewhere that nobody has here; "" for anything else."""
    handle = lookups.elsewhere(Handle.parse(query), configured())
    if handle is None:
        return ""
    with db.connection() as connection:
        rows = queries.lookups.unknown(connection, nicknames=[handle.nickname], domains=[handle.domain])
    return str(handle) if rows else ""
