"""The one way out: HTTP requests to addresses that somebody else chose.

Such an address must not reach this machine or its network, in no spelling and over no redirect; and the other side
must be able to waste neither time nor memory. Every name is resolved once, by requests-hardened, which connects to
the very address it checked.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    import requests

# When it says much, it says whole addresses; some are secrets.
logging.getLogger("urllib3").setLevel(logging.INFO)
USER_AGENT = "pleroma-api"
_CONNECT_SECONDS = 5.0
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
# Python counts the addresses of a tunnel to IPv4 as open, whatever they lead to.
_TUNNELS = tuple(ipaddress.ip_network(network) for network in ("64:ff9b::/96", "2001::/32", "2002::/16"))
# Read in pieces this small, a compressed bomb is noticed before it has filled the memory.
_PIECE = 16_384


class RemoteError(Exception):
    """The other side was not asked, did not answer, or not in time, or with too much."""


class ClosedAddress(RemoteError):
    """The other side is not on the open internet, and so was not asked."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of any status. `headers` have lower-case names, `url` is the address that answered at last."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    data: bytes | None = None,
    allow_loopback: bool = False,
    max_bytes: int = 1_000_000,
    total: float = 10,
    redirects: int = 5,
    head_only: bool = False,
    sign: Callable[[str, str], Mapping[str, str]] | None = None,
    authorities: Path | None = None,
) -> Response:
    """Request `url` (http or https) and return the answer, redirects followed.

    `max_bytes` bounds the body after any Content-Encoding, `total` the seconds for all of it, name look-up and
    redirects included. With `head_only` no body is read and no redirect followed. `sign` makes further headers for a
    method and an address, for each of a row of redirects its own. `authorities` is a file of certificates that are
    trusted as well. `allow_loopback` is for tests: it opens this machine, but no private network. Raises RemoteError
    for all that goes wrong short of an answer.
    """
    exchange = _Exchange(allow_loopback, None if head_only else max_bytes, time.monotonic() + total, sign, authorities)
    result: Future[Response] = Future()

    def run() -> None:
        """Follow the address, and hand what came of it to the waiting caller."""
        try:
            result.set_result(exchange.follow(method, url, dict(headers or {}), data, redirects))
        except Exception as problem:  # urllib3, requests and socket raise dozens of kinds for a bad address or answer
            result.set_exception(problem)

    # A thread of its own, because neither a name look-up nor a byte a second of header lines heeds a timeout.
    threading.Thread(target=run, name="remote", daemon=True).start()
    try:
        return _awaited(result, url, total)
    finally:
        exchange.end()


def _awaited(result: Future[Response], url: str, seconds: float) -> Response:
    try:
        return result.result(timeout=seconds)
    except RemoteError:
        raise
    except TimeoutError as problem:
        raise RemoteError(f"{_host(url)} took too long") from problem
    except Exception as problem:
        raise RemoteError(f"{_host(url)} cannot be reached") from problem


def _host(url: str) -> str:
    with suppress(ValueError):
        return urlsplit(url).hostname or "The address"
    return "The address"


class _Exchange:
    """One fetch: its bounds, and the sockets it has opened so far. Without `max_bytes` only heads are read."""

    def __init__(
        self,
        allow_loopback: bool,
        max_bytes: int | None,
        deadline: float,
        sign: Callable[[str, str], Mapping[str, str]] | None,
        authorities: Path | None,
    ) -> None:
        self.allow_loopback = allow_loopback
        self.sign = sign
        self.authorities = authorities
        self.max_bytes = max_bytes
        self.deadline = deadline
        self.sockets: list[socket.socket] = []
        self.ended = False
        self.lock = threading.Lock()

    def follow(self, method: str, url: str, headers: dict[str, str], data: bytes | None, redirects: int) -> Response:
        """Send the request and follow its redirects, each checked as the first address was."""
        for _ in range(redirects + 1):
            response = self._send(method, url, headers, data)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location or self.max_bytes is None:
                return response
            target = urljoin(url, location)
            if _origin(target) != _origin(url):
                # Credentials were meant for the first host alone.
                headers = {name: value for name, value in headers.items() if name.lower() not in _CREDENTIALS}
            if response.status == 303 or (response.status in (301, 302) and method == "POST"):
                method, data = "GET", None
            url = target
        raise RemoteError("Too many redirects")

    def _send(self, method: str, url: str, headers: dict[str, str], data: bytes | None) -> Response:
        from requests import Request

        if urlsplit(url).scheme not in ("http", "https"):
            raise RemoteError("Only http and https addresses are fetched")
        signed = self.sign(method, url) if self.sign else {}
        usual = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        # Without a session, which makes transports of its own, keeps cookies, and lets a proxy look names up.
        request = Request(method, url, {**usual, **headers, **signed}, data=data).prepare()
        with closing(_transport(self, request)) as transport:
            response = transport.send(
                request,
                stream=True,
                # The deadline of `fetch` comes before that of a read, so that the same one is always reported.
                timeout=(min(_CONNECT_SECONDS, self._remaining()), self._remaining() + 1),
            )
            try:
                wanted = self.max_bytes is not None and response.status_code not in _REDIRECTS
                body = self._read(response, self.max_bytes or 0) if wanted else b""
                names = {name.lower(): value for name, value in response.headers.items()}
                return Response(response.status_code, names, body, url)
            finally:
                response.close()

    def _read(self, response: requests.Response, max_bytes: int) -> bytes:
        with suppress(ValueError):
            if int(response.headers.get("Content-Length", 0)) > max_bytes:
                raise RemoteError("The answer is too large")
        pieces: list[bytes] = []
        size = 0
        # Each piece comes as soon as there is one, so that a trickle cannot outlive the deadline.
        while piece := response.raw.read1(_PIECE, decode_content=True):
            size += len(piece)
            if size > max_bytes:
                raise RemoteError("The answer is too large")
            self._remaining()
            pieces.append(piece)
        return b"".join(pieces)

    def _remaining(self) -> float:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise RemoteError("The answer took too long")
        return remaining

    def opened(self, connection: socket.socket) -> None:
        """Remember a new connection; refuse it when the time is over already."""
        with self.lock:
            if self.ended:
                connection.close()
                raise RemoteError("The answer took too long")
            # TLS takes the descriptor over, so keep one of our own.
            self.sockets.append(connection.dup())

    def end(self) -> None:
        """Cut what is still open: a thread that waits on it ends at once."""
        with self.lock:
            self.ended = True
            for connection in self.sockets:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            self.sockets.clear()


