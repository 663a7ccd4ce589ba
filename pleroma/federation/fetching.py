"""Documents of other servers, asked for as the server itself: signed, bounded, and believed as far as they may be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from pleroma import db, remote
from pleroma.config import Config
from pleroma.db import queries
from pleroma.federation import keys, signatures, uris, vocabulary
from pleroma.federation.vocabulary import Document
from pleroma.instance import SOFTWARE_VERSION

_ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
_PROFILE = "https://www.w3.org/ns/activitystreams"
_SECONDS, _LARGEST, _REDIRECTS = 10.0, 1_000_000, 3


class Unavailable(Exception):
    """A document that is not to be had; `status` is what its server answered, None when it did not."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_gone(self) -> bool:
        """Whether its server says that there is none."""
        return self.status in (404, 410)


def document(uri: str, config: Config) -> Document:
    """The document of something elsewhere, whose id is the address that it was had from.

    A document that names another id is asked for there, once, and must answer as itself. Raises Unavailable.
    """
    found, address = _asked(uri, config)
    name = vocabulary.address(found)
    if name != address:
        found, address = _asked(name, config)
        if vocabulary.address(found) != address:
            raise Unavailable("a document has another id than its address")
    return found


def _asked(uri: str, config: Config) -> tuple[Document, str]:
    """A document, and the address that answered at last."""
    answer = get(uri, config, _ACCEPT)
    if not _is_activity(answer.headers.get("content-type", "")):
        raise Unavailable("the answer is no document of ActivityStreams")
    try:
        return vocabulary.parse(answer.body), answer.url
    except vocabulary.Unreadable as error:
        raise Unavailable(str(error)) from error


def get(url: str, config: Config, accept: str, *, is_signed: bool = True) -> remote.Response:
    """What an address of another server answers, with 200. Raises Unavailable, also for hosts that are refused."""
    try:
        url = uris.without_fragment(uris.accepted(url, config))
        answer = _sent(url, config, accept, is_signed=is_signed, with_query=True)
        if answer.status == 401 and is_signed and urlsplit(url).query:
            # Some sign and verify without it.
            answer = _sent(url, config, accept, is_signed=True, with_query=False)
        uris.accepted(answer.url, config)
    except (uris.BadUri, remote.RemoteError) as error:
        raise Unavailable(str(error)) from error
    if answer.status != 200:
        raise Unavailable(f"the answer was {answer.status}", answer.status)
    return answer


def _sent(url: str, config: Config, accept: str, *, is_signed: bool, with_query: bool) -> remote.Response:
    return remote.fetch(
        url,
        headers={"Accept": accept, "User-Agent": user_agent(config)},
        allow_loopback=config.remote_allow_loopback,
        authorities=config.remote_ca_file,
        max_bytes=_LARGEST,
        total=_SECONDS,
        redirects=_REDIRECTS,
        sign=partial(_checked_and_signed, config=config, is_signed=is_signed, with_query=with_query),
    )


def _checked_and_signed(
    method: str, url: str, *, config: Config, is_signed: bool, with_query: bool
) -> Mapping[str, str]:
    """The headers of a request to an address, which a redirect may have named. Raises RemoteError."""
    try:
        host = uris.host_of(uris.accepted(url, config))
    except uris.BadUri as error:
        raise remote.RemoteError(str(error)) from error
    if host == config.domain:
        raise remote.RemoteError("this server asks itself nothing")
    with db.connection() as connection:
        if queries.hosts.is_refused(connection, host=host).yes:
            raise remote.RemoteError("the host is refused here")
        key = keys.private_key(connection, keys.INSTANCE) if is_signed else ""
    key_id = f"{config.base_url}{keys.INSTANCE}#main-key"
    return signatures.signed(method, url, key_id, key, with_query=with_query) if is_signed else {}


def user_agent(config: Config) -> str:
    """How this server names itself to others."""
    return f"{remote.USER_AGENT}/{SOFTWARE_VERSION} (+{config.base_url})"


def _is_activity(content_type: str) -> bool:
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    return kind == "application/activity+json" or kind == "application/ld+json" and _PROFILE in parameters
