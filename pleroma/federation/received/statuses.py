"""Statuses of others as they come, change, and are pinned; and votes in polls here."""

from __future__ import annotations

from typing import Any

from pleroma import text
from pleroma.db import queries
from pleroma.federation import lookups, objects, remote_html, storing, uris, vocabulary
from pleroma.federation.objects import BadObject, Object
from pleroma.federation.received.activity import Ignored, Received
from pleroma.federation.storing import Context
from pleroma.federation.vocabulary import Document

_MOST_OBJECTS, _MOST_UNKNOWN = 20, 5


def create(received: Received) -> None:
    """Store what somebody wrote, or count their vote."""
    for written in vocabulary.many(received.document.get("object"), _MOST_OBJECTS):
        if isinstance(written, dict) and _is_vote(written):
            _vote(received, written)
        else:
            _create(received, written)


def _create(received: Received, written: Any) -> None:
    status = _own(received, written)
    if status is None:
        # What somebody else's server says of it counts, and only for those who follow the sender.
        if _relation(received, [], None, None).concerns:
            received.need(lookups.URI, vocabulary.address(written))
        return
    if received.status(status.uri) is None:
        _store(received, status)


def _own(received: Received, written: Any) -> Object | None:
    """An object that the actor speaks for; None for one of which only the id counts. Raises Ignored."""
    if not isinstance(written, dict) or not _is_own(received, written):
        return None
    try:
        return objects.read(written, received.config, received.document)
    except (BadObject, uris.BadUri) as error:
        raise Ignored(str(error)) from error


def _is_own(received: Received, written: Document) -> bool:
    try:
        name = uris.accepted(vocabulary.address(written), received.config)
        return uris.same_origin(name, received.actor) and objects.author_of(written, name) == received.actor
    except (uris.BadUri, BadObject):
        return False


def _store(received: Received, status: Object) -> None:
    context = storing.context_of(received.connection, status, received.config)
    relation = _relation_of(received, status, context)
    if not relation.concerns:
        raise Ignored("it concerns nobody here")
    account = received.account
    if relation.is_buried:
        raise Ignored("it was deleted")
    _need_mentioned(received, status, context)
    circle = storing.audience(received.connection, status, account, context, received.recipient_id)
    storing.store(received.connection, status, account.id, circle, context.parent, arrives=True)


def _relation_of(received: Received, status: Object, context: Context) -> Any:
    """Whether somebody here follows the author, is addressed, or wrote in the thread; and whether it was deleted."""
    ids = [person.id for person in context.people.values()]
    if received.recipient_id is not None and not any(map(vocabulary.is_public, (*status.to, *status.cc))):
        ids.append(received.recipient_id)
    return _relation(received, ids, context.parent.thread_id if context.parent else None, status.uri)


def _relation(received: Received, people: list[int], thread_id: int | None, uri: str | None) -> Any:
    author = received.known_account
    return queries.receiving.relation(
        received.connection, account_id=author.id if author else 0, people=people, thread_id=thread_id, uri=uri
    )


def _need_mentioned(received: Received, status: Object, context: Context) -> None:
    """Have those looked up first who are mentioned and unknown, a few: so that their names lead to them."""
    unknown = [
        name for name in status.mentions if name not in context.people and not uris.is_ours(name, received.config)
    ]
    for name in unknown[:_MOST_UNKNOWN]:
        received.try_to_need(name)


def _is_vote(written: Document) -> bool:
    """Whether a note stands for a choice in a poll: a name, an answered status, and no text but a mention."""
    if vocabulary.kind(written) != "Note" or not vocabulary.text(written.get("name")):
        return False
    return bool(vocabulary.address(written.get("inReplyTo"))) and not _has_text(written)


def _has_text(written: Document) -> bool:
    content = vocabulary.text(written.get("content"))[: remote_html.LONGEST]
    words = text.plain(content).split()
    return any(not word.startswith("@") for word in words)


def _vote(received: Received, written: Document) -> None:
    if vocabulary.address(written.get("attributedTo") or received.actor) != received.actor:
        raise Ignored("somebody else's vote")
    status = received.local_status(vocabulary.address(written.get("inReplyTo")))
    option = queries.receiving.poll_option(
        received.connection,
        status_id=status.id,
        account_id=received.account.id,
        name=vocabulary.text(written.get("name")),
    )
    if option is None or option.choice is None or option.is_done:
        raise Ignored("there is nothing to vote for")
    queries.polls.vote(received.connection, viewer_id=received.account.id, status_id=status.id, choices=[option.choice])


def update(received: Received) -> None:
    """Change a status of the actor, or have the actor's own profile read again."""
    if received.object == received.actor:
        _read_again(received)
        return
    status = _own(received, received.embedded)
    if status is None:
        raise Ignored("it is not the actor's own")
    known = received.status(status.uri)
    if known is None:
        _store(received, status)
    elif known.account_id == received.account.id:
        _change(received, known, status)


def _read_again(received: Received) -> None:
    if received.known_account is None:
        raise Ignored("nobody here knows the actor")
    queries.lookups.ask_again(
        received.connection, kind=lookups.URI, name=received.actor, host=uris.host_of(received.actor)
    )


def _change(received: Received, known: Any, status: Object) -> None:
    # Some servers write whole seconds, in which several changes may fall; one that says nothing new has no effect.
    is_older = known.edited_at is not None and status.updated is not None and status.updated < known.edited_at
    if status.updated is not None and not is_older:
        context = storing.context_of(received.connection, status, received.config)
        _need_mentioned(received, status, context)
        circle = storing.audience(received.connection, status, received.account, context, None)
        storing.change(received.connection, known, status, circle, context.parent)
    elif status.poll is not None and status.updated is None and known.has_poll:
        storing.put_poll(received.connection, known.id, status)


def pin(received: Received) -> None:
    """Pin a status of the actor."""
    _set_pinned(received, pinned=True)


def unpin(received: Received) -> None:
    """Unpin a status of the actor."""
    _set_pinned(received, pinned=False)


def _set_pinned(received: Received, *, pinned: bool) -> None:
    account = received.account
    if account.featured is None or vocabulary.address(received.document.get("target")) != account.featured:
        raise Ignored("it is about no collection of pinned statuses")
    queries.receiving.pin(received.connection, account_id=account.id, uri=received.object, pinned=pinned)
