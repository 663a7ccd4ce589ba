"""The page on which people let an app in (docs/api/pleroma.md 19.1, docs/api/mastodon.md 12.3).

An address that the app has not registered never gets a redirect, neither with a code nor with an error.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode
from wsgiref.types import WSGIEnvironment

from flask import Blueprint, Response, request
from itsdangerous import Signer
from werkzeug.datastructures import Headers

from pleroma import auth, db
from pleroma.auth import logins, scopes, second_factor, sessions
from pleroma.auth.redirects import comparable
from pleroma.config import secret_key
from pleroma.db import queries
from pleroma.errors import ApiError, Forbidden, InvalidParameters
from pleroma.openapi import Anything, Flag, Text, answers, html_page, takes
from pleroma.web import pages, params, rate_limits
from pleroma.web.request_body import LONGEST_ADDRESS
from pleroma.web.state import configured

blueprint = pages.forms_of_ours(Blueprint("authorize", __name__))
blueprint.register_error_handler(ApiError, pages.error_page)
# The "address" of apps that cannot be redirected to: the person copies the code.
_OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_HIDDEN = ("client_id", "response_type", "redirect_uri", "state", "code_challenge", "code_challenge_method")
_TYPED = ("name", "password", "mfa_token", "code")
_TAKEN = {
    **dict.fromkeys(_HIDDEN, Text()),
    "client_id": Text(1, needed=True),
    "scope": Text(),
    "scopes": Text(),
    **dict.fromkeys(_TYPED, Text()),
    "authorization": Anything(description="the same parameters, as the form names them"),
}
_OUTSIDE = "This action is outside the authorized scopes"


@dataclass(frozen=True)
class _Asked:
    """What an app asks for. `fields` are the parameters as it sent them, `address` is where the code goes."""

    client: Any
    fields: dict[str, Any]
    address: str
    scopes: list[str]

    def text(self, name: str) -> str:
        """A parameter exactly as sent, "" without one."""
        return self.fields.get(name, "")

    def hidden(self) -> dict[str, str]:
        """What the form carries along, unchanged."""
        return {name: self.fields[name] for name in _HIDDEN if name in self.fields}

    def answer(self, **values: str) -> str:
        """The app's address with an answer. Nothing else of it changes (RFC 6749, 3.1.2)."""
        if "state" in self.fields:
            values["state"] = self.fields["state"]
        between = "?" if "?" not in self.address else "" if self.address.endswith(("?", "&")) else "&"
        # A header holds no letters beyond ASCII; of these nothing is touched.
        address = quote(self.address, safe=string.punctuation)
        # %20 and not +: some clients decode the one only.
        return f"{address}{between}{urlencode(values, quote_via=quote)}"

    def fault(self) -> str | None:
        """The OAuth error of a request that cannot be granted, None for one that can."""
        if self.text("response_type") not in ("", "code"):
            return "unsupported_response_type"
        # Without a method RFC 7636 means "plain", which protects nothing.
        if self.text("code_challenge") and self.text("code_challenge_method") != "S256":
            return "invalid_request"
        return None


class _Redirect(Response):
    """A redirect to exactly this address: Werkzeug makes icecubesapp: of icecubesapp://."""

    def __init__(self, address: str) -> None:
        super().__init__(status=302, headers={"Location": address})

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """The headers, with the Location as it was given."""
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


def _asked() -> _Asked:
    """The request, from the parameters or the fields `authorization[…]` of the form. Raises InvalidParameters."""
    everything = params.everything()
    nested = everything.get("authorization")
    sent = {**everything, **nested} if isinstance(nested, dict) else everything
    # Exactly as sent, because state must come back byte for byte.
    fields = {
        name: params.as_secret(name, sent[name], most=LONGEST_ADDRESS)
        for name in (*_HIDDEN, *_TYPED)
        if sent.get(name) is not None
    }
    if any(len(value) > LONGEST_ADDRESS for value in fields.values()):
        raise InvalidParameters("The address is too long")
    with db.connection() as connection:
        client = queries.oauth.client(connection, client_id=params.as_exact("client_id", fields.get("client_id")) or "")
    if client is None:
        raise InvalidParameters("This app is not known here. Let it register again.")
    address = fields.get("redirect_uri") or client.redirect_uris[0]
    if comparable(address) not in map(comparable, client.redirect_uris):
        raise InvalidParameters("The app has not registered this redirect_uri")
    return _Asked(client, fields, address, scopes.parse(sent.get("scope") or sent.get("scopes")))


def _cookie() -> str:
    return request.cookies.get(sessions.COOKIE, "")


