"""Pages of the admin API: `page` from 1 and `page_size`; garbage counts as absent (docs/api/admin.md 1.3)."""

from __future__ import annotations

from pleroma.openapi import Whole
from pleroma.web import params

DEFAULT_SIZE = 50
MAXIMUM_SIZE = 1000
_DEEPEST_PAGE = 10**9
TAKEN = {"page": Whole(1, default=1), "page_size": Whole(1, MAXIMUM_SIZE, default=DEFAULT_SIZE)}


def page_size() -> int:
    """The asked size of a page, at most MAXIMUM_SIZE."""
    asked = params.integer("page_size", DEFAULT_SIZE)
    return min(asked, MAXIMUM_SIZE) if asked > 0 else DEFAULT_SIZE


def bounds(size: int | None = None) -> dict[str, int]:
    """`limit` and `offset` of the asked page."""
    size = size or page_size()
    page = min(max(params.integer("page", 1), 1), _DEEPEST_PAGE)
    return {"limit": size, "offset": (page - 1) * size}
