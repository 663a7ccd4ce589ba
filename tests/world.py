"""A small world: people and what they wrote and did to each other, before and after some of it became a secret.

Every text, tag and name that the reader may not see at the end holds the word "secret"; nothing else does.
"""

from typing import NamedTuple

from pleroma import db
from pleroma.accounts import lifecycle
from pleroma.db import queries
from tests.views.mastodon.test_media import png

# What each reader was to the author before, and what ended that.
WERE = {
    "follower and on the list": ("follow", "list"),
    "blocked": ("follow", "list"),
    "blocking": ("follow", "list"),
    "unfollowing": ("follow",),
    "removed from the followers": ("follow",),
    "off the list": ("list",),
    "stranger": (),
    "anonymous": (),
}
READERS = tuple(kind for kind in WERE if kind != "follower and on the list")
# They are there for nobody in the end.
ABSENT = ("secretgone", "secretpending", "secreterased", "secretbarred", "secrethushed", "secretasking")
_DEACTIVATED = ("secretgone", "secretbarred", "secrethushed", "secretasking")
_CONFIG = "/api/pleroma/admin/config"


class Own(NamedTuple):
    """Ids of what the reader has from before."""

    notifications: list
    conversations: list
    lists: list
    filter_id: str


class World:
    """The world as one reader finds it; `change` makes the secrets secret."""

    def __init__(self, client, person, sql, kind):
        self.client, self.sql, self.kind = client, sql, kind
        self.people = {name: person(name) for name in ("author", "friend", "reader")}
        self.people |= {name: person(name, confirmed=name != "secretpending") for name in ABSENT}
        self.root = person("root", admin=True)
        self.statuses, self.foreign = {}, {}
        self._befriend()
        self._write()
        self._react()
        self._keep()

    @property
    def reader(self):
        """Who asks; None for nobody."""
        return self.people["reader"] if self.kind != "anonymous" else None

    def call(self, method, path, name, **parameters):
        """A request of one of the people, which must succeed."""
        send = getattr(self.client, f"{method}_json" if parameters else method)
        sent = [parameters] if parameters else []
        return send(path, *sent, auth=self.people[name], status=200).json

    def post(self, key, name, text, **parameters):
        """Post a status that is known by a key."""
        self.statuses[key] = self.call("post", "/api/v1/statuses", name, status=text, **parameters)
        return self.statuses[key]

    def to(self, name, action, by):
        """Let somebody do something to an account."""
        return self.call("post", f"/api/v1/accounts/{self.people[name].id}/{action}", by)

    def _befriend(self):
        self.list_id = self.call("post", "/api/v1/lists", "author", title="secret list")["id"]
        path = f"/api/v1/lists/{self.list_id}/accounts"
        self.call("post", path, "author", account_ids=[str(self.people["friend"].id)])
        if "list" in WERE[self.kind]:
            self.call("post", path, "author", account_ids=[str(self.people["reader"].id)])
        for follower in ("friend", *["reader"] * ("follow" in WERE[self.kind])):
            self.to("author", "follow", follower)
        if self.kind not in ("stranger", "anonymous"):
            self.call("post", f"/api/v1/pleroma/accounts/{self.people['author'].id}/subscribe", "reader")
        for name in ("secretgone", "secretpending", "secreterased"):
            for follower, followed in (("reader", name), (name, "reader"), (name, "friend"), ("friend", name)):
                self.to(followed, "follow", follower)
        self.to("friend", "follow", "reader")
        self.call("patch", "/api/v1/accounts/update_credentials", "reader", locked=True)
        self.to("reader", "follow", "secretasking")
        self.sql("update accounts set is_moderator = true where nickname like 'secret%%'")

    def _write(self):
        poll = {"options": ["secret yes", "secret no"], "expires_in": 3600}
        self.post("root", "friend", "a thread")
        picture = [("file", "x.png", png())]
        media = self.client.post(
            "/api/v1/media", {"description": "secret picture"}, upload_files=picture, auth=self.people["author"]
        ).json
        private = {"visibility": "private", "spoiler_text": "secret subject", "media_ids": [media["id"]]}
        self.post("private", "author", "secret plan #secretplan", **private)
        self.post("private poll", "author", "secret poll", visibility="private", poll=poll)
        self.post("private reply", "author", "secret reply", visibility="private", in_reply_to_id=self._id("root"))
        self.post("direct", "author", "@friend secret word #secretword", visibility="direct")
        self.post("listed", "author", "secret meeting #secretmeeting", visibility=f"list:{self.list_id}")
        self.statuses["reblog of private"] = self.call(
            "post", f"/api/v1/statuses/{self._id('private')}/reblog", "author", visibility="private"
        )
        for key in ("narrowed", "deleted", "expired"):
            more = {"expires_in": 3600} if key == "expired" else {"poll": poll}
            self.post(key, "author", f"secret {key} #secret{key}", **more)
        for name in ("secretgone", "secretpending", "secreterased"):
            self.post(name, name, f"secret of {name} #{name}tag", poll=poll)
            self.post(f"{name}'s reply", name, "secret answer", in_reply_to_id=self._id("root"))
            self.post(f"{name}'s word", name, "@reader @friend secret whisper", visibility="direct")
            self.post(f"{name}'s call", name, "@reader secret call")
            self.call("post", f"/api/v1/statuses/{self._id(name)}/pin", name)
            self.call("post", "/api/v1/pleroma/scrobble", name, title="secret song")
            self.statuses[f"reblog of {name}"] = self.call(
                "post", f"/api/v1/statuses/{self._id(name)}/reblog", "friend"
            )
            self.statuses[f"{name}'s reblog"] = self.call("post", f"/api/v1/statuses/{self._id('root')}/reblog", name)
        self.call("post", "/api/v1/pleroma/scrobble", "author", title="secret song", visibility="private")
        self.foreign = {
            "media_id": media["id"],
            "list_id": self.list_id,
            "scheduled_id": self.call(
                "post", "/api/v1/statuses", "author", status="secret plan", scheduled_at="2999-01-01"
            )["id"],
        }
        word = {"keyword": "secret phrase"}
        filtering = self.call(
            "post", "/api/v2/filters", "author", title="secret", context=["home"], keywords_attributes=[word]
        )
        path = f"/api/v2/filters/{filtering['id']}/statuses"
        named = self.call("post", path, "author", status_id=self._id("root"))
        self.foreign |= {
            "filter_id": filtering["id"],
            "keyword_id": filtering["keywords"][0]["id"],
            "filter_status_id": named["id"],
        }

    def _react(self):
        seen = [key for key in self.statuses if self.may_see(key)]
        own = self.call("post", "/api/v1/statuses", "reader", status="mine")
        self.own_status_id = own["id"]
        for key in seen:
            path = f"/api/v1/statuses/{self._id(key)}"
            for mark in ("favourite", "bookmark"):
                self.call("post", f"{path}/{mark}", "reader")
            if self.statuses[key]["poll"] and not self.statuses[key]["reblog"]:
                votes = f"/api/v1/polls/{self._id(key)}/votes"
                self.client.post_json(votes, {"choices": [0]}, auth=self.people["reader"], status=200)
        for key in ("narrowed", "secretgone", "secretpending"):
            self.call("post", f"/api/v1/statuses/{self._id(key)}/reblog", "reader")
            self.call("post", f"/api/v1/statuses/{self._id(key)}/favourite", "author")
        for name in ("secretgone", "secretpending", "secreterased"):
            self.call("put", f"/api/v1/pleroma/statuses/{self._id('root')}/reactions/%F0%9F%90%8C", name)
            for mark in ("favourite", "reblog"):
                for status_id in (own["id"], self._id("root")):
                    self.call("post", f"/api/v1/statuses/{status_id}/{mark}", name)
        self.sql("update polls set expires_at = now()")
        with db.in_transaction() as connection:
            for (status_id,) in self.sql("select status_id from polls"):
                queries.polls.notify_of_end(connection, status_id=status_id)

    def _keep(self):
        for name in ("secretgone", "secretpending", "secreterased"):
            self.call("post", f"/api/v1/accounts/{self.people[name].id}/note", "reader", comment="a note")
            self.to(name, "pin", "reader")
        self.to("secretbarred", "block", "reader")
        self.to("secrethushed", "mute", "reader")
        cats = self.call("post", "/api/v1/lists", "reader", title="cats")["id"]
        members = [str(self.people[name].id) for name in ("secretgone", "secretpending", "secreterased", "author")]
        self.call("post", f"/api/v1/lists/{cats}/accounts", "reader", account_ids=members)
        report = {"account_id": str(self.people["secretgone"].id), "status_ids": [self._id("secretgone")]}
        self.call("post", "/api/v1/reports", "reader", **report)
        self.own = Own(
            [str(row) for (row,) in self.sql("select id from notifications where account_id = %s", self._reader_id())],
            [str(row) for (row,) in self.sql("select id from participations where account_id = %s", self._reader_id())],
            [cats],
            self.call("post", "/api/v2/filters", "reader", title="own", context=["home"])["id"],
        )

    def _reader_id(self):
        return self.people["reader"].id

    def _id(self, key):
        return self.statuses[key]["id"]

    def may_see(self, key):
        """Whether the reader may see a status before the change."""
        if key in ("direct",):
            return False
        if key == "listed":
            return "list" in WERE[self.kind]
        return not key.startswith(("private", "reblog of private")) or "follow" in WERE[self.kind]

    def hidden(self):
        """The ids of the statuses that the reader may not see after the change."""
        return [status["id"] for key, status in self.statuses.items() if key != "root"]

    def hidden_objects(self):
        """The UUIDs of those that are no reblogs, which carry that of their original."""
        hidden = [status for key, status in self.statuses.items() if key != "root" and not status["reblog"]]
        return [status["uri"].rpartition("/")[2] for status in hidden]

    def change(self):
        """What makes the secrets secret."""
        client, author, reader = self.client, self.people["author"], self.people["reader"]
        if self.kind == "blocked":
            self.to("reader", "block", "author")
        elif self.kind == "blocking":
            self.to("author", "block", "reader")
        elif self.kind == "unfollowing":
            self.to("author", "unfollow", "reader")
        elif self.kind == "removed from the followers":
            self.to("reader", "remove_from_followers", "author")
        elif self.kind == "off the list":
            client.delete(f"/api/v1/lists/{self.list_id}/accounts?account_ids[]={reader.id}", auth=author, status=200)
        path = "/api/pleroma/admin"
        client.put(f"{path}/statuses/{self._id('narrowed')}", {"visibility": "private"}, auth=self.root, status=200)
        client.delete(f"/api/v1/statuses/{self._id('deleted')}", auth=author, status=200)
        self.sql("update statuses set expires_at = now() where expires_at is not null")
        client.patch_json(f"{path}/users/deactivate", {"nicknames": _DEACTIVATED}, auth=self.root, status=200)
        with db.in_transaction() as connection:
            lifecycle.delete(connection, self.people["secreterased"].id)
        required = [{"tuple": [":account_activation_required", True]}]
        configs = [{"group": "pleroma", "key": ":instance", "value": required}]
        client.post_json(_CONFIG, {"configs": configs}, auth=self.root, status=200)
