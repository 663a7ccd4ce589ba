"""deploy/nginx-s3.conf in a real nginx, between clients and a bucket that lets strangers read by name."""

import json

import pytest

from tests.buckets import Bucket, Door
from tests.deploy.test_nginx import NGINX, ROOT, Site, require_media, running, token, uploaded  # noqa: F401 (a fixture)

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt-get install nginx-light)")


class BucketSite(Site):
    """A server that keeps media in a bucket, from which nginx serves them."""

    def __init__(self, directory, server):
        super().__init__(directory)
        self.bucket = Bucket(server)
        self.environment.update(self.bucket.environment)
        self.door = Door(server)
        allowed = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.bucket.name}/ours/??/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [allowed]}
        self.bucket.put("?policy", json.dumps(policy).encode())

    def stop(self):
        super().stop()
        self.door.close()

    def _configuration(self):
        """Both files as they are, with other places and ports."""
        text = (ROOT / "deploy" / "nginx-s3.conf").read_text()
        for place, other in (
            ("https://$pleroma_store", "http://$pleroma_store"),
            ("set $pleroma_store s3.example;", f"set $pleroma_store {self.door.address.partition('://')[2]};"),
            ("/BUCKET/", f"/{self.bucket.name}/ours/"),
        ):
            assert place in text
            text = text.replace(place, other)
        file = self.directory / "pleroma-media.conf"
        file.write_text(text)
        place, whole = "include /etc/nginx/pleroma-media*.conf;", super()._configuration()
        assert place in whole
        return whole.replace(place, f"include {self.directory}/pleroma-media*.conf;")


@pytest.fixture(scope="module")
def site(tmp_path_factory, s3_server):
    """The site with the account alice."""
    with running(BucketSite(tmp_path_factory.mktemp("site"), s3_server)) as site:
        yield site


def _key(path):
    return f"ours/{path.removeprefix('/media/')}"


def test_an_upload_is_served_from_the_bucket_with_our_headers_alone(site, token):  # noqa: F811
    path = uploaded(site, token)
    assert not (site.data / "media").exists()
    content = site.bucket.read(_key(path))[1]
    for _ in range(2):
        answer = require_media(site, path, content)
        assert [name for name in answer.headers if name.lower().startswith("x-amz")] == []
    assert site.ask("HEAD", path).headers["Content-Length"] == str(len(content))
    # All that was asked of the bucket, and without a client's query.
    assert [asked for asked in site.door.asked if asked[1].endswith(_key(path))] == [
        ("GET", f"/{site.bucket.name}/{_key(path)}")
    ]


def test_neither_queries_nor_methods_of_clients_reach_the_bucket(site, token):  # noqa: F811
    path = uploaded(site, token)
    before = len(site.door.asked)
    site.ask("GET", f"{path}?acl&response-content-type=text/html")
    assert site.door.asked[before:] == [("GET", f"/{site.bucket.name}/{_key(path)}")]
    for method, status in (("OPTIONS", 204), ("PUT", 404), ("DELETE", 404), ("POST", 404)):
        assert "X-Request-Id" in site.ask(method, path, b"" if method in ("PUT", "POST") else None, status).headers
    assert len(site.door.asked) == before + 1
    assert site.ask("GET", path).content == site.bucket.read(_key(path))[1]


def test_nothing_but_media_is_had_through_nginx(site, token):  # noqa: F811
    archive = f"archives/{'0' * 64}.zip"
    site.bucket.put(f"ours/{archive}", b"x")
    before = len(site.door.asked)
    for place in ("/media/", f"/media/{archive}", "/media/00/", "/media/?list-type=2"):
        site.ask("GET", place, status=404)
    assert len(site.door.asked) == before


def test_what_is_not_in_the_bucket_is_the_servers_to_answer(site, token):  # noqa: F811
    answer = site.ask("GET", "/media/00/" + "0" * 30 + ".png", status=404)
    assert "X-Request-Id" in answer.headers
    # Where the bucket does not let nginx read, the server does.
    path = uploaded(site, token)
    site.door.answer = lambda method, path: (403, b"<Error><Code>AccessDenied</Code></Error>")
    try:
        served = site.ask("GET", path)
    finally:
        site.door.answer = lambda method, path: None
    assert "X-Request-Id" in served.headers
    assert served.content == site.bucket.read(_key(path))[1]


def test_a_store_that_is_away_is_a_503_for_what_the_cache_has_not(site, token):  # noqa: F811
    seen, unseen = uploaded(site, token), uploaded(site, token)
    site.ask("GET", seen)
    site.door.answer = lambda method, path: (503, b"<Error><Code>SlowDown</Code></Error>")
    try:
        site.ask("GET", seen)
        answer = site.ask("GET", unseen, status=503)
    finally:
        site.door.answer = lambda method, path: None
    assert isinstance(json.loads(answer.content)["error"], str)
    assert answer.headers["Retry-After"] == "5"
    assert "X-Request-Id" not in answer.headers
