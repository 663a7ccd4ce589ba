"""Other servers for the benchmark of federation: many hosts in one process, each an address of this machine's own."""

from __future__ import annotations

import asyncio
import multiprocessing
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_DAY = timedelta(days=1)


def address(number: int) -> str:
    """The address of a host."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def make_certificates(directory: Path, hosts: int) -> Path:
    """Certificates for so many hosts, as they have them, signed by an authority; gives the authority's, as a file."""
    authority = _Signed.make("authority", None, None)
    (directory / "authority.pem").write_bytes(authority.pem)
    for number in range(hosts):
        own = _Signed.make(f"host {number}", address(number), authority)
        (directory / f"{number}.pem").write_bytes(own.private + own.pem)
    return directory / "authority.pem"


@dataclass(frozen=True)
class _Signed:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, called: str, host: str | None, authority: _Signed | None) -> _Signed:
        """One for a host, signed by an authority; without both an authority's, which signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)]), datetime.now(UTC)
        named = [x509.IPAddress(ip_address(host))] if host else [x509.DNSName("authority.example")]
        built = (
            x509.CertificateBuilder().subject_name(name).public_key(key.public_key())
            .issuer_name(authority.certificate.subject if authority else name)
            .serial_number(x509.random_serial_number()).not_valid_before(now - _DAY).not_valid_after(now + _DAY)
            .add_extension(x509.SubjectAlternativeName(named), critical=False)
            .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
            .sign(authority.key if authority else key, hashes.SHA256())
        )  # fmt: skip
        return cls(built, key)

    @property
    def pem(self) -> bytes:
        """The certificate as it is written to a file."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def private(self) -> bytes:
        """The key as it is written to a file."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class Peers:
    """Hosts that take what they are sent, after some seconds, or never; in a process of its own."""

    def __init__(self, port: int, certificates: Path, hosts: int) -> None:
        """`certificates` is the directory that make_certificates was given."""
        self.port = port
        self._certificates, self._hosts = certificates, hosts
        context = multiprocessing.get_context("fork")
        self._taken, self._last = context.Value("l", 0), context.Value("d", 0.0)
        self._seconds, self._dead = context.Value("d", 0.0), context.Value("l", 0)
        self._process = context.Process(target=self._serve, daemon=True)
        self._process.start()

    @property
    def taken(self) -> int:
        """How many deliveries came."""
        return int(self._taken.value)

    @property
    def last(self) -> float:
        """When the last one was answered (monotonic)."""
        return float(self._last.value)

    def behave(self, seconds: float, dead: int = 0) -> None:
        """Forget what came; answer after so many seconds, the first `dead` hosts never."""
        self._seconds.value, self._dead.value, self._taken.value = seconds, dead, 0

    def stop(self) -> None:
        """End."""
        self._process.terminate()
        self._process.join()

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        for number in range(self._hosts):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificates / f"{number}.pem")
            await asyncio.start_server(self._answer, address(number), self.port, ssl=context, backlog=100)
        await asyncio.Event().wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            await reader.readexactly(length)
            if self._is_dead(writer.get_extra_info("sockname")):
                await asyncio.sleep(60)
                return
            await asyncio.sleep(self._seconds.value)
            writer.write(_ANSWER)
            await writer.drain()
            self._taken.value += 1
            self._last.value = time.monotonic()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _is_dead(self, name: Any) -> bool:
        third, fourth = (int(part) for part in name[0].split(".")[2:])
        return third * 250 + fourth - 1 < self._dead.value
