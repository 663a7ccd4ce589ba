"""IP addresses and hosts in the one form in which they are compared."""

from __future__ import annotations

import ipaddress
import re

USUAL_PORTS = {"http": 80, "https": 443}
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_HOST = 253


def canonical(text: str) -> str:
    """An IP address as it is compared: an IPv4 address in IPv6 form (::ffff:192.0.2.1) as IPv4.

    Raises ValueError if it is not an IP address.
    """
    address = ipaddress.ip_address(text)
    return str(getattr(address, "ipv4_mapped", None) or address)


def limited(text: str | None) -> str:
    """An address as limits count it: that of an IPv6 client as its /64; "unknown" for any other text."""
    try:
        address = ipaddress.ip_address(canonical(text or "127.0.0.1"))
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_loopback(text: str | None) -> bool:
    """Whether an address is one of this machine."""
    try:
        return ipaddress.ip_address(canonical(text or "")).is_loopback
    except ValueError:
        return False


def host_name(name: str) -> str:
    """A host as headers can hold it: lower case, punycode, an IPv6 address in brackets.

    Raises ValueError for what no host can be called.
    """
    if len(name) > _LONGEST_HOST:
        raise ValueError("names a host that cannot be")
    if ":" in name:
        if "%" in name:
            raise ValueError("names a host that only this machine knows")
        return f"[{ipaddress.ip_address(name)}]"
    if not name.isascii() or "xn--" in name.lower():
        # Imported here, because hardly any start needs it.
        import idna

        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError(f"names a host that cannot be: {error}") from error
    name = name.lower()
    if len(name) > _LONGEST_HOST or not _HOST.fullmatch(name):
        raise ValueError("names a host that cannot be")
    # Browsers read whatever ends in a number as an IPv4 address.
    return str(ipaddress.ip_address(name)) if name.rpartition(".")[2].isdigit() else name


def host_and_port(scheme: str, host: str, port: int | None) -> str:
    """A host with its port, where that is not the usual one of the scheme. Raises ValueError as `host_name` does."""
    return host_name(host) + ("" if port in (None, USUAL_PORTS.get(scheme)) else f":{port}")
