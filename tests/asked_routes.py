"""Every route, and what is asked of it to find out whether it shows what its reader may not see.

A new route stands in READING or ACTING, with its requests, or in SHOWS_NONE.
"""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from tests.world import ABSENT, World

BASE = "https://pleroma.example"
TAGS = (
    "secretplan", "secretword", "secretmeeting", "secretnarrowed", "secretdeleted", "secretexpired", "secretgonetag",
    "secretpendingtag", "secreterasedtag",
)  # fmt: skip
WHOLE = ("?limit=80", "?limit=80&with_muted=true", "?limit=80&only_media=true", "?limit=80&min_id=1")


class Request(NamedTuple):
    """A path, what is sent with it, and what the answer must be: "refused", "empty", or anything else that is good."""

    path: str
    sent: dict | None = None
    expected: str = "good"


class Asked(NamedTuple):
    """The requests of one route; `shows`: to somebody who may see them, one of them shows a secret."""

    requests: Callable[[str, World], list[Request]]
    shows: bool = True


def filled(rule, value):
    """A route with a value instead of its argument."""
    return re.sub(r"<[^>]*>", quote(str(value), safe=""), rule)


def plainly(*queries, shows=True):
    """The route itself, and with queries."""
    return Asked(lambda rule, world: [Request(rule + query) for query in ("", *queries)], shows)


def of_hidden(*sent, also=(), shows=True):
    """The hidden statuses, which are refused, and others by their keys."""

    def make(rule, world):
        refused = [Request(filled(rule, i), body, "refused") for i in world.hidden() for body in sent or (None,)]
        return [*refused, *[Request(filled(rule, world.statuses[key]["id"])) for key in also]]

    return Asked(make, shows)


def of_absent(*queries, also=(), names=False, sent=None, expected="refused", shows=True):
    """The accounts that are not there, by id and if `names` by nickname, and people who are there."""

    def make(rule, world):
        people = [world.people[name] for name in ABSENT]
        known = [str(one.id) for one in people] + [one.nickname for one in people if names]
        there = [world.people[name].nickname if names else world.people[name].id for name in also]
        absent = [Request(filled(rule, value) + query, sent, expected) for value in known for query in ("", *queries)]
        return absent + [Request(filled(rule, value) + query, sent) for value in there for query in ("", *queries)]

    return Asked(make, shows)


def of(choose, *queries, sent=None, expected="good", shows=True):
    """What a function of the world names."""

    def make(rule, world):
        return [Request(filled(rule, v) + query, sent, expected) for v in choose(world) for query in ("", *queries)]

    return Asked(make, shows)


def foreign(which, *sent):
    """What is the author's own."""
    return Asked(
        lambda rule, world: [Request(filled(rule, world.foreign[which]), body, "refused") for body in sent or (None,)],
        shows=False,
    )


def both(*parts):
    """Several in one."""
    shows = any(part.shows for part in parts)
    return Asked(lambda rule, world: [request for part in parts for request in part.requests(rule, world)], shows)


def _ids(world, name="id[]"):
    return "&".join(f"{name}={world.people[absent].id}" for absent in ABSENT)


def with_emoji(asked):
    """The same of a route that ends with an emoji."""
    return Asked(lambda rule, world: asked.requests(rule.replace("<emoji>", quote("\U0001f40c")), world), asked.shows)


def _queries(world):
    # Never the bare word, which would excuse every answer.
    words = ["secre", "plan", "meeting", "whisper", "call", "answer", "narrowed", "#secretplan", *TAGS, *ABSENT]
    words += [f"{BASE}/users/{name}" for name in ABSENT]
    words += [f"{BASE}/notice/{status_id}" for status_id in world.hidden()]
    words += [f"{BASE}/objects/{uuid}" for uuid in world.hidden_objects()]
    return [f"?q={quote(word, safe='')}&limit=40&resolve=true" for word in words]


