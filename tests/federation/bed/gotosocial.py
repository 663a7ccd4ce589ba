"""GoToSocial, on SQLite."""

import re
import secrets

import requests
from PIL import Image

from tests.federation.bed.peer import PARALLEL, Peer
from tests.federation.servers import PASSWORD

_SETTINGS = """
host: gts.test
bind-address: 127.0.0.1
port: {port}
db-type: sqlite
db-address: {directory}/sqlite.db
storage-local-base-path: {directory}/storage
web-template-base-dir: {web}/template/
web-asset-base-dir: {web}/assets/
media-emoji-local-max-size: 200KiB
advanced-rate-limit-requests: 0
advanced-throttling-multiplier: 0
http-client:
  allow-ips: ["127.0.0.0/8"]
"""
_NO_BODY = "repeats a delivery without its body, a fault of 0.20"
_NO_REACTIONS = "has no reactions"


class GoToSocial(Peer):
    """One GoToSocial; its directory `web` stands beside the program."""

    host = "gts.test"
    limits = {
        ("from ours", "one follow fewer"): "does not count down what it follows",
        ("to ours", "gone after it was away"): _NO_BODY,
        ("from ours", "ours.test does not follow"): "keeps a follower whose server refused it",
        ("from ours", "in order on ours.test"): PARALLEL,
        ("from ours", "repeated deliveries"): _NO_BODY,
        ("to ours", "tea and milk, twice: counts for the voter"): "does not always send the second of two votes",
        ("to ours", "pinned"): "says nothing of pins",
        ("from ours", "pinned"): "reads pins only with the whole account, after a day",
        ("to ours", "its document is gone"): "answers nobody who does not sign",
        ("to ours", "the actor is gone"): "answers nobody who does not sign",
        ("to ours", "react"): _NO_REACTIONS,
        ("from ours", "react"): _NO_REACTIONS,
        ("to ours", "key rotation"): "has no command for it",
    }

    def prepare(self):
        (self.directory / "settings.yaml").write_text(
            _SETTINGS.format(port=self.port, directory=self.directory, web=self.program.parent / "web")
        )

    def command(self):
        return [self.program, "--config-path", self.directory / "settings.yaml", "server", "start"]

    def people(self, names):
        """Accounts; the first is an administrator."""
        for place, name in enumerate(names):
            self._admin("create", name, "--email", f"{name}@mail.example", "--password", PASSWORD)
            if place == 0:
                self._admin("promote", name)

    def _admin(self, action, name, *options):
        settings = self.directory / "settings.yaml"
        self.run(self.program, "--config-path", settings, "admin", "account", action, "--username", name, *options)

    def token_of(self, person):
        """Go through the pages on which somebody lets an application in."""
        back = f"{self.address}/back"
        app = person.post("/api/v1/apps", client_name="walk", redirect_uris=back, scopes="read write follow push admin")
        browser = requests.Session()
        browser.headers["Accept"] = "text/html"
        asked = {"client_id": app["client_id"], "redirect_uri": back, "response_type": "code",
                 "scope": "read write follow push admin", "state": secrets.token_hex(8)}  # fmt: skip
        browser.get(f"{self.address}/oauth/authorize", params=asked, timeout=60)
        login = {"username": f"{person.nickname}@mail.example", "password": PASSWORD}
        browser.post(f"{self.address}/auth/sign_in", data=login, timeout=60)
        allowed = browser.post(f"{self.address}/oauth/authorize", allow_redirects=False, timeout=60)
        code = re.search(r"code=([^&]+)", allowed.headers["Location"])[1]
        given = {name: app[name] for name in ("client_id", "client_secret")}
        given |= {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        return requests.post(f"{self.address}/oauth/token", data=given, timeout=60).json()["access_token"]

    def add_emoji(self, name, administrator):
        """A custom emoji."""
        file = self.directory / f"{name}.png"
        Image.new("RGB", (32, 32), "red").save(file)
        answer = requests.post(
            f"{self.address}/api/v1/admin/custom_emojis", headers={"Authorization": f"Bearer {administrator.token}"},
            data={"shortcode": name}, files={"image": (file.name, file.read_bytes(), "image/png")}, timeout=60,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text

    def remove_account(self, person):
        """Delete an account for ever."""
        person.post("/api/v1/accounts/delete", code=202, password=PASSWORD)
