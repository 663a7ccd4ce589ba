"""Rendering a text as the tests of text and markup do."""

from pleroma.text import Mentioned, render

BASE = "https://own.example"
ACCOUNTS = {
    "nick": Mentioned(1, "Nick"),
    "bob": Mentioned(2, "bob"),
    "example": Mentioned(3, "example"),
    "zoe@far.example": Mentioned(4, "zoe", "far.example", "https://far.example/@zoe"),
}


def rendered(typed, content_type="text/plain", **options):
    """A typed text, rendered among these accounts."""
    return render(typed, content_type, ACCOUNTS, BASE, **options)


def html(typed, content_type="text/plain", **options):
    """Its HTML."""
    return rendered(typed, content_type, **options).html


def mention(account_id, nick):
    """The HTML of a mention."""
    return (
        f'<span class="h-card"><a data-user="{account_id}" class="u-url mention" href="\x01/users/{nick}" rel="ugc">'
        f"@<span>{nick}</span></a></span>"
    )