def searched(rule, world):
    """Everything that one could search for."""
    return [Request(rule + query) for query in _queries(world)]


READING = {
    "GET /": plainly(),
    "GET /tag/<name>": of(lambda world: TAGS),
    "GET /users/<nickname>": both(
        of_absent(names=True, shows=False), of(lambda world: ("author", "friend", "reader"))
    ),
    "GET /users/<nickname>/feed.atom": both(
        of_absent(names=True, shows=False), of(lambda world: ("author", "friend", "reader"))
    ),
    "GET /notice/<id:status_id>": of_hidden(also=("root",)),
    "GET /objects/<uuid>": Asked(
        lambda rule, world: [Request(filled(rule, uuid), None, "refused") for uuid in world.hidden_objects()], False
    ),
    "GET /nodeinfo/<version>": of(lambda world: ("2.0", "2.1")),
    "GET /api/v1/instance": plainly(shows=False),
    "GET /api/v2/instance": plainly(shows=False),
    "GET /api/v1/accounts": Asked(lambda rule, world: [Request(f"{rule}?{_ids(world)}", None, "empty")]),
    "GET /api/v1/accounts/<name>": of_absent(names=True, also=("author", "friend", "reader")),
    "GET /api/v1/accounts/lookup": Asked(
        lambda rule, world: [Request(f"{rule}?acct={name}", None, "refused") for name in ABSENT]
    ),
    "GET /api/v1/accounts/search": Asked(searched),
    "GET /api/v1/accounts/relationships": Asked(
        lambda rule, world: [Request(f"{rule}?{_ids(world)}", None, "empty")], shows=False
    ),
    "GET /api/v1/accounts/familiar_followers": Asked(
        lambda rule, world: [
            Request(f"{rule}?id[]={world.people['friend'].id}&id[]={world.people['author'].id}&{_ids(world)}")
        ]
    ),
    "GET /api/v1/accounts/<id:account_id>/followers": of_absent("?limit=80", also=("friend", "author", "reader")),
    "GET /api/v1/accounts/<id:account_id>/following": of_absent("?limit=80", also=("friend", "author", "reader")),
    "GET /api/v1/accounts/<id:account_id>/lists": of_absent(expected="good", shows=False),
    "GET /api/v1/accounts/<name>/statuses": of_absent(
        *WHOLE, "?pinned=true", "?tagged=secretplan", "?exclude_replies=true", names=True,
        also=("author", "friend", "reader"),
    ),
    "GET /api/v1/pleroma/accounts/<id:account_id>/favourites": of_absent(
        "?limit=80", also=("author", "friend", "reader")
    ),
    "GET /api/v1/pleroma/accounts/<name>/scrobbles": of_absent(names=True, also=("author",)),
    **{f"GET /api/pleroma/{kind}_export": plainly() for kind in ("follow", "mutes", "blocks", "lists")},
    # Addresses alone.
    "GET /api/pleroma/bookmarks_export": plainly(shows=False),
    "GET /api/v1/blocks": plainly("?limit=80"),
    "GET /api/v1/mutes": plainly("?limit=80"),
    "GET /api/v1/endorsements": plainly("?limit=80"),
    "GET /api/v1/follow_requests": plainly("?limit=80"),
    "GET /api/v1/favourites": plainly(*WHOLE),
    "GET /api/v1/bookmarks": plainly(*WHOLE),
    "GET /api/v1/conversations": plainly("?limit=80"),
    "GET /api/v1/pleroma/conversations/<id:conversation_id>": of(lambda world: world.own.conversations),
    "GET /api/v1/pleroma/conversations/<id:conversation_id>/statuses": of(lambda world: world.own.conversations),
    "GET /api/v1/timelines/home": plainly(*WHOLE),
    "GET /api/v1/timelines/public": plainly(*WHOLE, "?local=true"),
    "GET /api/v1/timelines/tag/<tag>": of(lambda world: TAGS, *WHOLE, f"?any[]={'&any[]='.join(TAGS)}"),
    "GET /api/v1/timelines/direct": plainly(*WHOLE),
    "GET /api/v1/timelines/list/<id:list_id>": both(of(lambda world: world.own.lists, *WHOLE), foreign("list_id")),
    "GET /api/v1/notifications": plainly(*WHOLE, "?types[]=mention", "?types[]=poll", "?exclude_types[]=follow"),
    "GET /api/v1/notifications/<id:notification_id>": of(lambda world: world.own.notifications, expected="any"),
    "GET /api/v1/polls/<id:status_id>": of_hidden(),
    "GET /api/v1/statuses": Asked(
        lambda rule, world: [
            Request(f"{rule}?{'&'.join(f'{name}={status_id}' for status_id in world.hidden())}", None, "empty")
            for name in ("id[]", "ids[]")
        ]
    ),
    "GET /api/v1/statuses/<id:status_id>": of_hidden(),
    "GET /api/v1/statuses/<id:status_id>/card": of_hidden(shows=False),
    "GET /api/v1/statuses/<id:status_id>/context": of_hidden(also=("root",)),
    "GET /api/v1/statuses/<id:status_id>/favourited_by": of_hidden(also=("root",)),
    "GET /api/v1/statuses/<id:status_id>/reblogged_by": of_hidden(also=("root",)),
    "GET /api/v1/statuses/<id:status_id>/source": of_hidden(shows=False),
    "GET /api/v1/statuses/<id:status_id>/history": of_hidden(),
    "GET /api/v1/pleroma/statuses/<id:status_id>/reactions": of_hidden(also=("root",)),
    "GET /api/v1/pleroma/statuses/<id:status_id>/reactions/<emoji>": with_emoji(of_hidden(also=("root",))),
    "GET /api/v1/search": Asked(searched),
    "GET /api/v2/search": Asked(searched),
    "GET /api/v1/lists": plainly(shows=False),
    "GET /api/v1/lists/<id:list_id>": foreign("list_id"),
    "GET /api/v1/lists/<id:list_id>/accounts": both(
        of(lambda world: world.own.lists, "?limit=0"), foreign("list_id")
    ),
    "GET /api/v1/scheduled_statuses": plainly(shows=False),
    "GET /api/v1/scheduled_statuses/<id:scheduled_id>": foreign("scheduled_id"),
    "GET /api/v1/filters": plainly(shows=False),
    "GET /api/v1/filters/<id:keyword_id>": foreign("keyword_id"),
    "GET /api/v2/filters": plainly(shows=False),
    "GET /api/v2/filters/<id:filter_id>": foreign("filter_id"),
    "GET /api/v2/filters/<id:filter_id>/keywords": foreign("filter_id"),
    "GET /api/v2/filters/<id:filter_id>/statuses": foreign("filter_id"),
    "GET /api/v2/filters/keywords/<id:keyword_id>": foreign("keyword_id"),
    "GET /api/v2/filters/statuses/<id:filter_status_id>": foreign("filter_status_id"),
    "GET /api/v1/media/<id:media_id>": foreign("media_id"),
    # These are empty for now.
    **{
        f"GET {rule}": plainly(shows=False)
        for rule in (
            "/api/v1/directory", "/api/v1/trends", "/api/v1/trends/tags", "/api/v1/trends/statuses",
            "/api/v1/trends/links", "/api/v1/suggestions", "/api/v2/suggestions", "/api/v1/featured_tags",
            "/api/v1/featured_tags/suggestions", "/api/v1/followed_tags", "/api/v1/announcements",
            "/api/v1/pleroma/chats",
        )
    },
    "GET /api/v1/accounts/<id:account_id>/featured_tags": of_absent(expected="good", also=("author",), shows=False),
    "GET /api/v1/accounts/<id:account_id>/identity_proofs": of_absent(expected="good", also=("author",), shows=False),
}  # fmt: skip


