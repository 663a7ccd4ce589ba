"""Backup while people post, restore elsewhere, and the commands that look after the data (README, operation)."""

import contextlib
import http.client
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tarfile
import threading
import time
import urllib.parse
from pathlib import Path

import pyotp
import pytest

from pleroma.ops import doctor
from pleroma.server import postgres, postgres_programs

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
MFA = "/api/pleroma/accounts/mfa"
PICTURE = (ROOT / "tests" / "pictures" / "still.webp").read_bytes()


class Instance:
    """A data directory with the commands, and a server while it is started."""

    def __init__(self, directory):
        directory.mkdir(exist_ok=True)
        self.data = directory / "instance"
        self.log = directory / "log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
        self.environment = {
            **kept, "PLEROMA_DATA_DIR": str(self.data), "PLEROMA_RATE_LIMITS": "no", "PLEROMA_LOG_LEVEL": "warning",
            "PLEROMA_BASE_URL": "http://127.0.0.1:1",
        }  # fmt: skip
        self.port = 0
        self.process = None

    def run(self, *arguments, status=0, **environment):
        done = subprocess.run(
            [sys.executable, str(ROOT / "app.py"), *map(str, arguments)],
            env={**self.environment, **environment}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stderr if status and done.stderr else done.stdout

    def start(self):
        command = [sys.executable, str(ROOT / "app.py"), "serve", "--port", "0"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not (match := re.search(r"Serving http://127.0.0.1:(\d+)", self.log.read_text())):
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)
        self.port = int(match[1])
        return self

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(40) == 0
            self.process = None

    def ask(self, method, path, body=None, **headers):
        """The answer's headers and body; a mapping is sent as a form."""
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status < 400, (answer.status, content)
            return answer.headers, content

    def log_in(self, nickname):
        """A token, as a header."""
        form = {"client_name": "tests", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write follow"}
        app = json.loads(self.ask("POST", "/api/v1/apps", form)[1])
        form = {
            "grant_type": "password", "username": nickname, "password": PASSWORD, "scope": "read write follow",
            "client_id": app["client_id"], "client_secret": app["client_secret"],
        }  # fmt: skip
        return f"Bearer {json.loads(self.ask('POST', '/oauth/token', form)[1])['access_token']}"

    def upload(self, token):
        content = b"\r\n".join(
            [b"--x", b'Content-Disposition: form-data; name="file"; filename="a.webp"', b"", PICTURE, b"--x--", b""]
        )
        kind = "multipart/form-data; boundary=x"
        return json.loads(self.ask("POST", "/api/v1/media", content, Authorization=token, Content_Type=kind)[1])


@pytest.fixture
def instances(tmp_path):
    """Makes instances by name; their servers end with the test."""
    made = {}

    def make(name):
        if name not in made:
            made[name] = Instance(tmp_path / name)
        return made[name]

    yield make
    for instance in made.values():
        if instance.process is not None:
            instance.process.kill()
            instance.process.wait()
        while postgres.is_running(instance.data):
            time.sleep(0.1)


@contextlib.contextmanager
def _posting(instance, token):
    """Posts all the time; gives the ids of the statuses that were answered."""
    answered, ended = [], threading.Event()

    def post():
        while not ended.is_set():
            status = instance.ask("POST", "/api/v1/statuses", {"status": "more"}, Authorization=token)[1]
            answered.append(json.loads(status)["id"])

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield answered
    finally:
        ended.set()
        thread.join()


def test_backup_of_a_busy_server_lives_on_elsewhere(instances, tmp_path):
    first, file = instances("first").start(), tmp_path / "backup.tar"
    first.run("user", "create", "alice", "--email", "a@mail.example", "--password", PASSWORD, "--admin")
    token = first.log_in("alice")
    cookie = first.ask("POST", "/login", {"name": "alice", "password": PASSWORD})[0]["Set-Cookie"].partition(";")[0]
    picture = first.upload(token)
    form = {"status": "with a picture", "media_ids[]": picture["id"]}
    status = json.loads(first.ask("POST", "/api/v1/statuses", form, Authorization=token)[1])
    (first.data / "emoji" / "cats").mkdir(parents=True)
    (first.data / "emoji" / "cats" / "cat.webp").write_bytes(PICTURE)
    (first.data / "static").mkdir()
    (first.data / "static" / "robots.txt").write_text("ours")
    shared = json.loads(first.ask("GET", f"{MFA}/setup/totp", Authorization=token)[1])["key"]
    form = {"password": PASSWORD, "code": pyotp.TOTP(shared).now()}
    first.ask("POST", f"{MFA}/confirm/totp", form, Authorization=token)
    first.ask("POST", "/api/v1/pleroma/backups", Authorization=token)
    with _posting(first, token) as answered:
        while len(answered) < 20:
            time.sleep(0.01)
        before = list(answered)
        assert "It holds secrets" in first.run("backup", file)
        assert len(answered) > len(before), "posting stood still"
    first.stop()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.tar"]

    second = instances("second")
    assert second.run("restore", file) == f"Restored {file}.\n"
    assert "is there already" in second.run("restore", file, status=1)
    second.start()
    shown = json.loads(second.ask("GET", f"/api/v1/statuses/{status['id']}", Authorization=token)[1])
    path = urllib.parse.urlsplit(shown["media_attachments"][0]["url"]).path
    assert second.ask("GET", path)[1] == (first.data / path[1:]).read_bytes()
    for key in ("secret_key", "vapid_key"):
        assert (second.data / key).read_text() == (first.data / key).read_text()
        assert stat.S_IMODE((second.data / key).stat().st_mode) == 0o600
    for identifier in before:
        second.ask("GET", f"/api/v1/statuses/{identifier}")
    assert json.loads(second.ask("GET", "/api/v1/accounts/verify_credentials", Cookie=cookie)[1])["acct"] == "alice"
    page = second.ask("POST", "/login", {"name": "alice", "password": PASSWORD})[1].decode()
    waiting = re.search('name="mfa_token" value="([^"]*)"', page)[1]
    code = pyotp.TOTP(shared).at(time.time() + 30)
    assert "Set-Cookie" in second.ask("POST", "/login", {"mfa_token": waiting, "code": code})[0]
    assert second.ask("GET", "/robots.txt")[1] == b"ours"
    # Archives of accounts stay behind, files and rows, and new ones can be asked for.
    assert json.loads(second.ask("GET", "/api/v1/pleroma/backups", Authorization=token)[1]) == []
    assert json.loads(second.ask("POST", "/api/v1/pleroma/backups", Authorization=token)[1])[0]["state"] == "pending"
    assert second.ask("GET", "/emoji/cats/cat.webp")[1] == PICTURE
    second.ask("POST", "/api/v1/statuses", {"status": "it goes on"}, Authorization=token)
    second.stop()


def test_restore_takes_only_whole_backups_into_empty_places(instances, tmp_path):
    first, file = instances("first"), tmp_path / "backup.tar"
    first.run("user", "create", "alice", "--email", "a@mail.example", "--password", PASSWORD)
    first.run("backup", file)
    second = instances("second")
    broken = tmp_path / "broken.tar"
    broken.write_bytes(file.read_bytes()[:-20_000])
    assert "not a whole backup" in second.run("restore", broken, status=1)
    broken.write_bytes(b"nonsense" * 1000)
    assert "not a whole backup" in second.run("restore", broken, status=1)
    _add(file, broken, "media/../../evil")
    assert "not a backup of ours" in second.run("restore", broken, status=1)
    _spoil(file, broken)
    assert "its content has changed" in second.run("restore", broken, status=1)
    assert not (second.data / "secret_key").exists() and not (second.data / "vapid_key").exists()
    second.run("restore", file)
    assert second.run("user", "list").startswith("alice\ta@mail.example")

    third = instances("third")
    third.run("db", "migrate")
    assert "holds tables already" in third.run("restore", file, status=1)
    assert "not the name of a file" in first.run("backup", tmp_path / "none" / "file", status=1)


def _add(file, target, name):
    with tarfile.open(file) as source, tarfile.open(target, "w") as archive:
        for member in source:
            archive.addfile(member, source.extractfile(member))
        archive.addfile(tarfile.TarInfo(name))


def _spoil(file, target):
    """A backup with a fault in its database."""
    with tarfile.open(file) as source:
        member = source.getmember("database.dump")
    content = bytearray(file.read_bytes())
    middle = member.offset_data + member.size - 3000
    content[middle : middle + 2000] = bytes(2000)
    target.write_bytes(content)


def test_prune_removes_files_that_belong_to_nothing(instances):
    instance = instances("first").start()
    instance.run("user", "create", "alice", "--email", "a@mail.example", "--password", PASSWORD)
    token = instance.log_in("alice")
    kept = instance.upload(token)
    old, young = (instance.data / "media" / "00" / f"{digit * 30}.png" for digit in "ab")
    for path in (old, young):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(PICTURE)
    two_days_ago = time.time() - 2 * 24 * 3600
    for path in (instance.data / "media").glob("??/*"):
        if path != young:
            os.utime(path, (two_days_ago, two_days_ago))
    assert "1 forgotten files" in instance.run("prune")
    assert not old.exists() and young.exists()
    instance.ask("GET", urllib.parse.urlsplit(kept["url"]).path)
    report = instance.run("stats")
    assert re.search(r"^ +media +\d+\.\d [kM]B +\d+ files$", report, re.MULTILINE)
    assert re.search(r"^ +accounts +1$", report, re.MULTILINE)


def test_doctor_says_what_is_wrong_and_what_to_do(instances):
    instance = instances("first")
    assert "there is no database yet" in instance.run("doctor", status=1)
    instance.start()
    said = instance.run("doctor", status=1)
    assert "WRONG  http://127.0.0.1:1 does not answer" in said
    base = f"http://127.0.0.1:{instance.port}"
    said = instance.run("doctor", status=1, PLEROMA_BASE_URL=base)
    assert "calls itself" in said and "is not encrypted" in said
    assert "WRONG" not in said.replace("WRONG  http://", "").replace(f"WRONG  what answers at {base}", "")
    instance.stop()
    instance.environment["PLEROMA_BASE_URL"] = f"http://127.0.0.1:{instance.port}"
    (instance.data / "secret_key").write_text("s" * 40)
    (instance.data / "vapid_key").chmod(0o644)
    said = instance.run("doctor", status=1, PLEROMA_SMTP_URL="smtp://127.0.0.1:1")
    for key in ("secret_key", "vapid_key"):
        assert f"{key} holds secrets and is open to everybody" in said
    assert "the mail server refuses" in said
    assert "the schema is that of this version" in said
    (instance.data / "postgres" / "PG_VERSION").write_text("17\n")
    said = instance.run("doctor", status=1)
    assert "was made by PostgreSQL 17" in said and "→ docs/operation.md" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_doctor_finds_what_a_command_of_root_left(instances):
    instance = instances("first")
    pack = instance.data / "emoji" / "cats"
    pack.mkdir(parents=True)
    os.chown(pack, 12345, 12345)
    assert f"WRONG  {pack} belongs to another user than {instance.data}" in instance.run("doctor", status=1)


def test_doctor_knows_when_the_database_is_newer_than_pg_dump(settings, tmp_path, monkeypatch):
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.2'\n")
    program.chmod(0o755)
    monkeypatch.setattr(postgres_programs, "client", lambda *_: str(program))
    monkeypatch.setattr(doctor, "_address", lambda _: ())
    (finding,) = [finding for finding in doctor.findings(settings) if "`backup` does not work" in finding.text]
    assert "version 14" in finding.text and finding.advice


@pytest.mark.parametrize(
    ("counted", "here", "said", "wrong"),
    [
        ({"2001:db8:1:2::/64"}, "192.0.2.7", "believes an X-Forwarded-For that a client sends", True),
        ({"127.0.0.1"}, "192.0.2.7", "limits take all clients for one", True),
        ({"::/64"}, "192.0.2.7", "limits take all clients for one", True),
        ({"192.0.2.7"}, "192.0.2.7", "limits count this machine as 192.0.2.7", False),
        ({"127.0.0.1"}, "127.0.0.1", "limits count this machine as 127.0.0.1", False),
        ({"192.0.2.1"}, "192.0.2.7", "PLEROMA_TRUSTED_PROXIES must name that", False),
    ],
)
def test_doctor_knows_whom_limits_count(counted, here, said, wrong):
    (finding,) = doctor.client_findings(counted, "2001:db8:1:2::/64", here)
    assert said in finding.text and bool(finding.advice) is wrong
    assert list(doctor.client_findings(counted | {"198.51.100.1", "198.51.100.2"}, "none", here)) == []
