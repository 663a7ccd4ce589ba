"""What is pushed, to whom, and what it says."""

from urllib.parse import quote

import psycopg
import pytest

from pleroma.push.subscriptions import ALERTS
from tests.push_service import Reader

STATUSES = "/api/v1/statuses"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.fixture
def do(client, post, sql):
    """What bob does to alice, by the alert that it is for; gives the id of the status that it is about."""

    def mention(alice, bob):
        return post(bob, "@alice hello")["id"]

    def status(alice, bob):
        client.post(f"/api/v1/pleroma/accounts/{bob.id}/subscribe", auth=alice, status=200)
        return post(bob, "hello")["id"]

    def favourite(alice, bob):
        status_id = post(alice, "hello")["id"]
        client.post(f"{STATUSES}/{status_id}/favourite", auth=bob, status=200)
        return status_id

    def reblog(alice, bob):
        status_id = post(alice, "hello")["id"]
        client.post(f"{STATUSES}/{status_id}/reblog", auth=bob, status=200)
        return status_id

    def follow(alice, bob):
        client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob, status=200)

    def follow_request(alice, bob):
        client.patch("/api/v1/accounts/update_credentials", {"locked": "true"}, auth=alice, status=200)
        client.post(f"/api/v1/accounts/{alice.id}/follow", auth=bob, status=200)

    def poll(alice, bob):
        made = post(bob, "hello", poll={"options": ["a", "b"], "expires_in": 3600})
        client.post_json(f"/api/v1/polls/{made['poll']['id']}/votes", {"choices": [0]}, auth=alice, status=200)
        sql("update polls set expires_at = now() - interval '1 second'")
        sql("update procrastinate_jobs set scheduled_at = now() where task_name = 'end_poll'")
        return made["id"]

    def update(alice, bob):
        made = post(bob, "before")
        client.post(f"{STATUSES}/{made['id']}/reblog", auth=alice, status=200)
        client.put(f"{STATUSES}/{made['id']}", {"status": "after"}, auth=bob, status=200)
        return made["id"]

    def reaction(alice, bob):
        status_id = post(alice, "hello")["id"]
        client.put(f"/api/v1/pleroma/statuses/{status_id}/reactions/{quote(FAMILY)}", auth=bob, status=200)
        return status_id

    known = (mention, status, favourite, reblog, follow, follow_request, poll, update)
    return {action.__name__: action for action in known} | {"pleroma:emoji_reaction": reaction}


TEXTS = {
    "mention": ("mention", "Bob mentioned you", "@alice hello"),
    "status": ("mention", "Bob mentioned you", "hello"),
    "favourite": ("favourite", "Bob favourited your status", "hello"),
    "reblog": ("reblog", "Bob repeated your status", "hello"),
    "follow": ("follow", "Bob followed you", "I am <b>"),
    "follow_request": ("follow_request", "Bob wants to follow you", "I am <b>"),
    "poll": ("poll", "A poll of Bob has ended", "hello"),
    "update": ("update", "Bob edited a status", "after"),
    "pleroma:emoji_reaction": ("pleroma:emoji_reaction", f"Bob reacted with {FAMILY}", "hello"),
}


@pytest.mark.parametrize("alert", TEXTS)
def test_each_alert_pushes_its_notifications(client, settings, sql, alice, bob, subscribe, deliver, do, alert):
    changes = {"display_name": "Bob", "note": "I am <b>"}
    avatar = client.patch("/api/v1/accounts/update_credentials", changes, auth=bob, status=200).json["avatar"]
    reader = subscribe(alice, alert)
    status_id = do[alert](alice, bob)
    # What a job causes is pushed by the next one.
    (one,) = [*deliver(), *deliver()]
    kind, title, body = TEXTS[alert]
    ((notification_id,),) = sql("select id from notifications where account_id = %s and type = %s", alice.id, kind)
    assert reader.read(one) == {
        "access_token": alice.token,
        "preferred_locale": "en",
        "notification_id": notification_id,
        "notification_type": kind,
        "icon": avatar,
        "title": title,
        "body": body,
        "pleroma": {"activity_id": status_id, "direct_conversation_id": None},
    }
    assert avatar.startswith(settings.base_url)
    assert one.path == "/alice"