def marking(*marks):
    """What is done to a status."""
    return {f"POST /api/v1/statuses/<id:status_id>/{mark}": of_hidden() for mark in marks}


def meeting(*actions, expected="refused"):
    """What is done to an account."""
    return {
        f"POST /api/v1/accounts/<id:account_id>/{action}": of_absent(sent={"comment": "x"}, expected=expected)
        for action in actions
    }


def replying(rule, world):
    """Answers to what is hidden are refused; those into a conversation address only who is there."""
    refused = [
        Request(rule, {"status": "hello", "in_reply_to_id": status_id, "preview": preview}, "refused")
        for status_id in world.hidden()
        for preview in (True, False)
    ]
    into = [
        Request(rule, {"status": "hello", "in_reply_to_conversation_id": conversation_id})
        for conversation_id in world.own.conversations
    ]
    named = " ".join(f"@{name}" for name in ABSENT)
    return [*refused, *into, Request(rule, {"status": "hello", "to": list(ABSENT)}), Request(rule, {"status": named})]


def reporting(rule, world):
    """Who is not there cannot be reported; of others, only what the reporter sees."""
    refused = [Request(rule, {"account_id": str(world.people[name].id)}, "refused") for name in ABSENT]
    return [*refused, Request(rule, {"account_id": str(world.people["author"].id), "status_ids": world.hidden()})]


