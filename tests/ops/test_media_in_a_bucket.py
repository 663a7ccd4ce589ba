"""Operators and a bucket: moving media there and back, backups, figures, and what `doctor` says (operation)."""

import dataclasses
import re
import socket
import tarfile
import urllib.parse

import psycopg
import pytest

from pleroma import media
from pleroma.db import FILES_LOCK, queries
from pleroma.ops import doctor, media_moves
from tests.ops.test_backup import PASSWORD, instances  # noqa: F401 (a fixture)


@pytest.fixture
def bucket_settings(settings, bucket, tmp_path, _pool):
    """The settings of a server that has a bucket, with a data directory of its own."""
    return dataclasses.replace(settings, data_dir=tmp_path, **bucket.settings)


def _saved(store, content):
    return store.save(media.prepare(content, limit=1000)).name


def test_media_move_there_and_back_without_anything_deleted(bucket_settings, bucket):
    files, stored = media.files_of(bucket_settings), media.bucket_of(bucket_settings)
    names = {_saved(files, b"x" * size): size for size in (1, 20, 300)}
    old = _saved(stored, b"in the bucket")
    assert media_moves.copy_missing(bucket_settings, "s3") == (3, 321, 0)
    assert media_moves.copy_missing(bucket_settings, "s3") == (0, 0, 3)
    assert bucket.names() == sorted(f"ours/{name}" for name in (*names, old))
    for name, size in names.items():
        assert stored.look(name).content() == files.look(name).content() == b"x" * size
    assert media_moves.copy_missing(bucket_settings, "files") == (1, 13, 3)
    assert files.look(old).content() == b"in the bucket"


def test_a_copy_of_another_size_is_made_again(bucket_settings):
    files, stored = media.files_of(bucket_settings), media.bucket_of(bucket_settings)
    name = _saved(files, b"whole")
    stored.put(name, b"half")
    assert media_moves.copy_missing(bucket_settings, "s3") == (1, 5, 0)
    assert stored.look(name).content() == b"whole"


def test_a_move_goes_on_where_a_store_that_went_away_broke_it_off(bucket_settings, bucket, door):
    config = dataclasses.replace(bucket_settings, **bucket.settings)
    files = media.files_of(config)
    for number in range(6):
        _saved(files, b"%d" % number)
    door.answer = lambda method, path: (503, b"") if len(bucket.names()) >= 2 and method == "PUT" else None
    with pytest.raises(media.StorageAway):
        media_moves.copy_missing(config, "s3")
    assert len(bucket.names()) == 2
    door.answer = lambda method, path: None
    moved = media_moves.copy_missing(config, "s3")
    assert (moved.copied, moved.there) == (4, 2)


def test_what_goes_while_it_moves_does_not_come_back(bucket_settings, bucket, door, sql, run_jobs):
    config = dataclasses.replace(bucket_settings, media_also="files", **bucket.settings)
    name = _saved(media.files_of(config), b"x")
    sql("insert into removed_files (name) values (%s)", name)

    def answer(method, path):
        if method == "PUT":
            # The job that removes files runs in the middle of the move: it leaves the file to the next run.
            sql("select defer_job('upkeep', 'remove_files', '{}')")
            run_jobs(data_dir=config.data_dir, media_also="files", **{**bucket.settings, "s3_endpoint": bucket.server})

    door.answer = answer
    media_moves.copy_missing(config, "s3")
    door.answer = lambda method, path: None
    assert sql("select name from removed_files") == [(name,)]
    sql("select defer_job('upkeep', 'remove_files', '{}')")
    run_jobs(data_dir=config.data_dir, media_also="files", **bucket.settings)
    assert bucket.names() == []
    with pytest.raises(FileNotFoundError):
        media.store_of(config).look(name)


def test_a_move_says_why_it_cannot(bucket_settings, settings, database_url):
    _saved(media.files_of(bucket_settings), b"x")
    with pytest.raises(media_moves.MoveError, match="set PLEROMA_S3_BUCKET"):
        media_moves.copy_missing(settings, "s3")
    with psycopg.connect(database_url, autocommit=True) as connection, connection.transaction():
        queries.backup.lock_files(connection, key=FILES_LOCK)
        with pytest.raises(media_moves.MoveError, match="a backup or another move runs"):
            media_moves.copy_missing(bucket_settings, "s3")


def test_a_move_to_files_leaves_room_on_the_disk(bucket_settings, monkeypatch):
    _saved(media.bucket_of(bucket_settings), b"x")
    monkeypatch.setattr(media_moves.safe_files, "is_nearly_full", lambda directory, wanted=0: True)
    with pytest.raises(media_moves.MoveError, match="nearly full"):
        media_moves.copy_missing(bucket_settings, "files")


