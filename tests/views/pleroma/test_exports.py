"""Lists to take along, and back (docs/api/pleroma.md 7.3 and 22.1)."""

import csv
import io

import pytest

SCOPES = {
    "follow_export": "read:follows",
    "blocks_export": "read:blocks",
    "mutes_export": "read:mutes",
    "bookmarks_export": "read:bookmarks",
    "lists_export": "read:lists",
    "domain_blocks_export": "read:blocks",
}


@pytest.fixture
def export(client):
    """The text of an export: export(alice, "follow")."""
    return lambda who, kind: client.get(f"/api/pleroma/{kind}_export", auth=who, status=200).text


@pytest.fixture
def act(client):
    """Does something to an account: act(alice, bob, "mute", notifications="false")."""

    def run(who, whom, action, **parameters):
        client.post(f"/api/v1/accounts/{whom.id}/{action}", parameters, auth=who, status=200)

    return run


@pytest.fixture
def cats(client, alice):
    """Makes a list of Alice's: cats("title", bob, carol)."""

    def make(title, *members):
        made = client.post_json("/api/v1/lists", {"title": title}, auth=alice, status=200).json
        for member in members:
            client.post_json(
                f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [str(member.id)]}, auth=alice, status=200
            )

    return make


def test_follows_come_with_their_switches_oldest_first(export, act, alice, bob, carol, person):
    dave = person("dave")
    act(alice, carol, "follow")
    act(alice, bob, "follow", reblogs="false", notify="true")
    act(alice, dave, "follow", notify="true")
    assert export(alice, "follow") == (
        "Account address,Show boosts,Notify on new posts,Languages\n"
        "carol@pleroma.example,true,false,\nbob@pleroma.example,false,true,\ndave@pleroma.example,true,true,\n"
    )


def test_mutes_and_blocks(export, act, alice, bob, carol):
    act(alice, carol, "mute", notifications="false")
    act(alice, bob, "mute")
    act(alice, carol, "block")
    act(alice, bob, "block")
    assert export(alice, "mutes") == (
        "Account address,Hide notifications\ncarol@pleroma.example,false\nbob@pleroma.example,true\n"
    )
    assert export(alice, "blocks") == "carol@pleroma.example\nbob@pleroma.example\n"


def test_accounts_of_other_servers_keep_their_domain(export, act, alice, bob, sql):
    act(alice, bob, "follow")
    sql("update accounts set domain = 'elsewhere.example' where id = %s", bob.id)
    assert export(alice, "follow").splitlines()[1] == "bob@elsewhere.example,true,false,"


def test_domains_oldest_first(client, export, alice):
    for domain in ("z.example", "a.example"):
        client.post("/api/v1/domain_blocks", {"domain": domain}, auth=alice, status=200)
    assert export(alice, "domain_blocks") == "z.example\na.example\n"


def test_bookmarks_are_addresses_by_the_time_of_the_bookmark(client, export, alice, bob, post):
    first, second = post(bob, "first"), post(bob, "second")
    for status in (second, first):
        client.post(f"/api/v1/statuses/{status['id']}/bookmark", auth=alice, status=200)
    assert export(alice, "bookmarks") == f"{second['uri']}\n{first['uri']}\n"


@pytest.mark.parametrize("title", ["cats", 'cats, "big" ones', "=1+1", "@cats", "-cats", "+cats", "two\nlines"])
def test_titles_of_lists_are_quoted(export, cats, alice, bob, carol, title):
    cats(title, carol, bob)
    text = export(alice, "lists")
    assert text.startswith('"')
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == [
        [title, "carol@pleroma.example"],
        [title, "bob@pleroma.example"],
    ]


@pytest.mark.parametrize(("kind", "header"), [
    ("follow", "Account address,Show boosts,Notify on new posts,Languages\n"),
    ("mutes", "Account address,Hide notifications\n"), ("blocks", ""), ("bookmarks", ""), ("lists", ""),
    ("domain_blocks", ""),
])  # fmt: skip
def test_nothing_is_no_line(export, alice, kind, header):
    assert export(alice, kind) == header


@pytest.mark.parametrize(("path", "scope"), SCOPES.items())
def test_an_export_is_a_private_file_for_its_scope(client, alice, make_token_of, path, scope):
    answer = client.get(f"/api/pleroma/{path}", auth=make_token_of(alice, [scope]), status=200)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="')
    others = sorted({"read:accounts", *SCOPES.values()} - {scope})
    client.get(f"/api/pleroma/{path}", auth=make_token_of(alice, others), status=403)
    client.get(f"/api/pleroma/{path}", status=403)
    client.authorization = ("Basic", ("alice", alice.password))
    client.get(f"/api/pleroma/{path}", status=200)


def test_who_is_gone_and_what_is_hidden_is_left_out(client, export, act, cats, alice, bob, carol, person, post, sql):
    dave = person("dave")
    sql("update accounts set locked = true where id = %s", dave.id)
    status = post(bob, "seen once", visibility="private")
    act(alice, bob, "follow")
    act(alice, carol, "follow")
    act(alice, dave, "follow")
    client.post(f"/api/v1/statuses/{status['id']}/bookmark", auth=alice, status=200)
    cats("cats", bob, carol)
    act(alice, bob, "mute")
    act(alice, carol, "mute", expires_in="1")
    sql("update mutes set expires_at = now() - interval '1 minute' where target_id = %s", carol.id)
    assert export(alice, "bookmarks") == f"{status['uri']}\n"
    assert "bob" in export(alice, "mutes")
    assert "carol" not in export(alice, "mutes")
    assert "dave" not in export(alice, "follow")
    sql("update accounts set active = false where id = %s", bob.id)
    assert export(alice, "bookmarks") == ""
    for kind in ("follow", "mutes", "lists"):
        assert "bob" not in export(alice, kind)
    assert export(alice, "lists") == '"cats",carol@pleroma.example\n'


