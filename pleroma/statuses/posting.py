"""How a status is posted: whom it addresses, who may see it, what is stored and who is notified.

One function, `publish`, used by every way of posting. It expects the caller's transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from pleroma import db, text
from pleroma.config import Config
from pleroma.db import queries
from pleroma.errors import NotFound, Unprocessable
from pleroma.settings import value
from pleroma.statuses import fragments
from pleroma.text import Handle, Mentioned, Rules, acct

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
    # The app that posts it; None for a caller without a token.
    app_id: int | None = None
    # It was posted before: what it answered, and its list, may be gone by now.
    is_edit: bool = False


@dataclass(frozen=True)
class Audience:
    """Who may see a status, and whom it addresses (rows with id, nickname, domain)."""

    visibility: str
    list_id: int | None
    thread_id: int | None
    addressed: list[dict[str, Any]]

    def involved(self, account_id: int) -> list[int]:
        """The author, and everybody addressed."""
        return list(dict.fromkeys([account_id, *(account["id"] for account in self.addressed)]))


@dataclass(frozen=True)
class Composed:
    """A status that may be posted: what was asked, the row of statuses.posting_context, and what came of both."""

    new: NewStatus
    context: Any
    rendered: text.Rendered
    audience: Audience
    media_ids: list[int]
    sensitive: bool

    @property
    def body(self) -> str:
        """The fragment of JSON that no reader changes."""
        rendered, addressed = self.rendered, self.audience.addressed
        return fragments.status_body(
            rendered.html, rendered.plain, addressed, rendered.hashtags, self.new.language, self.context.parent
        )


class Published(NamedTuple):
    """A status that was stored."""

    id: int
    visibility: str


def publish(connection: Connection, account_id: int, new: NewStatus, config: Config) -> Published:
    """Store a status of the account, with its effects.

    Raises NotFound for a parent or conversation that is not there for the author, Unprocessable for what
    cannot be posted (docs/api/mastodon.md 4.1).
    """
    composed = compose(connection, account_id, new, config)
    status_id = _store(connection, account_id, composed)
    visibility = composed.audience.visibility
    if visibility == "direct":
        queries.statuses.deliver_direct(
            connection, status_id=status_id, account_ids=composed.audience.involved(account_id)
        )
    return Published(status_id, visibility)


def check(connection: Connection, account_id: int, new: NewStatus, config: Config) -> str:
    """Check a status that is to be published later. Returns the visibility it would have; raises as `publish` does."""
    return compose(connection, account_id, new, config).audience.visibility


def compose(connection: Connection, account_id: int, new: NewStatus, config: Config) -> Composed:
    """Make of what an author asks for what is stored. Raises as `publish`."""
    require_length(new.source, new.spoiler_text, config)
    parsed = _parsed(new, config)
    context = _read_context(connection, account_id, new, parsed, config)
    _check_context(new, context)
    tags = set(context.tags)
    media_ids = [] if tags & _STRIP_MEDIA else new.media_ids
    _check(new, context, media_ids)
    rendered = parsed.render(
        Mentioned(row["id"], row["nickname"], row["domain"], row["url"]) for row in context.mentioned
    )
    audience = _audience(account_id, new, context, rendered.mentions, config.domain)
    sensitive = new.sensitive or "nsfw" in rendered.hashtags or bool(media_ids and tags & _FORCE_SENSITIVE)
    return Composed(new, context, rendered, audience, media_ids, sensitive)


def require_length(source: str, subject: str, config: Config) -> None:
    """Raises Unprocessable for a status over the limit, before anybody parses it."""
    # The limit in force comes along with the context. Only what may be over it is worth a statement of its own.
    if len(source) + len(subject) > config.status_limit:
        limit = value("status_limit", config)
        if text.is_longer(source, limit) or text.length(source) + text.length(subject) > limit:
            raise _too_long()


def _too_long() -> Unprocessable:
    return Unprocessable("The status is over the character limit")


def _check(new: NewStatus, context: Any, media_ids: list[int]) -> None:
    if not new.source and (new.poll or not media_ids):
        raise Unprocessable("Cannot post an empty status without attachments")
    if text.length(new.source) + text.length(new.spoiler_text) > context.status_limit:
        raise _too_long()
    if context.media_count != len(set(new.media_ids)):
        raise Unprocessable("A media attachment is not there")


def _store(connection: Connection, account_id: int, composed: Composed) -> int:
    new, audience, parent = composed.new, composed.audience, composed.context.parent
    involved = audience.involved(account_id)
    row = queries.statuses.create(
        connection,
        account_id=account_id,
        app_id=new.app_id,
        in_reply_to_id=parent["id"] if parent else None,
        in_reply_to_account_id=parent["account_id"] if parent else None,
        thread_id=audience.thread_id,
        visibility=audience.visibility,
        list_id=audience.list_id,
        sensitive=composed.sensitive,
        expires_in=new.expires_in,
        language=new.language,
        content_type=new.content_type,
        source=new.source,
        spoiler_text=new.spoiler_text,
        body=composed.body,
        involved=involved,
        hashtags=composed.rendered.hashtags,
        emoji_codes=composed.context.emoji_codes or None,
        has_media=bool(composed.media_ids),
        has_poll=new.poll is not None,
    )
    if composed.media_ids or new.poll or new.expires_in:
        poll = json.dumps(new.poll) if new.poll else None
        queries.statuses.complete(connection, status_id=row.id, media_ids=composed.media_ids, poll=poll)
    if len(involved) > 1 or row.has_subscribers:
        db.later(connection, queries.statuses.notify, status_id=row.id)
    return int(row.id)


def handles(new: NewStatus, config: Config) -> list[Handle]:
    """Whom a status names, in its text and beside it."""
    return sorted(_handles(new, _parsed(new, config), config))


def _handles(new: NewStatus, parsed: text.Parsed, config: Config) -> set[Handle]:
    return {*parsed.handles, *(Handle.parse(each, config.domain) for each in (*new.to, *new.also_to))}


def _parsed(new: NewStatus, config: Config) -> text.Parsed:
    return text.parse(new.source, new.content_type, Rules(config.base_url, config.extended_nicknames))


def _read_context(connection: Connection, account_id: int, new: NewStatus, parsed: text.Parsed, config: Config) -> Any:
    handles = _handles(new, parsed, config)
    return queries.statuses.posting_context(
        connection,
        account_id=account_id,
        in_reply_to_id=new.in_reply_to_id or 0,
        conversation_id=new.conversation_id or 0,
        nicknames=[handle.nickname for handle in sorted(handles)],
        domains=[handle.domain for handle in sorted(handles)],
        shortcodes=text.emoji_codes(f"{new.source}\n{new.spoiler_text}"),
        media_ids=new.media_ids,
        list_id=new.list_id or 0,
    )


def _check_context(new: NewStatus, context: Any) -> None:
    if new.in_reply_to_id is not None and context.parent is None and not new.is_edit:
        raise NotFound()
    if new.conversation_id is not None and context.conversation is None:
        raise NotFound()
    if new.visibility == "list" and not context.has_list and not new.is_edit:
        raise Unprocessable("That list is not yours")


def _audience(account_id: int, new: NewStatus, context: Any, mention_ids: list[int], own_domain: str) -> Audience:
    """Accounts that are addressed, and the visibility (docs/api/mastodon.md 4.3 and 4.4, docs/api/pleroma.md 17.6)."""
    parent, conversation = context.parent, context.conversation
    if conversation:
        recipients = [account for account in conversation["recipients"] if account["id"] != account_id]
        return Audience("direct", None, conversation["thread_id"], recipients)
    visibility = _narrowed(_visibility(new, context), set(context.tags))
    by_handle = {Handle.parse(acct(row["nickname"], row["domain"])): row for row in context.mentioned}
    if new.to:
        wanted = [by_handle.get(Handle.parse(written, own_domain)) for written in new.to]
        addressed = [account for account in wanted if account]
    else:
        by_id = {account["id"]: account for account in context.mentioned}
        addressed = [by_id[mention_id] for mention_id in mention_ids]
    addressed += [by_handle[Handle.parse(written, own_domain)] for written in new.also_to]
    if parent and parent["account_id"] != account_id:
        addressed.insert(0, {**parent, "id": parent["account_id"]})
    unique = {account["id"]: account for account in addressed}
    list_id = new.list_id if visibility == "list" else None
    return Audience(visibility, list_id, parent["thread_id"] if parent else None, list(unique.values()))


def _narrowed(visibility: str, tags: set[str]) -> str:
    """The visibility that an administrator's tags leave."""
    if tags & _SANDBOX and visibility in ("public", "unlisted"):
        return "private"
    return "unlisted" if tags & _FORCE_UNLISTED and visibility == "public" else visibility


def _visibility(new: NewStatus, context: Any) -> str:
    parent = context.parent
    if parent and parent["visibility"] == "direct":
        if new.visibility not in (None, "direct"):
            raise Unprocessable("The message visibility must be direct")
        return "direct"
    if new.visibility:
        return new.visibility
    if parent:
        # A list belongs to somebody else: an answer below it goes to those it addresses.
        return parent["visibility"] if parent["visibility"] != "list" else "direct"
    return context.privacy


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
