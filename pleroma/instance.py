"""What the server says of itself: instance v1 and v2, nodeinfo, the old front end's configuration.

Built from the settings in force; the shapes are those of docs/api/mastodon.md 11.11 to 11.13 and 9.5.
"""

from __future__ import annotations

from typing import Any

from pleroma import db
from pleroma.config import Config, vapid_public_key
from pleroma.db import queries
from pleroma.media.pictures import MAX_PIXELS
from pleroma.settings import in_force

SOFTWARE_VERSION = "1.1.50"
VERSION = f"2.7.2 (compatible; Pleroma {SOFTWARE_VERSION})"
POST_FORMATS = ["text/plain", "text/html", "text/markdown", "text/bbcode"]
FEATURES = [
    "pleroma_api", "mastodon_api", "polls", "pleroma_explicit_addressing", "shareable_emoji_packs", "editing",
    "pleroma_emoji_reactions", "exposable_reactions", "pleroma_custom_emoji_reactions",
]  # fmt: skip
_POLLS = {"max_options": 20, "max_option_chars": 200, "min_expiration": 0, "max_expiration": 31_536_000}
_POLLS_IN_CONFIGURATION = {
    "max_options": 20, "max_characters_per_option": 200, "min_expiration": 0, "max_expiration": 31_536_000,
}  # fmt: skip
_IN_FORCE = (
    "instance_name", "description", "public", "registrations_open", "invites_enabled",
    "account_activation_required", "status_limit", "bio_limit", "fields_limit", "pinned_limit",
    "upload_limit", "avatar_limit", "banner_limit", "background_limit",
)  # fmt: skip


def _settings_and_figures(config: Config) -> tuple[dict[str, Any], Any]:
    values = in_force(*_IN_FORCE, config=config)
    with db.connection() as connection:
        return values, queries.instance.figures(connection)


def _streaming(config: Config, name: str) -> dict[str, str]:
    """Under a name the address of the streams, where there are any."""
    return {name: config.base_url.replace("http", "ws", 1)} if config.streaming_connections else {}


def _features(config: Config) -> list[str]:
    return [*FEATURES, "mastodon_api_streaming"] if config.streaming_connections else FEATURES


def _configuration(config: Config, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "accounts": {
            "max_featured_tags": 10,
            "max_pinned_statuses": values["pinned_limit"],
            "max_profile_fields": values["fields_limit"],
        },
        "statuses": {
            "max_characters": values["status_limit"],
            "max_media_attachments": config.attachments_limit,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": [
                "image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm", "audio/mpeg",
                "audio/ogg", "audio/flac", "audio/wav",
            ],
            "description_limit": 5000,
            "image_size_limit": values["upload_limit"],
            "image_matrix_limit": MAX_PIXELS,
            "video_size_limit": values["upload_limit"],
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": _POLLS_IN_CONFIGURATION,
    }  # fmt: skip


def _metadata(config: Config, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "account_activation_required": values["account_activation_required"],
        "features": _features(config),
        "federation": {"enabled": config.federation},
        "fields_limits": {
            "max_fields": values["fields_limit"],
            "max_remote_fields": 20,
            "name_length": 512,
            "value_length": 2048,
        },
        "post_formats": POST_FORMATS,
    }


def version_1(config: Config) -> dict[str, Any]:
    """The Instance of /api/v1/instance."""
    values, figures = _settings_and_figures(config)
    configuration = _configuration(config, values)
    del configuration["accounts"]
    return {
        "uri": config.base_url,
        "title": values["instance_name"],
        "short_description": values["description"],
        "description": values["description"],
        "email": config.contact_email,
        "version": VERSION,
        "urls": _streaming(config, "streaming_api"),
        "stats": {
            "user_count": figures.users,
            "status_count": figures.statuses,
            "domain_count": figures.domains + 1,
        },
        "thumbnail": f"{config.base_url}/instance/thumbnail.jpeg",
        "languages": list(config.languages),
        "registrations": values["registrations_open"],
        "approval_required": False,
        "invites_enabled": values["invites_enabled"],
        "contact_account": None,
        "rules": [],
        "max_toot_chars": values["status_limit"],
        "max_media_attachments": config.attachments_limit,
        "description_limit": 5000,
        "poll_limits": _POLLS,
        "upload_limit": values["upload_limit"],
        "avatar_upload_limit": values["avatar_limit"],
        "background_upload_limit": values["background_limit"],
        "banner_upload_limit": values["banner_limit"],
        "configuration": configuration,
        "pleroma": {"metadata": _metadata(config, values), "vapid_public_key": vapid_public_key(config)},
    }


