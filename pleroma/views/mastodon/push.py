"""Subscriptions to web push (docs/api/mastodon.md 10.6): each belongs to the token that asks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from pleroma import auth, db, sealing
from pleroma.config import vapid_public_key
from pleroma.db import queries
from pleroma.errors import InvalidParameters, Unprocessable
from pleroma.openapi import Choice, Flag, Map, Text, answers, takes
from pleroma.push import subscriptions
from pleroma.web import params
from pleroma.web.responses import json_response
from pleroma.web.state import configured

blueprint = Blueprint("push", __name__, url_prefix="/api/v1/push/subscription")
_POLICY = Choice(*subscriptions.POLICIES)
_ALERTS = Map(**dict.fromkeys(subscriptions.ALERTS, Flag()))
_WANTED = {"data": Map(alerts=_ALERTS, policy=_POLICY), "policy": _POLICY}
_KEYS = Map(p256dh=Text(1, needed=True), auth=Text(1, needed=True))
_SUBSCRIPTION = Map(endpoint=Text(1, 2048, needed=True), keys=_KEYS, standard=Flag(default=False))


def _nested(value: Any, name: str) -> dict[str, Any]:
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise Unprocessable(f"{name} must be an object")
    return value


def _parameter(name: str) -> dict[str, Any]:
    try:
        return params.mapping(name) or {}
    except InvalidParameters as error:
        raise Unprocessable(error.message) from error


def _wanted() -> dict[str, Any]:
    """The alerts that are on, and the policy, which some clients send beside `data`."""
    data = _parameter("data")
    alerts = _nested(data.get("alerts"), "data[alerts]")
    return {
        "alerts": subscriptions.alerts({name: params.as_boolean(value) for name, value in alerts.items()}),
        "policy": subscriptions.policy(data.get("policy") or params.raw("policy")),
        **_shown(),
    }


def _shown() -> dict[str, Any]:
    return {"alert_names": list(subscriptions.ALERTS), "server_key": vapid_public_key(configured())}


@blueprint.post("")
@auth.required("push")
@takes(subscription=_SUBSCRIPTION, **_WANTED)
@answers("PushSubscription", 404, 422)
def create() -> Response:
    """Subscribe the token instead of its earlier subscription. Raises Unprocessable."""
    token_id, token = auth.bearer()
    sent = _parameter("subscription")
    keys = _nested(sent.get("keys"), "subscription[keys]")
    wanted = {
        "endpoint": subscriptions.endpoint(sent.get("endpoint"), configured().remote_allow_loopback),
        "p256dh": subscriptions.p256dh(keys.get("p256dh")),
        "auth": subscriptions.auth(keys.get("auth")),
        "standard": params.as_boolean(sent.get("standard")) or False,
        **_wanted(),
    }
    sealed = sealing.seal(sealing.PUSH_TOKENS, token, token_id, configured())
    with db.in_transaction() as connection:
        return json_response(queries.push.subscribe(connection, token_id=token_id, sealed_token=sealed, **wanted))


@blueprint.get("")
@auth.required("push")
@answers("PushSubscription", 404)
def show() -> Response:
    """The subscription of the token. Raises NotFound."""
    token_id, _ = auth.bearer()
    with db.connection() as connection:
        return json_response(queries.push.subscription(connection, token_id=token_id, **_shown()))


@blueprint.put("")
@auth.required("push")
@takes(**_WANTED)
@answers("PushSubscription", 404, 422)
def change() -> Response:
    """Change alerts and policy; alerts that are not sent go off. Raises NotFound, Unprocessable."""
    token_id, _ = auth.bearer()
    with db.in_transaction() as connection:
        return json_response(queries.push.change(connection, token_id=token_id, **_wanted()))


@blueprint.delete("")
@auth.required("push")
@answers("Empty")
def end() -> Response:
    """End the subscription, if there is one."""
    token_id, _ = auth.bearer()
    with db.in_transaction() as connection:
        queries.push.unsubscribe(connection, token_id=token_id)
    return json_response(b"{}")
