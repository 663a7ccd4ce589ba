"""One direction of the walk: people on one server act, people on another see it."""

import contextlib
import time

import requests

from tests.federation.bed.transcript import CANNOT, DIFFERS, LATER, OK
from tests.meanwhile import until

_NOT_YET = (AssertionError, LookupError, TypeError, ValueError, requests.RequestException)


class Way:
    """`actors` and `readers` are people by their part; `limits` and `later` say what the peer, and ours, do not do."""

    def __init__(self, bed, name, actors, readers, limits, later):
        self.bed, self.name, self.limits, self.later = bed, name, limits, later
        self.actors, self.readers = actors, readers
        self.actor, self.reader = actors["ann"], readers["ann"]

    def can(self, what):
        """Whether this is possible at all; noted when it is not."""
        for kind, reasons in ((CANNOT, self.limits), (LATER, self.later)):
            if what in reasons:
                self.bed.transcript.note(kind, f"{what}: {reasons[what]}")
                return False
        return True

    def expect(self, what, expected, look, seconds=20):
        """Look until there is what is expected. Gives what was seen last."""
        if not self.can(what):
            return None
        seen = []

        def is_there():
            try:
                seen.append(look())
            except _NOT_YET as error:
                seen.append(f"{type(error).__name__}: {str(error)[:300]}")
            return seen[-1] == expected or time.sleep(0.2)

        with contextlib.suppress(AssertionError):
            until(is_there, seconds)
        self.compare(what, expected, seen[-1])
        return seen[-1]

    def compare(self, what, expected, seen):
        """Note whether something that was seen is as expected."""
        if self.can(what):
            kind = OK if seen == expected else DIFFERS
            self.bed.transcript.note(kind, what if kind == OK else f"{what}: expected {expected!r}, seen {seen!r}")

    def expect_some(self, what, look, seconds=20):
        """Look until there is something, which is given; without it the step cannot go on."""
        found = []

        def is_there():
            try:
                found.append(look())
            except _NOT_YET:
                found.append(None)
            return found[-1] or time.sleep(0.2)

        try:
            until(is_there, seconds)
        except AssertionError as error:
            raise AssertionError(f"{what}: nothing was seen") from error
        self.bed.transcript.note(OK, what)
        return found[-1]

    def posted(self, text, whole="", **parameters):
        """A status of the actor's, and as the reader has it at home; `text` is in the `whole` of it."""
        own = self.actor.write(whole or text, **parameters)
        return own, self.expect_some(f"{text!r} is at home", lambda: self.reader.seen(text, self.actor))
