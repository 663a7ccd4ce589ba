"""Which actor a handle elsewhere stands for: WebFinger (RFC 7033), found by host-meta where it is not as usual."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote

from pleroma import bounded_json
from pleroma.config import Config
from pleroma.federation import fetching, uris
from pleroma.federation.fetching import Unavailable

_ACCEPT = "application/jrd+json, application/json"
_MOST_LINKS, _MOST_VALUES = 100, 2000
_PROFILE = "https://www.w3.org/ns/activitystreams"
_LINK = re.compile(rb"<Link\s([^<>]{1,2000})>")
_TEMPLATE = re.compile(rb"""\stemplate\s*=\s*["']([^"'<>]{1,1000})["']""")
_LRDD = re.compile(rb"""\srel\s*=\s*["']lrdd["']""")


class Found(NamedTuple):
    """What a host says of a handle: the id of the actor, and the handle in the host's own words."""

    uri: str
    nickname: str
    host: str


def look_up(nickname: str, host: str, config: Config) -> Found:
    """What the host of a handle says of it. Raises Unavailable."""
    resource = f"acct:{nickname}@{host}"
    problem: Unavailable | None = None
    for scheme in _schemes(host, config):
        try:
            return _read(_asked(f"{scheme}://{host}", resource, config), nickname, host, config)
        except Unavailable as error:
            problem = problem if problem is not None and problem.is_gone else error
    assert problem is not None  # noqa: S101 (each turn returned or set it)
    raise problem


def _schemes(host: str, config: Config) -> tuple[str, ...]:
    """Where loopback is open, for tests, http is spoken as well, and first by what has a port of its own."""
    if not config.remote_allow_loopback:
        return ("https",)
    return ("http", "https") if ":" in host else ("https", "http")


def _asked(base: str, resource: str, config: Config) -> Any:
    query = f"?resource={quote(resource, safe='')}"
    try:
        answer = fetching.get(f"{base}/.well-known/webfinger{query}", config, _ACCEPT, is_signed=False)
    except Unavailable as error:
        template = _template(base, config) if error.is_gone else None
        if template is None:
            raise
        answer = fetching.get(template.replace("{uri}", quote(resource, safe="")), config, _ACCEPT, is_signed=False)
    try:
        return bounded_json.parse(answer.body, _MOST_VALUES)
    except ValueError as error:
        raise Unavailable("the answer of WebFinger is no JSON") from error


def _template(base: str, config: Config) -> str | None:
    """Where else a host has WebFinger. Its XML is searched, and not parsed."""
    try:
        answer = fetching.get(f"{base}/.well-known/host-meta", config, "application/xrd+xml", is_signed=False)
    except Unavailable:
        return None
    for link in _LINK.finditer(answer.body[:20_000]):
        attributes = b" " + link[1]
        found = _TEMPLATE.search(attributes)
        if _LRDD.search(attributes) and found and b"{uri}" in found[1]:
            return found[1].decode("utf-8", "replace")
    return None


def _read(found: Any, nickname: str, host: str, config: Config) -> Found:
    if not isinstance(found, dict):
        raise Unavailable("the answer of WebFinger is no object")
    uri = _self(found.get("links"), config)
    subject = found.get("subject")
    named = subject.removeprefix("acct:").removeprefix("@") if isinstance(subject, str) else ""
    said, _, of_host = named.rpartition("@")
    if not said or not of_host:
        said, of_host = nickname, host
    try:
        return Found(uri, said, uris.host_of(f"https://{of_host}"))
    except uris.BadUri as error:
        raise Unavailable("the answer of WebFinger names no host") from error


def _self(links: Any, config: Config) -> str:
    for link in links[:_MOST_LINKS] if isinstance(links, list) else []:
        if not isinstance(link, dict) or link.get("rel") != "self":
            continue
        kind = link.get("type")
        if kind == "application/activity+json" or isinstance(kind, str) and _PROFILE in kind:
            try:
                return uris.accepted(link.get("href"), config)
            except uris.BadUri:
                continue
    raise Unavailable("the answer of WebFinger names no actor")
