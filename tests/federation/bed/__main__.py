"""python -m tests.federation.bed --gotosocial PATH --snac PATH [--steps 2,3]: other servers walk with ours."""

import argparse
import contextlib
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import requests

from tests.federation.bed import network
from tests.federation.bed.gotosocial import GoToSocial
from tests.federation.bed.ours import Ours
from tests.federation.bed.snac import Snac
from tests.federation.bed.steps import ONCE, STEPS
from tests.federation.bed.steps.found import PROFILE
from tests.federation.bed.takahe import Takahe
from tests.federation.bed.transcript import DIFFERS, Transcript
from tests.federation.bed.way import Way

KINDS = {"gotosocial": GoToSocial, "snac": Snac, "takahe": Takahe}
PARTS = ("ann", "ben", "lou", "may", "dee")


class Bed:
    """All servers, and the people on them by their part."""

    def __init__(self, directory, programs):
        self.directory, self.transcript = directory, Transcript()
        names = ["ours.test", "third.test", *(KINDS[kind].host for kind in programs)]
        self.network = network.Network(directory, names)
        self.ours, self.third = (Ours(directory / host, host, self.network) for host in names[:2])
        self.peers = [KINDS[kind](Path(path).resolve(), directory / kind, self.network)
                      for kind, path in programs.items()]  # fmt: skip
        for peer in self.peers:
            peer.start()
        self.network.open([self.ours, self.third, *self.peers])
        for server in (self.ours, self.third, *self.peers):
            server.wait()
        for peer in self.peers:
            peer.people(PARTS)
        self.theo = self.third.person("theo")
        self.admin = self.ours.person("admin", "--admin")
        self.ours.add_emoji("red")

    def walk(self, numbers):
        """All steps with each peer, both ways."""
        for peer in self.peers:
            ways = self._ways(peer)
            for number in numbers:
                for way in ways[:1] if number in ONCE else ways:
                    self._step(way, number)

    def _ways(self, peer):
        """From ours to the peer and back; the people of ours are others for each peer."""
        kind = peer.host.partition(".")[0]
        here = {part: self.ours.person(f"{part}{kind}") for part in PARTS}
        there = {part: peer.person_class(peer, part) for part in PARTS}
        peer.staff = there["ann"]
        peer.add_emoji("red", peer.staff)
        for people in (here, there):
            for part, person in people.items():
                person.change_profile(locked=part == "lou", bot=part == "lou", **(PROFILE if part == "ann" else {}))
        return (
            Way(self, f"ours→{kind}", here, there, *(_reasons(each, "from ours") for each in (peer, self.ours))),
            Way(self, f"{kind}→ours", there, here, *(_reasons(each, "to ours") for each in (peer, self.ours))),
        )

    def _step(self, way, number):
        name, step = STEPS[number]
        self.transcript.begin(way.name, number, name)
        try:
            step(way)
        except (AssertionError, LookupError, TypeError, ValueError, requests.RequestException) as error:
            self.transcript.note(DIFFERS, f"the step ended: {type(error).__name__}: {str(error)[:500]}")
        self.transcript.end()

    def retry(self, way):
        """Nobody waits for the minutes until a host is tried again by ours; others have no such command."""
        if way.actor.server is self.ours:
            self.ours.run("host", "retry", way.reader.server.host)

    def staff_of(self, server):
        """Somebody who sees reports."""
        return self.admin if server is self.ours else server.staff

    def exchanges_with(self, host, method, text):
        """Requests to a host that have a text in path or body."""
        found = [json.loads(line) for line in self.network.exchanges() if text in line]
        return [each for each in found if each["to"] == host and each["method"] == method]

    def close(self):
        """End all servers."""
        for server in (self.ours, self.third, *self.peers):
            with contextlib.suppress(Exception):
                server.stop()
        self.network.close()


def _reasons(server, way):
    """What a server does not do in one direction, and why."""
    return {what: why for (name, what), why in server.limits.items() if name == way}


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.federation.bed", description=__doc__)
    for kind in KINDS:
        parser.add_argument(f"--{kind}", metavar="PATH", help=f"{kind}: its program, or Takahē's source")
    parser.add_argument("--steps", default=",".join(map(str, STEPS)), help="numbers, by default all")
    parser.add_argument("--directory", type=Path, help="an empty directory for everything, which is kept")
    return parser.parse_args()


def main():
    """Walk, and say by the exit status whether everything was as expected."""
    arguments = _arguments()
    network.enter()
    directory = arguments.directory or Path(tempfile.mkdtemp(prefix="bed-"))
    directory.mkdir(exist_ok=True)
    directory.chmod(0o755)
    programs = {kind: getattr(arguments, kind) for kind in KINDS if getattr(arguments, kind)}
    bed = Bed(directory.resolve(), programs)
    try:
        bed.walk([int(number) for number in re.findall(r"\d+", arguments.steps)])
        print(f"\n{bed.transcript.table()}")
    finally:
        bed.close()
        if not arguments.directory:
            shutil.rmtree(directory, ignore_errors=True)
    sys.exit(bed.transcript.failed())


if __name__ == "__main__":
    main()
