"""The commands, as an operator types them: beside a running server and without one."""

import configparser
import contextlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import psycopg
import pytest

import app
from pleroma import vapid
from pleroma.accounts import administration
from pleroma.db import queries
from pleroma.server import postgres

ROOT = Path(__file__).parent.parent
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """One data directory for the commands of this module."""
    return tmp_path_factory.mktemp("commands") / "instance"


@pytest.fixture
def run(data_dir):
    """Runs a command and gives what it wrote: run("user", "list"); status=1 expects a failure."""

    def command(*arguments, status=0, text="", **environment):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
        result = subprocess.run(
            [sys.executable, str(ROOT / "app.py"), *arguments],
            env={**kept, "PLEROMA_DATA_DIR": str(data_dir), **environment},
            input=text, capture_output=True, text=True,
        )  # fmt: skip
        assert result.returncode == status, result.stderr
        return result.stderr if status else result.stdout

    return command


@pytest.fixture(scope="module")
def running(data_dir):
    """The embedded PostgreSQL of the data directory, run by this process as `serve` would."""
    url = postgres.start(data_dir)
    yield url
    postgres.stop(data_dir)


def test_commands_start_what_they_need_and_stop_it(run, data_dir):
    assert "Applied procrastinate" in run("db", "migrate")
    assert run("db", "migrate") == "The schema is up to date.\n"
    assert not postgres.is_running(data_dir)


def test_account_is_made_beside_a_running_server(run, running, data_dir):
    run("user", "create", "Root", "--email", "root@mail.example", "--password", PASSWORD, "--admin")
    assert run("user", "list") == "Root\troot@mail.example\tadmin\n"
    assert postgres.running_url(data_dir) == running
    with psycopg.connect(running, autocommit=True) as connection:
        row = connection.execute("select confirmed, confirmation_pending, is_moderator from accounts").fetchone()
    assert row == (True, False, False)


@pytest.mark.parametrize(
    ("nickname", "email", "password", "fault"),
    [
        ("root", "other@mail.example", PASSWORD, "nickname has already been taken"),
        ("other", "ROOT@mail.example", PASSWORD, "email has already been taken"),
        ("two words", "a@mail.example", PASSWORD, "nickname has invalid format"),
        ("api", "a@mail.example", PASSWORD, "nickname is reserved"),
        ("other", "nobody", PASSWORD, "email has invalid format"),
        ("other", "a@mail.example", "", "password should have 1 to 1000 characters"),
    ],
)
def test_account_that_cannot_be_is_refused(run, running, nickname, email, password, fault):
    assert run("user", "create", nickname, "--email", email, "--password", password, status=1) == f"Error: {fault}\n"


def test_account_is_changed(run, running):
    run("user", "create", "bob", "--email", "bob@mail.example", "--password", PASSWORD)
    run("user", "set", "bob", "admin=true", "moderator=yes", "locked=1", "email=b@mail.example")
    assert "bob\tb@mail.example\tadmin moderator\n" in run("user", "list")
    run("user", "set", "@BOB", "admin=false", "moderator=false")
    assert "bob\tb@mail.example\t\n" in run("user", "list")
    assert "only email, admin" in run("user", "set", "bob", "nickname=eve", status=1)
    assert "neither true nor false" in run("user", "set", "bob", "admin=perhaps", status=1)
    assert "already been taken" in run("user", "set", "bob", "email=root@mail.example", status=1)
    assert "NAME=VALUE" in run("user", "set", "bob", "admin", status=2)
    assert run("user", "set", "nobody", "admin=true", status=1) == "Error: there is no account nobody\n"


def test_account_is_deactivated_and_activated(run, running):
    run("user", "create", "carol", "--email", "carol@mail.example", "--password", PASSWORD)
    run("user", "deactivate", "carol")
    assert "carol\tcarol@mail.example\tdeactivated\n" in run("user", "list")
    run("user", "activate", "carol")
    assert "carol\tcarol@mail.example\t\n" in run("user", "list")


def test_password_is_reset(run, running):
    run("user", "create", "dave", "--email", "dave@mail.example", "--password", PASSWORD)
    assert run("user", "reset-password", "dave", "--password", "another one") == "Changed the password of @dave.\n"
    made = run("user", "reset-password", "dave").rpartition(": ")[2].strip()
    assert len(made) >= 12


def test_account_is_deleted_after_a_question(run, running):
    run("user", "create", "erin", "--email", "erin@mail.example", "--password", PASSWORD)
    run("user", "delete", "erin", text="n\n", status=1)
    assert "erin" in run("user", "list")
    run("user", "delete", "erin", "--yes")
    assert "erin" not in run("user", "list")


