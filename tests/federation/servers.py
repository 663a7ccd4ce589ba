"""Servers of ours that know each other, and people on them who speak the API."""

import contextlib
import os
import subprocess
import sys

import requests

from tests.meanwhile import until
from tests.serving import ROOT, Server, environment

PASSWORD = "correct horse battery"


class Federated(Server):
    """A running server that federates, known to others by 127.0.0.1 and its port."""

    def __init__(self, directory, **settings):
        directory.mkdir(exist_ok=True)
        settings = {
            "PLEROMA_FEDERATION": "true",
            "PLEROMA_REMOTE_ALLOW_LOOPBACK": "true",
            "PLEROMA_RATE_LIMITS": "false",
            "PLEROMA_WORKERS": "1",
            **settings,
        }
        self.settings, self.directory = settings, directory
        super().__init__(directory, **settings)

    def start_again(self):
        """The same server as a new process on the same port, after the old one has ended."""
        command = [sys.executable, str(ROOT / "app.py"), "serve", "--port", str(self.port)]
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                command, cwd=self.directory, env=environment(**self.settings), stdout=output, stderr=output
            )
        return self.wait()

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    @property
    def address(self):
        return f"http://{self.host}"

    def run(self, *arguments):
        """What a command of the server says."""
        command = [sys.executable, str(ROOT / "app.py"), *arguments]
        done = subprocess.run(
            command, cwd=self.directory, env=environment(**self.settings), capture_output=True, text=True, check=True
        )
        return done.stdout

    def person(self, nickname, *arguments):
        """A new account, logged in."""
        mail = f"{nickname}@mail.example"
        self.run("user", "create", nickname, "--email", mail, "--password", PASSWORD, *arguments)
        return Person(self, nickname)

    def token_of(self, person):
        """What somebody logs in with by nickname and password."""
        app = person.post("/api/v1/apps", client_name="walk", redirect_uris="urn:ietf:wg:oauth:2.0:oob",
                          scopes="read write follow push admin")  # fmt: skip
        grant = {"grant_type": "password", "username": person.nickname, "password": PASSWORD}
        ids = {name: app[name] for name in ("client_id", "client_secret")}
        return person.post("/oauth/token", scope="read write follow", **grant, **ids)["access_token"]


class Person:
    """Somebody who uses a server by the API; the server says its address, its host and how to log in."""

    def __init__(self, server, nickname):
        self.server, self.nickname, self.token = server, nickname, None
        self.token = server.token_of(self)
        self.id = self.get("/api/v1/accounts/verify_credentials")["id"]

    @property
    def handle(self):
        return f"{self.nickname}@{self.server.host}"

    @property
    def uri(self):
        return f"{self.server.address}/users/{self.nickname}"

    def _sent(self, method, path, **parameters):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"params": parameters} if method == "get" else {"json": parameters}
        return requests.request(method, self.server.address + path, headers=headers, timeout=30, **body)

    def ask(self, method, path, code=200, **parameters):
        answer = self._sent(method, path, **parameters)
        assert answer.status_code == code, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def get(self, path, code=200, **parameters):
        return self.ask("get", path, code, **parameters)

    def post(self, path, code=200, **parameters):
        return self.ask("post", path, code, **parameters)

    def write(self, text, **parameters):
        """A new status."""
        return self.post("/api/v1/statuses", status=text, **parameters)

    def write_for_sure(self, text, key):
        """A new status, sent again with the same key until there is an answer."""

        def is_written():
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                sent = {"status": text, "visibility": "unlisted"}
                headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
                answer = requests.post(f"{self.server.address}/api/v1/statuses", json=sent, headers=headers, timeout=30)
                assert answer.status_code in (200, 409, 502, 503), answer.text
                return answer.status_code == 200
            return False

        until(is_written, 90)

    def walked(self, author):
        """The texts of an author's statuses that begin with "walk", oldest first."""
        account = self.find(author.handle)["id"]
        found, oldest = [], {}
        while page := self.get(f"/api/v1/accounts/{account}/statuses", limit=40, **oldest):
            found += [each["content"] for each in page]
            oldest = {"max_id": page[-1]["id"]}
        return [text for text in reversed(found) if text.startswith("walk")]

    def count_of(self, author):
        """How many of them there are."""
        return len(self.walked(author))

    def find(self, name):
        """The account of a handle or an address, elsewhere or here."""
        found = self.get("/api/v2/search", q=name, resolve="true", type="accounts")["accounts"]
        assert len(found) == 1, (name, found)
        return found[0]

    def follow(self, other):
        """Follow somebody, and wait until that is accepted."""
        account = self.find(other.handle)
        self.post(f"/api/v1/accounts/{account['id']}/follow")
        self.wait_for(lambda: self.relationship(account["id"])["following"])
        return account

    def relationship(self, account_id):
        return self.get("/api/v1/accounts/relationships", id=account_id)[0]

    def home(self):
        return self.get("/api/v1/timelines/home", limit=40)

    def notifications(self, *types):
        return self.get("/api/v1/notifications", **({"types[]": list(types)} if types else {}))

    def received(self, text):
        """The status with this text, once it is at home."""
        return self.wait_for(lambda: next((each for each in self.home() if text in each["content"]), None))

    def wait_for(self, look, seconds=25):
        """What something gives, as soon as it gives anything."""
        found = []
        until(lambda: found.append(look()) or found[-1], seconds)
        return found[-1]


def end(server):
    """End a server and everything of it."""
    server.process.terminate()
    try:
        server.process.wait(40)
    except subprocess.TimeoutExpired:
        os.kill(server.process.pid, 9)
