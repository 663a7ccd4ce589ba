"""What benchmarks/seed.py writes must be what the API would have written."""

import importlib.util
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def _load(name):
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def seeded(database_url, _pool):
    """The state of a database of a few hundred statuses."""
    return _load("seed").seed(database_url, 700, [3, 30], large=True)


@pytest.fixture
def some_of(client, seeded):
    """Seeded statuses, no answers, with something: some_of("mentions")."""
    page = client.get("/api/v1/timelines/public?limit=80", auth=seeded["reader"]).json
    older = client.get(f"/api/v1/timelines/public?limit=80&max_id={page[-1]['id']}", auth=seeded["reader"]).json
    return lambda key: next(status for status in page + older if status[key] and not status["in_reply_to_id"])


def _shape(value):
    """The keys of an entity and the kinds of their values."""
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value[:1]]
    return type(value).__name__


def test_seeded_account_has_what_a_registered_one_has(client, seeded, alice, sql):
    ((alice_id,),) = sql(
        "update accounts set note = 'I am.', note_source = 'I am.' where id = %s returning id", alice.id
    )
    made = client.get(f"/api/v1/accounts/{alice_id}", auth=seeded["reader"]).json
    account = client.get(f"/api/v1/accounts/{seeded['account_id']}", auth=seeded["reader"]).json
    changing = {"last_status_at"}
    assert _shape({**account, **dict.fromkeys(changing)}) == _shape({**made, **dict.fromkeys(changing)})
    assert account["url"] == made["url"].replace("alice", account["username"])
    assert {account[key] == made[key] for key in ("avatar", "header", "locked", "bot", "fields", "emojis")} == {True}


@pytest.mark.parametrize("key", ["mentions", "tags"])
def test_seeded_status_is_what_posting_its_text_makes(client, seeded, some_of, post, alice, key):
    status = some_of(key)
    text = status["pleroma"]["content"]["text/plain"]
    made = post(alice, text)
    assert _shape({**made, "account": 0}) == _shape({**status, "account": 0, "media_attachments": []})
    for name in ("content", "mentions", "tags", "visibility", "spoiler_text", "language", "sensitive"):
        assert made[name] == status[name]
    assert made["pleroma"]["content"] == status["pleroma"]["content"]


def test_seeded_picture_is_an_attachment(client, some_of):
    (attachment,) = some_of("media_attachments")["media_attachments"]
    assert attachment["type"] == "image"
    assert attachment["meta"]["original"]["width"] == 640


def test_seeded_answer_is_like_one_that_was_posted(client, seeded, post, alice):
    thread = client.get(f"/api/v1/statuses/{seeded['thread_id']}/context", auth=seeded["reader"]).json
    assert len(thread["descendants"]) == 50
    answer = thread["descendants"][0]
    made = post(alice, answer["pleroma"]["content"]["text/plain"], in_reply_to_id=seeded["thread_id"])
    for name in ("content", "mentions", "in_reply_to_id", "in_reply_to_account_id"):
        assert made[name] == answer[name]
    assert made["pleroma"]["conversation_id"] == answer["pleroma"]["conversation_id"]
    assert made["pleroma"]["in_reply_to_account_acct"] == answer["pleroma"]["in_reply_to_account_acct"]


def test_counters_are_those_of_the_lists(seeded, sql):
    assert (
        sql(
            "select a.nickname from accounts a where"
            " a.followers_count <> (select count(*) from follows f where f.followed_id = a.id)"
            " or a.following_count <> (select count(*) from follows f where f.follower_id = a.id)"
            " or a.statuses_count <> (select count(*) from statuses s where s.account_id = a.id"
            "   and s.visibility in ('public', 'unlisted') and s.reblog_of_id is null)"
        )
        == []
    )
    assert (
        sql(
            "select s.id from statuses s where"
            " s.favourites_count <> (select count(favourite_id) from interactions i where i.status_id = s.id)"
            " or s.replies_count <> (select count(*) from statuses r where r.in_reply_to_id = s.id)"
            " or s.has_media <> exists (select from status_media m where m.status_id = s.id)"
        )
        == []
    )


def test_seed_tops_up_to_the_number(seeded, database_url, sql):
    assert sql("select count(*) from statuses") == [(700,)]
    _load("seed").seed(database_url, 800, [3, 30], large=True)
    assert sql("select count(*) from statuses") == [(800,)]


def test_state_names_everything_a_benchmark_needs(client, seeded):
    assert set(seeded) == {
        "reader", "author", "account_id", "status_id", "thread_id", "favourite_ids", "readers", "quiet_reader",
        "blocking_reader", "large",
    }  # fmt: skip
    assert set(seeded["readers"]) == {"3", "30"}
    for token in (seeded["reader"], seeded["readers"]["3"], seeded["quiet_reader"], seeded["blocking_reader"]):
        assert len(client.get("/api/v1/timelines/home", auth=token).json) == 20
    assert len(client.get("/api/v1/notifications", auth=seeded["reader"]).json) == 20
    assert client.get(f"/api/v1/statuses/{seeded['status_id']}", auth=seeded["reader"]).json["favourites_count"] == 30
    assert len(client.get(f"/api/v1/timelines/tag/{seeded['large']['small_tag']}").json) == 3
    assert client.get("/api/v2/search?q=harvest&type=statuses", auth=seeded["reader"]).json["statuses"]
