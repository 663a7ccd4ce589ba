"""Long jobs survive a kill -9 of everything, and finish exactly once (docs/api/pleroma.md 20)."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

import psycopg
import pytest

from pleroma.server import postgres

from .conftest import ROOT, free_port

ACCOUNTS = int(os.environ.get("BACKGROUND_WORK_SIZE", "1500"))


class Server:
    """A server in a directory of its own that can be killed and started again."""

    def __init__(self, directory):
        self.directory = directory
        self.address = f"http://127.0.0.1:{free_port()}"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
        self.environment |= {"PLEROMA_RATE_LIMITS": "false"}

    def start(self):
        """Start it and wait for its first answer; returns the seconds it took."""
        started = time.monotonic()
        with (self.directory / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "app.py", "serve", "--port", self.address.rpartition(":")[2]],
                cwd=self.directory,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while time.monotonic() < started + 60:
            try:
                self.ask("/api/v1/instance")
                return time.monotonic() - started
            except OSError:
                time.sleep(0.02)
        raise AssertionError((self.directory / "log").read_text())

    def kill(self):
        """Kill every process of it at once, PostgreSQL included."""
        postmaster = int((self.directory / "instance/postgres/postmaster.pid").read_text().split("\n")[0])
        tree = {self.process.pid, postmaster}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
                if parent in tree:
                    tree.add(int(entry.name))
        for pid in tree:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self):
        """End it in good order."""
        self.process.terminate()
        assert self.process.wait(40) == 0

    def ask(self, path, token=None, **parameters):
        """One request; a POST when there are parameters."""
        data = urllib.parse.urlencode(parameters).encode() if parameters else None
        request = urllib.request.Request(self.address + path, data)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def log_in(self, name):
        """A token by password."""
        app = self.ask(
            "/api/v1/apps",
            client_name="t",
            redirect_uris="urn:ietf:wg:oauth:2.0:oob",
            scopes="read write follow",
        )
        grant = {"grant_type": "password", "username": name, "password": "secret"}
        return self.ask("/oauth/token", client_id=app["client_id"], client_secret=app["client_secret"], **grant)[
            "access_token"
        ]

    def make_user(self, name):
        """An account."""
        user = ["user", "create", name, "--email", f"{name}@mail.example", "--password", "secret"]
        subprocess.run(
            [sys.executable, ROOT / "app.py", *user],
            cwd=self.directory,
            env=self.environment,
            check=True,
            capture_output=True,
        )

    def sql(self, statement):
        """Run one statement and give its rows."""
        with psycopg.connect(postgres.running_url(self.directory / "instance"), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def wait_for(self, statement, wanted):
        """Wait until a statement gives a value; returns the seconds it took."""
        started = time.monotonic()
        while time.monotonic() < started + 300:
            if self.sql(statement)[0][0] == wanted:
                return time.monotonic() - started
            time.sleep(0.1)
        raise AssertionError((statement, self.sql(statement)))


@pytest.fixture
def server(tmp_path):
    """A server with alice and bob, and many accounts that nobody knows."""
    made = Server(tmp_path)
    made.start()
    for name in ("alice", "bob"):
        made.make_user(name)
    made.sql(f"insert into accounts (nickname) select 'n' || g from generate_series(1, {ACCOUNTS}) g")
    yield made
    made.stop()


def slowest_home_page_while(server, token, remaining):
    """How many seconds the slowest home page took until a query counted nothing any more."""
    started, slowest = time.monotonic(), 0.0
    while server.sql(remaining)[0][0]:
        asked = time.monotonic()
        server.ask("/api/v1/timelines/home", token)
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.2)
        assert time.monotonic() < started + 300
    return slowest


def test_an_import_that_is_killed_half_way_finishes_once(server):
    token = server.log_in("alice")
    names = "\n".join(f"n{number}" for number in range(1, ACCOUNTS + 1))
    started = time.monotonic()
    assert server.ask("/api/pleroma/follow_import", token, list=names) == "job started"
    print(f"answered after {time.monotonic() - started:.2f} s")
    while server.sql("select count(*) from follows")[0][0] < ACCOUNTS // 3:
        time.sleep(0.01)
    server.kill()
    print(f"ready after {server.start():.2f} s")
    slowest = slowest_home_page_while(server, token, "select count(*) from imports")
    print(f"done after {time.monotonic() - started:.1f} s; slowest home page {slowest:.3f} s")
    assert server.sql("select count(*) from follows") == [(ACCOUNTS,)]
    assert server.sql("select following_count from accounts where nickname = 'alice'") == [(ACCOUNTS,)]
    assert server.sql("select count(*) from accounts where nickname like 'n%' and followers_count <> 1") == [(0,)]


def _write(server, count):
    """Let Alice have written many statuses."""
    server.sql(
        "insert into statuses (account_id, thread_id, visibility, involved, source, body)"
        " select a.id, nextval('thread_sequence'), 'public', array[a.id], 'x', "
        """'"content":"x","mentions":[],"tags":[],"language":null,"pleroma":{"content":{"text/plain":"x"}'"""
        f" from accounts a, generate_series(1, {count}) where a.nickname = 'alice'"
    )


def test_a_deletion_that_is_killed_half_way_finishes_once(server):
    token, other = server.log_in("alice"), server.log_in("bob")
    server.ask("/api/v1/statuses", other, status="@alice stays")
    _write(server, ACCOUNTS)
    started = time.monotonic()
    assert server.ask("/api/pleroma/delete_account", token, password="secret") == {"status": "success"}
    while server.sql("select count(*) from statuses")[0][0] > ACCOUNTS * 0.9:
        time.sleep(0.005)
    server.kill()
    server.start()
    slowest = slowest_home_page_while(server, other, "select count(*) from accounts where nickname = 'alice'")
    print(f"done after {time.monotonic() - started:.1f} s; slowest home page {slowest:.3f} s")
    assert server.sql("select count(*) from statuses") == [(1,)]
    assert server.sql("select count(*) from notifications") == [(0,)]


def test_an_archive_that_is_killed_half_way_is_made_whole(server):
    token = server.log_in("alice")
    _write(server, ACCOUNTS * 10)
    request = urllib.request.Request(f"{server.address}/api/v1/pleroma/backups", b"")
    request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        path = urllib.parse.urlsplit(json.load(answer)[0]["url"]).path
    directory = server.directory / "instance" / "archives"
    while not list(directory.glob("*.part")):
        time.sleep(0.001)
    server.kill()
    assert list(directory.glob("*.zip")) == []
    server.start()
    server.wait_for("select state from archives", "complete")
    with urllib.request.urlopen(server.address + path, timeout=30) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    assert archive.testzip() is None
    assert json.loads(archive.read("outbox.json"))["totalItems"] == ACCOUNTS * 10
    assert [file.suffix for file in directory.iterdir()] == [".zip"]