@pytest.mark.parametrize("alert", TEXTS)
def test_without_its_alert_nothing_is_pushed(sql, alice, bob, subscribe, deliver, do, alert):
    # A mention is looked at by the job, because the alert of statuses lets some through.
    off = {"mention", "status"} if alert == "status" else {alert}
    subscribe(alice, *(name for name in ALERTS if name not in off))
    do[alert](alice, bob)
    assert [*deliver(), *deliver()] == []
    assert len(sql("select 1 from procrastinate_jobs where task_name = 'push'")) == (alert == "mention")


def test_the_status_alert_alone_pushes_no_mention(post, alice, bob, subscribe, deliver):
    subscribe(alice, "status")
    post(bob, "@alice hello")
    assert deliver() == []


def test_the_mention_alert_pushes_statuses_of_those_one_has_subscribed_to(alice, bob, subscribe, deliver, do):
    subscribe(alice, "mention")
    do["status"](alice, bob)
    assert len(deliver()) == 1


def test_the_end_of_an_own_poll_says_so(alice, post, sql, subscribe, deliver):
    reader = subscribe(alice, "poll")
    post(alice, "hello", poll={"options": ["a", "b"], "expires_in": 3600})
    sql("update polls set expires_at = now() - interval '1 second'")
    sql("update procrastinate_jobs set scheduled_at = now()")
    (one,) = [*deliver(), *deliver()]
    assert reader.read(one)["title"] == "Your poll has ended"


def test_a_direct_status_names_its_conversation(client, post, alice, bob, subscribe, pushed):
    reader = subscribe(alice, "mention")
    post(bob, "@alice psst", visibility="direct")
    (conversation,) = client.get("/api/v1/conversations", auth=alice).json
    (message,) = pushed(reader)
    assert message["pleroma"]["direct_conversation_id"] == conversation["id"]


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        ({"status": "@alice the text", "spoiler_text": "the subject"}, "the subject"),
        ({"status": "@alice **bold** & <3", "content_type": "text/markdown"}, "@alice bold & <3"),
        ({"status": "@alice <b>bold</b><br>line &amp; more", "content_type": "text/html"}, "@alice bold\nline & more"),
        ({"status": "@alice " + "x" * 133}, "@alice " + "x" * 133),
        ({"status": "@alice " + "x" * 134}, "@alice " + "x" * 132 + "…"),
        ({"status": "@alice " + FAMILY * 40}, "@alice " + FAMILY * 26 + "…"),
    ],
)  # fmt: skip
def test_the_body_is_the_subject_or_the_text_as_plain_text(client, alice, bob, subscribe, pushed, sent, body):
    reader = subscribe(alice, "mention")
    client.post_json(STATUSES, sent, auth=bob, status=200)
    (message,) = pushed(reader)
    assert message["body"] == body
    assert len(body) <= 140


def test_without_a_display_name_the_nickname_is_shown(client, sql, post, alice, bob, subscribe, pushed):
    sql("update accounts set display_name = '' where id = %s", bob.id)
    reader = subscribe(alice, "mention")
    post(bob, "@alice hello")
    assert pushed(reader)[0]["title"] == "bob mentioned you"


@pytest.mark.parametrize("standard", [True, False])
def test_the_longest_message_fits(client, sql, alice, bob, subscribe, deliver, standard):
    letter = "\U0001f600" + "́" * 15
    sql("update accounts set display_name = %s where id = %s", letter * 100, bob.id)
    reader = subscribe(alice, "mention", standard=standard)
    client.post_json(STATUSES, {"status": "@alice hello", "spoiler_text": '"' * 500}, auth=bob, status=200)
    (one,) = deliver()
    message = reader.read(one)
    assert message["body"] == '"' * 139 + "…"
    assert message["title"] == letter * 6 + "… mentioned you"
    assert len(one.body) <= 4096


