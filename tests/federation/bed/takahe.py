"""Takahē, on a PostgreSQL of its own."""

import os
import subprocess

import requests

from pleroma.server import postgres
from tests.federation.bed.peer import PARALLEL, Peer
from tests.federation.bed.people import Person

_MAKE_DOMAIN = """
from users.models import Domain
Domain.objects.create(domain="takahe.test", local=True, public=True, default=True)
"""
_MAKE_PERSON = """
from api.models import Application, Token
from users.models import Domain, User
from users.services import IdentityService
user = User.objects.create_user("{name}@mail.example", "{name}")
identity = IdentityService.create(user, "{name}", Domain.objects.get(domain="takahe.test"), "{name}")
application = Application.create("walk", "urn:ietf:wg:oauth:2.0:oob", None, "read write follow push")
Token.objects.create(application=application, user=user, identity=identity, token="{name}-token",
                     scopes=["read", "write", "follow", "push"])
"""
_DELETE_PERSON = """
from users.models import Identity, IdentityStates
Identity.objects.get(username="{name}", local=True).transition_perform(IdentityStates.deleted)
"""


class Resident(Person):
    """Somebody on Takahē, whose API takes JSON where values have parts."""

    def _sent(self, method, path, **parameters):
        fields = parameters.pop("fields_attributes", None)
        if fields:
            parameters["fields_attributes"] = {str(place): field for place, field in enumerate(fields)}
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"params" if method == "get" else "json": parameters}
        return requests.request(method, self.server.address + path, headers=headers, timeout=60, **body)

    def notified(self, kind, other, text=""):
        """The notification that came because of somebody; it gives none by kind and number together."""
        found = self.get("/api/v1/notifications", limit=40)
        for each in found:
            content = (each.get("status") or {}).get("content", "")
            if each["type"] == kind and each["account"]["acct"] == other.handle and text in content:
                return each
        return None


class Takahe(Peer):
    """One Takahē; `program` is the directory of its source, with its virtual environment in `.venv`."""

    host = "takahe.test"
    actor_path = "/@{}@takahe.test/"
    person_class = Resident
    limits = {
        ("from ours", "language"): "its API says no language",
        ("from ours", "direct status is in a conversation"): "its API lists no conversations",
        ("from ours", "repeated deliveries"): "tries again after minutes only",
        ("from ours", "in order on takahe.test"): "carries out what comes in side by side",
        ("from ours", "in order on ours.test"): PARALLEL,
        ("from ours", "ours.test does not follow"): "keeps a follower whose server refused it",
        ("from ours", "notification of the end"): "its API has no such notification",
        ("from ours", "history"): "its API has no history of edits",
        ("from ours", "custom emoji"): "shows those of others only when somebody has allowed them",
        ("to ours", "custom emoji"): "has them made on pages only",
        ("to ours", "followed again"): "answers no second Follow after its Reject",
        ("to ours", "the actor is gone"): "answers 404 for what is gone",
        ("to ours", "its document is gone"): "answers 404 for what is gone",
        ("to ours", "language"): "sends no language",
        ("to ours", "bot"): "its API takes no bot",
        ("to ours", "locked"): "does not say so in its documents",
        ("from ours", "react"): "has no reactions",
        ("to ours", "react"): "has no reactions",
        ("from ours", "report"): "its API has no reports",
        ("to ours", "report"): "its API has no reports",
        ("to ours", "key rotation"): "has no command for it",
    }

    def prepare(self):
        database = postgres.start(self.directory / "data")
        self._environment = {
            **os.environ,
            "TAKAHE_DATABASE_SERVER": database.partition("&hostaddr")[0],
            "TAKAHE_MAIN_DOMAIN": self.host,
            "TAKAHE_DEBUG": "true",
            "TAKAHE_SECRET_KEY": "bed",
            "TAKAHE_USE_PROXY_HEADERS": "true",
            "TAKAHE_MEDIA_ROOT": str(self.directory / "media"),
            "TAKAHE_MEDIA_URL": f"https://{self.host}/media/",
            "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
        }
        self._manage("migrate")
        self._manage("shell", "-c", _MAKE_DOMAIN)

    def _python(self, *arguments):
        return [self.program / ".venv/bin/python", *arguments]

    def _manage(self, *arguments):
        command = [str(part) for part in self._python("manage.py", *arguments)]
        done = subprocess.run(command, cwd=self.program, env=self._environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-1000:]

    def start(self):
        serving = ["-m", "gunicorn", "takahe.wsgi:application", "--threads", "4", "--bind", f"127.0.0.1:{self.port}"]
        self._started = []
        with open(self.directory / "log", "ab") as output:
            for arguments in (serving, ["manage.py", "runstator"]):
                command = [str(part) for part in self._python(*arguments)]
                self._started.append(
                    subprocess.Popen(command, cwd=self.program, env=self._environment, stdout=output, stderr=output)
                )

    def stop(self):
        for process in self._started:
            process.terminate()
            process.wait(60)

    def people(self, names):
        """Accounts with a token each."""
        for name in names:
            self._manage("shell", "-c", _MAKE_PERSON.format(name=name))

    def token_of(self, person):
        return f"{person.nickname}-token"

    def add_emoji(self, name, _):
        """Custom emoji are made on pages for administrators only."""

    def remove_account(self, person):
        """Delete an account for ever."""
        self._manage("shell", "-c", _DELETE_PERSON.format(name=person.nickname))
