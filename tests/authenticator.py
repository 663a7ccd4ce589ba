"""An authenticator app, as tests use it: it has the key of an account, and the server's clock."""

import pyotp


class Clock:
    """The steps of the server's clock, which goes on only when a test says so."""

    def __init__(self, step):
        self.step = step


class Authenticator:
    """The app of one account, with its recovery codes."""

    def __init__(self, key, clock, recovery_codes=()):
        self.key, self.clock, self.recovery_codes = key, clock, list(recovery_codes)

    def code(self, drift=0):
        """What the app shows now, or so many steps later."""
        return pyotp.TOTP(self.key).generate_otp(self.clock.step + drift)

    def next_code(self):
        """A code that was not shown before: the clock goes on to its step."""
        self.clock.step += 1
        return self.code()

    def wrong_code(self):
        """A code that it does not show, at no step that counts."""
        shown = {self.code(drift) for drift in range(-3, 4)}
        return next(code for code in (f"{number:06}" for number in range(10)) if code not in shown)


def credentials(app):
    """What an app says of itself."""
    return {name: app[name] for name in ("client_id", "client_secret")}


def password_grant(app, person, **more):
    """The parameters by which an app asks for a token with a password."""
    return {
        "grant_type": "password",
        **credentials(app),
        "username": person.nickname,
        "password": person.password,
        **more,
    }


def wait(client, app, person, **more):
    """The mfa_token of a login that waits for its code."""
    answer = client.post("/oauth/token", password_grant(app, person, **more), status=403).json
    assert set(answer) == {"error", "mfa_token", "supported_challenge_types"}
    assert (answer["error"], answer["supported_challenge_types"]) == ("mfa_required", ["totp"])
    return answer["mfa_token"]


def challenge(client, app, token, code, status=200, kind="totp", **more):
    """What the app gets for a code."""
    sent = {**credentials(app), "mfa_token": token, "code": code, "challenge_type": kind, **more}
    return client.post("/oauth/mfa/challenge", sent, status=status).json


def page_fields(app, person, **more):
    """What a person sends on the page that lets an app in."""
    fields = {"client_id": app["client_id"], "response_type": "code", "redirect_uri": app["redirect_uris"][0]}
    fields |= {"name": person.nickname, "password": person.password, **more}
    return {f"authorization[{name}]": value for name, value in fields.items()}
