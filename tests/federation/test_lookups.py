"""What is asked of other servers, and what of their answers is believed."""

import dataclasses

import pytest

from pleroma.federation import claims, lookups, signatures
from tests.conftest import BASE
from tests.federation.recorder import recording
from tests.federation.remote_people import PUBLIC


@pytest.fixture
def other():
    """A second server."""
    with recording() as running:
        yield running


@pytest.fixture
def config(settings):
    return dataclasses.replace(settings, federation=True, remote_allow_loopback=True)


@pytest.fixture
def look_up(federated, config, sql):
    """Looks something up as the worker does: look_up("uri", uri) gives account, status, and whether it was found."""

    def run(kind, name, config=config):
        sql("delete from lookups")
        sql("insert into lookups (kind, name, host) values (%s, %s, %s)", kind, name, lookups.host_of(kind, name))
        lookups.look_up(kind, name, 1, config)
        return sql("select account_id, status_id, is_found from lookups")[0]

    return run


NOTHING = (None, None, False)


def _note(recorder, author, number=1, **changes):
    document = {
        "id": f"{recorder.address}/notes/{number}", "type": "Note", "attributedTo": author["id"],
        "content": "<p>hi</p>", "to": [PUBLIC], "published": "2026-01-01T00:00:00Z",
    } | changes  # fmt: skip
    recorder.put(f"/notes/{number}", document)
    return document


def test_handle_leads_to_its_account(recorder, look_up, sql):
    recorder.actor("dora", name="Dora", summary="<p>me</p>")
    account, _, found = look_up("handle", f"dora@{recorder.host}")
    assert found
    assert sql("select nickname, domain, display_name, note from accounts where id = %s", account) == [
        ("dora", recorder.host, "Dora", "<p>me</p>")
    ]


def test_documents_are_asked_for_by_the_server_itself(document, recorder, look_up):
    recorder.actor("dora")
    look_up("handle", f"dora@{recorder.host}")
    sent = next(each for each in recorder.sent if each.path == "/users/dora")
    assert "application/activity+json" in sent.headers["accept"]
    claim = claims.read(signatures.Request("GET", "/users/dora", recorder.host, sent.headers), None)
    key = document("/actor")["publicKey"]
    assert claim.key_id == key["id"] == f"{BASE}/actor#main-key"
    assert signatures.is_made_by(key["publicKeyPem"], claim)


def test_account_is_found_by_its_address(recorder, look_up):
    actor = recorder.actor("dora")
    assert look_up("uri", actor["id"])[0] == look_up("handle", f"dora@{recorder.host}")[0]


def test_status_is_found_by_its_address_with_its_author(recorder, look_up, sql):
    note = _note(recorder, recorder.actor("dora"))
    _, status, _ = look_up("uri", note["id"])
    assert sql("select a.nickname from statuses s join accounts a on a.id = s.account_id where s.id = %s", status) == [
        ("dora",)
    ]


def test_host_that_does_not_confirm_the_handle_has_no_account(recorder, look_up):
    actor = recorder.actor("dora")
    recorder.pages = {path: page for path, page in recorder.pages.items() if "webfinger" not in path}
    assert look_up("uri", actor["id"]) == NOTHING


def test_handle_that_names_another_actor_is_not_taken(recorder, other, look_up, sql):
    mine = recorder.actor("dora")
    other.finger("dora", mine["id"])
    assert look_up("handle", f"dora@{other.host}")[0] is not None
    # The host of the actor has said so, and that is where it lives.
    assert sql("select domain from accounts where domain is not null") == [(recorder.host,)]


def test_webfinger_cannot_give_away_somebody_else_s_handle(recorder, other, look_up, sql):
    mine = recorder.actor("dora")
    other.finger("dora", f"{other.address}/users/dora", subject=f"acct:dora@{recorder.host}")
    other.actor("dora")
    other.finger("dora", f"{other.address}/users/dora", subject=f"acct:dora@{recorder.host}")
    assert look_up("uri", f"{other.address}/users/dora") == NOTHING
    assert look_up("uri", mine["id"])[0] is not None


