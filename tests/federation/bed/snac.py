"""snac, which keeps everything in files."""

import json

import requests

from tests.federation.bed.peer import PARALLEL, Peer
from tests.federation.bed.people import Person

_FOLLOWER = "keeps a follower whose server refused it, and answers no second Follow"
_KEEPS = "takes no Delete of an account"
_SAYS_NOTHING = "says nothing of an account that it deletes"
_PICTURE = "https://snac.test/ann/s/{name}.png"


class Resident(Person):
    """Somebody on snac, whose API differs in a few places."""

    def react(self, status_id, emoji):
        return self.post(f"/api/v1/statuses/{status_id}/react/{emoji}")

    def reactions(self, status_id):
        return [each["name"] for each in self.status(status_id).get("reactions", [])]

    def walked(self, author):
        """Texts that begin with "walk", from home: the list of an account elsewhere has one page only."""
        return self._walked("/api/v1/timelines/home", author)


class Snac(Peer):
    """One snac."""

    host = "snac.test"
    actor_path = "/{}"
    person_class = Resident
    _NO_STAFF = "has no reports"
    limits = {
        ("from ours", "locked"): "its API never says that an account elsewhere is locked",
        ("from ours", "language"): "its API calls all languages en",
        ("from ours", "mention"): "its API leaves out who asks",
        ("from ours", "direct status is in a conversation"): "its API lists no conversations",
        ("from ours", "report"): _NO_STAFF,
        ("to ours", "report"): _NO_STAFF,
        ("from ours", "request rejected"): "ignores Reject",
        ("from ours", "ours.test does not follow"): _FOLLOWER,
        ("from ours", "ours.test follows again"): _FOLLOWER,
        ("from ours", "request waits"): "its API does not say that a request waits",
        ("to ours", "request rejected"): "rejects without a word",
        ("from ours", "tea or milk, once: counts for the voter"): "counts only with the next Update",
        ("from ours", "tea and milk, twice: counts for the voter"): "counts only with the next Update",
        ("from ours", "poll ends for the voter"): "its API says the reverse of ended",
        ("from ours", "history"): "its API has no history of edits",
        ("to ours", "changed content warning"): "its API takes that in JSON only",
        ("to ours", "its document is gone"): "answers 404 for what is gone",
        ("from ours", "pinned"): "ignores Add, and shows the outbox for any list of statuses",
        ("from ours", "not pinned any more"): "ignores Remove, and shows the outbox for any list of statuses",
        ("to ours", "pinned"): "says nothing of pins",
        ("from ours", "what it answers to"): "fetches no threads",
        ("from ours", "statuses are gone"): _KEEPS,
        ("from ours", "the account is gone"): _KEEPS,
        ("from ours", "one follow fewer"): _KEEPS,
        ("from ours", "in order on snac.test"): "carries out what comes in side by side",
        ("from ours", "in order on ours.test"): PARALLEL,
        ("to ours", "statuses are gone"): _SAYS_NOTHING,
        ("to ours", "the account is gone"): _SAYS_NOTHING,
        ("to ours", "one follow fewer"): _SAYS_NOTHING,
        ("to ours", "boost taken back"): "keeps what was boosted once",
        ("to ours", "block"): "only mutes, without a word",
        ("from ours", "follow ended by the block"): "ignores Block",
        ("to ours", "key rotation"): "has no command for it",
    }

    def prepare(self):
        self.base = self.directory / "base"
        self.passwords = {}
        self.run(self.program, "init", self.base, typed=f"127.0.0.1\n{self.port}\n{self.host}\n\n\n")
        settings = json.loads((self.base / "server.json").read_text())
        settings |= {"disable_sandbox": True, "shared_inboxes": True, "queue_retry_minutes": 1}
        (self.base / "server.json").write_text(json.dumps(settings))

    def command(self):
        return [self.program, "httpd", self.base]

    def people(self, names):
        """Accounts; snac makes up their passwords."""
        for name in names:
            said = self.run(self.program, "adduser", self.base, name)
            self.passwords[name] = said.partition("User password is ")[2].split()[0]

    def token_of(self, person):
        """Log in on the page that gives a token."""
        login = {"login": person.nickname, "passwd": self.passwords[person.nickname]}
        answer = requests.post(f"{self.address}/oauth/x-snac-get-token", data=login, timeout=60)
        assert answer.headers["Content-Type"].startswith("text/plain"), answer.text
        return answer.text.strip()

    def add_emoji(self, name, _):
        """A custom emoji, whose picture need not be there."""
        file = self.base / "emojis.json"
        known = json.loads(file.read_text())
        file.write_text(json.dumps({**known, f":{name}:": _PICTURE.format(name=name)}))

    def remove_account(self, person):
        """Delete an account for ever."""
        self.run(self.program, "deluser", self.base, person.nickname)