def _form_signer() -> Signer:
    return Signer(secret_key(configured()), salt="authorize", digest_method=hashlib.sha256)


def _form(asked: _Asked, account: Any, status: int = 200, error: str = "") -> Response:
    """The page: one button for a session, else the form to log in."""
    return pages.page(
        "authorize.html",
        status,
        client=asked.client,
        scopes=asked.scopes or asked.client.scopes,
        hidden=asked.hidden(),
        refuse=None if asked.address.startswith(_OUT_OF_BAND) else asked.answer(error="access_denied"),
        account=account,
        consent=_form_signer().get_signature(_cookie()).decode() if account else "",
        error=error,
        name=params.clean(asked.text("name")),
    )


def _refused(asked: _Asked, fault: str) -> Response:
    if asked.address.startswith(_OUT_OF_BAND):
        raise InvalidParameters(fault)
    return _Redirect(asked.answer(error=fault))


@blueprint.get("/oauth/authorize")
@takes(force_login=Flag(), **_TAKEN)
@answers(html_page(), html_page(302), html_page(400))
def ask() -> Response:
    """Ask the person: a session gets a page with one button, never a silent redirect."""
    asked = _asked()
    fault = asked.fault()
    if fault:
        return _refused(asked, fault)
    return _form(asked, None if params.boolean("force_login") else sessions.find(_cookie()))


@blueprint.post("/oauth/authorize")
@rate_limits.limited(rate_limits.LOGIN)
@takes(**_TAKEN)
@answers(html_page(), html_page(302), html_page(400), html_page(401), html_page(403), html_page(429))
def answer() -> Response:
    """Give the app a code, by the session's button or a name and password, which also start a session.

    With a second factor, another page asks for its code before. A wrong password or code shows the form again with a
    401, an account that may not log in with a 403.
    """
    asked = _asked()
    fault = asked.fault()
    if fault:
        return _refused(asked, fault)
    consent = _consent()
    if consent is not None:
        account = sessions.find(_cookie())
        # The button counts for the session it was made for: no other site can press it.
        if account is None or not _form_signer().verify_signature(_cookie(), consent):
            return _form(asked, None, 403, "Log in to go on")
        return _grant(asked, account)
    if "mfa_token" in asked.fields:
        return _second_step(asked, asked.text("mfa_token"))
    try:
        user = logins.check(asked.text("name"), asked.text("password"))
    except second_factor.CodeRequired as required:
        token = second_factor.wait_for_app(required.user, asked.scopes, asked.client.client_id)
        return _form(asked, None, 401, _OUTSIDE) if token is None else _code_form(asked, token)
    except Forbidden as error:
        return _form(asked, None, error.status, error.message)
    if user is None:
        return _form(asked, None, 401, logins.WRONG)
    return _let_in(asked, user)


def _second_step(asked: _Asked, token: str) -> Response:
    try:
        user = second_factor.finish(token, asked.text("code"), client_id=asked.client.client_id)
    except second_factor.Ended:
        return _form(asked, None, 401, second_factor.TOO_LATE)
    if user is None:
        return _code_form(asked, token, 401, second_factor.WRONG)
    return _let_in(replace(asked, scopes=user.scopes), user)


def _code_form(asked: _Asked, token: str, status: int = 200, error: str = "") -> Response:
    hidden = [(f"authorization[{name}]", value) for name, value in {**asked.hidden(), "mfa_token": token}.items()]
    return pages.page(
        "second_factor.html",
        status,
        action="/oauth/authorize",
        hidden=hidden,
        code_field="authorization[code]",
        error=error,
    )


def _let_in(asked: _Asked, user: Any) -> Response:
    response = _grant(asked, user)
    if response.status_code < 400:
        sessions.start(user.account_id, user.login_version, response)
    return response


def _consent() -> str | None:
    nested = params.raw("authorization")
    value = nested.get("consent") if isinstance(nested, dict) else None
    return value if isinstance(value, str) else None


def _grant(asked: _Asked, account: Any) -> Response:
    code = secrets.token_urlsafe(32)
    with db.in_transaction() as connection:
        made = queries.oauth.create_code(
            connection,
            client_id=asked.client.client_id,
            account_id=account.account_id,
            login_version=account.login_version,
            code_hash=auth.token_hash(code),
            redirect_uri=comparable(asked.text("redirect_uri")),
            scopes=asked.scopes,
            code_challenge=params.clean(asked.text("code_challenge")) or None,
        )
    if made is None:
        return _form(asked, None, 401, _OUTSIDE)
    if asked.address.startswith(_OUT_OF_BAND):
        return pages.page("code.html", client=asked.client, code=code)
    return _Redirect(asked.answer(code=code))
