"""Lists of accounts to follow, block or mute, of which some may be elsewhere.

Who is not here yet is looked up: four at once, and of each host one a second. Who is not found is skipped.
"""

from __future__ import annotations

import time
from collections import defaultdict
from itertools import zip_longest

from pleroma import db, jobs
from pleroma.accounts import imports
from pleroma.db import queries
from pleroma.federation import lookups
from pleroma.text import Handle

_LONGEST_WAIT, _PAUSE = 20.0, 1.0


@imports.before_each_batch
def look_up(handles: list[Handle]) -> None:
    """Have those looked up whom nobody here knows."""
    if not any(handle.domain for handle in handles):
        return
    config = jobs.configuration()
    elsewhere = [found for each in handles if (found := lookups.elsewhere(each, config))]
    if not config.federation or not elsewhere:
        return
    with db.connection() as connection:
        unknown = queries.lookups.unknown(
            connection,
            nicknames=[handle.nickname for handle in elsewhere],
            domains=[handle.domain for handle in elsewhere],
        )
    for round_of_hosts in _rounds([Handle(row.nickname, row.domain) for row in unknown]):
        started = time.monotonic()
        for place in range(0, len(round_of_hosts), lookups.PLACES):
            names = [str(handle) for handle in round_of_hosts[place : place + lookups.PLACES]]
            lookups.wait_in_job(lookups.HANDLE, names, config, _LONGEST_WAIT)
        time.sleep(max(0.0, started + _PAUSE - time.monotonic()))


def _rounds(handles: list[Handle]) -> list[list[Handle]]:
    """Handles in rounds of which each has one of each host."""
    hosts: dict[str, list[Handle]] = defaultdict(list)
    for handle in handles:
        hosts[handle.domain].append(handle)
    return [[each for each in some if each is not None] for some in zip_longest(*hosts.values())]
