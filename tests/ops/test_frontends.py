"""Built front ends: installed from archives, listed, served (docs/operation.md)."""

import http.server
import io
import tarfile
import zipfile

import pytest

from pleroma.ops import frontends
from pleroma.ops.frontends import BadFrontend
from tests.serving import answering

PAGE = {"Accept": "text/html"}


def zipped(files):
    """A zip of names and contents."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return output.getvalue()


def tarred(files, *members):
    """A tar.gz of names and contents, and of members that are no files."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
        for member in members:
            archive.addfile(member)
    return output.getvalue()


@pytest.fixture
def archive(tmp_path):
    """Writes an archive and gives its path as a text."""

    def write(data, name="fe.zip"):
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return write


@pytest.fixture
def data_dir(tmp_path):
    """A data directory that no server has made yet."""
    return tmp_path / "data"


def content(data_dir, name, file="index.html"):
    return (data_dir / "frontends" / name / file).read_text()


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("folder", ["", "dist/", "build/priv/static/"])
def test_the_folder_with_the_page_is_found(data_dir, archive, pack, folder):
    files = {f"{folder}index.html": "page", f"{folder}static/app.js": "script", f"{folder}sub/index.html": "other"}
    assert frontends.install(data_dir, archive(pack(files), "fe.zip")) == "fe"
    assert (content(data_dir, "fe"), content(data_dir, "fe", "static/app.js")) == ("page", "script")


def test_a_newer_version_takes_the_place_of_the_old_one(data_dir, archive):
    for version in ("old", "new"):
        frontends.install(data_dir, archive(zipped({"index.html": version, f"{version}.js": ""})))
    assert content(data_dir, "fe") == "new"
    assert not (data_dir / "frontends" / "fe" / "old.js").exists()
    assert len(list((data_dir / "frontends").iterdir())) == 2


BROKEN = {
    "no archive": b"no archive",
    "nothing": b"",
    "no page": zipped({"a.html": "x"}),
    "half a zip": zipped({"index.html": "x" * 100_000})[:-60],
    "half a tar": tarred({"index.html": "x" * 100_000})[:60],
    "a way out": zipped({"index.html": "x", "../out.html": "x"}),
    "from the root": zipped({"index.html": "x", "/out.html": "x"}),
    "backslashes": zipped({"index.html": "x", "a\\..\\..\\out.html": "x"}),
    "a way out of a tar": tarred({"index.html": "x", "../out.html": "x"}),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_unpacked_leaves_the_old_one(data_dir, archive, data):
    frontends.install(data_dir, archive(zipped({"index.html": "old"})))
    with pytest.raises(BadFrontend):
        frontends.install(data_dir, archive(data))
    assert content(data_dir, "fe") == "old"
    assert len(list((data_dir / "frontends").iterdir())) == 2
    assert not list(data_dir.parent.glob("**/out.html"))


def test_links_and_devices_are_left_out(data_dir, archive):
    link, device = tarfile.TarInfo("secret"), tarfile.TarInfo("null")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device.type = tarfile.CHRTYPE
    frontends.install(data_dir, archive(tarred({"index.html": "x"}, link, device)))
    assert [path.name for path in (data_dir / "frontends" / "fe").iterdir()] == ["index.html"]


def test_there_is_an_end_to_what_an_archive_holds(data_dir, archive, monkeypatch):
    monkeypatch.setattr(frontends, "_LARGEST_CONTENT", 1_000_000)
    monkeypatch.setattr(frontends, "_MOST_FILES", 50)
    for files in ({"index.html": "x" * 1_000_001}, {f"{number}/index.html": "" for number in range(60)}):
        for pack in (zipped, tarred):
            with pytest.raises(BadFrontend):
                frontends.install(data_dir, archive(pack(files)))
    assert not list((data_dir / "frontends").iterdir())
    monkeypatch.setattr(frontends, "_LARGEST_ARCHIVE", 10)
    with pytest.raises(BadFrontend):
        frontends.install(data_dir, archive(zipped({"index.html": "x"})))


@pytest.mark.parametrize("name", ["../x", ".hidden", "a/b", "", "x" * 61, "a b"])
def test_names(data_dir, archive, name):
    source = archive(zipped({"index.html": "x"}))
    if name:
        with pytest.raises(BadFrontend):
            frontends.install(data_dir, source, name)
    with pytest.raises(BadFrontend):
        frontends.use(data_dir, name)


def test_a_source_that_is_nothing(data_dir):
    with pytest.raises(BadFrontend, match="pleroma-fe"):
        frontends.install(data_dir, "nothing-there")


@pytest.fixture
def site():
    """A site with an archive at every address."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = "missing" not in self.path
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(zipped({"dist/index.html": "fetched"}) if found else b"")

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    with answering(server):
        yield f"http://127.0.0.1:{server.server_port}"


def test_an_address_goes_through_the_guarded_way_out(data_dir, site, monkeypatch):
    with pytest.raises(Exception, match="open internet"):
        frontends.install(data_dir, f"{site}/fe.zip")
    fetch = frontends.remote.fetch
    monkeypatch.setattr(frontends.remote, "fetch", lambda url, **options: fetch(url, allow_loopback=True, **options))
    assert frontends.install(data_dir, f"{site}/some-fe.zip?job=build") == "some-fe"
    assert content(data_dir, "some-fe") == "fetched"
    with pytest.raises(BadFrontend, match="404"):
        frontends.install(data_dir, f"{site}/missing.zip")


def test_what_is_in_use_is_listed_and_served(data_dir, archive, make_client):
    frontends.install(data_dir, archive(zipped({"index.html": "first", "app.js": "1"})), "first")
    frontends.install(data_dir, archive(zipped({"index.html": "second"})), "second")
    assert frontends.use(data_dir, "first") is False
    assert frontends.use(data_dir, "second", admin=True) is False
    assert frontends.installed(data_dir) == [("first", ["/"]), ("second", ["/pleroma/admin/"])]
    client = make_client(data_dir=data_dir)
    assert client.get("/", headers=PAGE).text == "first"
    assert client.get("/app.js").text == "1"
    assert client.get("/pleroma/admin/").text == "second"
    assert frontends.use(data_dir, "second") is True
    assert client.get("/", headers=PAGE).text == "second"
    assert frontends.installed(data_dir)[1].addresses == ["/", "/pleroma/admin/"]


def test_administrators_see_what_to_do_when_there_is_none(client, alice, person):
    root = person("root", admin=True)
    assert "frontend install pleroma-fe" in client.get("/", auth=root, headers=PAGE).text
    for who in (alice, None):
        assert "frontend install" not in client.get("/", auth=who, headers=PAGE).text


def test_so_do_those_who_logged_in_on_the_page(make_client, person):
    browser = make_client(base_url="http://localhost")
    root = person("root", admin=True)
    browser.post("/login", {"name": "root", "password": root.password}, status=302)
    assert "frontend install pleroma-fe" in browser.get("/", headers=PAGE).text