def test_an_account_is_exported_whole_and_for_its_owner_only(run, running, tmp_path):
    run("user", "create", "writer", "--email", "writer@mail.example", "--password", PASSWORD)
    with psycopg.connect(running, autocommit=True) as connection:
        connection.execute("update accounts set active = false where nickname = 'writer'")
    file = tmp_path / "writer.zip"
    assert f"Wrote {file}" in run("user", "export", "@writer", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("actor.json"))["preferredUsername"] == "writer"
    assert [path.name for path in tmp_path.iterdir()] == ["writer.zip"]
    assert "there is no account nobody" in run("user", "export", "nobody", str(file), status=1)
    assert "Error" in run("user", "export", "writer", str(tmp_path / "nowhere" / "x.zip"), status=1)


def test_invite_shows_its_link(run, running):
    link = run("invite", "create", "--max-use", "3", "--expires-at", "2099-12-31", PLEROMA_BASE_URL="https://a.example")
    assert link.startswith("https://a.example/registration/")
    with psycopg.connect(running, autocommit=True) as connection:
        row = connection.execute("select token, max_use, expires_at::text, used from invites").fetchone()
    assert row == (link.strip().rpartition("/")[2], 3, "2099-12-31", False)
    assert "Invalid value" in run("invite", "create", "--max-use", "0", status=2)


def test_config_shows_every_setting_and_no_secret(run, running):
    with psycopg.connect(running, autocommit=True) as connection:
        connection.execute("insert into settings (name, value) values ('instance_name', '\"Run time\"')")
    shown = run(
        "config", PLEROMA_SMTP_URL="smtps://me:hidden@mail.example", PLEROMA_WORKERS="3", PLEROMA_INSTANCE_NAME="E",
        PLEROMA_VAPID_KEY=vapid.make(),
    )  # fmt: skip
    assert "PLEROMA_SMTP_URL=***  (environment)\n" in shown
    assert "PLEROMA_VAPID_KEY=***  (environment)\n" in shown
    assert "hidden" not in shown and "PRIVATE" not in shown
    assert "PLEROMA_WORKERS=3  (environment)\n" in shown
    assert "PLEROMA_PUBLIC=true  (default)\n" in shown
    assert "PLEROMA_INSTANCE_NAME=Run time  (database)\n" in shown


def test_config_makes_no_database(run, tmp_path):
    assert "PLEROMA_PUBLIC=true" in run("config", PLEROMA_DATA_DIR=str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_routes_lists_methods_paths_and_scopes(run):
    lines = [line.split() for line in run("routes").splitlines()]
    assert ["GET", "/api/v1/instance"] in lines
    assert ["POST", "/api/v1/statuses", "write:statuses"] in [line[:3] for line in lines]


def test_commands_do_without_flask_until_they_need_it():
    heavy = ("flask", "PIL", "psycopg")
    code = f"import sys, app, pleroma.server.supervisor; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def _commands(group, prefix=""):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")
        elif not command.hidden:
            yield prefix + name


def test_readme_lists_every_command():
    section = (ROOT / "README.md").read_text().partition("## Commands")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `([a-z -]+)` \|", section, re.MULTILINE)) == sorted(_commands(app.cli))


def test_readme_gives_a_reason_for_every_package():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    required = {re.split(r"[<>=]", line)[0] for line in parser["options"]["install_requires"].split()}
    section = (ROOT / "README.md").read_text().partition("## What it builds on")[2]
    rows = re.findall(r"^\| (?!package|---)(.*?) \|", section, re.MULTILINE)
    assert {name for row in rows for name in re.split(r", (?![a-z]+\])", row)} == required


def test_wrong_setting_is_one_line(run):
    assert run("user", "list", status=2, PLEROMA_PUBLIC="maybe") == "Error: PLEROMA_PUBLIC is neither true nor false\n"


def test_what_others_count_follows_deactivation_and_deletion(client, alice, bob, carol, post, sql, database_url):
    status = post(bob, "hello")
    answer = post(alice, "@bob hi", in_reply_to_id=status["id"])
    client.post(f"/api/v1/accounts/{bob.id}/follow", auth=alice)
    client.post(f"/api/v1/accounts/{alice.id}/follow", auth=carol)
    client.post(f"/api/v1/statuses/{status['id']}/favourite", auth=alice)
    client.post(f"/api/v1/statuses/{status['id']}/reblog", auth=alice)

    def counted():
        ((replies, favourites, reblogs),) = sql(
            "select replies_count, favourites_count, reblogs_count from statuses where id = %s", int(status["id"])
        )
        ((followers,),) = sql("select followers_count from accounts where id = %s", bob.id)
        ((following,),) = sql("select following_count from accounts where id = %s", carol.id)
        return replies, favourites, reblogs, followers, following

    def do(action, *arguments):
        with contextlib.closing(psycopg.connect(database_url, autocommit=True)) as connection, connection.transaction():
            action(connection, administration.find(connection, "alice").id, *arguments)

    assert counted() == (1, 1, 1, 1, 1)
    do(administration.set_active, False)
    do(administration.set_active, False)
    assert counted() == (1, 1, 1, 0, 0)
    do(administration.set_active, True)
    assert counted() == (1, 1, 1, 1, 1)
    do(administration.delete)
    assert counted() == (0, 0, 0, 0, 0)
    client.get(f"/api/v1/statuses/{answer['id']}", auth=bob, status=404)