def test_handle_is_never_one_of_ours(recorder, look_up, alice):
    recorder.actor("alice")
    recorder.finger("alice", f"{recorder.address}/users/alice", subject=f"acct:alice@{BASE.rpartition('/')[2]}")
    assert look_up("uri", f"{recorder.address}/users/alice") == NOTHING


def test_our_own_host_is_never_asked(look_up, config, alice):
    assert look_up("uri", f"{BASE}/users/alice") == NOTHING


def test_document_that_is_not_at_its_id_is_asked_for_there(recorder, look_up):
    note = _note(recorder, recorder.actor("dora"))
    recorder.put("/page", note)
    assert look_up("uri", f"{recorder.address}/page")[1] is not None


def test_document_that_names_an_id_elsewhere_counts_only_as_that_says(recorder, other, look_up, sql):
    theirs = _note(other, other.actor("dora"), content="<p>true</p>")
    recorder.put("/notes/9", theirs | {"content": "<p>forged</p>"})
    status = look_up("uri", f"{recorder.address}/notes/9")[1]
    assert "true" in sql("select body from statuses where id = %s", status)[0][0]


def test_document_whose_id_answers_with_another_is_refused(recorder, look_up):
    note = _note(recorder, recorder.actor("dora"))
    recorder.put("/notes/1", note | {"id": f"{recorder.address}/notes/2"})
    recorder.put("/notes/2", note | {"id": f"{recorder.address}/notes/3"})
    assert look_up("uri", f"{recorder.address}/notes/1") == NOTHING


def test_redirect_does_not_pose_as_the_first_address(recorder, other, look_up):
    theirs = _note(other, other.actor("eve"))
    recorder.actor("dora")
    recorder.pages["/notes/1"] = (302, {"Location": f"{other.address}/notes/1"}, b"")
    other.put(
        "/notes/1", theirs | {"id": f"{recorder.address}/notes/1", "attributedTo": f"{recorder.address}/users/dora"}
    )
    assert look_up("uri", f"{recorder.address}/notes/1") == NOTHING


def test_redirects_end(recorder, look_up):
    recorder.pages["/notes/1"] = (302, {"Location": f"{recorder.address}/notes/1"}, b"")
    assert look_up("uri", f"{recorder.address}/notes/1") == NOTHING
    assert len(recorder.sent) == 4


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/html", "image/png", "application/ld+json", "text/plain; activity+json"]
)
def test_file_is_no_document(recorder, look_up, content_type):
    note = _note(recorder, recorder.actor("dora"))
    recorder.put("/notes/1", note, content_type=content_type)
    assert look_up("uri", note["id"]) == NOTHING


def test_document_with_the_profile_is_one(recorder, look_up):
    note = _note(recorder, recorder.actor("dora"))
    profile = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    recorder.put("/notes/1", note, content_type=profile)
    assert look_up("uri", note["id"])[1] is not None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 2000, b"\xff", b'{"id": 1, "id": 2}', b" " * 1_100_000])
def test_what_is_no_document_is_refused(recorder, look_up, body):
    recorder.put("/notes/1", body)
    assert look_up("uri", f"{recorder.address}/notes/1") == NOTHING


def test_author_and_status_are_of_the_same_server(recorder, other, look_up):
    theirs = other.actor("dora")
    note = _note(recorder, theirs)
    assert look_up("uri", note["id"]) == NOTHING


def test_status_that_is_not_for_everybody_is_not_stored(recorder, look_up):
    author = recorder.actor("dora")
    note = _note(recorder, author, to=[author["followers"]])
    assert look_up("uri", note["id"])[1] is None


def test_actor_with_an_inbox_elsewhere_is_refused(recorder, other, look_up):
    actor = recorder.actor("dora", inbox=f"{other.address}/inbox")
    assert look_up("uri", actor["id"]) == NOTHING


