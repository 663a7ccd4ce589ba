"""Polls: asked with a status, voted in once (docs/api/mastodon.md 10.4). A poll has its status's id."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db, text
from pleroma.db import queries
from pleroma.errors import Unprocessable, found
from pleroma.openapi import Flag, Map, Several, Text, Whole, answers, takes
from pleroma.web import params
from pleroma.web.responses import json_response

blueprint = Blueprint("polls", __name__, url_prefix="/api/v1/polls")
MOST_OPTIONS, LONGEST_OPTION = 20, 200
LONGEST_LIFE = 31_536_000
_INVALID = "Invalid poll"
_INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)
_LONGEST_CHOICES = 200
# What a new status takes for one.
TAKEN = Map(
    options=Several(Text(1, LONGEST_OPTION), MOST_OPTIONS, needed=True),
    expires_in=Whole(0, LONGEST_LIFE, needed=True),
    multiple=Flag(default=False),
    hide_totals=Flag(default=False),
)


def read_new_poll() -> dict[str, Any] | None:
    """The poll that is asked with a status, None without one. Raises Unprocessable in the words of the API."""
    sent = params.mapping("poll")
    if not sent:
        return None
    options = params.as_list(sent.get("options"))
    if options is None or not all(isinstance(option, str) for option in options):
        raise Unprocessable(_INVALID)
    if len(options) > MOST_OPTIONS:
        raise Unprocessable(f"Poll can't contain more than {MOST_OPTIONS} options")
    if any(text.is_longer(option, LONGEST_OPTION) for option in options):
        raise Unprocessable(f"Poll options cannot be longer than {LONGEST_OPTION} characters each")
    titles = [text.strip_tags(params.clean(option)).strip() for option in options]
    if len(titles) < 2 or len(set(titles)) < len(titles) or not all(titles):
        raise Unprocessable(_INVALID)
    return {"options": titles, "expires_in": _life(sent), **_switches(sent)}


def _life(sent: dict[str, Any]) -> int:
    seconds = params.as_integer(sent.get("expires_in"))
    if seconds is None:
        raise Unprocessable(_INVALID)
    if seconds < 0:
        raise Unprocessable("Expiration date is too soon")
    if seconds > LONGEST_LIFE:
        raise Unprocessable("Expiration date is too far in the future")
    return seconds


def _switches(sent: dict[str, Any]) -> dict[str, bool]:
    return {name: bool(params.as_boolean(sent.get(name))) for name in ("multiple", "hide_totals")}


@blueprint.get("/<id:status_id>")
@auth.optional("read:statuses")
@answers("Poll", 404)
def show(status_id: int) -> Response:
    """One Poll. Raises NotFound, also when its status is hidden from the caller."""
    with db.connection() as connection:
        return json_response(found(queries.polls.poll(connection, viewer_id=auth.viewer_id(), status_id=status_id)))


def _choices() -> list[int]:
    """The chosen indices: a list, or one text with commas. Raises Unprocessable."""
    sent = params.values("choices") or []
    if len(sent) == 1 and isinstance(sent[0], str):
        sent = sent[0][:_LONGEST_CHOICES].split(",")
    chosen = [str(choice).strip() for choice in sent]
    if not all(_INDEX.fullmatch(choice) for choice in chosen):
        raise Unprocessable("Invalid indices")
    return list(dict.fromkeys(map(int, chosen)))


@blueprint.post("/<id:status_id>/votes")
@auth.required("write:statuses")
@takes(choices=Several(Whole(0, MOST_OPTIONS - 1), needed=True))
@answers("Poll", 404, 422)
def vote(status_id: int) -> Response:
    """Vote for `choices`, once. Raises NotFound, Unprocessable in the words of the API."""
    viewer = {"viewer_id": auth.account_id(), "status_id": status_id}
    choices = _choices()
    with db.in_transaction() as connection:
        poll = found(queries.polls.lock(connection, **viewer))
        if poll.account_id == auth.account_id():
            raise Unprocessable("Poll's author can't vote")
        if poll.ended:
            raise Unprocessable("The poll has ended")
        if queries.polls.has_voted(connection, **viewer).voted:
            raise Unprocessable("Already voted")
        if not choices or any(not 0 <= choice < poll.options for choice in choices):
            raise Unprocessable("Invalid indices")
        if len(choices) > 1 and not poll.multiple:
            raise Unprocessable("Too many choices")
        queries.polls.vote(connection, **viewer, choices=choices)
        return json_response(found(queries.polls.poll(connection, **viewer)))
