"""One embedded PostgreSQL for the run, the real WSGI application on it, and people who use it."""

import collections
import dataclasses
import functools
import hashlib
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import hypothesis
import psycopg
import pytest
import webtest

from pleroma import config, create_app, db, jobs
from pleroma.accounts import passwords
from pleroma.db import queries, schema
from pleroma.server import postgres
from tests import described
from tests.buckets import Bucket, Door
from tests.serving import free_port

BASE = "https://pleroma.example"
PASSWORD = "correct horse battery staple"
ALL_SCOPES = ("read", "write", "follow", "push")
# A busy machine is slow, and no test fails for that.
hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy")


@dataclasses.dataclass
class Person:
    """An account with a token, as the tests use it."""

    id: int
    nickname: str
    token: str
    email: str
    password: str = PASSWORD


class Client(webtest.TestApp):
    """WebTest's client with one more argument: `auth`, the person who asks. What is answered must be described."""

    noted: dict = {}  # what the database holds of the environment

    def do_request(self, req, status=None, expect_errors=None):
        config = self.app.extensions["pleroma"].config
        environment = schema.environment(config)
        if environment != Client.noted:
            # Each client is a server of its own, and the one that asks is the one that started last.
            schema.note_environment(config.database_url, config)
            Client.noted = environment
        req.environ.setdefault("REMOTE_ADDR", "127.0.0.1")
        response = super().do_request(req, status, expect_errors)
        described.check(self.app, req.environ, response)
        return response


def _with_auth(method):
    def call(self, url, *arguments, auth=None, headers=None, **options):
        headers = dict(headers or {})
        if auth is not None:
            headers["Authorization"] = f"Bearer {getattr(auth, 'token', auth)}"
        return getattr(super(Client, self), method)(url, *arguments, headers=headers, **options)

    return call


for _method in (
    "get", "post", "put", "patch", "delete", "post_json", "put_json", "patch_json", "delete_json", "options", "head",
):  # fmt: skip
    setattr(Client, _method, _with_auth(_method))


@pytest.fixture(scope="session")
def data_directory(tmp_path_factory):
    """The data directory of the run."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def server_url(data_directory):
    """The embedded PostgreSQL of the run; what it holds need not survive it."""
    url = postgres.start(data_directory, settings={"fsync": "off", "full_page_writes": "off"})
    yield url
    postgres.stop(data_directory)


@pytest.fixture(scope="session")
def database_url(server_url):
    """The migrated database."""
    schema.migrate(server_url)
    return server_url


@pytest.fixture(scope="session")
def settings(data_directory, database_url):
    """The configuration that most tests run under."""
    return config.load(
        {}, data_dir=data_directory, database_url=database_url, base_url=BASE, rate_limits=False, secret_key="x" * 32
    )


@pytest.fixture(scope="session", autouse=True)
def slow_method():
    """How passwords are hashed outside the tests: that takes longer than most tests."""
    method, quick = passwords._METHOD, "scrypt:256:8:1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_METHOD", quick)
        patch.setattr("pleroma.auth.passwords.OF_NOBODY", passwords.OF_NOBODY.replace(method, quick))
        yield method


@pytest.fixture(scope="session")
def _password_hash():
    return passwords.hash_password(PASSWORD)


@pytest.fixture(scope="session")
def _pool(database_url, settings):
    schema.note_environment(database_url, settings)
    Client.noted = schema.environment(settings)
    db.configure(database_url, 8)
    yield
    db.close_pool()


@pytest.fixture(scope="session")
def _statements(database_url):
    """Runs statements on a connection for each thread; a new one when a test has cut it."""
    kept = threading.local()

    def run(statement, *parameters):
        connection = getattr(kept, "connection", None)
        if connection is None or not _is_usable(connection):
            connection = kept.connection = psycopg.connect(database_url, autocommit=True, prepare_threshold=None)
        cursor = connection.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []

    return run


def _is_usable(connection):
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True


@pytest.fixture(autouse=True)
def _clean(request):
    """Nothing of one test is left for the next."""
    run = request.getfixturevalue("_statements") if "_pool" in request.fixturenames else None
    yield
    if run is not None:
        run(
            # So many rows go sooner with their tables.
            "do $$ begin if exists (select from accounts offset 300) or exists (select from statuses offset 300) then"
            " truncate accounts, feed_statuses cascade; end if; end $$;"
            "delete from accounts; delete from apps; delete from settings;"
            "delete from invites; delete from captchas; delete from rate_limits; delete from emojis;"
            "delete from emoji_sources; delete from moderation_log; delete from reports; delete from announcements;"
            "delete from removed_files; delete from procrastinate_jobs; delete from imports;"
            "delete from account_keys; delete from tombstones; delete from outgoing; delete from hosts;"
            "delete from host_policies; delete from lookups; delete from inbox; delete from remote_keys"
        )


@pytest.fixture(scope="session")
def s3_server():
    """The address of a double of an S3 store, for as long as this process runs."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(s3_server):
    """An empty bucket."""
    return Bucket(s3_server)