@pytest.mark.parametrize("nickname", ["", "a b", "do:ra", "-dora", "dora.", "d" * 65, "dörа"])
def test_actor_with_a_name_that_no_handle_has_is_refused(recorder, look_up, nickname):
    actor = recorder.actor("dora", preferredUsername=nickname)
    assert look_up("uri", actor["id"]) == NOTHING


def test_handle_goes_to_a_new_actor_when_the_old_one_is_gone(recorder, look_up, sql):
    first = look_up("uri", recorder.actor("dora")["id"])[0]
    new = f"{recorder.address}/users/dora2"
    recorder.actor("dora2", id=new, preferredUsername="dora", inbox=f"{new}/inbox")
    recorder.finger("dora", new)
    assert look_up("uri", new) == NOTHING
    recorder.pages["/users/dora"] = (410, {}, b"")
    second = look_up("uri", new)[0]
    assert second not in (None, first)
    assert sql("select id from accounts where nickname = 'dora'") == [(second,)]


def test_key_belongs_to_the_actor_that_names_it(recorder, look_up, sql, peer_key):
    actor = recorder.actor("dora", peer_key.public)
    assert look_up("key", f"{actor['id']}#main-key")[2]
    assert sql("select owner from remote_keys") == [(actor["id"],)]


def test_key_with_a_document_of_its_own_is_confirmed_by_its_owner(recorder, look_up, sql, peer_key):
    name = f"{recorder.address}/users/dora/main-key"
    key = {"id": name, "owner": f"{recorder.address}/users/dora", "publicKeyPem": peer_key.public}
    recorder.actor("dora", publicKey=key)
    recorder.put("/users/dora/main-key", key)
    assert look_up("key", name)[2]
    recorder.actor("dora", "other")
    assert not look_up("key", name)[2]


def test_key_of_another_server_s_actor_is_refused(recorder, other, look_up, sql, peer_key):
    theirs = other.actor("dora", peer_key.public)
    recorder.put("/key", {"id": f"{recorder.address}/key", "owner": theirs["id"], "publicKeyPem": peer_key.public})
    assert look_up("key", f"{recorder.address}/key") == NOTHING
    assert sql("select count(*) from remote_keys") == [(0,)]


def test_key_that_is_gone_ends_its_account(recorder, look_up, sql, run_jobs):
    actor = recorder.actor("dora")
    account = look_up("uri", actor["id"])[0]
    recorder.pages["/users/dora"] = (410, {}, b"")
    look_up("key", f"{actor['id']}#main-key")
    run_jobs()
    assert sql("select count(*) from accounts where id = %s", account) == [(0,)]


def test_refused_host_is_not_asked(recorder, look_up, sql):
    recorder.actor("dora")
    sql("insert into host_policies (pattern, policy) values ('127.0.0.1', 'reject')")
    assert look_up("handle", f"dora@{recorder.host}") == NOTHING
    assert recorder.sent == []


def test_addresses_of_this_machine_are_closed(recorder, look_up, settings):
    recorder.actor("dora")
    closed = dataclasses.replace(settings, federation=True, remote_allow_loopback=False)
    assert look_up("uri", f"https://{recorder.host}/users/dora", closed) == NOTHING
    assert recorder.sent == []


def test_webfinger_is_found_by_host_meta(recorder, look_up):
    recorder.actor("dora")
    usual = f"/.well-known/webfinger?resource=acct%3Adora%40{recorder.host.replace(':', '%3A')}"
    recorder.pages[usual.replace("/.well-known/webfinger", "/finger")] = recorder.pages.pop(usual)
    template = f'<XRD><Link rel="lrdd" template="{recorder.address}/finger?resource={{uri}}"/></XRD>'
    recorder.put("/.well-known/host-meta", template.encode(), content_type="application/xrd+xml")
    assert look_up("handle", f"dora@{recorder.host}")[0] is not None
