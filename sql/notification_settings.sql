-- name: update(account_id, followers, follows, remote, local, non_follows, non_followers)!
-- Changes which notifications an account gets; null leaves a value.
update users
set notify_followers = coalesce(:followers, notify_followers), notify_follows = coalesce(:follows, notify_follows),
    notify_remote = coalesce(:remote, notify_remote), notify_local = coalesce(:local, notify_local),
    notify_non_follows = coalesce(:non_follows, notify_non_follows),
    notify_non_followers = coalesce(:non_followers, notify_non_followers)
where account_id = :account_id;