def test_last_direct_message_of_the_deleted_makes_way(client, alice, bob, post, database_url):
    first = post(bob, "@alice secret", visibility="direct")
    post(alice, "@bob answer", visibility="direct", in_reply_to_id=first["id"])
    with psycopg.connect(database_url, autocommit=True) as connection:
        administration.delete(connection, administration.find(connection, "alice").id)
    (conversation,) = client.get("/api/v1/conversations", auth=bob).json
    assert conversation["last_status"]["id"] == first["id"]


def test_files_of_the_deleted_are_handed_to_the_job(alice, sql, database_url):
    sql("update accounts set avatar = 'a.png' where id = %s", alice.id)
    sql(
        "insert into media (account_id, kind, mime_type, file, preview) values (%s, 'image', 'image/png', 'f', 'p')",
        alice.id,
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        administration.delete(connection, administration.find(connection, "alice").id)
    assert sql("select name from removed_files order by name") == [("a.png",), ("f",), ("p",)]


def test_password_reset_ends_every_login(client, alice, database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        administration.set_password(connection, administration.find(connection, "alice").id, "new password")
    client.get("/api/v1/accounts/verify_credentials", auth=alice, status=403)


def test_the_second_factor_of_an_account_is_ended(run, running):
    with psycopg.connect(running, autocommit=True) as connection:
        connection.execute(
            "insert into second_factors (account_id, key) select id, 'x' from accounts where nickname = 'Root'"
        )
        assert run("user", "reset-mfa", "@root") == "Ended the second factor of @root.\n"
        assert connection.execute("select 1 from second_factors").fetchall() == []
    assert run("user", "reset-mfa", "root") == "@root has no second factor.\n"
    assert run("user", "reset-mfa", "nobody", status=1) == "Error: there is no account nobody\n"


def test_first_administrator_is_noticed(person, database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        assert not queries.command_line.has_administrator(connection).found
        person("root", admin=True)
        assert queries.command_line.has_administrator(connection).found


FEDERATED = {"PLEROMA_FEDERATION": "true", "PLEROMA_BASE_URL": "https://pleroma.example"}


def test_hosts_are_listed_shown_blocked_and_tried_again(run, running):
    with psycopg.connect(running, autocommit=True) as connection:
        connection.execute(
            "insert into hosts (name, seen_at, failing_since, failures) values"
            " ('b.example', '2026-11-01', null, 0), ('c.example', null, '2026-11-20', 3)"
        )
    assert run("host", "list") == "b.example\t2026-11-01\t-\t0\nc.example\t-\t2026-11-20\t0\tfailing\n"
    assert run("host", "block", "B.example", "--reason", "spam").startswith("Blocked B.example: 0 accounts hidden")
    said = run("host", "list")
    assert "b.example\t2026-11-01\t-\t0\tblocked\n" in said and "reject\tb.example\tspam\n" in said
    shown = run("host", "show", "c.example")
    assert shown.startswith("c.example  failing\n") and "failed in a row         3\n" in shown
    assert run("host", "retry", "c.example") == "0 deliveries to c.example are sent now.\n"
    assert "failing since           -\n" in run("host", "show", "c.example")
    assert run("host", "unblock", "b.example") == "Unblocked b.example: 0 accounts shown again.\n"
    assert run("host", "unblock", "b.example", status=1) == "Error: b.example is not blocked\n"
    for command in ("show", "retry"):
        assert run("host", command, "d.example", status=1) == "Error: d.example is not known here\n"
    assert "is no host" in run("host", "block", "b example", status=1)


def test_the_key_of_an_account_is_changed(run, running):
    run("user", "create", "signer", "--email", "signer@mail.example", "--password", PASSWORD)
    assert "PLEROMA_FEDERATION is not set" in run("key", "rotate", "signer", status=1)
    assert run("key", "rotate", "@SIGNER", **FEDERATED) == "@signer has another key.\n"
    assert "less than two hours ago" in run("key", "rotate", "signer", status=1, **FEDERATED)
    assert "there is no account nobody" in run("key", "rotate", "nobody", status=1, **FEDERATED)


def test_stats_show_what_waits_between_servers_where_there_are_others(run, running):
    assert "deliveries waiting" not in run("stats")
    said = run("stats", **FEDERATED)
    assert re.search(r"^federation\n  deliveries waiting +0\n  to hosts that fail +0$", said, re.MULTILINE)
