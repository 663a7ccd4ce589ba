"""The Pleroma API document is met, and whatever code and tests refer to is there."""

import re
import subprocess
from pathlib import Path

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENT = """
GET /api/pleroma/emoji
POST /api/pleroma/follow_import
GET /api/pleroma/captcha
POST /api/pleroma/delete_account
POST /api/pleroma/disable_account
POST /api/account/register
POST /api/v1/pleroma/notifications/read
POST /api/v1/pleroma/accounts/:id/subscribe
POST /api/v1/pleroma/accounts/:id/unsubscribe
GET /api/v1/pleroma/accounts/:id/favourites
PATCH /api/v1/pleroma/accounts/update_avatar
PATCH /api/v1/pleroma/accounts/update_banner
PATCH /api/v1/pleroma/accounts/update_background
POST /api/v1/pleroma/accounts/confirmation_resend
GET /api/v1/pleroma/mascot
PUT /api/v1/pleroma/mascot
PUT /api/pleroma/notification_settings
GET /api/pleroma/healthcheck
POST /api/pleroma/change_email
GET /api/v1/pleroma/conversations/:id/statuses
GET /api/v1/pleroma/conversations/:id
PATCH /api/v1/pleroma/conversations/:id
GET /api/pleroma/emoji/packs
PUT /api/pleroma/emoji/packs/:name
DELETE /api/pleroma/emoji/packs/:name
POST /api/pleroma/emoji/packs/:name/update_file
POST /api/pleroma/emoji/packs/:name/update_metadata
POST /api/pleroma/emoji/packs/download_from
POST /api/pleroma/emoji/packs/list_from
GET /api/pleroma/emoji/packs/:name/download_shared
GET /api/v1/pleroma/accounts/:id/scrobbles
POST /api/v1/pleroma/scrobble
""".strip().splitlines()


@pytest.mark.parametrize("line", DOCUMENT)
def test_the_documents_endpoint_is_routed_and_described(client, line):
    method, path = line.split()
    adapter = client.app.url_map.bind("pleroma.example")
    try:
        endpoint, _ = adapter.match(path.replace(":id", "1").replace(":name", "pack"), method=method)
    except (NotFound, MethodNotAllowed):
        endpoint = None
    assert endpoint not in (None, "files.file")
    assert f"| `{line}` |" in README


# --- References

PAGE = re.compile(r"docs/[a-z/_]+\.md")
SECTIONS = re.compile(r"(docs/api/[a-z]+\.md) ((?:\d+(?:\.\d+)*)(?:(?:, | and | to )\d+(?:\.\d+)*)*)")
# Pages that stand nowhere, and words that once named them.
NOWHERE = re.compile(r"\b(?:spec|DESIGN|trap|case) [A-Z]?\d|Mastodon (?:page|surface)|\b(?:[Tt]he|our) seed\b|\(seed\b")
SELF = "tests/test_documents.py"


def _tracked(*patterns):
    done = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return sorted(str(path.relative_to(ROOT)) for one in patterns for path in ROOT.rglob(one))
    return [name for name in done.stdout.split("\n") if name and (ROOT / name).is_file()]


TEXTS = [name for name in _tracked("*.py", "*.sql", "*.md", "*.html", "*.cfg", "*.conf", "*.service") if name != SELF]


def _headings(page):
    return set(re.findall(r"^#+ (\d+(?:\.\d+)*) ", (ROOT / page).read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("name", TEXTS)
def test_every_page_and_section_that_is_named_is_there(name):
    text = (ROOT / name).read_text("utf-8")
    for page in PAGE.findall(text):
        assert (ROOT / page).is_file(), f"{name} names {page}"
    for page, numbers in SECTIONS.findall(text):
        named = set(re.findall(r"\d+(?:\.\d+)*", numbers))
        assert named <= _headings(page), f"{name} names {page} {', '.join(sorted(named - _headings(page)))}"


@pytest.mark.parametrize("name", TEXTS)
def test_no_page_is_named_that_is_nowhere(name):
    assert NOWHERE.findall((ROOT / name).read_text("utf-8")) == []


@pytest.mark.parametrize("page", ["README.md", *(name for name in TEXTS if name.startswith("docs/"))])
def test_links_of_pages_lead_somewhere(page):
    here = (ROOT / page).parent
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", (ROOT / page).read_text("utf-8")):
        assert (here / target).exists(), f"{page} links to {target}"
