"""Rendering a text as the tests of text and markup do."""

from pleroma.text import Mentioned, Rules, parse

BASE = "https://own.example"
ACCOUNTS = (
    Mentioned(1, "Nick"),
    Mentioned(2, "bob"),
    Mentioned(3, "example"),
    Mentioned(4, "zoe", "far.example", "https://far.example/@zoe"),
)


def rendered(typed, content_type="text/plain", extended=False):
    """A typed text, rendered among these accounts."""
    return parse(typed, content_type, Rules(BASE, extended)).render(ACCOUNTS)


def html(typed, content_type="text/plain", **options):
    """Its HTML."""
    return rendered(typed, content_type, **options).html


def mention(account_id, nick):
    """The HTML of a mention."""
    return (
        f'<span class="h-card"><a data-user="{account_id}" class="u-url mention" href="\x01/users/{nick}" rel="ugc">'
        f"@<span>{nick}</span></a></span>"
    )
