"""Uploads: every picture that people have works, nothing that is none gets in, and no half file stays."""

import base64
import errno
import os

import pytest

from pleroma import media
from pleroma.media import LocalStore, NotAPicture, StorageFull, data_uri, focus, prepare
from tests.picture_files import encoded, photo, read

LIMIT = 16_000_000


# Other media


@pytest.mark.parametrize(
    ("data", "kind", "mime_type"),
    [
        (b"\0\0\0\x18ftypmp42", "video", "video/mp4"),
        (b"\0\0\0\x18ftypisom", "video", "video/mp4"),
        (b"\0\0\0\x18ftypqt  ", "video", "video/quicktime"),
        (b"\0\0\0\x18ftypM4A ", "audio", "audio/mp4"),
        (b"\0\0\0\x18ftypavif", "unknown", "application/octet-stream"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01\x42\x82\x84webm", "video", "video/webm"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01\x42\x82\x88matroska", "unknown", "application/octet-stream"),
        (b"OggS\0\2" + b"\0" * 22 + b"\x01vorbis", "audio", "audio/ogg"),
        (b"OggS\0\2" + b"\0" * 22 + b"\x80theora", "video", "video/ogg"),
        (b"ID3\x04", "audio", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio", "audio/aac"),
        (b"\xff\xfe<\0h\0t\0m\0l\0", "unknown", "application/octet-stream"),
        (b"fLaC\0", "audio", "audio/flac"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio", "audio/wav"),
        (b"<html><script>alert(1)</script>", "unknown", "application/octet-stream"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown", "application/octet-stream"),
        (b"%PDF-1.7", "unknown", "application/octet-stream"),
    ],
)
def test_other_media_stay_as_they_are_with_a_safe_type(data, kind, mime_type):
    prepared = prepare(data, limit=LIMIT)
    assert (prepared.kind, prepared.mime_type, prepared.data) == (kind, mime_type, data)
    assert prepared.preview is None and prepared.meta == {} and prepared.blurhash is None


# Parameters


def test_data_uris_of_pictures():
    data = read("transparent_disc.png")
    encoded_data = base64.encodebytes(data).decode()
    assert data_uri(f" data:image/png;base64,{encoded_data}") == data
    assert data_uri("DATA:image/png;charset=x;base64," + encoded_data.replace("=", "")) == data


@pytest.mark.parametrize(
    "text", ["", "hello", "data:image/png,xx", "data:image/png;base64,?", "data:;base64,a", "http://a/b"]
)
def test_what_is_no_data_uri(text):
    with pytest.raises(NotAPicture):
        data_uri(text)


def test_focus():
    assert focus("0.5,-1") == (0.5, -1.0)
    for text in ("", "1", "1,2", "a,b", "nan,0", "0,0,0", "inf,0"):
        with pytest.raises(ValueError):
            focus(text)


# Keeping


def files(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_a_file_and_its_preview_are_kept_under_random_names_and_removed(tmp_path):
    store = LocalStore(tmp_path / "media")
    prepared = prepare(encoded(photo(1600, 900)), limit=LIMIT)
    saved, again = store.save(prepared), store.save(prepared)
    assert store.path(saved.name).read_bytes() == prepared.data
    assert store.path(saved.preview_name).read_bytes() == prepared.preview
    assert len({saved.name, saved.preview_name, again.name, again.preview_name}) == 4
    store.remove([saved.name, saved.preview_name, None])
    store.remove([saved.name])
    assert files(store.directory) == sorted([again.name, again.preview_name])


@pytest.mark.parametrize("fails_at", [1, 2])
@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, fails_at, call):
    store = LocalStore(tmp_path)
    prepared = prepare(encoded(photo(1600, 900)), limit=LIMIT)
    for _ in range(40):  # so that folders exist already
        store.remove([store.save(prepare(b"x", limit=LIMIT)).name])
    real, calls = getattr(os, call), []

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) >= (fails_at if call == "rename" else 3 * fails_at - 2):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(StorageFull):
        store.save(prepared)
    assert files(tmp_path) == []


def test_other_faults_of_the_disk_are_not_taken_for_a_full_one(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OSError) as caught:
        LocalStore(tmp_path).save(prepare(b"x", limit=LIMIT))
    assert not isinstance(caught.value, StorageFull)
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["../secret_key", "/etc/passwd", "ab/../x.png", "ab/x.png", ""])
def test_only_names_of_ours_are_paths(tmp_path, name):
    with pytest.raises(ValueError, match="Not the name"):
        LocalStore(tmp_path).remove([name or "-"])


def test_what_a_crash_left_half_written_is_swept_up(tmp_path):
    store = LocalStore(tmp_path)
    kept = store.save(prepare(b"x", limit=LIMIT)).name
    (tmp_path / "ab").mkdir(exist_ok=True)
    old, new = tmp_path / "ab/old.png.part", tmp_path / "ab/new.png.part"
    old.touch(), new.touch()
    os.utime(old, (1, 1))
    store.sweep()
    assert files(tmp_path) == sorted([kept, "ab/new.png.part"])


def test_bounds_of_account_pictures_are_the_ones_documented():
    assert (media.AVATAR, media.BANNER, media.BACKGROUND) == ((800, 800), (1500, 1500), (2560, 2560))
