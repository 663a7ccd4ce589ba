"""A running server with its media in a bucket: killed in an upload, cut off in the middle of an answer."""

import contextlib
import http.client
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest

from tests.ops.test_backup import PASSWORD, PICTURE, ROOT, instances  # noqa: F401 (a fixture)


@pytest.fixture
def site(instances, bucket, door):  # noqa: F811
    """A server that keeps media behind the door, with the account alice."""
    site = instances("site")
    site.environment.update(bucket.environment, PLEROMA_LOG_LEVEL="info")
    site.start()
    site.run("user", "create", "alice", "--email", "a@mail.example", "--password", PASSWORD)
    return site


def _media_rows(site):
    code = (
        "import psycopg; from pathlib import Path; from pleroma.server import postgres\n"
        f"with postgres.available(Path({str(site.data)!r}), None) as url, psycopg.connect(url) as connection:\n"
        "    print(connection.execute('select count(*) from media').fetchone()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_a_server_killed_in_the_middle_of_an_upload_keeps_nothing_of_it_and_goes_on(site, bucket, door):
    token, held = site.log_in("alice"), threading.Event()

    def answer(method, path):
        if method == "PUT":
            held.set()
            time.sleep(60)

    door.answer = answer
    sending = threading.Thread(target=_upload_in_vain, args=(site, token), daemon=True)
    sending.start()
    assert held.wait(30)
    site.process.kill()
    site.process.wait()
    site.process = None
    sending.join(30)
    door.answer = lambda method, path: None
    assert bucket.names() == []
    site.start()
    assert _media_rows(site) == 0
    address = urllib.parse.urlsplit(site.upload(token)["url"]).path
    assert site.ask("GET", address)[1] == bucket.read(f"ours/{address.removeprefix('/media/')}")[1]
    site.stop()


def _upload_in_vain(site, token):
    with contextlib.suppress(OSError, http.client.HTTPException):
        site.upload(token)


def test_a_store_that_goes_in_the_middle_of_a_file_cuts_the_answer_off(site, bucket, door):
    token = site.log_in("alice")
    address = urllib.parse.urlsplit(site.upload(token)["url"]).path
    key = f"ours/{address.removeprefix('/media/')}"
    bucket.put(key, PICTURE * (3_000_000 // len(PICTURE)))
    before = len(door.asked)
    door.answer = lambda method, path: (404, b"") if len(door.asked) > before + 1 else None
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", address)
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises(http.client.IncompleteRead):
            answer.read()
    door.answer = lambda method, path: None
    assert len(site.ask("GET", address)[1]) > 2_000_000
    site.stop()
    assert "StorageAway" in site.log.read_text()
    assert key.removeprefix("ours/")[:33] not in site.log.read_text()
