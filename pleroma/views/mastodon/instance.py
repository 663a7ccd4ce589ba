"""What the server says of itself to clients (docs/api/mastodon.md 9.5, 11.11, 11.12), and lists that stay empty."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from pleroma import auth, db, instance
from pleroma.db import queries
from pleroma.errors import InvalidParameters
from pleroma.openapi import Answer, Anything, answers, takes
from pleroma.web import params
from pleroma.web.responses import as_json
from pleroma.web.state import configured

blueprint = Blueprint("instance", __name__)
_NOTHING = {"type": "array", "maxItems": 0}


@blueprint.get("/api/v1/instance")
@answers("Instance")
def version_1() -> Response:
    """The Instance, as clients know it from old servers."""
    return as_json(instance.version_1(configured()))


@blueprint.get("/api/v2/instance")
@answers("InstanceOfVersion2")
def version_2() -> Response:
    """The Instance, as new clients ask for it."""
    return as_json(instance.version_2(configured()))


@blueprint.get("/api/statusnet/config")
@answers("StatusnetConfig")
def statusnet_config() -> Response:
    """The configuration that the front end of 2019 starts with."""
    return as_json(instance.statusnet(configured()))


@blueprint.get("/api/statusnet/version")
@answers("string")
def statusnet_version() -> Response:
    """The version as a JSON string."""
    return as_json(f"Pleroma {instance.SOFTWARE_VERSION}")


@blueprint.get("/api/pleroma/frontend_configurations")
@answers("FrontendConfigurations")
def frontend_configurations() -> Response:
    """Settings of front ends that the operator made; there are none."""
    return as_json({"pleroma_fe": {}, "masto_fe": {}})


@blueprint.put("/api/web/settings")
@auth.required("write:accounts")
@takes(data=Anything(needed=True))
@answers("Empty")
def web_settings() -> Response:
    """Keep a front end's `data` for the caller. Raises InvalidParameters when it is no object."""
    data = params.tree("data")
    if data is None:
        raise InvalidParameters("data must be an object")
    with db.in_transaction() as connection:
        queries.profiles.keep_web_settings(
            connection, account_id=auth.account_id(), data=json.dumps(params.clean_tree(data))
        )
    return as_json({})


@blueprint.get("/api/v1/instance/peers")
@blueprint.get("/api/v1/instance/rules")
@blueprint.get("/api/v1/instance/activity")
@blueprint.get("/api/v1/instance/domain_blocks")
@blueprint.get("/api/v1/directory")
@blueprint.get("/api/v1/trends")
@blueprint.get("/api/v1/trends/tags")
@blueprint.get("/api/v1/trends/statuses")
@blueprint.get("/api/v1/trends/links")
@answers(_NOTHING)
def nothing_for_anybody() -> Response:
    """An empty list: this server knows no peers, rules or trends."""
    return as_json([])


@blueprint.get("/api/v1/suggestions")
@blueprint.get("/api/v2/suggestions")
@blueprint.get("/api/v1/pleroma/chats")
@auth.required("read:accounts")
@answers(_NOTHING)
def nothing_for_the_caller() -> Response:
    """An empty list: nobody is suggested; front ends ask for chats unasked."""
    return as_json([])


@blueprint.get("/api/v1/accounts/<id:account_id>/identity_proofs")
@auth.required("read")
@answers(_NOTHING)
def identity_proofs(account_id: int) -> Response:
    """An empty list."""
    return as_json([])


@blueprint.get("/health")
@answers(Answer(200, None, "text/plain"))
def health() -> Response:
    """That the web server answers."""
    return Response("OK", content_type="text/plain; charset=utf-8")
