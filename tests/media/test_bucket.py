"""A bucket keeps media as a disk does: whole or not at all, and what is wrong with it has a name."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pleroma import config, media
from pleroma.media import StorageAway, StorageFull, bucket_of, files_of, prepare, store_of
from pleroma.media import bucket as buckets
from tests.buckets import hanging
from tests.picture_files import encoded, photo

ROOT = Path(__file__).parents[2]
LIMIT = 16_000_000
NAME = "ab/" + "0" * 30 + ".png"
FULL = b"<Error><Code>%s</Code></Error>"


@pytest.fixture
def make_store(bucket, tmp_path):
    """Makes the store of the bucket, under changed settings."""

    def make(**changes):
        return store_of(dataclasses.replace(config.Config(data_dir=tmp_path, **bucket.settings), **changes))

    return make


@pytest.fixture
def patience(monkeypatch):
    """A client that waits a second and no longer."""
    monkeypatch.setattr(buckets, "_WHOLE", 1.0)
    monkeypatch.setattr(buckets, "_CONNECT", 0.5)


def test_a_file_and_its_preview_are_kept_with_type_and_caching_and_removed(bucket, make_store):
    store = make_store()
    prepared = prepare(encoded(photo(1600, 900)), limit=LIMIT)
    saved, again = store.save(prepared), store.save(prepared)
    assert len({saved.name, saved.preview_name, again.name, again.preview_name}) == 4
    assert bucket.names() == sorted(
        f"ours/{name}" for name in (saved.name, saved.preview_name, again.name, again.preview_name)
    )
    headers, content = bucket.read(f"ours/{saved.name}")
    assert content == prepared.data == store.look(saved.name).content()
    assert headers["Content-Type"] == prepared.mime_type
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert store.look(saved.preview_name).content() == prepared.preview
    store.remove([saved.name, saved.preview_name, None])
    store.remove([saved.name])
    assert bucket.names() == sorted(f"ours/{name}" for name in (again.name, again.preview_name))
    with pytest.raises(FileNotFoundError):
        store.look(saved.name)


def test_a_file_of_many_pieces_is_read_from_anywhere(make_store, monkeypatch):
    monkeypatch.setattr(buckets, "_PIECE", 1000)
    store = make_store()
    data = os.urandom(3500)
    name = store.save(prepare(data, limit=LIMIT)).name
    for content in (True, False):
        found = store.look(name, content=content)
        assert (found.size, found.content()) == (3500, data)
        for start, stop in ((0, 1), (0, 1000), (999, 1001), (2999, 3500), (3499, 3500), (0, 3500), (1000, 2000)):
            assert b"".join(found.pieces(start, stop)) == data[start:stop]


def _files(store, older_than=-60):
    listed = [store.files(folder, older_than) for folder in media.FOLDERS]
    return {name: size for files in listed for name, size in files.items()}


def test_folders_hold_what_is_old_enough_and_ours(bucket, make_store):
    store = make_store()
    name = store.save(prepare(b"hello", limit=LIMIT)).name
    bucket.put("ours/ab/stranger.txt", b"x")
    bucket.put("other/ab/" + "0" * 30 + ".png", b"x")
    assert _files(store) == {name: 5}
    assert _files(store, 3600) == {}


@pytest.mark.parametrize("name", ["../secret_key", "/etc/passwd", "ab/../x.png", "ab/x.png", "archives/x.zip", "-"])
def test_only_names_of_ours_are_asked_for(door, make_store, name):
    store = make_store()
    for act in (lambda: store.remove([name]), lambda: store.put(name, b"x")):
        with pytest.raises(ValueError, match="Not the name"):
            act()
    with pytest.raises(FileNotFoundError):
        store.look(name)
    assert door.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        (403, FULL % b"QuotaExceeded"),
        (403, b"<Error><Code>AccessDenied</Code><Message>Forbidden: Max size quota of the bucket</Message></Error>"),
        (400, FULL % b"XMinioAdminBucketQuotaExceeded"),
        (507, FULL % b"XMinioStorageFull"),
        (507, b""),
    ],
)
def test_a_used_up_quota_is_no_room(door, make_store, answer):
    door.answer = lambda method, path: answer
    with pytest.raises(StorageFull):
        make_store().save(prepare(b"x", limit=LIMIT))


@pytest.mark.parametrize(
    "answer",
    [(500, b"oops"), (503, b""), (403, FULL % b"AccessDenied"), (404, FULL % b"NoSuchBucket"), (200, b"<html>hello")],
)
def test_a_store_that_fails_or_answers_nonsense_is_away(door, make_store, answer):
    door.answer = lambda method, path: answer
    store = make_store()
    for act in (
        lambda: store.save(prepare(b"x", limit=LIMIT)),
        lambda: store.put(NAME, b"x"),
        lambda: store.look(NAME).content(),
        lambda: store.remove([NAME]),
    ):
        with pytest.raises(StorageAway):
            act()


def test_failures_are_logged_without_the_names_that_open_what_is_private(door, make_store, caplog):
    door.answer = lambda method, path: (403, FULL % b"AccessDenied" + path.encode())
    with pytest.raises(StorageAway) as caught:
        make_store().look(NAME)
    for text in (caplog.text, str(caught.value)):
        assert "AccessDenied" in text
        assert NAME[:33] not in text and "very-secret" not in text


def test_a_passing_failure_is_tried_again(door, make_store):
    door.answer = lambda method, path: (503, b"") if len(door.asked) < 3 else None
    store = make_store()
    store.put(NAME, b"x")
    assert [method for method, _ in door.asked] == ["PUT"] * 3
    assert store.look(NAME).content() == b"x"


def test_a_store_that_nobody_reaches_or_that_hangs_is_away_in_time(door, make_store, patience):
    door.answer = hanging(6)
    begun = time.monotonic()
    with pytest.raises(StorageAway) as caught:
        make_store().save(prepare(b"x", limit=LIMIT))
    assert time.monotonic() - begun < 4
    # It may have got the file nevertheless.
    assert len(caught.value.names) == 1
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(StorageAway):
            make_store(s3_endpoint=f"http://127.0.0.1:{closed.getsockname()[1]}").look(NAME)


def test_a_store_that_hangs_leaves_half_of_the_threads_alone(door, make_store, patience, monkeypatch):
    monkeypatch.setattr(buckets, "_PATIENCE", 0.1)
    monkeypatch.setattr(buckets, "_WHOLE", 3.0)
    door.answer = hanging(8)
    store, waited = make_store(threads=4), []

    def look():
        begun = time.monotonic()
        with pytest.raises(StorageAway):
            store.look(NAME)
        waited.append(time.monotonic() - begun)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seconds < 1.5 for seconds in sorted(waited)] == [True, True, False, False]


def test_both_places_are_looked_in_while_media_move(bucket, make_store, tmp_path):
    files = files_of(config.Config(data_dir=tmp_path))
    old, stored = files.save(prepare(b"old", limit=LIMIT)).name, make_store()
    new = stored.save(prepare(b"newer", limit=LIMIT)).name
    for also, main in (("files", stored), ("s3", files)):
        both = make_store(media_also=also)
        assert (both.look(old).content(), both.look(new).content()) == (b"old", b"newer")
        saved = both.save(prepare(b"again", limit=LIMIT)).name
        assert main.look(saved).content() == b"again"
        assert _files(both) == {old: 3, new: 5, saved: 5}
        both.remove([saved])
        with pytest.raises(FileNotFoundError):
            both.look(saved)
    files.put(new, b"newer")
    make_store(media_also="files").remove([new])
    for store in (files, stored):
        with pytest.raises(FileNotFoundError):
            store.look(new)


CHILD = """
import os, signal, sys
from pathlib import Path
from pleroma import config, media
settings = config.load(data_dir=Path(sys.argv[1]))
store = media.store_of(settings)
print("obstore" in sys.modules)
children = []
for number in range(3):
    child = os.fork()
    if child == 0:
        name = store.save(media.prepare(b"x" * 10, limit=100)).name
        os._exit(0 if store.look(name).size == 10 else 1)
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
"""


def _said(program, tmp_path, environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def test_each_process_makes_its_client_after_the_fork(bucket, tmp_path):
    assert _said(CHILD, tmp_path, bucket.environment) == ["True", "[0, 0, 0]"]
    assert len(bucket.names()) == 3


START = """
import sys
from pathlib import Path
from pleroma import config, create_app, jobs, media
settings = config.load({}, data_dir=Path(sys.argv[1]))
create_app(settings)
jobs.registered()
media.store_of(settings).save(media.prepare(b"x", limit=10))
print([name for name in ("obstore", "boto3", "pleroma.media.bucket") if name in sys.modules])
"""


def test_who_sets_no_bucket_loads_nothing_for_one(tmp_path):
    assert _said(START, tmp_path, {}) == ["[]"]


UPLOAD = """
import sys
from pathlib import Path
from pleroma import config, media
data = Path(sys.argv[1], "picture").read_bytes()
media.store_of(config.load(data_dir=Path(sys.argv[1]))).save(media.prepare(data, limit=16_000_000))
"""


def test_a_process_killed_in_the_middle_leaves_whole_files_or_none(bucket, door, tmp_path):
    (tmp_path / "picture").write_bytes(encoded(photo(1600, 900)))
    held = threading.Event()

    def answer(method, path):
        if method == "PUT" and len(door.asked) == 2:
            held.set()
            time.sleep(60)

    door.answer = answer
    environment = {**os.environ, **bucket.environment}
    process = subprocess.Popen([sys.executable, "-c", UPLOAD, str(tmp_path)], cwd=ROOT, env=environment)
    assert held.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (left,) = bucket.names()
    found = bucket_of(config.Config(data_dir=tmp_path, **bucket.settings)).look(left.removeprefix("ours/"))
    assert prepare(found.content(), limit=LIMIT).kind == "image"
