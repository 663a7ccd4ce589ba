"""The addresses that apps come back to, and which of them count as the same."""

from __future__ import annotations

import re

_LOOPBACK = re.compile(r"^(http://(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(/|\?|$)", re.ASCII)


def comparable(address: str) -> str:
    """An address as it is compared: that of a program on the person's own machine without its port.

    Such a program comes back to whichever port was free (RFC 8252, 7.3).
    """
    return _LOOPBACK.sub(r"\1\2", address, count=1)
