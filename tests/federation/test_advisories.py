"""What went wrong in other servers of this kind, tried here: one test for each fault that they published."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from pleroma.federation import lookups
from pleroma.remote import RemoteError, fetch
from tests.conftest import BASE
from tests.federation.conftest import ACTIVITY
from tests.federation.recorder import recording
from tests.federation.remote_people import PUBLIC


@pytest.fixture
def look_up(federated, settings, sql):
    """Looks something up as the worker does, and gives the accounts and statuses elsewhere that are here then."""
    config = dataclasses.replace(settings, federation=True, remote_allow_loopback=True)

    def run(kind, name):
        sql("delete from lookups")
        sql("insert into lookups (kind, name, host) values (%s, %s, %s)", kind, name, lookups.host_of(kind, name))
        lookups.look_up(kind, name, 1, config)
        return sql("select uri from accounts where domain is not null"), sql("select uri from statuses where not local")

    return run


@pytest.fixture
def follow(sql, alice):
    """Lets alice follow somebody elsewhere."""

    def make(peer):
        sql("insert into follows (follower_id, followed_id) values (%s, %s)", alice.id, peer.id)

    return make


def _note(peer, number=1, **changes):
    return {
        "id": f"https://{peer.host}/notes/{number}", "type": "Note", "attributedTo": peer.uri,
        "content": "<p>hello</p>", "published": datetime.now(UTC).isoformat(), "to": [PUBLIC],
    } | changes  # fmt: skip


def _texts(sql):
    return [
        body.partition('"content":"')[2].partition('"')[0]
        for (body,) in sql("select body from statuses where body is not null")
    ]


def test_mastodon_2024_23832_nobody_speaks_for_an_account_of_another_origin(sender, make_peer, carry_out, follow, sql):
    victim = make_peer("victim", "victim.example")
    follow(victim)
    sender.post(sender.activity("Create", _note(victim)))
    sender.post(sender.activity("Update", {"id": victim.uri, "type": "Person", "name": "taken over"}))
    sender.post(sender.activity("Create", _note(sender, attributedTo=victim.uri)))
    sender.post(sender.activity("Create", _note(victim)) | {"actor": victim.uri}, status=400)
    sender.post(victim.activity("Create", _note(victim)), status=401)
    carry_out()
    assert _texts(sql) == []
    assert sql("select display_name from accounts where id = %s", victim.id) == [("Victim",)]


@pytest.mark.parametrize("content_type", ["image/png", "text/plain", "application/json", "application/octet-stream"])
def test_mastodon_2024_25623_a_file_is_no_document(recorder, look_up, content_type):
    actor = recorder.actor("dora")
    recorder.put("/users/dora", actor, content_type=content_type)
    assert look_up("uri", actor["id"]) == ([], [])


def test_mastodon_2024_25623_no_upload_is_served_as_a_document(federated, alice):
    body = b'{"id": "https://pleroma.example/media/x.json", "type": "Person"}'
    upload = federated.post("/api/v1/media", upload_files=[("file", "actor.json", body)], auth=alice).json
    served = federated.get(upload["url"].removeprefix(BASE), headers=ACTIVITY)
    assert served.headers["Content-Type"] == "application/octet-stream"


def test_akkoma_2024_03_redirect_does_not_pose_as_the_first_address(recorder, look_up):
    with recording() as other:
        theirs = other.actor("eve")
        other.put("/1", {"id": f"{recorder.address}/1", "type": "Note", "attributedTo": theirs["id"], "to": [PUBLIC]})
        recorder.pages["/1"] = (302, {"Location": f"{other.address}/1"}, b"")
        assert look_up("uri", f"{recorder.address}/1") == ([], [])


def test_akkoma_2024_04_refetch_does_not_change_the_owner(recorder, look_up, sql):
    dora, eve = recorder.actor("dora"), recorder.actor("eve")
    note = {"id": f"{recorder.address}/1", "type": "Note", "attributedTo": dora["id"], "to": [PUBLIC], "content": "x"}
    recorder.put("/1", note)
    look_up("uri", note["id"])
    recorder.put("/1", note | {"attributedTo": eve["id"]})
    look_up("uri", note["id"])
    assert sql("select a.nickname from statuses s join accounts a on a.id = s.account_id") == [("dora",)]


def test_akkoma_2024_04_webfinger_cannot_be_spoofed(recorder, look_up):
    with recording() as evil:
        dora = recorder.actor("dora")
        fake = evil.actor("dora")
        evil.finger("dora", fake["id"], subject=f"acct:dora@{recorder.host}")
        accounts, _ = look_up("handle", f"dora@{evil.host}")
        assert accounts == []
        assert look_up("handle", f"dora@{recorder.host}")[0] == [(dora["id"],)]


def test_akkoma_2024_03_our_own_host_is_never_asked(look_up, alice):
    assert look_up("uri", f"{BASE}/users/alice") == ([], [])


@pytest.mark.parametrize("spelling", ["PEER.example", "peer.example:443", "pEEr.example:443"])
def test_mastodon_2023_42451_a_host_has_one_form(sender, carry_out, sql, spelling, alice):
    sql("insert into host_policies (pattern, policy) values ('peer.example', 'reject')")
    activity = sender.activity("Follow", f"{BASE}/users/alice")
    activity |= {"actor": activity["actor"].replace("peer.example", spelling)}
    activity |= {"id": activity["id"].replace("peer.example", spelling)}
    sender.post(activity, status=403)


def test_mastodon_2024_37903_create_does_not_widen_an_audience(sender, carry_out, follow, sql):
    follow(sender)
    sender.post(sender.activity("Create", _note(sender, to=[f"{sender.uri}/followers"])))
    carry_out()
    sender.post(sender.activity("Create", _note(sender)))
    carry_out()
    assert sql("select visibility from statuses") == [("private",)]


@pytest.mark.parametrize(
    "hidden",
    [
        {"https://www.w3.org/ns/activitystreams#object": "x", "as:object": "x"},
        {"@graph": [{"type": "Delete"}]},
        {"@included": [{"type": "Delete"}], "@reverse": {"object": "x"}},
    ],
)
def test_mastodon_2022_24307_and_fedify_2026_42462_no_json_ld_is_read(sender, carry_out, follow, sql, hidden):
    follow(sender)
    activity = sender.activity("Create", None) | hidden
    activity.pop("object")
    sender.post(activity)
    carry_out()
    assert _texts(sql) == []


def test_mastodon_2026_46349_a_signature_within_the_document_proves_nothing(sender, make_peer, alice):
    victim = make_peer("victim", "victim.example")
    activity = victim.activity("Delete", victim.uri)
    activity["signature"] = {"type": "RsaSignature2017", "creator": victim.key_id, "signatureValue": "AA=="}
    sender.post(activity, status=401)


def test_fedify_2025_54888_nothing_is_done_before_it_is_known_who_sent_it(make_peer, carry_out, alice, sql):
    stranger = make_peer("stranger", known=False)
    stranger.post(stranger.activity("Follow", f"{BASE}/users/alice"))
    carry_out()
    assert sql("select count(*) from follows") == [(0,)]
    assert sql("select kind from lookups") == [("key",)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda written: None,
        lambda written: "",
        lambda written: written + "," + written,
        lambda written: written.replace('headers="(request-target) host date digest content-type"', 'headers="date"'),
        lambda written: written.replace('headers="(request-target) host date digest content-type",', ""),
        lambda written: written.replace("host date", "host host date"),
    ],
)
def test_misskey_2026_28432_a_signature_is_not_passed_by(sender, alice, damage):
    activity = sender.activity("Follow", f"{BASE}/users/alice")
    body = json.dumps(activity).encode()
    signed = sender.signed("/inbox", body)
    sender.post(body, headers={"Signature": damage(signed["Signature"])}, status=401)


@pytest.mark.parametrize("kind", ["Delete", "Update", "Announce"])
def test_hollo_0_8_5_others_posts_are_not_touched(sender, make_peer, carry_out, follow, publish, alice, sql, kind):
    victim = make_peer("victim", "victim.example")
    follow(victim)
    follow(sender)
    victim.post(victim.activity("Create", _note(victim)))
    status = publish(alice, "private", visibility="private")
    carry_out()
    changed = _note(victim, content="<p>changed</p>", updated="2030-01-01T00:00:00Z")
    for what in (_note(victim)["id"], status["uri"], changed):
        sender.post(sender.activity(kind, what))
    carry_out()
    assert "<p>hello</p>" in _texts(sql)
    assert "<p>changed</p>" not in _texts(sql)
    assert sql("select count(*) from statuses where visibility = 'private' and reblog_of_id is null") == [(1,)]
    assert sql("select count(*) from statuses where reblog_of_id = %s", int(status["id"])) == [(0,)]


def test_hollo_2026_25808_the_outbox_has_nothing_private(document, publish, alice):
    for visibility in ("private", "direct", "unlisted"):
        publish(alice, visibility, visibility=visibility)
    outbox = document(f"/users/{alice.nickname}/outbox")
    page = document(outbox["first"].removeprefix(BASE))
    assert [each["object"]["content"] for each in page["orderedItems"]] == ["unlisted"]


def test_pixelfed_2025_30741_nobody_follows_a_locked_account_without_its_accept(federated, remote_account, alice):
    dora = remote_account("dora", locked=True)
    federated.post(f"/api/v1/accounts/{dora.id}/follow", auth=alice)
    state = federated.get(f"/api/v1/accounts/relationships?id={dora.id}", auth=alice).json[0]
    assert (state["following"], state["requested"]) == (False, True)


def test_mastodon_2026_23961_a_boost_does_not_bring_back_who_is_refused(sender, make_peer, carry_out, follow, sql):
    victim = make_peer("suspended", "bad.example")
    follow(sender)
    sql("update accounts set active = false where id = %s", victim.id)
    sql("insert into host_policies (pattern, policy) values ('bad.example', 'reject')")
    sender.post(sender.activity("Announce", f"https://{victim.host}/notes/1", to=[PUBLIC]))
    sender.post(sender.activity("Announce", "https://bad.example/notes/2", to=[PUBLIC]))
    carry_out()
    assert sql("select count(*) from statuses") == [(0,)]


def test_mastodon_2023_36462_a_field_s_link_hides_nothing(recorder, look_up, sql):
    value = '<a href="https://evil.example"><span class="invisible">https://evil.example</span>bank.example</a>'
    recorder.actor("dora", attachment=[{"type": "PropertyValue", "name": "Site", "value": value}])
    look_up("handle", f"dora@{recorder.host}")
    assert "invisible" not in sql("select fields::text from accounts where nickname = 'dora'")[0][0]


def test_mastodon_2023_36461_slow_answers_end(recorder, settings):
    recorder.seconds = 3.0
    with pytest.raises(RemoteError):
        fetch(f"{recorder.address}/inbox", method="POST", data=b"{}", allow_loopback=True, total=0.5)


def test_akkoma_2023_08_no_xml_is_parsed(recorder, look_up):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><XRD><Link rel="lrdd" template="&b;{uri}"/></XRD>'
    recorder.put("/.well-known/host-meta", bomb, content_type="application/xrd+xml")
    assert look_up("handle", f"dora@{recorder.host}") == ([], [])


@pytest.mark.parametrize(
    "address",
    [
        "[64:ff9b::7f00:1]", "[2001::1]", "[2002:7f00:1::]", "127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254",
        "[::ffff:127.0.0.1]", "0.0.0.0", "[fe80::1]", "[fd00::1]", "100.64.0.1", "192.0.0.1", "198.18.0.1",
    ],
)  # fmt: skip
def test_fedify_2024_39687_no_request_goes_to_an_address_inside(address):
    with pytest.raises(RemoteError):
        fetch(f"https://{address}/users/x", total=2)


def test_fedify_2025_68475_and_2026_69132_what_fails_leaves_nothing_for_ever(recorder, look_up, sql):
    recorder.put("/1", b"<" * 900_000, content_type="text/html")
    look_up("uri", f"{recorder.address}/1")
    assert sql("select count(*) from hosts") == [(0,)]
