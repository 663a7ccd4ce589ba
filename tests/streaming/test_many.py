"""A thousand readers, and processes that end while they wait: nothing is lost that those who come back ask for."""

import os
import selectors
import signal
import socket
import time

import pytest

from tests.meanwhile import until

ACCOUNTS, EACH = 20, 50


class Readers:
    """Connections that read server-sent events, all in one thread."""

    def __init__(self, world, people):
        self._world, self._people = world, people
        self._buffers = {}

    def come(self):
        """Connect all, and wait until each is let in."""
        for person in self._people:
            for _ in range(EACH):
                client = socket.create_connection(("127.0.0.1", self._world.server.port), timeout=30)
                client.sendall(
                    b"GET /api/v1/streaming/public/local HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
                    % person.token.encode()
                )
                self._buffers[client] = b""
        return self.have(b":)\n")

    def have(self, text, seconds=30):
        """How many have got a text, once all have, or after so many seconds; what came before it is forgotten."""
        waiting = {client for client, buffer in self._buffers.items() if text not in buffer}
        with selectors.DefaultSelector() as selector:
            for client in waiting:
                selector.register(client, selectors.EVENT_READ)
            end = time.monotonic() + seconds
            while waiting and time.monotonic() < end:
                for key, _ in selector.select(1):
                    data = key.fileobj.recv(65_536)
                    self._buffers[key.fileobj] += data
                    if not data or text in self._buffers[key.fileobj]:
                        selector.unregister(key.fileobj)
                        waiting.discard(key.fileobj)
        return sum(text in buffer for buffer in self._buffers.values())

    def go(self):
        """Wait until the server has ended each, and forget them; gives how many it had not ended in time."""
        left = 0
        for client in self._buffers:
            client.settimeout(30)
            try:
                while client.recv(65_536):
                    pass
            except ConnectionError:
                pass
            except TimeoutError:
                left += 1
        self.leave()
        return left

    def leave(self):
        """Go away, all of them."""
        for client in self._buffers:
            client.close()
        self._buffers = {}


@pytest.fixture
def readers(world):
    """A thousand connections."""
    readers = Readers(world, [world.person() for _ in range(ACCOUNTS)])
    assert readers.come() == ACCOUNTS * EACH
    yield readers
    readers.leave()


def test_a_killed_streaming_process_loses_nothing_for_a_thousand_who_come_back(world, readers):
    author = world.person()
    first = author.post("before")["id"]
    (process,) = world.processes()
    os.kill(process, signal.SIGKILL)
    missed = author.post("meanwhile")["id"]
    assert readers.go() == 0
    until(lambda: process not in world.processes() and world.processes())
    assert readers.come() == ACCOUNTS * EACH
    page = author.ask("GET", f"/api/v1/timelines/public?local=true&since_id={first}")
    assert [status["id"] for status in page] == [missed]
    last = author.post("after")["id"]
    assert readers.have(last.encode()) == ACCOUNTS * EACH


def test_killed_web_workers_end_no_stream(world, readers):
    author = world.person()
    workers = world.processes("web server")[1:]
    assert len(workers) == 2
    for process in workers:
        os.kill(process, signal.SIGKILL)
    until(lambda: len(set(world.processes("web server")) - set(workers)) == 3)
    assert readers.have(author.post("after")["id"].encode()) == ACCOUNTS * EACH


def test_a_restart_of_postgresql_ends_no_stream_and_loses_no_event(world, readers):
    author = world.person()
    before = author.post("before")["id"]
    os.kill(world.server.postmaster(), signal.SIGINT)
    until(lambda: "PostgreSQL is back" in world.server.said())
    until(lambda: world.server.answers())
    after = author.post("after")["id"]
    assert readers.have(after.encode()) == readers.have(before.encode()) == ACCOUNTS * EACH


def test_a_crash_of_postgresql_ends_all_streams_and_all_come_back(world, readers):
    author = world.person()
    first = author.post("before")["id"]
    said = world.server.said().count("PostgreSQL is back")
    os.kill(world.server.postmaster(), signal.SIGKILL)
    assert readers.go() == 0
    until(lambda: world.server.said().count("PostgreSQL is back") > said)
    until(lambda: world.server.answers())
    missed = author.post("meanwhile")["id"]
    until(lambda: world.events("/api/v1/streaming/health").status == 200)
    assert readers.come() == ACCOUNTS * EACH
    page = author.ask("GET", f"/api/v1/timelines/public?local=true&since_id={first}")
    assert [status["id"] for status in page] == [missed]
    assert readers.have(author.post("after")["id"].encode()) == ACCOUNTS * EACH
