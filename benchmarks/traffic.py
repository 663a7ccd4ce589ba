"""Traffic as people make it: sixty of them read, and some write, so that hardly a response is the same as the last.

They are made through the API, and each follows fifty of the others. What they ask for next depends on what they
have seen: the newest status of their home, statuses and accounts that their lists showed them.
"""

from __future__ import annotations

import http.client
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import load

PEOPLE, FOLLOWED, POSTS_EACH = 60, 50, 20
# How often each kind of reading happens, in a hundred; what is written is a share of all.
READS = {
    "home": 35, "home since": 15, "notifications": 20, "local": 8, "account's statuses": 6, "status": 5, "thread": 4,
    "account": 2,
}  # fmt: skip
WRITES = {"post": 40, "favourite": 50, "follow": 10}
_PASSWORD = "correct horse battery staple"
_IDS = re.compile(rb'\{"id":"(\d{15,})","created_at"')
_SEEN = 40


@dataclass
class Person:
    """Somebody who reads and writes; `newest` is the newest status of their home that they have seen."""

    account_id: str
    token: str
    newest: str = ""
    seen: list[str] = field(default_factory=list)

    def notice(self, body: bytes) -> None:
        """Remember the statuses of a list."""
        ids = [found.decode() for found in _IDS.findall(body)]
        self.seen = (ids + self.seen)[:_SEEN]

    def notice_home(self, body: bytes) -> None:
        """Remember the statuses of the home timeline, and which is the newest."""
        self.notice(body)
        if body[:2] != b"[]" and self.seen:
            self.newest = self.seen[0]


class Traffic:
    """An endless mix of requests: `writes` is their share of all, 0.05 for 5 %."""

    def __init__(self, people: list[Person], writes: float, start: int) -> None:
        self._people = people
        self._writes = writes
        self._chance = random.Random(start)
        self._numbers = itertools.count()

    def __iter__(self) -> Iterator[bytes | load.Asking]:
        """The requests, one after the other."""
        while True:
            kinds = WRITES if self._chance.random() < self._writes else READS
            (kind,) = self._chance.choices(list(kinds), list(kinds.values()))
            yield self._request(kind, self._chance.choice(self._people))

    def _request(self, kind: str, person: Person) -> bytes | load.Asking:
        other = self._chance.choice([one for one in self._people if one is not person])
        status = self._chance.choice(person.seen) if person.seen else ""
        if kind == "home" or not status:
            return _read(person, "/api/v1/timelines/home", person.notice_home)
        if kind == "home since":
            return _read(person, f"/api/v1/timelines/home?since_id={person.newest}", person.notice_home)
        paths = {
            "notifications": "/api/v1/notifications",
            "local": "/api/v1/timelines/public?local=true",
            "account's statuses": f"/api/v1/accounts/{other.account_id}/statuses",
            "status": f"/api/v1/statuses/{status}",
            "thread": f"/api/v1/statuses/{status}/context",
            "account": f"/api/v1/accounts/{other.account_id}",
        }
        if kind in paths:
            return _read(person, paths[kind], person.notice if kind == "local" else _forget)
        if kind == "post":
            text = f"number {next(self._numbers)} of the things that people write while others read #traffic"
            return load.request(
                "/api/v1/statuses", person.token, method="POST", body=json.dumps({"status": text}).encode()
            )
        if kind == "favourite":
            return load.request(f"/api/v1/statuses/{status}/favourite", person.token, method="POST")
        return load.request(f"/api/v1/accounts/{other.account_id}/follow", person.token, method="POST")


def _forget(body: bytes) -> None:
    """Some lists lead nowhere."""


def _read(person: Person, path: str, answered: Callable[[bytes], None]) -> load.Asking:
    return load.Asking(load.request(path, person.token), answered)


def newest_of_home(port: int, token: str) -> str:
    """The id of the newest status of somebody's home."""
    return str(_Api(port).get("/api/v1/timelines/home?limit=1", token)[0]["id"])


class _Api:
    """One connection to the API, for what is done before anything is measured."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def post(self, path: str, values: dict[str, Any], token: str = "") -> Any:
        """What a POST answers. Raises RuntimeError for anything but 200."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        return self._ask("POST", path, json.dumps(values), headers)

    def get(self, path: str, token: str) -> Any:
        """What a GET answers. Raises RuntimeError for anything but 200."""
        return self._ask("GET", path, None, {"Authorization": f"Bearer {token}"})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Any:
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {answer[:200]!r}")
        return json.loads(answer)


def make_filters(port: int, token: str, number: int, keywords: int) -> None:
    """Give an account so many filters of so many keywords, which hardly match anything."""
    client = _Api(port)
    for each in range(number):
        words = [{"keyword": f"unwanted{each}x{word}", "whole_word": word % 2 == 0} for word in range(keywords)]
        filtering = {"title": f"filter {each}", "context": ["home"], "keywords_attributes": words}
        client.post("/api/v2/filters", filtering, token)


def make_people(port: int, start: int = 3) -> list[Person]:
    """Register everybody, let each follow fifty, and let everybody write a little."""
    api, chance = _Api(port), random.Random(start)
    app = api.post("/api/v1/apps", {"client_name": "traffic", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
                                    "scopes": "read write follow"})  # fmt: skip
    client = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    people = []
    for number in range(PEOPLE):
        name = f"traffic{number}"
        account = api.post("/api/account/register", {
            "nickname": name, "fullname": f"Person {number}", "email": f"{name}@mail.example", "bio": "",
            "password": _PASSWORD, "confirm": _PASSWORD})  # fmt: skip
        token = api.post("/oauth/token", {"grant_type": "password", "username": name, "password": _PASSWORD, **client})
        people.append(Person(str(account["id"]), token["access_token"]))
    for person in people:
        for other in chance.sample([one for one in people if one is not person], FOLLOWED):
            api.post(f"/api/v1/accounts/{other.account_id}/follow", {}, person.token)
    for number in range(POSTS_EACH):
        for person in people:
            api.post(
                "/api/v1/statuses", {"status": f"{number}: a first thing to be read by others #traffic"}, person.token
            )
    return people
