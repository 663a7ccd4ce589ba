"""What others send to the inboxes: what is taken, and what is refused with which answer."""


def test_an_activity_with_a_known_key_is_taken_and_waits_for_nothing(sender, alice, sql):
    sender.post(sender.activity("Follow", "https://pleroma.example/users/alice"))
    ((host, recipient, signed, body),) = sql("select host, recipient_id, signed, body from inbox")
    assert (host, recipient, signed) == ("peer.example", None, None)
    assert b'"Follow"' in body
