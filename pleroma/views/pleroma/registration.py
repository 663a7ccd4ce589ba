"""Making an account: captcha, registration, confirmation (docs/api/pleroma.md 8, 10, 19.2)."""

from __future__ import annotations

import html
import secrets

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from pleroma import auth, db, remote_places, text
from pleroma.accounts import captcha, kocaptcha, registration
from pleroma.accounts.registration import Registration
from pleroma.db import queries
from pleroma.errors import ApiError, Forbidden, InvalidParameters, NotFound
from pleroma.openapi import Flag, Text, answers, html_page, takes
from pleroma.views.oauth import token_answer
from pleroma.web import pages, params, rate_limits
from pleroma.web.responses import as_json, json_response, no_content
from pleroma.web.state import configured, in_force, value

blueprint = Blueprint("registration", __name__)
_TAKEN = {
    "email": Text(1, needed=True),
    "password": Text(1, needed=True),
    "fullname": Text(),
    "bio": Text(),
    "captcha_token": Text(),
    "captcha_solution": Text(),
    "token": Text(description="of an invite"),
}


def new_captcha() -> dict[str, str]:
    """A captcha as clients get it; its answer stays here. Raises Throttled."""
    settings = in_force("captcha", "kocaptcha_url")
    kind = settings["captcha"]
    if kind == "none":
        return {"type": kind}
    rate_limits.count({f"captcha:{rate_limits.client_address()}": rate_limits.CAPTCHA})
    try:
        answer, url = captcha.native() if kind == "native" else _of_the_service(settings["kocaptcha_url"])
    except kocaptcha.Unavailable:
        return {"type": kind, "error": "Kocaptcha service unavailable"}
    token = secrets.token_urlsafe(24)
    with db.in_transaction() as connection:
        queries.registration.keep_captcha(
            connection,
            token_hash=registration.captcha_hash(token),
            kind=kind,
            answer_hash=registration.captcha_digest(configured(), answer),
        )
    # Clients of the reference send answer_data back; here it means nothing.
    return {"type": kind, "token": token, "url": url, "answer_data": secrets.token_urlsafe(24)}


def _of_the_service(endpoint: str) -> tuple[str, str]:
    try:
        with remote_places.place(configured()):
            return kocaptcha.challenge(endpoint, configured())
    except ApiError as error:
        raise kocaptcha.Unavailable from error


@blueprint.get("/api/pleroma/captcha")
@answers("Captcha", 429)
def show_captcha() -> Response:
    """A new captcha (docs/api/pleroma.md 8), or its type `none`."""
    return as_json(new_captcha())


def read_registration(nickname: str, confirm: str, *, unnamed: str = "", pending: bool = False) -> Registration:
    """The registration that the request describes; `unnamed` is the full name if none was sent.

    Raises InvalidParameters if it is not text.
    """
    fullname = params.text("fullname", most=params.LONGEST_OF_ALL) or unnamed
    # A name that is too long is kept as it is, for registration to refuse it.
    is_name = not text.is_longer(fullname, value("name_limit"))
    return Registration(
        nickname=registration.trimmed(nickname),
        fullname=text.strip_tags(fullname).strip() if is_name else fullname,
        email=registration.trimmed(params.secret("email")),
        password=params.secret("password"),
        confirm=confirm,
        bio=params.text("bio", most=params.LONGEST_OF_ALL) or "",
        captcha_token=params.secret("captcha_token"),
        captcha_solution=params.text("captcha_solution") or "",
        invite=params.secret("token"),
        pending=pending,
    )


@blueprint.post("/api/account/register")
@rate_limits.limited(rate_limits.ACCOUNT_CREATION)
@takes(nickname=Text(1, needed=True), confirm=Text(1, needed=True), **_TAKEN)
@answers("RegisteredUser")
def register() -> Response:
    """Make an account (docs/api/pleroma.md 10.1) and answer its user object.

    Raises FieldErrors, and InvalidParameters for an invite that is not good.
    """
    new = read_registration(params.secret("nickname"), params.secret("confirm"))
    with db.in_transaction() as connection:
        account_id = registration.register(connection, new, configured())
        user = queries.registration.user_object(
            connection, account_id=account_id, name_html=_name_html(new.fullname), description=new.bio
        )
    return json_response(user)


def _name_html(name: str) -> str:
    """A display name as HTML, with the pictures of installed emoji."""
    shown = html.escape(name)
    codes = text.emoji_codes(name)
    if codes:
        with db.connection() as connection:
            for emoji in queries.registration.emoji_pictures(connection, shortcodes=codes):
                code = f":{emoji.shortcode}:"
                source = html.escape(f"\x01{emoji.path}")
                shown = shown.replace(code, f'<img class="emoji" alt="{code}" title="{code}" src="{source}">')
    return shown


@blueprint.post("/api/v1/accounts")
@auth.optional("app", limits=(rate_limits.ACCOUNT_CREATION,))
@takes(username=Text(1, needed=True), agreement=Flag(needed=True), **_TAKEN)
@answers("Token", 403)
def register_by_app() -> Response:
    """Make an account with an app's own token, and answer a token for it (docs/api/pleroma.md 19.2).

    Raises Forbidden without such a token, InvalidParameters, FieldErrors.
    """
    caller = auth.caller()
    if caller is None or caller.app_id is None or caller.account_id is not None:
        raise Forbidden("Invalid credentials")
    username = params.secret("username")
    password = params.secret("password")
    if not (username and password and params.secret("email") and params.boolean("agreement")):
        raise InvalidParameters("Missing parameters")
    new = read_registration(username, password, unnamed=username, pending=True)
    token, refresh_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with db.in_transaction() as connection:
        row = queries.oauth.issue_to(
            connection,
            app_id=caller.app_id,
            account_id=registration.register(connection, new, configured()),
            scopes=list(caller.scopes or ()),
            token_hash=auth.token_hash(token),
            refresh_hash=auth.token_hash(refresh_token),
        )
    return token_answer(row, token, refresh_token, new.nickname)


@blueprint.get("/api/account/confirm_email/<id:account_id>/<token>")
@answers(html_page(302), html_page(404))
def confirm(account_id: int, token: str) -> BaseResponse:
    """Confirm an account by the link of its mail, and lead to the front page. Raises NotFound for no good link."""
    with db.in_transaction() as connection:
        if registration.confirm(connection, configured(), account_id, token):
            return redirect("/")
    error = NotFound("This link is not good, or it was used already")
    if pages.wants_page():
        return pages.error_page(error)
    raise error


@blueprint.post("/api/v1/pleroma/accounts/confirmation_resend")
@rate_limits.limited(rate_limits.CONFIRMATION_RESEND)
@takes(email=Text(), nickname=Text())
@answers(204)
def resend_confirmation() -> Response:
    """Mail the confirmation link again to `email` or `nickname` (docs/api/pleroma.md 10.3).

    The response does not say whether there is such an account.
    """
    with db.in_transaction() as connection:
        account = queries.registration.waiting(
            connection,
            email=params.somebody("email"),
            nickname=params.somebody("nickname"),
        )
        if account is not None:
            registration.mail_confirmation(
                connection, configured(), account.id, account.nickname, account.display_name, account.email
            )
    return no_content()
