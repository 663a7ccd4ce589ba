"""IP addresses in the one form in which they are compared."""

from __future__ import annotations

import ipaddress


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
