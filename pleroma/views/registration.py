"""The form that makes an account, with an invite when its address holds one (docs/api/admin.md 12.5)."""

from __future__ import annotations

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from pleroma import db
from pleroma.accounts import registration
from pleroma.accounts.registration import FieldErrors, Registration
from pleroma.auth import sessions
from pleroma.errors import ApiError
from pleroma.views.pleroma.registration import new_captcha, read_registration
from pleroma.web import pages, params, rate_limits
from pleroma.web.state import configured, value

blueprint = pages.forms_of_ours(Blueprint("registration_page", __name__))
blueprint.register_error_handler(ApiError, pages.error_page)
_KEPT = ("nickname", "fullname", "email", "bio")
_NAMES = {
    "nickname": "Nickname",
    "name": "Name",
    "email": "E-mail address",
    "bio": "About you",
    "password": "Password",
    "password_confirmation": "Password again",
    "captcha": "Text in the picture",
}


def _form(invite: str, status: int = 200, errors: tuple[str, ...] = (), new: Registration | None = None) -> Response:
    kept = {name: params.clean(getattr(new, name)) for name in _KEPT} if new else {}
    captcha = new_captcha()
    response = pages.page("registration.html", status, invite=invite, captcha=captcha, errors=errors, kept=kept)
    if captcha["type"] == "kocaptcha" and "url" in captcha:
        pages.allow_pictures(response, captcha["url"])
    return response


@blueprint.get("/registration")
@blueprint.get("/registration/<invite>")
def show(invite: str = "") -> Response:
    """The form."""
    return _form(params.clean(invite))


@blueprint.post("/registration")
@rate_limits.limited(rate_limits.ACCOUNT_CREATION)
def register() -> BaseResponse:
    """Make the account and log in; when the address must be confirmed first, say so. Faults show the form again."""
    new = read_registration(params.secret("nickname"), params.secret("confirm"))
    response = redirect("/")
    try:
        # A savepoint: the form that shows the faults comes with a new captcha, which must be kept.
        with db.in_transaction() as connection, db.savepoint(connection):
            account_id = registration.register(connection, new, configured())
    except FieldErrors as error:
        faults = [f"{_NAMES[field]} {', '.join(faults)}" for field, faults in error.faults.items()]
        return _form(new.invite, 400, tuple(faults), new)
    except ApiError as error:
        return _form(new.invite, error.status, (error.message,), new)
    if value("account_activation_required"):
        return pages.message("Almost there", "Open the link in the mail that is on its way to you.")
    sessions.start(account_id, 0, response)
    return response