def test_the_statuses_of_this_servers_links_hold_its_address(post, settings, alice, bob, subscribe, pushed):
    reader = subscribe(alice, "mention")
    post(bob, f"@alice {settings.base_url}/about")
    assert pushed(reader)[0]["body"] == f"@alice {settings.base_url}/about"


# --- Who is let through


@pytest.mark.parametrize(
    ("policy", "neither", "follower", "followed"),
    [("all", 1, 1, 1), ("followed", 0, 0, 1), ("follower", 0, 1, 0), ("none", 0, 0, 0)],
)
def test_the_policy_says_whose_notifications_are_pushed(
    client, post, person, alice, subscribe, pushed, policy, neither, follower, followed
):
    people = {name: person(name) for name in ("neither", "follower", "followed")}
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=people["follower"], status=200)
    client.post(f"/api/v1/accounts/{people['followed'].id}/follow", auth=alice, status=200)
    reader = subscribe(alice, "mention", policy=policy)
    for author in people.values():
        post(author, "@alice hello")
    expected = {"neither": neither, "follower": follower, "followed": followed}
    said = {message["title"].partition(" ")[0] for message in pushed(reader)}
    assert said == {name for name, count in expected.items() if count}


@pytest.mark.parametrize(
    "way",
    ["mute", "block", "mute the thread", "dismiss", "clear", "delete the status", "unfavourite", "expire", "deactivate",
     "two days", "dismiss by id"],
)  # fmt: skip
def test_what_is_not_shown_any_more_is_not_pushed(client, post, sql, alice, bob, subscribe, deliver, way):
    subscribe(alice, "mention", "favourite")
    status_id = post(alice, "hello")["id"]
    if way == "unfavourite":
        client.post(f"{STATUSES}/{status_id}/favourite", auth=bob, status=200)
    else:
        status_id = post(bob, "@alice hello")["id"]
    ((notification_id,),) = sql("select id from notifications where account_id = %s", alice.id)
    ways = {
        "mute": lambda: client.post(f"/api/v1/accounts/{bob.id}/mute", auth=alice),
        "block": lambda: client.post(f"/api/v1/accounts/{bob.id}/block", auth=alice),
        "mute the thread": lambda: client.post(f"{STATUSES}/{status_id}/mute", auth=alice),
        "dismiss": lambda: client.post("/api/v1/notifications/dismiss", {"id": notification_id}, auth=alice),
        "dismiss by id": lambda: client.post(f"/api/v1/notifications/{notification_id}/dismiss", auth=alice),
        "clear": lambda: client.post("/api/v1/notifications/clear", auth=alice),
        "delete the status": lambda: client.delete(f"{STATUSES}/{status_id}", auth=bob),
        "unfavourite": lambda: client.post(f"{STATUSES}/{status_id}/unfavourite", auth=bob),
        "expire": lambda: sql("update statuses set expires_at = now()"),
        "deactivate": lambda: sql("update accounts set active = false where id = %s", bob.id),
        "two days": lambda: sql("update notifications set created_at = now() - interval '48 hours'"),
    }
    ways[way]()
    assert deliver() == []
    assert sql("select status::text from procrastinate_jobs where task_name = 'push'") == [("succeeded",)]


def test_one_who_was_muted_before_is_not_pushed(client, post, alice, bob, subscribe, deliver):
    subscribe(alice, "mention")
    client.post(f"/api/v1/accounts/{bob.id}/mute", auth=alice, status=200)
    post(bob, "@alice hello")
    assert deliver() == []


# --- Whose subscription it is


