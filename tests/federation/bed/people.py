"""People who use any of the servers by the Mastodon API."""

import re

import requests

from tests.federation import servers


def flat(parameters):
    """Parameters as a form has them: `poll[options][]`, `fields_attributes[0][name]`, true and false in words."""
    pairs = []
    for name, value in parameters.items():
        if isinstance(value, dict):
            pairs += [(f"{name}{_inner(key)}", each) for key, each in flat(value)]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for place, entry in enumerate(value):
                pairs += [(f"{name}[{place}]{_inner(key)}", each) for key, each in flat(entry)]
        elif isinstance(value, list):
            pairs += [(f"{name}[]", str(each)) for each in value]
        else:
            pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return pairs


def _inner(key):
    """`options[]` within another name: `[options][]`."""
    name, bracket, rest = key.partition("[")
    return f"[{name}]{bracket}{rest}"


def text_of(status):
    """What a status says, without tags."""
    return re.sub("<[^>]*>", "", status["content"])


class Person(servers.Person):
    """Somebody on a server of whatever kind."""

    def _sent(self, method, path, **parameters):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"params" if method == "get" else "data": flat(parameters)}
        return requests.request(method, self.server.address + path, headers=headers, timeout=60, **body)

    def write(self, text, **parameters):
        """A new status; public, whatever the person's own choice is."""
        return super().write(text, **{"visibility": "public", **parameters})

    @property
    def uri(self):
        """The address by which other servers know the account."""
        return self.server.address + self.server.actor_path.format(self.nickname)

    @property
    def page(self):
        """The address of the profile."""
        return self.profile()["url"]

    def profile(self):
        """The account as its owner sees it."""
        return self.get("/api/v1/accounts/verify_credentials")

    def change_profile(self, **changes):
        """Change the own profile."""
        return self.ask("patch", "/api/v1/accounts/update_credentials", **changes)

    def code(self, address):
        """The status code of a GET."""
        if address.startswith("https://"):
            return requests.get(address, timeout=60).status_code
        return self._sent("get", address).status_code

    def document(self, address):
        """The status code of a GET of the document for other servers, by somebody unknown."""
        return requests.get(address, headers={"Accept": "application/activity+json"}, timeout=60).status_code

    def account(self, other):
        """Somebody's account, as this server has it."""
        return self.get(f"/api/v1/accounts/{self.find(other.handle)['id']}")

    def relation(self, other):
        """What is between this person and another."""
        return self.relationship(self.find(other.handle)["id"])

    def act_on(self, other, action):
        """Follow, unfollow, block, unblock somebody."""
        return self.post(f"/api/v1/accounts/{self.find(other.handle)['id']}/{action}")

    def notified(self, kind, other, text=""):
        """The notification of a kind that came because of somebody, of a status with this text."""
        for each in self.get("/api/v1/notifications", limit=40, types=[kind]):
            status = each.get("status") or {}
            content = (status.get("reblog") or status).get("content", "")
            if each["account"]["acct"] == other.handle and text in content:
                return each
        return None

    def seen(self, text, author):
        """Somebody's status, or boost of one, with this text, when it is at home."""
        for each in self.home():
            if each["account"]["acct"] == author.handle and text in (each["reblog"] or each)["content"]:
                return each
        return None

    def status(self, status_id):
        """One status."""
        return self.get(f"/api/v1/statuses/{status_id}")

    def answers(self, status_id):
        """What was answered to a status."""
        return self.get(f"/api/v1/statuses/{status_id}/context")["descendants"]

    def mark(self, status_id, action):
        """Favourite, reblog, pin a status, or take that back."""
        return self.post(f"/api/v1/statuses/{status_id}/{action}")

    def react(self, status_id, emoji):
        """React with an emoji."""
        return self.ask("put", f"/api/v1/pleroma/statuses/{status_id}/reactions/{emoji}")

    def reactions(self, status_id):
        """The emoji that a status has."""
        return [each["name"] for each in self.status(status_id)["pleroma"]["emoji_reactions"]]

    def edit(self, status_id, text, **changes):
        """Change the text of a status."""
        return self.ask("put", f"/api/v1/statuses/{status_id}", status=text, **changes)

    def remove(self, status_id):
        """Delete a status."""
        return self.ask("delete", f"/api/v1/statuses/{status_id}")

    def picture(self, file, text):
        """A picture that was sent, with what it shows."""
        answer = requests.post(
            f"{self.server.address}/api/v1/media", headers={"Authorization": f"Bearer {self.token}"},
            files={"file": ("picture.png", file, "image/png")}, data={"description": text}, timeout=60,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]

    def search_status(self, address):
        """The status that an address leads to."""
        found = self.get("/api/v2/search", q=address, resolve=True, type="statuses")["statuses"]
        return found[0] if found else None

    def walked(self, author):
        """The texts of an author's statuses that begin with "walk", oldest first."""
        return self._walked(f"/api/v1/accounts/{self.find(author.handle)['id']}/statuses", author)

    def _walked(self, path, author):
        """Those of a timeline."""
        found, oldest = [], {}
        while page := self.get(path, limit=40, **oldest):
            found += [text_of(each) for each in page if each["account"]["acct"] == author.handle]
            oldest = {"max_id": page[-1]["id"]}
        return [text for text in reversed(found) if text.startswith("walk")]

    def reports(self):
        """What was reported, as the staff sees it."""
        return self.get("/api/v1/admin/reports")

    def pinned(self, other):
        """The texts that somebody pinned."""
        account = self.find(other.handle)["id"]
        return [each["content"] for each in self.get(f"/api/v1/accounts/{account}/statuses", pinned=True)]
