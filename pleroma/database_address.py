"""The address of a database, with what is safe where it says nothing."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

# Without these the kernel waits for some fifteen minutes for a machine that lost its power.
_DEFAULTS = {
    "connect_timeout": "2",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
# Of several servers one takes writes, and the first may be the one that is dead.
_OF_SEVERAL = {"target_session_attrs": "read-write", "load_balance_hosts": "random"}


def names_several(url: str) -> bool:
    """Whether an address names several servers."""
    parts = urlsplit(url)
    hosts = [parts.netloc.rpartition("@")[2], *(value for name, value in parse_qsl(parts.query) if name == "host")]
    return any("," in host for host in hosts)


def complete(url: str) -> str:
    """The address with each of the settings that it leaves open."""
    given = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    wanted = _DEFAULTS | (_OF_SEVERAL if names_several(url) else {})
    added = urlencode({name: value for name, value in wanted.items() if name not in given})
    return f"{url}{'&' if '?' in url else '?'}{added}" if added else url
