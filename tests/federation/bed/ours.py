"""A server of ours, known by a name."""

from PIL import Image

from tests.federation.bed import people
from tests.federation.servers import PASSWORD, Federated, end


class Ours(Federated):
    """Our server behind the network's port 443."""

    actor_path = "/users/{}"
    limits = {
        ("to ours", "custom emoji"): "those of other servers are not shown",
        ("to ours", "what it answers to"): "threads of strangers are not fetched",
    }

    def __init__(self, directory, host, network, **settings):
        self._host, self._network = host, network
        settings = {
            "PLEROMA_BASE_URL": f"https://{host}",
            "PLEROMA_REMOTE_CA_FILE": str(network.authority),
            **settings,
        }
        super().__init__(directory, **settings)

    @property
    def host(self):
        return self._host

    @property
    def address(self):
        return f"https://{self._host}"

    def person(self, nickname, *arguments):
        """A new account, logged in."""
        self.run("user", "create", nickname, "--email", f"{nickname}@mail.example", "--password", PASSWORD, *arguments)
        return Resident(self, nickname)

    def add_emoji(self, name):
        """A custom emoji."""
        pack = self.directory / "pack"
        pack.mkdir(exist_ok=True)
        Image.new("RGB", (32, 32), "red").save(pack / f"{name}.png")
        self.run("emoji", "import", str(pack))

    def stop(self):
        """End, as an operator does it."""
        end(self)

    def begin_again(self):
        """Go on after a stop."""
        self.start_again()

    def remove_account(self, person):
        """Delete an account for ever."""
        person.post("/api/pleroma/delete_account", password=PASSWORD)


class Resident(people.Person):
    """Somebody on a server of ours."""

    def reports(self):
        return [
            {"account": each["account"], "comment": each["content"], "statuses": each["statuses"]}
            for each in self.get("/api/pleroma/admin/reports")["reports"]
        ]
