"""People who post and read through two nodes all the time, and what they were answered."""

import contextlib
import http.client
import json
import re
import threading
import time
import urllib.parse
import uuid
from typing import NamedTuple

WRITERS = 6
_PAUSE = 0.2
# What a client waits for an answer, and before it asks again.
PATIENCE = 15
_AGAIN = 0.25


class Answer(NamedTuple):
    """What came of a request; the status is 0 when nothing came."""

    at: float
    node: str
    status: int
    is_write: bool


class Person:
    """An account that asks the nodes."""

    def __init__(self, name, token):
        self.name, self.token = name, token

    def ask(self, node, method, path, form=None, **headers):
        """Status and JSON of an answer. Raises OSError, http.client.HTTPException."""
        connection = http.client.HTTPConnection(node.address, node.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            body = form if form is None or isinstance(form, bytes) else urllib.parse.urlencode(form)
            if isinstance(body, str):
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {**authorization, **named})
            answer = connection.getresponse()
            said = answer.read()
        with contextlib.suppress(ValueError):
            return answer.status, json.loads(said)
        return answer.status, said


class Load:
    """Writers and readers at work, until the block that they are for has ended."""

    def __init__(self, nodes, people):
        self.nodes, self.people = nodes, people
        self.answers, self.stored = [], set()
        self._ended, self._failed = threading.Event(), threading.Event()
        self._threads = []

    def __enter__(self):
        for number in range(WRITERS):
            self._begin(self._write, self.nodes[number % 2], self.people[number])
        for number in range(2):
            self._begin(self._read, self.nodes[number], self.people[number])
        return self

    def __exit__(self, kind, *failure):
        if kind is not None:
            self._failed.set()
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _begin(self, work, *arguments):
        self._threads.append(threading.Thread(target=work, args=arguments))
        self._threads[-1].start()

    def _write(self, node, person):
        """Post one status after the other, each until it is acknowledged; the last one, too."""
        while not self._ended.is_set():
            text = key = uuid.uuid4().hex
            form = {"status": text, "visibility": "unlisted"}
            while self._note(node, person, "POST", "/api/v1/statuses", form, Idempotency_Key=key) != 200:
                if self._failed.is_set():
                    return
                time.sleep(_AGAIN)
            self.stored.add(text)
            time.sleep(_PAUSE)

    def _read(self, node, person):
        while not self._ended.is_set():
            self._note(node, person, "GET", "/api/v1/timelines/home")
            time.sleep(_PAUSE)

    def _note(self, node, person, *request, **headers):
        status = 0
        with contextlib.suppress(OSError, http.client.HTTPException):
            status = person.ask(node, *request, **headers)[0]
        self.answers.append(Answer(time.monotonic(), node.name, status, request[0] == "POST"))
        return status

    def acknowledged(self, node):
        """When posts were acknowledged through a node."""
        return sorted(one.at for one in self.answers if one.is_write and one.status == 200 and one.node == node.name)

    def writes_since(self, moment):
        """Whether each node has acknowledged something that was posted later."""
        return all(self.acknowledged(node)[-1:] > [moment] for node in self.nodes)

    def outages(self):
        """For each node the longest time without an acknowledged post: its begin and its end."""
        times = [self.acknowledged(node) for node in self.nodes]
        return [max(zip(one, one[1:], strict=False), key=lambda pair: pair[1] - pair[0]) for one in times]

    def seconds(self):
        """The longest time without an acknowledged post through one node."""
        return max(end - begin for begin, end in self.outages())

    def failures(self, *, after=None):
        """Answers that were none or 5xx; those later than so many seconds after writing went on through their node."""
        ends = {node.name: end for node, (_, end) in zip(self.nodes, self.outages(), strict=True)}
        late = [
            one._replace(at=one.at - ends[one.node]) for one in self.answers if one.status == 0 or one.status >= 500
        ]
        return [one for one in late if after is None or one.at > after]

    def statuses(self):
        """Every status that anything was answered with."""
        return {one.status for one in self.answers}

    def found(self):
        """How often each acknowledged text is there, read through the nodes in turn."""
        texts = [text for person in self.people[:WRITERS] for text in self._texts_of(person)]
        return {text: texts.count(text) for text in self.stored}

    def _texts_of(self, person):
        account = person.ask(self.nodes[0], "GET", "/api/v1/accounts/verify_credentials")[1]["id"]
        last = ""
        for page in range(1000):
            path = f"/api/v1/accounts/{account}/statuses?limit=40{last}"
            status, statuses = person.ask(self.nodes[page % 2], "GET", path)
            assert status == 200
            if not statuses:
                return
            last = f"&max_id={statuses[-1]['id']}"
            yield from (re.sub("<[^>]+>", "", one["content"]) for one in statuses)