ACTING = {
    **marking(
        "favourite", "unfavourite", "reblog", "unreblog", "bookmark", "unbookmark", "pin", "unpin", "mute", "unmute"
    ),
    "POST /api/v1/polls/<id:status_id>/votes": of_hidden({"choices": [0]}),
    "DELETE /api/v1/statuses/<id:status_id>": of_hidden(),
    "POST /api/v1/statuses": Asked(replying),
    **meeting("follow", "block", "unblock", "mute", "unmute", "note", "pin", "unpin"),
    # A follow can be ended also with who is not there.
    **meeting("unfollow", "remove_from_followers", expected="any"),
    "POST /api/v1/pleroma/accounts/<id:account_id>/subscribe": of_absent(),
    "POST /api/v1/pleroma/accounts/<id:account_id>/unsubscribe": of_absent(),
    "POST /api/v1/follow_requests/<id:account_id>/authorize": of_absent(expected="any"),
    "POST /api/v1/follow_requests/<id:account_id>/reject": of_absent(expected="any"),
    "POST /api/v1/follows": Asked(
        lambda rule, world: [Request(rule, {"uri": uri}, "refused") for name in ABSENT for uri in (name, f"@{name}")]
    ),
    "POST /api/v1/reports": Asked(reporting),
    "POST /api/v1/lists/<id:list_id>/accounts": both(
        Asked(
            lambda rule, world: [
                Request(filled(rule, own), {"account_ids": [str(world.people[name].id) for name in ABSENT]})
                for own in world.own.lists
            ]
        ),
        foreign("list_id", {"account_ids": []}),
    ),
    "DELETE /api/v1/lists/<id:list_id>/accounts": foreign("list_id", {"account_ids": []}),
    "PUT /api/v1/lists/<id:list_id>": foreign("list_id", {"title": "x"}),
    "DELETE /api/v1/lists/<id:list_id>": foreign("list_id"),
    "PUT /api/v1/scheduled_statuses/<id:scheduled_id>": foreign("scheduled_id", {"scheduled_at": "2999-01-01"}),
    "DELETE /api/v1/scheduled_statuses/<id:scheduled_id>": foreign("scheduled_id"),
    "PUT /api/v1/statuses/<id:status_id>": of_hidden({"status": "x"}),
    "PUT /api/v1/pleroma/statuses/<id:status_id>/reactions/<emoji>": with_emoji(of_hidden()),
    "DELETE /api/v1/pleroma/statuses/<id:status_id>/reactions/<emoji>": with_emoji(of_hidden()),
    "PUT /api/v1/filters/<id:keyword_id>": foreign("keyword_id", {"phrase": "x"}),
    "DELETE /api/v1/filters/<id:keyword_id>": foreign("keyword_id"),
    "PUT /api/v2/filters/<id:filter_id>": foreign("filter_id", {"title": "x"}),
    "DELETE /api/v2/filters/<id:filter_id>": foreign("filter_id"),
    "POST /api/v2/filters/<id:filter_id>/keywords": foreign("filter_id", {"keyword": "x"}),
    "PUT /api/v2/filters/keywords/<id:keyword_id>": foreign("keyword_id", {"keyword": "x"}),
    "DELETE /api/v2/filters/keywords/<id:keyword_id>": foreign("keyword_id"),
    "POST /api/v2/filters/<id:filter_id>/statuses": both(
        foreign("filter_id", {"status_id": "1"}),
        Asked(
            lambda rule, world: [
                Request(filled(rule, world.own.filter_id), {"status_id": status_id}, "refused")
                for status_id in world.hidden()
            ]
        ),
    ),
    "DELETE /api/v2/filters/statuses/<id:filter_status_id>": foreign("filter_status_id"),
    "PUT /api/v1/media/<id:media_id>": foreign("media_id", {"description": "x"}),
    "POST /api/v1/conversations/<id:conversation_id>/read": of(lambda world: world.own.conversations, sent={}),
    "PATCH /api/v1/pleroma/conversations/<id:conversation_id>": both(
        Asked(
            lambda rule, world: [
                Request(filled(rule, i), {"recipients": [str(world.people[name].id)]}, "refused")
                for i in world.own.conversations
                for name in ABSENT
            ]
        ),
        of(lambda world: world.own.conversations, sent={"recipients": []}),
    ),
    "POST /api/v1/pleroma/conversations/read": plainly(),
    "POST /api/v1/pleroma/notifications/read": Asked(
        lambda rule, world: [
            *[Request(rule, {"id": i}, "any") for i in world.own.notifications], Request(rule, {"max_id": "9" * 9})
        ]
    ),
    "POST /api/qvitter/statuses/notifications/read": Asked(
        lambda rule, world: [Request(rule, {"latest_id": "9" * 9})]
    ),
}  # fmt: skip

