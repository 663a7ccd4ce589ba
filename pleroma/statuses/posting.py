"""How a status comes to be: whom it addresses, who may see it, what is stored and who is told.

One function, `publish`, used by every way of posting. It expects the caller's transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from pleroma import text
from pleroma.config import Config
from pleroma.db import queries
from pleroma.errors import NotFound, Unprocessable
from pleroma.settings import value
from pleroma.statuses import fragments

VISIBILITIES = ("public", "unlisted", "private", "direct")
SHORTEST_LIFE = 3600
# What an administrator's tag does to new statuses (docs/api/admin.md 7): both names of each.
_FORCE_SENSITIVE = {"mrf_tag:media-force-nsfw", "force_nsfw"}
_STRIP_MEDIA = {"mrf_tag:media-strip", "strip_media"}
_FORCE_UNLISTED = {"mrf_tag:force-unlisted", "force_unlisted"}
_SANDBOX = {"mrf_tag:sandbox", "sandbox"}


@dataclass(frozen=True)
class NewStatus:
    """What an author asks for. Ids are numbers; 0 for one that was sent but names nothing; None when not sent."""

    source: str
    spoiler_text: str = ""
    content_type: str = "text/plain"
    visibility: str | None = None
    list_id: int | None = None
    in_reply_to_id: int | None = None
    conversation_id: int | None = None
    to: list[str] = field(default_factory=list)
    also_to: tuple[str, ...] = ()
    media_ids: list[int] = field(default_factory=list)
    sensitive: bool = False
    expires_in: int | None = None
    language: str | None = None
    poll: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Audience:
    visibility: str
    list_id: int | None
    thread_id: int | None
    addressed: list[dict[str, Any]]
    in_reply_to: dict[str, Any] | None


def publish(connection: Connection, account_id: int, new: NewStatus, config: Config) -> int:
    """Store a status of the account, with its effects, and return its id.

    Raises NotFound for a parent or conversation that is not there for the author, Unprocessable for what
    cannot be posted (docs/api/mastodon.md 4.1).
    """
    require_length(new.source, new.spoiler_text, config)
    draft, named = _read_draft(connection, account_id, new, config)
    tags = set(draft.tags)
    media_ids = [] if tags & _STRIP_MEDIA else new.media_ids
    _check(new, draft, media_ids)
    mentioned = {fragments.acct(account).lower(): account for account in draft.mentioned}
    rendered = text.render(
        new.source,
        new.content_type,
        {
            handle: text.Mentioned(account["id"], account["nickname"], account["domain"])
            for handle, account in mentioned.items()
            if handle in named
        },
        config.base_url,
        extended=config.extended_nicknames,
    )
    audience = _audience(account_id, new, draft, rendered.mentions, mentioned, tags, config.domain)
    sensitive = new.sensitive or "nsfw" in rendered.hashtags or bool(media_ids and tags & _FORCE_SENSITIVE)
    status_id = _store(connection, account_id, new, draft, rendered, audience, media_ids, sensitive)
    queries.statuses.notify(connection, status_id=status_id)
    if audience.visibility == "direct":
        queries.statuses.converse(connection, status_id=status_id)
    return status_id


def require_length(source: str, subject: str, config: Config) -> None:
    """Raises Unprocessable for a status over the limit, before anybody parses it."""
    # The limit in force comes along with the draft. Only what may be over it is worth a statement of its own.
    if len(source) + len(subject) > config.status_limit:
        limit = value("status_limit", config)
        if text.is_longer(source, limit) or text.length(source) + text.length(subject) > limit:
            raise _too_long()


def _too_long() -> Unprocessable:
    return Unprocessable("The status is over the character limit")


def _check(new: NewStatus, draft: Any, media_ids: list[int]) -> None:
    if not new.source and (new.poll or not media_ids):
        raise Unprocessable("Cannot post an empty status without attachments")
    if text.length(new.source) + text.length(new.spoiler_text) > draft.status_limit:
        raise _too_long()
    if draft.media_count != len(set(new.media_ids)):
        raise Unprocessable("A media attachment is not there")


def _store(
    connection: Connection,
    account_id: int,
    new: NewStatus,
    draft: Any,
    rendered: text.Rendered,
    audience: _Audience,
    media_ids: list[int],
    sensitive: bool,
) -> int:
    body = fragments.status_body(
        rendered.html, rendered.plain, audience.addressed, rendered.hashtags, new.language, audience.in_reply_to
    )
    row = queries.statuses.create(
        connection,
        account_id=account_id,
        in_reply_to_id=draft.parent["id"] if draft.parent else None,
        in_reply_to_account_id=draft.parent["account_id"] if draft.parent else None,
        thread_id=audience.thread_id,
        visibility=audience.visibility,
        list_id=audience.list_id,
        sensitive=sensitive,
        expires_in=new.expires_in,
        language=new.language,
        content_type=new.content_type,
        source=new.source,
        spoiler_text=new.spoiler_text,
        body=body,
        involved=list(dict.fromkeys([account_id, *(account["id"] for account in audience.addressed)])),
        hashtags=rendered.hashtags,
        emoji_codes=draft.emoji_codes or None,
        media_ids=media_ids,
        poll=json.dumps(new.poll) if new.poll else None,
    )
    return int(row.id)


def _read_draft(connection: Connection, account_id: int, new: NewStatus, config: Config) -> tuple[Any, set[str]]:
    named = text.handles(new.source, new.content_type, config.base_url, extended=config.extended_nicknames)
    handles = sorted(named | {_handle(nickname, config.domain) for nickname in (*new.to, *new.also_to)})
    parts = [handle.partition("@") for handle in handles]
    draft = queries.statuses.draft(
        connection,
        account_id=account_id,
        in_reply_to_id=new.in_reply_to_id or 0,
        conversation_id=new.conversation_id or 0,
        nicknames=[nickname for nickname, _, _ in parts],
        domains=[domain for _, _, domain in parts],
        shortcodes=text.emoji_codes(f"{new.source}\n{new.spoiler_text}"),
        media_ids=new.media_ids,
        list_id=new.list_id or 0,
    )
    if new.in_reply_to_id is not None and draft.parent is None:
        raise NotFound()
    if new.conversation_id is not None and draft.conversation is None:
        raise NotFound()
    if new.visibility == "list" and not draft.has_list:
        raise Unprocessable("That list is not yours")
    return draft, named


def _handle(nickname: str, own_domain: str) -> str:
    name, _, domain = nickname.strip().removeprefix("@").lower().partition("@")
    return name if domain in ("", own_domain) else f"{name}@{domain}"


def _audience(
    account_id: int,
    new: NewStatus,
    draft: Any,
    mention_ids: list[int],
    mentioned: dict[str, dict[str, Any]],
    tags: set[str],
    domain: str,
) -> _Audience:
    """Who is addressed and who may see it (docs/api/mastodon.md 4.3 and 4.4, docs/api/pleroma.md 17.6)."""
    parent = draft.parent
    if draft.conversation:
        recipients = [account for account in draft.conversation["recipients"] if account["id"] != account_id]
        return _Audience("direct", None, draft.conversation["thread_id"], recipients, parent)
    visibility = _visibility(new, draft)
    if tags & _SANDBOX and visibility in ("public", "unlisted"):
        visibility = "private"
    elif tags & _FORCE_UNLISTED and visibility == "public":
        visibility = "unlisted"
    by_id = {account["id"]: account for account in mentioned.values()}
    if new.to:
        wanted = [mentioned.get(_handle(nickname, domain)) for nickname in new.to]
        addressed = [account for account in wanted if account]
    else:
        addressed = [by_id[mention] for mention in mention_ids]
    addressed += [mentioned[_handle(nickname, domain)] for nickname in new.also_to]
    if parent and parent["account_id"] != account_id:
        addressed.insert(0, {**parent, "id": parent["account_id"]})
    unique = {account["id"]: account for account in addressed}
    list_id = new.list_id if visibility == "list" else None
    return _Audience(visibility, list_id, parent["thread_id"] if parent else None, list(unique.values()), parent)


def _visibility(new: NewStatus, draft: Any) -> str:
    parent = draft.parent
    if parent and parent["visibility"] == "direct":
        if new.visibility not in (None, "direct"):
            raise Unprocessable("The message visibility must be direct")
        return "direct"
    if new.visibility:
        return new.visibility
    if parent:
        # A list belongs to somebody else: an answer below it goes to those it addresses.
        return parent["visibility"] if parent["visibility"] != "list" else "direct"
    return draft.privacy


def plain_text(source: str) -> str:
    """What is served as plain text: elements taken out, everything else as typed (docs/api/mastodon.md 3.2)."""
    return text.strip_tags(source)


def remove(connection: Connection, status: Any) -> None:
    """Delete a status (a row of statuses.deletable) with all that hangs on it; a reblog is taken back."""
    if status.reblog_of_id is not None:
        queries.interactions.remove_reblog(connection, account_id=status.account_id, status_id=status.reblog_of_id)
        return
    queries.statuses.delete(connection, status_id=status.id)
    if status.visibility == "direct":
        queries.statuses.settle_conversations(connection, thread_ids=[status.thread_id])
