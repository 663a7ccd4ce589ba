"""Accounts elsewhere, as they are stored here, and what their servers sign."""

import functools

from pleroma.federation import keys


@functools.cache
def pair():
    """One key pair for all of them: to make one takes longer than most tests."""
    return keys._made()


def make(sql, nickname, host, *, with_key=True):
    """The id of an account elsewhere, known with its key."""
    uri = f"https://{host}/users/{nickname}"
    ((account_id,),) = sql(
        "insert into accounts (nickname, domain, uri, display_name) values (%s, %s, %s, %s) returning id",
        nickname, host, uri, nickname,
    )  # fmt: skip
    sql("insert into hosts (name) values (%s) on conflict do nothing", host)
    sql(
        "insert into remote_accounts (account_id, host, inbox, shared_inbox) values (%s, %s, %s, %s)",
        account_id, host, f"{uri}/inbox", f"https://{host}/inbox",
    )  # fmt: skip
    if with_key:
        keep_key(sql, f"{uri}#main-key", uri)
    return account_id


def keep_key(sql, key_id, owner, *, is_application=False):
    """Have the public key of an actor known."""
    sql(
        "insert into remote_keys (id, owner, public_key, is_application) values (%s, %s, %s, %s)",
        key_id, owner, pair()[1], is_application,
    )  # fmt: skip


def follow(sql, follower, followed, uri="https://b.example/follows/1"):
    """Have one account follow another, counted on both sides."""
    sql("insert into follows (follower_id, followed_id, uri) values (%s, %s, %s)", follower, followed, uri)
    sql("update accounts set following_count = following_count + 1 where id = %s", follower)
    sql("update accounts set followers_count = followers_count + 1 where id = %s", followed)
