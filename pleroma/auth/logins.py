"""Logging in with a password: whose it is, and whether that account may.

Rules: docs/api/pleroma.md 9.2, 9.5, 10.3, docs/api/admin.md 10.
"""

from __future__ import annotations

from typing import Any

from pleroma.auth import passwords, second_factor
from pleroma.errors import Forbidden

# What the pages say about a wrong name or password.
WRONG = "Invalid Username/Password"


def check(name: str, password: str) -> Any:
    """The account (see authentication.by_login) of a nickname or e-mail address and its password; None when wrong.

    Raises Forbidden, with the `identifier` that clients know, for an account that may not log in, CodeRequired where
    the password is not enough, Throttled.
    """
    user = passwords.check(name, password)
    if user is None:
        return None
    if not user.active:
        raise Forbidden("Your account is currently disabled", identifier="account_is_disabled")
    if user.password_reset_required:
        raise Forbidden("Password reset is required", identifier="password_reset_required")
    if not user.present:
        raise Forbidden("Your login is missing a confirmed e-mail address", identifier="missing_confirmed_email")
    if user.has_second_factor:
        raise second_factor.CodeRequired(user)
    return user