@pytest.fixture
def door(bucket):
    """The door through which the settings of the bucket lead."""
    bucket.door = Door(bucket.server)
    yield bucket.door
    bucket.door.close()


@pytest.fixture(scope="session")
def _application(settings, _pool):
    """Makes the application under changed settings, each once: that takes longer than most tests."""

    @functools.lru_cache(32)
    def make(changes, number):
        return create_app(dataclasses.replace(settings, **dict(changes)))

    return make


@pytest.fixture
def make_client(_application):
    """A client of the application under changed settings: make_client(public=False). Each call gives another server."""
    calls = collections.Counter()

    def make(**changes):
        key = tuple(sorted(changes.items()))
        calls[key] += 1
        return Client(_application(key, calls[key]))

    return make


@pytest.fixture
def client(make_client):
    """A client of the application."""
    return make_client()


@pytest.fixture
def sql(_statements):
    """Runs one statement and gives its rows, for what no endpoint shows."""
    return _statements


@pytest.fixture
def person(_pool, _password_hash, sql):
    """Makes a person: person("alice"), person("root", admin=True), person("app", scopes=("read",))."""

    def make(nickname, *, scopes=ALL_SCOPES, admin=False, moderator=False, confirmed=True):
        email = f"{nickname}@mail.example"
        with db.in_transaction() as connection:
            account_id = queries.users.create(
                connection,
                nickname=nickname,
                email=email,
                password_hash=_password_hash,
                display_name=nickname,
                note="",
                note_source="",
                confirmed=confirmed,
                confirmation_pending=not confirmed,
                hide_favorites=False,
                is_admin=admin,
                is_moderator=moderator,
            ).id
        return Person(account_id, nickname, make_token(sql, account_id, scopes), email)

    return make


def make_token(sql, account_id, scopes=ALL_SCOPES):
    """A token of an app for an account."""
    token = secrets.token_urlsafe(32)
    ((app_id,),) = sql(
        "insert into apps (client_id, client_secret_hash, name, redirect_uri, redirect_uris, scopes)"
        " values (%s, '', 'tests', '', '{}', %s) returning id",
        secrets.token_urlsafe(8),
        list(scopes),
    )
    sql(
        "insert into tokens (token_hash, app_id, account_id, scopes) values (%s, %s, %s, %s)",
        hashlib.sha256(token.encode()).digest(),
        app_id,
        account_id,
        list(scopes),
    )
    return token


@pytest.fixture
def make_token_of(sql):
    """Makes another token of a person: make_token_of(alice)."""
    return lambda who, scopes=ALL_SCOPES: make_token(sql, who.id, scopes)


@pytest.fixture
def alice(person):
    """Alice, who does things."""
    return person("alice")


@pytest.fixture
def bob(person):
    """Bob, to whom things happen."""
    return person("bob")


@pytest.fixture
def carol(person):
    """Carol, who looks on."""
    return person("carol")


@pytest.fixture
def post(client):
    """Posts a status and gives it back: post(alice, "hello", visibility="direct")."""

    def publish(author, text, **parameters):
        return client.post_json("/api/v1/statuses", {"status": text, **parameters}, auth=author, status=200).json

    return publish


