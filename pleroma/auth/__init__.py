"""Authentication and permissions: tokens, passwords, sessions, scopes."""

from pleroma.access import token_hash
from pleroma.auth.guard import (
    account_id,
    admin_required,
    app_required,
    bearer,
    caller,
    optional,
    require_public,
    required,
    viewer_id,
)

__all__ = [
    "account_id", "admin_required", "app_required", "bearer", "caller", "optional", "require_public",
    "required", "token_hash", "viewer_id",
]  # fmt: skip