def _members(file):
    with tarfile.open(file) as archive:
        return {name for name in archive.getnames() if name.startswith("media")}


def _of_media(instance, token):
    address = instance.upload(token)["url"]
    instance.ask("POST", "/api/v1/statuses", {"status": "look"}, Authorization=token)
    return urllib.parse.urlsplit(address).path


def test_a_server_moves_is_backed_up_and_restored_elsewhere(instances, bucket, s3_server, tmp_path):  # noqa: F811
    first = instances("first").start()
    first.run("user", "create", "alice", "--email", "a@mail.example", "--password", PASSWORD)
    token = first.log_in("alice")
    old = _of_media(first, token)
    first.stop()
    first.environment.update(bucket.environment, PLEROMA_MEDIA_ALSO="files")
    first.start()
    new = _of_media(first, token)
    assert first.ask("GET", old)[1] and first.ask("GET", new)[1]
    # A backup in the middle of a move holds what is still in files.
    between = tmp_path / "between.tar"
    first.run("backup", between)
    assert _members(between) == {"media.list", old[1:]}
    assert re.search(r"Copied 1 files \(.*\); 0 were there already", first.run("media", "move", "--to", "s3"))
    first.stop()
    del first.environment["PLEROMA_MEDIA_ALSO"]
    assert "where nothing reads them" in first.run("doctor", status=1)
    first.start()
    content = first.ask("GET", old)[1]
    assert re.search(r"^bucket +[\d.]+ k?B   2 files$", first.run("stats"), re.MULTILINE)
    listed, whole = tmp_path / "listed.tar", tmp_path / "whole.tar"
    first.run("backup", listed)
    first.run("backup", "--with-media", whole)
    first.stop()
    assert _members(listed) == {"media.list"}
    assert _members(whole) == {"media.list", old[1:], new[1:]}

    # With the same bucket all is there; where one file is not, it is named.
    bucket.remove(f"ours/{new.removeprefix('/media/')}")
    second = instances("second")
    second.environment.update(bucket.environment)
    said = second.run("restore", listed)
    assert "1 files of media are missing" in said and new.removeprefix("/media/") in said
    assert (second.data / "missing-media").read_text() == new.removeprefix("/media/") + "\n"
    second.start()
    assert second.ask("GET", old)[1] == content
    second.stop()

    # Into another bucket with everything, and into files.
    third, other = instances("third"), type(bucket)(s3_server)
    third.environment.update(other.environment)
    assert third.run("restore", whole) == f"Restored {whole}.\n"
    assert {f"media/{name.removeprefix('ours/')}" for name in other.names()} == {old[1:], new[1:]}
    assert not (third.data / "media").exists()
    fourth = instances("fourth")
    assert fourth.run("restore", whole) == f"Restored {whole}.\n"
    assert (fourth.data / old[1:]).read_bytes() == content
    # A store that is away leaves both empty.
    fifth = instances("fifth")
    fifth.environment.update(bucket.environment, PLEROMA_S3_ENDPOINT=_nowhere())
    assert "\nError: " in fifth.run("restore", whole, status=1)
    assert not fifth.data.exists()


def _nowhere():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}"


def test_a_backup_fails_whole_when_the_store_is_away(instances, bucket, tmp_path):  # noqa: F811
    first, file = instances("first"), tmp_path / "backup.tar"
    first.run("user", "create", "alice", "--email", "a@mail.example", "--password", PASSWORD)
    first.environment.update(bucket.environment, PLEROMA_S3_ENDPOINT=_nowhere())
    assert "\nError: " in first.run("backup", file, status=1)
    assert list(tmp_path.glob("backup*")) == []


def _doctor(config):
    return [(finding.text, bool(finding.advice)) for finding in doctor._bucket(config)]


def test_doctor_tries_the_bucket(bucket_settings, bucket, door):
    config = dataclasses.replace(bucket_settings, **bucket.settings)
    assert _doctor(config) == [("everybody may list the bucket", True)]
    door.lets_strangers_in = False
    assert _doctor(config) == [("the bucket keeps media", False)]
    assert bucket.names() == []
    door.answer = lambda method, path: (403, b"<Error><Code>AccessDenied</Code></Error>")
    ((text, wrong),) = _doctor(config)
    assert wrong and "AccessDenied" in text
    assert _doctor(dataclasses.replace(config, s3_bucket="")) == []


def test_secrets_of_the_bucket_are_not_shown(instances, bucket):  # noqa: F811
    first = instances("first")
    first.environment.update(bucket.environment)
    said = first.run("config")
    assert "PLEROMA_S3_SECRET_KEY=***" in said and "very-secret" not in said
    assert f"PLEROMA_S3_BUCKET={bucket.name}" in said