_CREDENTIALS = frozenset(("authorization", "cookie"))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _transport(exchange: _Exchange, request: requests.PreparedRequest) -> Any:
    """Return what sends one request, knows the sockets of its exchange and refuses what is not the open internet."""
    is_https = urlsplit(request.url or "").scheme == "https"
    transport = _transport_class()(is_https_proto=is_https, allow_loopback=exchange.allow_loopback)
    transport.exchange = exchange
    return transport


@cache
def _transport_class() -> Any:
    """Return the class of the transports, made once: to make a class for each request slows all others down."""
    from requests_hardened.ip_filter import InvalidIPAddress
    from requests_hardened.ip_filter_adapter import IPFilterAdapter

    class Transport(IPFilterAdapter):
        exchange: _Exchange

        def init_poolmanager(self, *_: Any, **options: Any) -> None:
            """Have room for the one connection that there will be."""
            super().init_poolmanager(1, 1, **options)

        def build_connection_pool_key_attributes(self, *arguments: Any, **options: Any) -> Any:
            """Refuse the address that the host's name was found to have, unless it is open."""
            try:
                host_params, pool_kwargs = super().build_connection_pool_key_attributes(*arguments, **options)
            except InvalidIPAddress as problem:
                raise ClosedAddress("The address is not on the open internet") from problem
            refuse_closed(host_params["host"], self.exchange.allow_loopback)
            if host_params["scheme"] == "https":
                pool_kwargs["ssl_context"] = _tls_context(self.exchange.authorities)
            return host_params, pool_kwargs

        def cert_verify(self, conn: Any, *arguments: Any, **options: Any) -> None:
            """Demand a certificate, and leave it at the authorities that the shared context knows."""
            super().cert_verify(conn, *arguments, **options)
            # They would be read again for each connection.
            conn.ca_certs = None

        def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
            """Have the pool open connections that the exchange gets to know."""
            pool = super().get_connection_with_tls_context(*arguments, **options)
            pool.ConnectionCls = partial(_noticed(type(pool).ConnectionCls), self.exchange)
            return pool

    return Transport


@cache
def _tls_context(authorities: Path | None) -> ssl.SSLContext:
    """The one context of the process: to read the certificates of all authorities takes longer than a request.

    Of who trusts others as well (`authorities`) it is another one.
    """
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
    from urllib3.util.ssl_ import create_urllib3_context

    context: ssl.SSLContext = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


@cache
def _noticed(connection_class: Any) -> Any:
    """Return the connection class with its new sockets made known to an exchange, which comes first."""

    class Connection(connection_class):
        def __init__(self, exchange: _Exchange, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._exchange = exchange

        def _new_conn(self) -> socket.socket:
            connection: socket.socket = super()._new_conn()
            self._exchange.opened(connection)
            return connection

    return Connection


def refuse_closed(host: str, allow_loopback: bool) -> None:
    """Refuse an IP address that is not of the open internet. Raises ClosedAddress.

    The filter of requests-hardened names what is closed; this names what is open, so that nothing falls between.
    """
    address = ipaddress.ip_address(host.strip("[]"))
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if allow_loopback and address.is_loopback:
        return
    is_open = address.is_global and not (address.is_multicast or address.is_reserved)
    is_closed = getattr(address, "is_site_local", False) or any(address in network for network in _TUNNELS)
    if is_closed or not is_open:
        raise ClosedAddress("The address is not on the open internet")