@pytest.mark.long
def test_a_long_list_comes_whole_and_in_pieces(client, alice, sql):
    # None of these is there: pages without a line do not end it.
    sql(
        "insert into accounts (nickname, active) select 'gone' || n, false from generate_series(1, 2100) n;"
        "insert into follows (follower_id, followed_id) "
        f"select {alice.id}, id from accounts where nickname like 'gone%%';"
        "insert into accounts (nickname) select 'cat' || n from generate_series(1, 4100) n;"
        "insert into follows (follower_id, followed_id) "
        f"select {alice.id}, id from accounts where nickname like 'cat%%' order by id"
    )
    pieces = []
    request = client.RequestClass.blank("/api/pleroma/follow_export")
    request.headers["Authorization"] = f"Bearer {alice.token}"
    answer = request.send(client.app)
    pieces = list(answer.app_iter)
    assert max(piece.count(b"\n") for piece in pieces) <= 2001
    lines = b"".join(pieces).decode().splitlines()
    assert lines[1:] == [f"cat{n}@pleroma.example,true,false," for n in range(1, 4101)]


def test_what_is_exported_is_read_back_with_its_switches(client, export, act, alice, bob, carol, person, run_jobs):
    dave = person("dave")
    act(alice, carol, "follow", notify="true")
    act(alice, bob, "follow", reblogs="false")
    act(alice, person("erin"), "mute", notifications="false")
    act(alice, person("frank"), "mute")
    act(alice, person("grace"), "block")
    act(alice, person("heidi"), "block")
    for kind in ("follow", "mutes", "blocks"):
        text = export(alice, kind)
        client.post(f"/api/pleroma/{kind}_import", upload_files=[("list", "x.csv", text.encode())], auth=dave)
        run_jobs()
        assert export(dave, kind) == text


def test_a_switch_that_is_off_in_the_list_is_switched_off(client, export, act, alice, bob, run_jobs):
    act(alice, bob, "follow", notify="true")
    header = "Account address,Show boosts,Notify on new posts,Languages\n"
    client.post("/api/pleroma/follow_import", {"list": "bob\n"}, auth=alice, status=200)
    run_jobs()
    assert export(alice, "follow") == f"{header}bob@pleroma.example,true,true,\n"
    client.post("/api/pleroma/follow_import", {"list": f"{header}bob,true,false,en\n"}, auth=alice, status=200)
    run_jobs()
    assert export(alice, "follow") == f"{header}bob@pleroma.example,true,false,\n"


@pytest.mark.parametrize("as_file", [True, False], ids=["uploaded", "pasted"])
def test_bookmarks_are_read_back_in_their_order(client, export, alice, bob, carol, post, run_jobs, as_file):
    statuses = [post(bob, f"status {number}") for number in range(3)]
    for number in (2, 0, 1):
        status = statuses[number]
        client.post(f"/api/v1/statuses/{status['id']}/bookmark", auth=alice, status=200)
    text = export(alice, "bookmarks")
    sent = {"upload_files": [("list", "bookmarks.csv", text.encode())]} if as_file else {"params": {"list": text}}
    assert client.post("/api/pleroma/bookmarks_import", auth=carol, status=200, **sent).json == "job started"
    run_jobs()
    assert export(carol, "bookmarks") == text
    assert text.count("\n") == 3


def test_either_address_names_a_status_and_the_rest_is_skipped(client, export, alice, bob, post, run_jobs, sql):
    hidden, seen, other = post(bob, "hidden", visibility="direct"), post(bob, "seen"), post(bob, "other")
    reblogged = post(bob, "reblogged")
    reblog = client.post(f"/api/v1/statuses/{reblogged['id']}/reblog", auth=bob, status=200).json
    lines = [
        hidden["uri"], hidden["url"], f'"{seen["url"]}"', seen["uri"].upper().replace("HTTPS", "https"), "", "nonsense",
        "https://elsewhere.example/objects/1", "https://pleroma.example/notice/1",
        f"https://pleroma.example/notice/{'9' * 30}",
        "https://pleroma.example/objects/00000000-0000-0000-0000-000000000000", f"{other['uri']},and,more",
        f"https://pleroma.example/notice/{reblog['id']}",
    ]  # fmt: skip
    client.post("/api/pleroma/bookmarks_import", {"list": "\ufeff" + "\r\n".join(lines)}, auth=alice, status=200)
    run_jobs()
    assert export(alice, "bookmarks") == f"{seen['uri']}\n{other['uri']}\n{reblogged['uri']}\n"
    assert sql("select count(*) from imports") == [(0,)]
    assert {status for (status,) in sql("select status::text from procrastinate_jobs")} == {"succeeded"}


def test_bookmarks_that_are_there_stay_where_they_are(client, export, alice, bob, post, run_jobs):
    first, second = post(bob, "first"), post(bob, "second")
    client.post(f"/api/v1/statuses/{first['id']}/bookmark", auth=alice, status=200)
    client.post("/api/pleroma/bookmarks_import", {"list": f"{second['uri']}\n{first['uri']}"}, auth=alice, status=200)
    run_jobs()
    assert export(alice, "bookmarks") == f"{first['uri']}\n{second['uri']}\n"


def test_importing_bookmarks_needs_its_scope(client, alice, make_token_of):
    sent = {"list": "https://pleroma.example/notice/1"}
    client.post("/api/pleroma/bookmarks_import", sent, auth=make_token_of(alice, ["write:bookmarks"]), status=200)
    client.post("/api/pleroma/bookmarks_import", sent, auth=make_token_of(alice, ["read", "follow"]), status=403)
