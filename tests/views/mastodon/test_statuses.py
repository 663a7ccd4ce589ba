"""Statuses: posting, reading, deleting (Mastodon page 4)."""


def test_a_posted_status_has_every_key_of_the_entity(client, alice, post):
    status = post(alice, "hello")
    assert status["content"] == "hello"
    assert status["account"]["id"] == str(alice.id)
    assert client.get(f"/api/v1/statuses/{status['id']}", auth=alice).json == status
