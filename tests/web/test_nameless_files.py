"""Files in parts that carry no file name, as some clients send them."""

import pytest

from tests.views.mastodon.test_media import png

PLACES = [
    ("POST", "/api/v1/media", "file"),
    ("PATCH", "/api/v1/accounts/update_credentials", "avatar"),
    ("PATCH", "/api/v1/pleroma/accounts/update_avatar", "img"),
    ("PATCH", "/api/v1/pleroma/accounts/update_banner", "banner"),
    ("PATCH", "/api/v1/pleroma/accounts/update_background", "img"),
    ("PUT", "/api/v1/pleroma/mascot", "image"),
    ("PUT", "/api/v1/pleroma/mascot", "file"),
]


@pytest.fixture
def send(client, alice):
    """Sends one part: send("POST", "/api/v1/media", "file", content, '; filename=""', "text/plain")."""

    def run(method, path, name, content, more="", kind=None, status=200):
        head = f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n'
        body = (head + (f"Content-Type: {kind}\r\n" if kind else "") + "\r\n").encode() + content + b"\r\n--x--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=x", "Authorization": f"Bearer {alice.token}"}
        return client.request(path, method=method, body=body, headers=headers, status=status)

    return run


@pytest.mark.parametrize(("method", "path", "name"), PLACES)
@pytest.mark.parametrize("more", ["", '; filename=""'], ids=["no name", "empty name"])
@pytest.mark.parametrize("kind", [None, "image/png", "application/octet-stream"])
def test_pictures_without_a_file_name(send, method, path, name, more, kind):
    assert "/media/" in send(method, path, name, png(), more, kind).text


def test_a_text_file_without_a_file_name(send):
    answer = send("POST", "/api/v1/media", "file", b"only text", kind="text/plain")
    assert answer.json["type"] == "unknown"


def test_a_list_without_a_file_name(send):
    answer = send("POST", "/api/pleroma/follow_import", "list", b"\xef\xbb\xbfbob\n", kind="text/csv")
    assert answer.json == "job started"


def test_bytes_where_a_text_is_expected_are_refused(send):
    answer = send("POST", "/api/v1/statuses", "status", b"caf\xe9", status=400)
    assert answer.json == {"error": "status must be a text"}


def test_a_part_may_name_its_charset(send):
    answer = send("POST", "/api/v1/statuses", "status", b"caf\xe9", kind="text/plain; charset=iso-8859-1")
    assert answer.json["content"] == "caf\u00e9"


@pytest.mark.parametrize(("method", "path", "name"), PLACES)
def test_an_empty_part_is_no_file(send, method, path, name):
    answer = send(method, path, name, b"", '; filename=""', status="*")
    assert answer.status_int == (200 if path.endswith("credentials") else 400)