def version_2(config: Config) -> dict[str, Any]:
    """The Instance of /api/v2/instance."""
    values, figures = _settings_and_figures(config)
    return {
        "domain": config.domain,
        "title": values["instance_name"],
        "version": VERSION,
        "source_url": config.source_url,
        "description": values["description"],
        "usage": {"users": {"active_month": figures.active_month}},
        "thumbnail": {"url": f"{config.base_url}/instance/thumbnail.jpeg", "blurhash": None, "versions": {}},
        "icon": [],
        "languages": list(config.languages),
        "configuration": {
            "urls": _streaming(config, "streaming"),
            "vapid": {"public_key": vapid_public_key(config)},
            "translation": {"enabled": False},
            **_configuration(config, values),
        },
        "registrations": {
            "enabled": values["registrations_open"],
            "approval_required": False,
            "reason_required": False,
            "message": None,
            "url": None,
        },
        "contact": {"email": config.contact_email, "account": None},
        "rules": [],
        "pleroma": {"metadata": _metadata(config, values)},
    }


def nodeinfo(config: Config, version: str, restricted_nicknames: list[str]) -> dict[str, Any]:
    """The nodeinfo document of version 2.0 or 2.1 (docs/api/pleroma.md 6.1)."""
    values, figures = _settings_and_figures(config)
    software = {"name": "pleroma", "version": SOFTWARE_VERSION}
    if version == "2.1" and config.source_url:
        software["repository"] = config.source_url
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": values["registrations_open"],
        "usage": {
            "users": {"total": figures.users, "activeMonth": figures.active_month},
            "localPosts": figures.statuses,
        },
        "metadata": {
            "staffAccounts": _staff(config),
            "restrictedNicknames": restricted_nicknames,
            **_nodeinfo_metadata(config, values),
        },
    }


def _staff(config: Config) -> list[str]:
    with db.connection() as connection:
        return [f"{config.base_url}/users/{row.nickname}" for row in queries.instance.staff(connection)]


def _nodeinfo_metadata(config: Config, values: dict[str, Any]) -> dict[str, Any]:
    """What front ends read of nodeinfo, and give up without."""
    return {
        "nodeName": values["instance_name"],
        "nodeDescription": values["description"],
        "private": not values["public"],
        "suggestions": {"enabled": False, "web": ""},
        "federation": {
            "enabled": config.federation,
            "mrf_policies": [],
            "quarantined_instances": [],
            "exclusions": False,
        },
        "pollLimits": _POLLS,
        "postFormats": POST_FORMATS,
        "uploadLimits": {
            "general": values["upload_limit"],
            "avatar": values["avatar_limit"],
            "banner": values["banner_limit"],
            "background": values["background_limit"],
        },
        "fieldsLimits": {
            "maxFields": values["fields_limit"],
            "maxRemoteFields": 20,
            "nameLength": 512,
            "valueLength": 2048,
        },
        "accountActivationRequired": values["account_activation_required"],
        "invitesEnabled": values["invites_enabled"],
        "mailerEnabled": True,
        "features": _features(config),
        "skipThreadContainment": True,
    }


def statusnet(config: Config) -> dict[str, Any]:
    """The configuration that the front end of 2019 starts with: numbers as texts, flags as "0" and "1"."""
    values = in_force(*_IN_FORCE, config=config)

    def _flag(value: bool) -> str:
        return "1" if value else "0"

    return {
        "site": {
            "name": values["instance_name"],
            "description": values["description"],
            "server": config.base_url,
            "textlimit": str(values["status_limit"]),
            "uploadlimit": {
                "uploadlimit": str(values["upload_limit"]),
                "avatarlimit": str(values["avatar_limit"]),
                "backgroundlimit": str(values["background_limit"]),
                "bannerlimit": str(values["banner_limit"]),
            },
            "closed": _flag(not values["registrations_open"]),
            "private": _flag(not values["public"]),
            "accountActivationRequired": _flag(values["account_activation_required"]),
            "invitesEnabled": _flag(values["invites_enabled"]),
            "safeDMMentionsEnabled": "0",
            "vapidPublicKey": vapid_public_key(config),
            "pleromafe": {},
        }
    }
