"""Other servers for the benchmark of federation: many hosts in one process, each an address of this machine's own."""

from __future__ import annotations

import asyncio
import multiprocessing
import ssl
import time
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


def make_certificate(directory: Path, hosts: int) -> tuple[Path, Path]:
    """A certificate for so many hosts that signs itself, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peers")])
    now = datetime.now(UTC)
    names = [x509.IPAddress(ip_address(address(number))) for number in range(hosts)]
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - _DAY).not_valid_after(now + _DAY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = directory / "peers.pem", directory / "peers.key"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


class Peers:
    """Hosts that take what they are sent, after some seconds, or never; in a process of its own."""

    def __init__(self, port: int, certificate: Path, key: Path) -> None:
        self.port = port
        context = multiprocessing.get_context("fork")
        self._taken, self._last = context.Value("l", 0), context.Value("d", 0.0)
        self._seconds, self._dead = context.Value("d", 0.0), context.Value("l", 0)
        self._process = context.Process(target=self._serve, args=(certificate, key), daemon=True)
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

    def _serve(self, certificate: Path, key: Path) -> None:
        asyncio.run(self._run(certificate, key))

    async def _run(self, certificate: Path, key: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = await asyncio.start_server(self._answer, "0.0.0.0", self.port, ssl=context, backlog=1000)
        async with server:
            await server.serve_forever()

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
