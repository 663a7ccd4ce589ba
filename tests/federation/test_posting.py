"""Whom a new status names elsewhere: looked up before it is posted, addressed, and linked where they live."""

import pytest

HANDLE = "@dora@there.example"


@pytest.fixture
def asked(find, remote_account):
    """The handles that were looked up; all but those that begin with "no" are found."""
    handles = []

    def make(kind, name):
        handles.append(name)
        nickname, _, host = name.partition("@")
        return None if nickname.startswith("no") else remote_account(nickname, host).id, None

    find(make)
    return handles


@pytest.mark.parametrize("content_type", ["text/plain", "text/markdown", "text/html", "text/bbcode"])
def test_a_name_elsewhere_is_looked_up_and_mentioned(publish, asked, alice, content_type):
    status = publish(alice, f"hi {HANDLE}!", content_type=content_type)
    assert asked == ["dora@there.example"]
    ((mention),) = status["mentions"]
    assert (mention["acct"], mention["username"], mention["url"]) == (
        "dora@there.example", "dora", "https://there.example/@dora",
    )  # fmt: skip
    assert 'class="u-url mention" href="https://there.example/@dora"' in status["content"]
    publish(alice, f"again {HANDLE}")
    assert asked == ["dora@there.example"]


@pytest.mark.parametrize("nickname", ["do.ra", "do-ra", "do_ra", "_dora_", "d.o-r_a", "dora_"])
@pytest.mark.parametrize("content_type", ["text/plain", "text/markdown"])
def test_names_elsewhere_may_hold_dots_dashes_and_underscores(publish, asked, alice, nickname, content_type):
    status = publish(alice, f"*hi* @{nickname}@there.example.", content_type=content_type)
    assert [each["acct"] for each in status["mentions"]] == [f"{nickname}@there.example"]
    assert status["pleroma"]["content"]["text/plain"].endswith(f" @{nickname}.")


def test_names_here_hold_no_dots_even_so(publish, asked, alice, bob):
    status = publish(alice, "hi @bob.example @bob. and @bob-like")
    assert [each["acct"] for each in status["mentions"]] == ["bob"]
    assert asked == []


def test_a_name_that_is_not_found_stays_text(publish, asked, alice):
    status = publish(alice, "hi @nobody@there.example")
    assert (status["mentions"], status["content"]) == ([], "hi @nobody@there.example")


def test_no_more_than_five_are_looked_up(publish, asked, alice):
    names = " ".join(f"@dora{number}@there.example" for number in range(8))
    assert len(publish(alice, names)["mentions"]) == len(asked) == 5


@pytest.mark.long
def test_what_takes_longer_than_4_seconds_stays_text(publish, alice, sql):
    assert publish(alice, f"hi {HANDLE}")["mentions"] == []
    assert sql("select kind, name, host from lookups") == [("handle", "dora@there.example", "there.example")]


def test_the_list_of_those_addressed_may_name_somebody_elsewhere(publish, asked, alice):
    status = publish(alice, "hi", to=["dora@there.example"], visibility="direct")
    assert [each["acct"] for each in status["mentions"]] == ["dora@there.example"]


def test_a_status_with_a_key_is_posted_once_and_looks_up_outside_of_its_transaction(federated, asked, sql, alice):
    headers = {"Idempotency-Key": "once"}
    posts = [
        federated.post_json("/api/v1/statuses", {"status": HANDLE}, auth=alice, headers=headers, status=200).json
        for _ in range(2)
    ]
    assert posts[0]["id"] == posts[1]["id"]
    assert [each["acct"] for each in posts[0]["mentions"]] == ["dora@there.example"]
    assert sql("select count(*) from statuses") == [(1,)]


@pytest.mark.parametrize("changes", [{"preview": True}, {"scheduled_at": "2099-01-01T00:00:00Z"}])
def test_nothing_is_looked_up_for_a_preview_or_for_later(publish, asked, alice, changes):
    publish(alice, HANDLE, **changes)
    assert asked == []


def test_nothing_is_looked_up_when_the_server_does_not_federate(post, sql, alice):
    assert post(alice, HANDLE)["mentions"] == []
    assert sql("select count(*) from lookups") == [(0,)]


def test_an_answer_to_somebody_elsewhere_mentions_them_where_they_live(
    publish, federated, alice, dora, remote_status, outgoing
):
    parent = remote_status(dora)
    outgoing()
    status = publish(alice, "yes", in_reply_to_id=str(parent))
    assert [(each["acct"], each["url"]) for each in status["mentions"]] == [
        ("dora@there.example", "https://there.example/@dora")
    ]
    assert (status["in_reply_to_id"], status["in_reply_to_account_id"]) == (str(parent), str(dora.id))
    assert status["pleroma"]["in_reply_to_account_acct"] == "dora@there.example"
    assert [(row["kind"], row["status"]) for row in outgoing()] == [("create", int(status["id"]))]


def test_a_bio_links_people_elsewhere_where_they_live(federated, alice, dora):
    sent = {"note": f"friend of {HANDLE}"}
    answer = federated.patch_json("/api/v1/accounts/update_credentials", sent, auth=alice, status=200).json
    assert 'href="https://there.example/@dora"' in answer["note"]
