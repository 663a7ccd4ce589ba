"""A built front end at the root, the admin front end, the operator's own files (docs/api/pleroma.md 21)."""

import pytest


@pytest.fixture
def front_end(make_client, tmp_path):
    """A client of a server with both front ends."""
    for name in ("fe", "admin"):
        (tmp_path / name / "static").mkdir(parents=True)
        (tmp_path / name / "index.html").write_text(f"<title>{name}</title>")
        (tmp_path / name / "static" / "app.js").write_text(f"// {name}")
    return make_client(frontend_dir=tmp_path / "fe", admin_frontend_dir=tmp_path / "admin")


PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/", "/main/all", "/users/alice", "/notice/1", "/registration/x", "/about", "/login"])
def test_pages_are_the_front_ends(front_end, path):
    answer = front_end.get(path, headers=PAGE, status=200)
    assert "<title>fe</title>" in answer.text
    assert "style-src 'self' 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-cache"


def test_files_are_served_and_missing_ones_are_not_the_page(front_end):
    assert front_end.get("/static/app.js", status=200).text == "// fe"
    front_end.get("/static/missing.json", headers={"Accept": "*/*"}, status=404)
    assert "root:" not in front_end.get("/../../etc/passwd", expect_errors=True).text


@pytest.mark.parametrize(
    "path", ["/api/v1/nonsense", "/oauth/nonsense", "/media/x", "/emoji/x", "/nodeinfo/9", "/objects/x"]
)
def test_the_servers_own_paths_are_not_the_front_ends(front_end, path):
    assert "<title>fe</title>" not in front_end.get(path, headers=PAGE, expect_errors=True).text


def test_the_admin_front_end(front_end, client):
    assert "<title>admin</title>" in front_end.get("/pleroma/admin/", headers=PAGE, status=200).text
    assert front_end.get("/pleroma/admin", status=302).headers["Location"].endswith("/pleroma/admin/")
    assert front_end.get("/pleroma/admin/static/app.js", status=200).text == "// admin"
    client.get("/pleroma/admin/", status=404)


def test_the_operators_files_come_first(front_end, client, settings):
    own = settings.data_dir / "static" / "instance"
    own.mkdir(parents=True, exist_ok=True)
    (own / "thumbnail.jpeg").write_bytes(b"mine")
    (settings.data_dir / "static" / "robots.txt").write_text("mine")
    try:
        for served in (client, front_end):
            assert served.get("/instance/thumbnail.jpeg", status=200).body == b"mine"
            assert served.get("/robots.txt", status=200).text == "mine"
    finally:
        (own / "thumbnail.jpeg").unlink()
        (settings.data_dir / "static" / "robots.txt").unlink()
    assert "Disallow" in client.get("/robots.txt", status=200).text


def test_the_front_ends_list_of_stickers_is_empty_and_there(front_end):
    assert front_end.get("/static/stickers.json", headers={"Accept": "*/*"}, status=200).json == {}