@pytest.mark.parametrize(
    "way", ["revoke", "end the token", "new password", "deactivate", "unsubscribe", "narrow", "unused", "alerts"]
)
def test_a_token_that_has_ended_meanwhile_is_pushed_nothing(client, post, sql, alice, bob, subscribe, deliver, way):
    subscribe(alice, "mention")
    post(bob, "@alice hello")
    url = "/api/v1/push/subscription"
    ((token_id,),) = sql("select id from tokens where account_id = %s", alice.id)
    passwords = {"password": alice.password, "new_password": "another one", "new_password_confirmation": "another one"}
    ways = {
        "revoke": lambda: sql("delete from tokens where id = %s", token_id),
        "end the token": lambda: client.delete(f"/api/oauth_tokens/{token_id}", auth=alice, status=201),
        "new password": lambda: client.post("/api/pleroma/change_password", passwords, auth=alice, status=200),
        "deactivate": lambda: sql("update accounts set active = false where id = %s", alice.id),
        "unsubscribe": lambda: client.delete(url, auth=alice, status=200),
        "narrow": lambda: sql("update tokens set scopes = '{read}'"),
        "unused": lambda: sql("update tokens set last_used_at = now() - interval '1 year'"),
        "alerts": lambda: client.put(url, {"data[alerts][poll]": "1"}, auth=alice, status=200),
    }
    ways[way]()
    assert deliver() == []


def test_each_subscription_of_an_account_is_pushed_to(post, alice, bob, make_token_of, subscribe, deliver):
    other = make_token_of(alice)
    readers = {"/alice": subscribe(alice, "mention"), "/x": subscribe(other, "mention")}
    post(bob, "@alice hello")
    tokens = {one.path: readers[one.path].read(one)["access_token"] for one in deliver()}
    assert tokens == {"/alice": alice.token, "/x": other}


def test_a_renewed_token_is_the_one_that_is_pushed(client, settings, app, post, alice, bob, service, subscribe, pushed):
    credentials = {key: app[key] for key in ("client_id", "client_secret")}
    login = {"grant_type": "password", "username": "alice", "password": alice.password, "scope": "read push"}
    old = client.post("/oauth/token", {**credentials, **login}, status=200).json
    reader = subscribe(old["access_token"], "mention")
    renewal = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}
    new = client.post("/oauth/token", {**credentials, **renewal}, status=200).json
    post(bob, "@alice hello")
    assert [message["access_token"] for message in pushed(reader)] == [new["access_token"]]


def test_a_subscription_that_another_secret_key_sealed_ends(client, post, alice, bob, subscribe, deliver):
    subscribe(alice, "mention")
    post(bob, "@alice hello")
    assert deliver(secret_key="y" * 32) == []
    client.get("/api/v1/push/subscription", auth=alice, status=404)


def test_a_sealed_token_is_good_for_its_row_alone(sql, post, alice, bob, carol, subscribe, deliver):
    subscribe(alice, "mention")
    subscribe(carol, "mention")
    ((sealed,),) = sql("select sealed_token from push_subscriptions where account_id = %s", carol.id)
    sql("update push_subscriptions set sealed_token = %s where account_id = %s", sealed, alice.id)
    post(bob, "@alice hello")
    assert deliver() == []


def test_who_has_no_subscription_makes_no_jobs(post, sql, alice, bob, carol, subscribe):
    subscribe(carol, *ALERTS)
    post(bob, "@alice hello")
    assert sql("select 1 from procrastinate_jobs") == []


def test_jobs_go_with_what_they_are_about(client, sql, alice, bob, subscribe, database_url):
    subscribe(alice, "follow")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into notifications (account_id, from_account_id, type) values (%s, %s, 'follow')",
            (alice.id, bob.id),
        )
        assert connection.execute("select count(*) from procrastinate_jobs").fetchone() == (1,)
        connection.rollback()
    assert sql("select 1 from procrastinate_jobs") == []


def test_a_reader_of_another_key_reads_nothing(post, alice, bob, subscribe, deliver):
    subscribe(alice, "mention")
    post(bob, "@alice hello")
    (one,) = deliver()
    with pytest.raises(Exception, match="[Dd]ecryption"):
        Reader().read(one)
