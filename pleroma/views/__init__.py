"""The views: a blueprint for each area."""

from __future__ import annotations

import importlib

from flask import Blueprint

from pleroma.config import Config

_VIEWS = {
    "pleroma.views": (
        "authorize", "files", "metrics", "nodeinfo", "oauth", "openapi", "pages", "password_reset", "public_pages",
        "registration",
    ),
    "pleroma.views.pleroma": (
        "account_lifecycle", "accounts", "backups", "conversations", "emoji", "emoji_packs", "exports", "healthcheck",
        "imports", "notifications", "pictures", "reactions", "registration", "scrobbles", "second_factor",
    ),
    "pleroma.views.mastodon": (
        "accounts", "announcements", "apps", "domain_blocks", "editing", "filters", "instance", "interactions", "lists",
        "markers", "media", "notifications", "old_filters", "polls", "profiles", "push", "relationships", "reports",
        "scheduled_statuses", "search", "statuses", "streaming", "tags", "timelines",
    ),
    "pleroma.views.admin": (
        "accounts", "announcements", "config", "emoji", "invites", "moderation_log", "permissions", "relays", "reports",
        "statuses", "users",
    ),
}  # fmt: skip


_FEDERATED = {"pleroma.views.activitypub": ("discovery", "documents", "inbox")}


def blueprints(config: Config) -> list[Blueprint]:
    """The blueprint of every area, in this order; those of federation only where that is switched on."""
    packages = _VIEWS | (_FEDERATED if config.federation else {})
    modules = [f"{package}.{name}" for package, names in packages.items() for name in names]
    return [importlib.import_module(module).blueprint for module in modules]
