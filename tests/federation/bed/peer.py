"""What is the same for all servers of others."""

import subprocess

import requests

from tests.federation.bed.people import Person
from tests.meanwhile import until
from tests.serving import free_port

PARALLEL = "sends several at once, in no order; here they stand as they came"


class Peer:
    """A server of others in an empty directory. `limits` says what it cannot do, by way and by what is looked at."""

    host = ""
    actor_path = "/users/{}"
    person_class = Person
    limits: dict = {}

    def __init__(self, program, directory, network):
        self.program, self.directory, self.network = program, directory, network
        self.port, self.process, self.staff = free_port(), None, None
        directory.mkdir()
        self.prepare()

    @property
    def address(self):
        return f"https://{self.host}"

    def prepare(self):
        """Write settings."""

    def command(self):
        """The command that runs it, as a list."""
        raise NotImplementedError

    def start(self):
        """Run it, without waiting for anything."""
        with open(self.directory / "log", "ab") as output:
            self.process = subprocess.Popen(self.command(), cwd=self.directory, stdout=output, stderr=output)

    def wait(self):
        """Come back when it answers."""
        until(self._answers, 60, self.directory / "log")

    def _answers(self):
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/api/v1/instance", timeout=5).status_code < 500
        except requests.RequestException:
            return False

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait(60)

    def begin_again(self):
        """Go on after a stop."""
        self.start()
        self.wait()

    def run(self, *command, typed=""):
        """What a command of its own says."""
        done = subprocess.run(
            [str(part) for part in command], cwd=self.directory, input=typed, capture_output=True, text=True
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-500:]
        return done.stdout