# They answer with nothing of others: with what is the caller's own, the server's, or nothing.
SHOWS_NONE = set(
    """
    DELETE /api/oauth_tokens/<id:token_id>
    DELETE /api/pleroma/accounts/mfa/<method>
    DELETE /api/pleroma/emoji/packs/<path:name>
    DELETE /api/pleroma/profile/mfa/<method>
    DELETE /api/v1/conversations/<id:conversation_id>
    DELETE /api/v1/domain_blocks
    DELETE /api/v1/featured_tags/<id:featured_tag_id>
    DELETE /api/v1/notifications/destroy_multiple
    DELETE /api/v1/push/subscription
    GET /.well-known/nodeinfo
    GET /.well-known/oauth-authorization-server
    GET /<path:name>
    GET /about
    GET /api/account/confirm_email/<id:account_id>/<token>
    GET /api/oauth_tokens
    GET /api/openapi
    GET /api/openapi.json
    GET /api/pleroma/accounts/mfa
    GET /api/pleroma/accounts/mfa/backup_codes
    GET /api/pleroma/accounts/mfa/setup/<method>
    GET /api/pleroma/captcha
    GET /api/pleroma/domain_blocks_export
    GET /api/pleroma/emoji
    GET /api/pleroma/emoji/packs
    GET /api/pleroma/emoji/packs/<path:name>/download_shared
    GET /api/pleroma/emoji/packs/download_shared/<path:name>
    GET /api/pleroma/emoji/packs/list
    GET /api/pleroma/frontend_configurations
    GET /api/pleroma/healthcheck
    GET /api/pleroma/password_reset/<token>
    GET /api/pleroma/profile/mfa
    GET /api/pleroma/profile/mfa/backup_codes
    GET /api/pleroma/profile/mfa/setup/<method>
    GET /api/statusnet/config
    GET /api/statusnet/version
    GET /api/v1/accounts/verify_credentials
    GET /api/v1/apps/verify_credentials
    GET /api/v1/custom_emojis
    GET /api/v1/domain_blocks
    GET /api/v1/instance/activity
    GET /api/v1/instance/domain_blocks
    GET /api/v1/instance/peers
    GET /api/v1/instance/rules
    GET /api/v1/markers
    GET /api/v1/notifications/unread_count
    GET /api/v1/pleroma/backups
    GET /api/v1/pleroma/mascot
    GET /api/v1/preferences
    GET /api/v1/push/subscription
    GET /api/v1/streaming
    GET /api/v1/streaming/direct
    GET /api/v1/streaming/hashtag
    GET /api/v1/streaming/hashtag/local
    GET /api/v1/streaming/health
    GET /api/v1/streaming/list
    GET /api/v1/streaming/public
    GET /api/v1/streaming/public/local
    GET /api/v1/streaming/public/remote
    GET /api/v1/streaming/user
    GET /api/v1/streaming/user/notification
    GET /api/v1/tags/<name>
    GET /auth/password
    GET /emoji/<path:name>
    GET /health
    GET /login
    GET /media/<path:name>
    GET /media/backups/<name>.zip
    GET /metrics
    GET /oauth/authorize
    GET /registration
    GET /registration/<invite>
    PATCH /api/v1/accounts/update_credentials
    PATCH /api/v1/pleroma/accounts/update_avatar
    PATCH /api/v1/pleroma/accounts/update_background
    PATCH /api/v1/pleroma/accounts/update_banner
    POST /api/account/register
    POST /api/pleroma/accounts/mfa/confirm/<method>
    POST /api/pleroma/blocks_import
    POST /api/pleroma/bookmarks_import
    POST /api/pleroma/change_email
    POST /api/pleroma/change_password
    POST /api/pleroma/delete_account
    POST /api/pleroma/disable_account
    POST /api/pleroma/emoji/packs/<path:name>/update_file
    POST /api/pleroma/emoji/packs/<path:name>/update_metadata
    POST /api/pleroma/emoji/packs/download_from
    POST /api/pleroma/emoji/packs/import_from_fs
    POST /api/pleroma/emoji/packs/list_from
    POST /api/pleroma/follow_import
    POST /api/pleroma/mutes_import
    POST /api/pleroma/password_reset
    POST /api/pleroma/profile/mfa/confirm/<method>
    POST /api/v1/accounts
    POST /api/v1/announcements/<id:announcement_id>/dismiss
    POST /api/v1/apps
    POST /api/v1/domain_blocks
    POST /api/v1/featured_tags
    POST /api/v1/filters
    POST /api/v1/lists
    POST /api/v1/markers
    POST /api/v1/media
    POST /api/v1/notifications/<id:notification_id>/dismiss
    POST /api/v1/notifications/clear
    POST /api/v1/notifications/dismiss
    POST /api/v1/pleroma/accounts/confirmation_resend
    POST /api/v1/pleroma/backups
    POST /api/v1/pleroma/scrobble
    POST /api/v1/push/subscription
    POST /api/v1/tags/<name>/follow
    POST /api/v1/tags/<name>/unfollow
    POST /api/v1/upload
    POST /api/v2/filters
    POST /api/v2/media
    POST /auth/password
    POST /login
    POST /logout
    POST /oauth/authorize
    POST /oauth/mfa/challenge
    POST /oauth/revoke
    POST /oauth/token
    POST /registration
    PUT /api/pleroma/emoji/packs/<path:name>
    PUT /api/pleroma/notification_settings
    PUT /api/v1/pleroma/mascot
    PUT /api/v1/push/subscription
    PUT /api/web/settings
    """.split("\n")
)
SHOWS_NONE = {line.strip() for line in SHOWS_NONE if line.strip()}
