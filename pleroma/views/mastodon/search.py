"""Search (docs/api/mastodon.md 8): accounts, statuses and hashtags; an address finds exactly its item.

What has an address or a handle elsewhere and is not here yet is looked up when somebody who is logged in wants that.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Response
from psycopg import Connection

from pleroma import auth, db
from pleroma.db import queries
from pleroma.openapi import Choice, Flag, Id, Text, Whole, answers, takes
from pleroma.text import Handle
from pleroma.views.mastodon.accounts import read_handle
from pleroma.web import paging, params, rate_limits
from pleroma.web.params import MAXIMUM_ID, UUID, as_identifier, as_pattern
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("search", __name__)
_MAXIMUM = 40
_LONGEST_QUERY = 1000
_DEEPEST = 10_000
_OURS = re.compile(r"/(notice|objects|users)/([^/?#]+)/?")
_HASHTAG = re.compile(r"#(\w+)")
_TAKEN = {
    "q": Text(1),
    "resolve": Flag(default=False),
    "following": Flag(default=False),
    "limit": Whole(1, _MAXIMUM, default=paging.DEFAULT_LIMIT),
    "offset": Whole(0, _DEEPEST, default=0),
}
_OF_STATUSES = {"account_id": Id(), "max_id": Id(), "min_id": Id()}


def _limit() -> int:
    return paging.limit(maximum=_MAXIMUM)


def _offset() -> int:
    return min(max(params.integer("offset", 0), 0), _DEEPEST)


def _count_search() -> None:
    viewer = auth.viewer_id()
    bucket = rate_limits.SEARCH if viewer else rate_limits.SEARCH_ANONYMOUS
    rate_limits.count({f"search:{viewer or rate_limits.client_address()}": bucket})


def _accounts(connection: Connection, query: str) -> bytes:
    words = query.lower()
    handle = read_handle(words) if " " not in words else Handle(words)
    return queries.accounts.search(
        connection,
        viewer_id=auth.viewer_id(),
        exact=handle.nickname,
        resolve=params.boolean("resolve", False),
        words=as_pattern(words.removeprefix("@")),
        nickname=as_pattern(handle.nickname),
        domain=handle.domain if "@" in words.removeprefix("@") else None,
        following=params.boolean("following", False) and bool(auth.viewer_id()),
        limit=_limit(),
        offset=_offset(),
    )


def _statuses(connection: Connection, query: str) -> bytes:
    return queries.search.statuses(
        connection,
        viewer_id=auth.viewer_id(),
        query=query,
        account_id=params.identifier("account_id") or 0,
        max_id=params.identifier("max_id") or MAXIMUM_ID,
        min_id=params.identifier("min_id") or 0,
        limit=_limit(),
        offset=_offset(),
    )


def _hashtags(connection: Connection, query: str) -> list[str]:
    named = [name.lower() for name in _HASHTAG.findall(query)]
    prefix = query.removeprefix("#").lower()
    if prefix and not re.search(r"\s", prefix):
        rows = queries.search.hashtags(connection, prefix=prefix, limit=_limit(), offset=_offset())
        named += [row.tag for row in rows]
    return list(dict.fromkeys(named))[: _limit()]


def _one_of_ours(connection: Connection, query: str) -> dict[str, bytes] | None:
    """What an address of this server names, if the caller may see it; None when it is no such address."""
    base = configured().base_url
    match = _OURS.fullmatch(query.removeprefix(base)) if query.startswith(f"{base}/") else None
    if match is None:
        return None
    kind, name = match[1], unquote(match[2])
    if kind == "users":
        row = queries.accounts.id_of(connection, nickname=name, domain="")
        ids = [row.id] if row else []
        return {"accounts": queries.accounts.accounts(connection, viewer_id=auth.viewer_id(), account_ids=ids)}
    status_id = as_identifier(name)
    if kind == "objects" and UUID.fullmatch(name):
        row = queries.search.status_by_uuid(connection, uuid=name)
        status_id = row.id if row else None
    return _items(connection, None, status_id)


def _items(connection: Connection, account_id: int | None, status_id: int | None) -> dict[str, bytes]:
    """An account or a status alone, if the caller may see it."""
    viewer_id = auth.viewer_id()
    if account_id:
        return {"accounts": queries.accounts.accounts(connection, viewer_id=viewer_id, account_ids=[account_id])}
    ids = [status_id] if status_id else []
    return {"statuses": queries.statuses.statuses(connection, viewer_id=viewer_id, status_ids=ids)}


def _one_elsewhere(query: str) -> dict[str, bytes] | None:
    """What an address or a handle elsewhere names; None for what is neither, or is to be searched for here."""
    if not configured().federation:
        return None
    from pleroma.views.mastodon import elsewhere

    is_wanted = bool(auth.viewer_id()) and bool(params.boolean("resolve")) and not _offset()
    one = elsewhere.find(query, is_wanted=is_wanted)
    if one is None:
        return None
    with db.connection() as connection:
        return _items(connection, one.account_id, one.status_id)


def _found(query: str, kind: str | None) -> dict[str, bytes]:
    with db.connection() as connection:
        one = _one_of_ours(connection, query)
    if one is None:
        one = _one_elsewhere(query)
    if one is not None:
        return one
    with db.connection() as connection:
        return {
            name: search(connection, query)
            for name, search in (("accounts", _accounts), ("statuses", _statuses))
            if kind in (None, name)
        }


def _search(as_tag: Any) -> Response:
    auth.require_public()
    _count_search()
    query = (params.text("q", most=params.LONGEST_OF_ALL) or "").strip()[:_LONGEST_QUERY]
    kind = params.text("type")
    found = _found(query, kind) if query else {}
    with db.connection() as connection:
        tags = _hashtags(connection, query) if query and kind in (None, "hashtags") and "://" not in query else []
    hashtags = json.dumps([as_tag(tag) for tag in tags], ensure_ascii=False).encode()
    return json_response(
        b'{"accounts":%b,"statuses":%b,"hashtags":%b}'
        % (found.get("accounts", b"[]"), found.get("statuses", b"[]"), hashtags)
    )


@blueprint.get("/api/v2/search")
@auth.optional("read:search")
@takes(type=Choice("accounts", "statuses", "hashtags"), **_OF_STATUSES, **_TAKEN)
@answers("Search", 403, 429)
def version_2() -> Response:
    """Accounts, statuses and Tags that fit `q`. Raises Forbidden on a closed instance."""
    base = configured().base_url
    return _search(lambda tag: {"name": tag, "url": f"{base}/tag/{tag}"})


@blueprint.get("/api/v1/search")
@auth.optional("read:search")
@takes(type=Choice("accounts", "statuses", "hashtags"), **_OF_STATUSES, **_TAKEN)
@answers("SearchOfVersion1", 403, 429)
def version_1() -> Response:
    """The same with hashtags as plain texts."""
    return _search(str)


@blueprint.get("/api/v1/accounts/search")
@auth.optional("read:accounts")
@takes(**_TAKEN)
@answers("[Account]", 429)
def accounts() -> Response:
    """Accounts that fit `q`: what completes an @ while typing."""
    _count_search()
    query = (params.text("q", most=params.LONGEST_OF_ALL) or "").strip()[:_LONGEST_QUERY]
    if not query:
        return json_response(b"[]")
    one = _one_elsewhere(query)
    if one is not None and "accounts" in one:
        return json_response(one["accounts"])
    with db.connection() as connection:
        return json_response(_accounts(connection, query))
