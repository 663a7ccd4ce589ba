"""The single binary: built, started where nothing is, used, stopped, replaced while it runs (README, the binary)."""

import contextlib
import http.client
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

import pytest

from tests.meanwhile import requests_all_the_time, until
from tests.push_service import Reader, digits, push_service

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
# Unpacking itself and PostgreSQL takes a binary some of them.
SECONDS = 60
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
# None is the user who runs the tests; root also tries an ordinary user.
USERS = [None, "nobody"] if os.geteuid() == 0 else [None]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("PyInstaller") is None,
    reason="PyInstaller is not installed (pip install -e '.[binary]')",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The binary, as deploy/build_binary.py makes it."""
    directory = tmp_path_factory.mktemp("dist")
    command = [sys.executable, str(ROOT / "deploy" / "build_binary.py"), str(directory)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory / "pleroma"


class Installation:
    """A copy of the binary that a user runs in a directory which was empty."""

    def __init__(self, built, directory, user):
        self.binary, self.home, self.log = directory / "pleroma", directory / "home", directory / "log"
        self.user, self.process, self.port = user, None, 0
        shutil.copy(built, self.binary)
        self.home.mkdir()
        if user is not None:
            for path in (directory, self.home):
                shutil.chown(path, user)

    def start(self):
        # Nothing of the tests' environment, where Python and its packages are.
        environment = {
            "PATH": os.defpath, "HOME": str(self.home), "PLEROMA_LOG_LEVEL": "warning",
            "PLEROMA_REMOTE_ALLOW_LOOPBACK": "true",
        }  # fmt: skip
        identity = {"user": self.user, "group": os.stat(self.home).st_gid, "extra_groups": []} if self.user else {}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(self.binary), "serve", "--port", "0"],
                cwd=self.home, env=environment, stdout=log, stderr=log, **identity,
            )  # fmt: skip
        until(lambda: "Serving" in self.said() or self.process.poll() is not None, SECONDS)
        assert self.process.poll() is None, self.said()
        self.port = int(re.search(r"Serving http://127.0.0.1:(\d+)", self.said())[1])
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(40) == 0, self.said()

    def said(self):
        return self.log.read_text()

    def postmaster(self):
        """The process id of PostgreSQL, None when it is not running."""
        with contextlib.suppress(OSError):
            pid = int((self.home / "instance" / "postgres" / "postmaster.pid").read_text().split()[0])
            return pid if Path(f"/proc/{pid}").exists() else None
        return None

    def programs(self):
        """The files that the processes of the binary run."""
        found, waiting = set(), [self.process.pid]
        while waiting:
            pid = waiting.pop()
            with contextlib.suppress(OSError):
                waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
                if "generation" in Path(f"/proc/{pid}/cmdline").read_text():
                    found.add(os.readlink(f"/proc/{pid}/exe"))
        return found

    def ask(self, method, path, form=None, token=None):
        """The status and the bytes of an answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, urllib.parse.urlencode(form) if form else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def done(self, *arguments, **options):
        """The JSON of an answer that must be a good one."""
        status, body = self.ask(*arguments, **options)
        assert status == 200, (arguments, status, body)
        return json.loads(body)


@pytest.fixture
def install(built):
    """Installs the binary for a user, in a place that every user may reach; what is left ends after the test."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        made = []

        def make(user=None):
            made.append(Installation(built, Path(directory), user))
            return made[-1]

        yield make
        for installation in made:
            if installation.process is not None:
                installation.process.kill()
                installation.process.wait()
            until(lambda one=installation: one.postmaster() is None, SECONDS)


def _register(site, nickname):
    form = {
        "nickname": nickname, "fullname": nickname, "email": f"{nickname}@mail.example", "bio": "",
        "password": PASSWORD, "confirm": PASSWORD,
    }  # fmt: skip
    site.done("POST", "/api/account/register", form)


def _log_in(site, nickname):
    app = site.done(
        "POST", "/api/v1/apps", {"client_name": "tests", "redirect_uris": OUT_OF_BAND, "scopes": "read write push"}
    )
    form = {
        "grant_type": "password", "username": nickname, "password": PASSWORD, "scope": "read write push",
        "client_id": app["client_id"], "client_secret": app["client_secret"],
    }  # fmt: skip
    return site.done("POST", "/oauth/token", form)["access_token"]


@pytest.mark.parametrize("user", USERS)
def test_what_was_posted_is_there_after_a_restart(install, user):
    site = install(user).start()
    _register(site, "alice")
    token = _log_in(site, "alice")
    status = site.done("POST", "/api/v1/statuses", {"status": "hello"}, token=token)
    site.stop()
    assert site.postmaster() is None
    site.start()
    assert site.done("GET", f"/api/v1/statuses/{status['id']}")["account"]["acct"] == "alice"
    assert [one["id"] for one in site.done("GET", "/api/v1/timelines/home", token=token)] == [status["id"]]
    # What is loaded at its first use is in the binary as well.
    assert b'pleroma_build_info{python="3.' in site.ask("GET", "/metrics")[1]
    assert site.ask("GET", "/api/v1/streaming/health") == (200, b"OK")
    assert "Account" in site.done("GET", "/api/openapi.json")["components"]["schemas"]
    site.stop()


def test_the_binary_pushes_what_a_client_can_read(install):
    site, reader = install().start(), Reader()
    for nickname in ("alice", "bob"):
        _register(site, nickname)
    token = _log_in(site, "alice")
    with push_service() as service:
        form = {
            "subscription[endpoint]": f"{service.url}/x", "subscription[keys][p256dh]": digits(reader.point),
            "subscription[keys][auth]": digits(reader.auth), "data[alerts][mention]": "true",
        }  # fmt: skip
        site.done("POST", "/api/v1/push/subscription", form, token=token)
        site.done("POST", "/api/v1/statuses", {"status": "hello @alice"}, token=_log_in(site, "bob"))
        until(lambda: service.got, SECONDS)
        assert reader.read(service.got[0])["access_token"] == token
    site.stop()


def test_binary_that_is_replaced_is_taken_up_without_a_refused_request(install, built):
    site = install().start()
    postmaster = site.postmaster()
    new = site.binary.with_name("new")
    shutil.copy(built, new)
    new.replace(site.binary)
    assert site.programs() == {f"{site.binary} (deleted)"}
    with requests_all_the_time(lambda: site.ask("GET", "/api/v1/instance")[0], clients=2) as outcomes:
        site.process.send_signal(signal.SIGHUP)
        until(lambda: "new generation serves" in site.said(), SECONDS)
        until(lambda: site.programs() == {str(site.binary)}, SECONDS)
    assert set(outcomes) == {200}
    assert site.postmaster() == postmaster
    site.stop()