@pytest.fixture
def register_app(client):
    """Registers an app: register_app(scopes="read", redirect_uris="app:/")."""

    def make(redirect_uris="https://app.example/callback", scopes="read write follow push"):
        parameters = {"client_name": "App", "redirect_uris": redirect_uris, "scopes": scopes}
        return client.post_json("/api/v1/apps", parameters, status=200).json

    return make


@pytest.fixture
def app(register_app):
    """An app with one address and all scopes."""
    return register_app()


@pytest.fixture
def run_jobs(settings, _pool):
    """Runs all jobs that are due, and gives their number."""
    return lambda **changes: jobs.run_pending(dataclasses.replace(settings, **changes))


ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of a server with the accounts alice and bob; its rate limits are off, and it reaches this machine."""
    directory = tmp_path_factory.mktemp("server")
    address = f"http://127.0.0.1:{free_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
    environment |= {"PLEROMA_RATE_LIMITS": "false", "PLEROMA_REMOTE_ALLOW_LOOPBACK": "true"}
    command = [sys.executable, ROOT / "app.py"]
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", address.rpartition(":")[2]],
            cwd=directory,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(address, process, directory / "log")
        for nickname in ("alice", "bob"):
            user = [*command, "user", "create", nickname, "--email", f"{nickname}@mail.example", "--password", "secret"]
            subprocess.run(user, cwd=directory, env=environment, check=True, capture_output=True)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0


def _wait_for(address, process, log):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/api/v1/instance", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


# Every test of these is long. They run in this order, the longest first: no process is left alone with one at the end.
_LONG = (
    "tests/deploy", "tests/openapi/test_requests.py", "tests/clients", "tests/test_bounded_requests.py", "tests/server",
    "tests/federation/test_two_servers.py", "tests/streaming/test_processes.py", "tests/streaming/test_many.py",
    "tests/streaming/test_limits.py", "tests/test_command_line.py", "tests/browser", "tests/ops/test_backup.py",
    "tests/ops/test_media_in_a_bucket.py", "tests/test_linear_time.py", "tests/test_progress.py",
    "tests/views/test_media_in_a_bucket.py", "tests/media/test_bucket.py", "tests/db/test_another_server.py",
)  # fmt: skip
# These take longest of what is not long.
_LONGER = ("tests/test_sight.py", "tests/web/test_hostile_input.py", "tests/views/mastodon/test_search.py")
_PLACES = {ROOT / path: place for place, path in enumerate(_LONG + _LONGER)}


def _place(item):
    return min((_PLACES[path] for path in (item.path, *item.path.parents) if path in _PLACES), default=len(_PLACES))


def _tries_everything(config):
    """Whether the long tests are wanted: by the option, or because a file or a folder is named."""
    named = {Path(argument.partition("::")[0]).resolve() for argument in config.args}
    return config.getoption("--long") or not named & {ROOT, ROOT / "tests"}


def pytest_collection_modifyitems(config, items):
    """Put the tests in order, and leave out the long ones."""
    items.sort(key=_place)
    for item in items:
        if _place(item) < len(_LONG):
            item.add_marker("long")
    if not _tries_everything(config):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_addoption(parser):
    """How much is tried."""
    parser.addoption("--long", action="store_true", help="also what takes long: whole servers, clients, a browser")
    parser.addoption("--examples", type=int, default=3, help="requests of each kind to make of each operation")


def pytest_configure(config):
    """Compare everything with the document of the API, from the start."""
    config.pluginmanager.register(described)


def pytest_terminal_summary(terminalreporter, config):
    """Say what was left out, and how to run each test alone that failed."""
    if not _tries_everything(config):
        terminalreporter.write_line("What takes long was left out; --long tries it too.")
    failed = terminalreporter.stats.get("failed", []) + terminalreporter.stats.get("error", [])
    if failed and not hasattr(config, "workerinput"):
        terminalreporter.section("each of these alone, in this process")
        for name in dict.fromkeys(report.nodeid for report in failed):
            terminalreporter.write_line(f"{Path(sys.executable).parent / 'pytest'} -n 0 '{name}'")
