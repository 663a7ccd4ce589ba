"""Mastodon.py against a running server: python mastodon_py.py ADDRESS. Prints a transcript, stops at a fault."""

import io
import queue
import re
import sys
from pathlib import Path

import requests
from mastodon import CallbackStreamListener, Mastodon, MastodonNotFoundError
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.meanwhile import until
from tests.push_service import push_service

SCOPES = ["read", "write", "follow", "push"]


def picture():
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, "PNG")
    return file.getvalue()


def say(step, result):
    """One line of the transcript."""
    print(f"{step:34} {result}")


def by_password(address, name):
    """A client logged in by password."""
    client_id, client_secret = Mastodon.create_app("mastodon.py", scopes=SCOPES, api_base_url=address)
    client = Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=address)
    client.log_in(f"{name}@mail.example", "secret", scopes=SCOPES)
    return client


def by_code(address, name):
    """A client logged in on the authorization page, out of band."""
    client_id, client_secret = Mastodon.create_app("mastodon.py", scopes=SCOPES, api_base_url=address)
    client = Mastodon(client_id=client_id, client_secret=client_secret, api_base_url=address)
    browser = requests.Session()
    url = client.auth_request_url(scopes=SCOPES)
    form = browser.get(url)
    form.raise_for_status()
    fields = re.findall(r'<input[^>]*type="(?:hidden|checkbox)"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form.text)
    fields += [("authorization[name]", name), ("authorization[password]", "secret")]
    page = browser.post(f"{address}/oauth/authorize", data=fields)
    page.raise_for_status()
    code = re.search(r"[A-Za-z0-9_-]{40,}", re.sub(r"<(style|head)>.*?</\1>", "", page.text, flags=re.S))[0]
    client.log_in(code=code, scopes=SCOPES)
    return client


def statuses(alice, bob):
    """Posting, answering, marking and deleting."""
    media = alice.media_post(picture(), mime_type="image/png", description="teal", focus=(0.1, 0.2))
    post = alice.status_post("hello #world @bob", media_ids=[media], spoiler_text="greeting", language="en")
    assert post.media_attachments[0].description == "teal"
    assert post.tags[0].name == "world"
    say("post with a picture", post.url)
    answer = bob.status_reply(bob.status(post.id), "hello yourself")
    context = alice.status_context(post.id)
    assert [s.id for s in context.descendants] == [answer.id]
    say("reply and context", answer.content[:60])
    assert bob.status_favourite(post.id).favourited
    assert bob.status_reblog(post.id).reblog.id == post.id
    assert bob.status_bookmark(post.id).bookmarked
    assert [s.id for s in bob.bookmarks()] == [post.id]
    assert [s.id for s in bob.favourites()] == [post.id]
    assert [a.acct for a in alice.status_favourited_by(post.id)] == ["bob"]
    assert [a.acct for a in alice.status_reblogged_by(post.id)] == ["bob"]
    assert alice.status_pin(post.id).pinned and not alice.status_unpin(post.id).pinned
    assert alice.status_mute(post.id).muted and not alice.status_unmute(post.id).muted
    assert not bob.status_unfavourite(post.id).favourited
    bob.status_unreblog(post.id)
    bob.status_unbookmark(post.id)
    say("favourite, reblog, bookmark, pin", "and back")
    gone = alice.status_post("soon gone")
    alice.status_delete(gone.id)
    say("delete", gone.id)


def timelines(alice, bob):
    """Reading every timeline page by page."""
    alice.account_follow(bob.me().id)
    for number in range(25):
        bob.status_post(f"number {number} #count")
    for name, first in (
        ("home", alice.timeline_home(limit=10)),
        ("public", alice.timeline_public(limit=10)),
        ("local", alice.timeline_local(limit=10)),
        ("tag", alice.timeline_hashtag("count", limit=10)),
        ("account", alice.account_statuses(bob.me().id, limit=10)),
    ):
        everything = alice.fetch_remaining(first)
        ids = [status.id for status in everything]
        assert len(set(ids)) == len(ids) >= 25, (name, len(ids))
        assert ids == sorted(ids, key=int, reverse=True)
        back = alice.fetch_previous(alice.fetch_next(first))
        assert [s.id for s in back] == [s.id for s in first]
        say(f"{name} page by page", f"{len(ids)} statuses")


def people(alice, bob):
    """Relationships, lists, notifications, search."""
    me, other = alice.me(), bob.me()
    assert alice.account_relationships([other.id])[0].following
    assert [n.type for n in bob.notifications(types=["follow"])] == ["follow"]
    assert {"mention", "follow"} <= {n.type for n in bob.notifications()}
    say("notifications", [n.type for n in bob.notifications()])
    alice.account_mute(other.id, duration=60)
    assert [a.id for a in alice.mutes()] == [other.id]
    alice.account_unmute(other.id)
    alice.account_block(other.id)
    assert [a.id for a in alice.blocks()] == [other.id]
    alice.account_unblock(other.id)
    bob.account_update_credentials(locked=True, display_name="Bob", note="note", fields=[("Town", "Here")])
    assert alice.account_follow(other.id).requested
    assert [a.id for a in bob.follow_requests()] == [me.id]
    bob.follow_request_authorize(me.id)
    assert alice.account_relationships([other.id])[0].following
    bob.account_update_credentials(locked=False)
    say("mute, block, follow request", "done")
    made = alice.list_create("friends")
    alice.list_accounts_add(made.id, [other.id])
    assert alice.timeline_list(made.id)
    assert [entry.title for entry in alice.account_lists(other.id)] == ["friends"]
    alice.list_delete(made.id)
    say("list and its timeline", made.title)
    found = alice.search_v2("bob")
    assert [a.acct for a in found.accounts] == ["bob"]
    assert alice.account_search("bob")[0].id == other.id
    assert alice.search_v2("number", result_type="statuses").statuses
    assert alice.account_lookup("bob").id == other.id
    say("search", [a.acct for a in found.accounts])
    alice.status_post("@bob secret", visibility="direct")
    conversation = bob.conversations()[0]
    assert conversation.unread and not bob.conversations_read(conversation.id).unread
    say("direct message and conversation", conversation.last_status.content[-20:])
    alice.markers_set(["home"], ["1"])
    assert alice.markers_get(["home"]).home.last_read_id
    assert alice.preferences()["posting:default:visibility"] == "public"
    alice.report(other.id, comment="test")
    alice.notifications_clear()
    say("markers, preferences, report", "done")


def push(alice, bob):
    """Subscribing, being pushed to, and reading it."""
    private, public = alice.push_subscription_generate_keys()
    with push_service() as service:
        made = alice.push_subscription_set(f"{service.url}/alice", public, mention_events=True, follow_events=False)
        assert made.alerts.mention and not made.alerts.follow
        assert made.server_key == alice.app_verify_credentials().vapid_key
        assert alice.push_subscription().endpoint == f"{service.url}/alice"
        status = bob.status_post("@alice wake up", visibility="direct")
        until(lambda: service.got)
        (one,) = service.got
        message = alice.push_subscription_decrypt_push(
            one.body, private, one.headers["Encryption"], one.headers["Crypto-Key"]
        )
    assert message.access_token == alice.access_token
    assert alice.notifications(id=message.notification_id).status.id == status.id
    say("push", message.title)
    assert alice.push_subscription_update(follow_events=True).alerts.follow
    alice.push_subscription_delete()
    try:
        alice.push_subscription()
    except MastodonNotFoundError as missing:
        say("no more push", missing)


def streams(alice, bob):
    """Events as they happen, by server-sent events."""
    assert alice.stream_healthy()
    came = {"user": queue.Queue(), "public": queue.Queue()}
    handles = [
        start(
            CallbackStreamListener(
                update_handler=lambda status, come=came[name]: come.put(("update", status.id)),
                delete_handler=lambda status_id, come=came[name]: come.put(("delete", status_id)),
                notification_handler=lambda notification, come=came[name]: come.put(
                    ("notification", notification.type)
                ),
                filters_changed_handler=lambda come=came[name]: come.put(("filters_changed", None)),
            ),
            run_async=True,
        )
        for name, start in (("user", alice.stream_user), ("public", alice.stream_public))
    ]
    # Newer versions connect in a thread.
    until(lambda: all(handle.connection is not None for handle in handles))

    def seen(name, *events):
        shown = [came[name].get(timeout=10) for _ in events]
        assert [(kind, str(about)) for kind, about in shown] == [(kind, str(about)) for kind, about in events], shown
        say(f"stream of {name}", [kind for kind, _ in shown])

    post = bob.status_post("@alice look, live")
    # What is deleted before anybody was sent it is never shown.
    seen("user", ("update", post.id), ("notification", "mention"))
    seen("public", ("update", post.id))
    alice.filter_delete(alice.filter_create("spoiler", ["home"]))
    seen("user", *[("filters_changed", None)] * 2)
    bob.status_delete(post)
    for name in came:
        seen(name, ("delete", post.id))
    for handle in handles:
        handle.close()


def later_than_the_version_says(alice, bob):
    """Filters, edits, tags and announcements, which the version that the server names did not have."""
    for client in (alice, bob):
        client.version_check_mode = "none"
    words = [{"keyword": "spoiler", "whole_word": True}]
    made = alice.create_filter_v2("Spoilers", ["home"], "hide", keywords_attributes=words)
    more = alice.add_filter_keyword_v2(made, "ending")
    post = bob.status_post("a spoiler, as it were")
    alice.add_filter_status_v2(made, post)
    (result,) = alice.status(post).filtered
    assert (result.filter.title, result.keyword_matches, result.status_matches) == ("Spoilers", ["spoiler"], [post.id])
    assert [word.keyword for word in alice.filter_keywords_v2(made)] == ["spoiler", "ending"]
    changed = alice.update_filter_v2(made, title="Endings", keywords_attributes=[{"id": more.id, "_destroy": True}])
    assert (changed.title, len(changed.keywords), len(changed.statuses)) == ("Endings", 1, 1)
    alice.delete_filter_v2(made)
    assert alice.filters_v2() == [] and alice.status(post).filtered == []
    say("filters", result.keyword_matches)

    alice.status_reblog(post)
    edited = bob.status_update(post, "what it is now", spoiler_text="edited")
    assert (edited.id, edited.spoiler_text) == (post.id, "edited") and edited.edited_at > edited.created_at
    assert bob.status_source(post).text == "what it is now"
    assert [version.spoiler_text for version in alice.status_history(post)] == ["", "edited"]
    until(lambda: [one for one in alice.notifications(types=["update"]) if one.status.id == post.id])
    say("edit and history", edited.edited_at)

    assert alice.tag_follow("walking").following and not alice.tag_unfollow("walking").following
    alice.tag_follow("walking")
    assert [tag.name for tag in alice.followed_tags()] == ["walking"]
    featured = alice.featured_tag_create("walking")
    assert [tag.name for tag in bob.account_featured_tags(alice.me())] == ["walking"]
    alice.featured_tag_delete(featured)
    alice.tag_unfollow("walking")
    assert alice.announcements() == []
    say("tags", featured.name)


def main(address):
    """The whole walk."""
    instance = Mastodon(api_base_url=address).instance()
    say("instance", instance.version)
    alice, bob = by_password(address, "alice"), by_code(address, "bob")
    assert alice.app_verify_credentials().name == "mastodon.py"
    say("login by password, by code", (alice.me().acct, bob.me().acct))
    statuses(alice, bob)
    timelines(alice, bob)
    people(alice, bob)
    alice.account_follow(bob.me().id)
    streams(alice, bob)
    push(alice, bob)
    later_than_the_version_says(alice, bob)
    alice.revoke_access_token()
    say("revoke", "done")


if __name__ == "__main__":
    main(sys.argv[1])
