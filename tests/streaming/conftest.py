"""People on a running server, and their streams."""

import contextlib
import dataclasses
import http.client
import itertools
import json
import signal
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from websockets.sync.client import connect

from pleroma.server import postgres
from tests.conftest import make_token
from tests.meanwhile import until
from tests.serving import Server

_numbers = itertools.count()
SECONDS = 10


@dataclasses.dataclass
class Person:
    """An account on a running server, with a token."""

    id: int
    nickname: str
    token: str
    world: "World"

    def ask(self, method, path, body=None, expect=200):
        """What the API answers."""
        return self.world.ask(method, path, body, token=self.token, expect=expect)

    def post(self, text, **parameters):
        """A new status."""
        return self.ask("POST", "/api/v1/statuses", {"status": text, **parameters})

    def does(self, action, other):
        """Follow, block, mute … somebody."""
        return self.ask("POST", f"/api/v1/accounts/{other.id}/{action}")

    def socket(self, stream=None, **parameters):
        """A WebSocket with this person's token."""
        return self.world.socket(stream, access_token=self.token, **parameters)


class Socket:
    """A WebSocket of the streams."""

    def __init__(self, address, **options):
        self._closing = contextlib.ExitStack()
        self.connection = self._closing.enter_context(
            connect(address, open_timeout=SECONDS, close_timeout=1, **options)
        )

    def frame(self, seconds=SECONDS):
        """The next frame, as it came."""
        return json.loads(self.connection.recv(seconds))

    def event(self):
        """The next event: the stream, its name, its payload."""
        frame = self.frame()
        payload = frame.get("payload")
        return frame["stream"], frame["event"], json.loads(payload) if payload and payload[0] == "{" else payload

    def events(self, number):
        """The names and ids of the next events."""
        return [
            (name, payload["id"] if isinstance(payload, dict) else payload)
            for _, name, payload in (self.event() for _ in range(number))
        ]

    def say(self, **message):
        """Send a message, and give what is answered."""
        self.connection.send(json.dumps(message))
        frame = self.frame()
        assert (frame["stream"], frame["event"]) == ([], "pleroma:respond")
        return json.loads(frame["payload"])

    def code(self):
        """The code with which the server closes it, whatever comes before."""
        with contextlib.suppress(Exception):
            while True:
                self.connection.recv(SECONDS)
        return self.connection.close_code

    def close(self):
        """Go away."""
        self._closing.close()


class World:
    """A server, and the people on it."""

    def __init__(self, server):
        self.server = server
        self.address = f"ws://127.0.0.1:{server.port}/api/v1/streaming"
        self._closing = contextlib.ExitStack()

    def sql(self, statement, *parameters):
        """Run one statement."""
        with psycopg.connect(postgres.running_url(self.server.data_dir), autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def person(self, scopes=("read", "write", "follow"), **values):
        """A new account: person(locked=True)."""
        nickname = f"person{next(_numbers)}"
        ((account_id,),) = self.sql("insert into accounts (nickname) values (%s) returning id", nickname)
        self.sql("insert into users (account_id, email, password_hash) values (%s, %s, '')", account_id, nickname)
        for name, value in values.items():
            self.sql(f"update accounts set {name} = %s where id = %s", value, account_id)
        return Person(account_id, nickname, self.token(account_id, scopes), self)

    def token(self, account_id, scopes=("read", "write", "follow")):
        """One more token of an account; None makes one of an app alone."""
        return make_token(self.sql, account_id, scopes)

    def ask(self, method, path, body=None, *, token=None, expect=200):
        """What the API answers; a body that is bytes is an upload."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SECONDS)
        with contextlib.closing(connection):
            kind = "multipart/form-data; boundary=x" if isinstance(body, bytes) else "application/json"
            headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
            data = body if isinstance(body, bytes) else json.dumps(body or {})
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
        assert answer.status == expect, text
        return json.loads(text)

    def socket(self, stream=None, *, headers=None, subprotocols=None, **parameters):
        """A WebSocket; parameters go into its address."""
        query = urlencode(({"stream": stream} if stream else {}) | parameters)
        opened = Socket(f"{self.address}?{query}", additional_headers=headers, subprotocols=subprotocols)
        self._closing.callback(opened.close)
        return opened

    def events_begun(self, path, token=None):
        """A request for server-sent events; called, it gives the answer, from which lines can be read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SECONDS)
        self._closing.callback(connection.close)
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        return connection.getresponse

    def events(self, path, token=None):
        """The answer to such a request."""
        return self.events_begun(path, token)()

    def processes(self, name="streaming"):
        """The ids of the server's processes of a name, the oldest first."""
        found = []
        for process_id in self.server.children(""):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{process_id}/comm").read_text().strip() == name:
                    found.append(process_id)
        return sorted(found)

    def hang_up(self):
        """Close all connections of the test."""
        self._closing.close()


@contextlib.contextmanager
def running(directory, *arguments, **settings):
    """A server of its own."""
    server = Server(directory, *arguments, **{"PLEROMA_RATE_LIMITS": "false", **settings})
    try:
        yield World(server.wait())
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGTERM)
            try:
                assert server.process.wait(40) == 0
            finally:
                if server.process.poll() is None:
                    server.kill_everything()
        until(lambda: not postgres.is_running(server.data_dir))


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory):
    """The server that the tests share."""
    with running(tmp_path_factory.mktemp("streaming")) as world:
        yield world


@pytest.fixture
def world(shared_world):
    """The shared server; what a test has opened on it is closed after the test."""
    yield shared_world
    shared_world.hang_up()
