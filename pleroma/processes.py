"""What the supervising processes share: signals as events, children that end with their parent, restarts."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_QUICK = 10.0
_LIMIT = 5
_CLOCK_UNATTENDED = 5
_libc = ctypes.CDLL(None)


def die_with_parent(signal_number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent dies, however that dies.

    Killing is right for all but PostgreSQL: a parent that ends in good order has waited for its children, and
    nobody may keep the socket or a job when it was killed.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal_number))


def name_this(name: str) -> None:
    """Give this process a name, of which tools like top show 15 letters."""
    _libc.prctl(_PR_SET_NAME, name.encode())


def allow_files(wanted: int) -> None:
    """Let this process open so many files and sockets, or as many as it may."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def clock_is_unattended() -> bool:
    """Whether the kernel says that nothing keeps this machine's clock in time."""
    return _libc.adjtimex(ctypes.create_string_buffer(256)) == _CLOCK_UNATTENDED


def parent(process: int) -> int | None:
    """The process id of a process's parent; None when the process has ended."""
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def in_child(function: Callable[[], object]) -> None:
    """Run a function in a process of its own and wait for it, so that what it loads costs this one no memory.

    For processes that have no threads yet. The caller finds out by what it should have left whether it went well.
    """
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            function()
        os._exit(0)
    os.waitpid(pid, 0)


class Signals:
    """Signals of this process, waited for together with file descriptors instead of interrupting."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._numbers = numbers
        self._readable, self._writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._writable, warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, _only_wake)

    def wait(self, seconds: float, descriptors: Iterable[int] = ()) -> tuple[list[int], list[int]]:
        """Wait for a signal or a readable descriptor; returns the signals and the descriptors that came."""
        ready, _, _ = select.select([self._readable, *descriptors], [], [], max(seconds, 0))
        came: list[int] = []
        with contextlib.suppress(BlockingIOError):
            came = list(os.read(self._readable, 512))
        return came, [descriptor for descriptor in ready if descriptor != self._readable]

    def fork(self) -> int:
        """Fork; in the child the signals have their usual meaning again, those included that come meanwhile."""
        signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers)
        try:
            process = os.fork()
            if process == 0:
                self._release()
            return process
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._numbers)

    def _release(self) -> None:
        signal.set_wakeup_fd(-1)
        for number in self._numbers:
            signal.signal(number, signal.SIG_DFL)
        os.close(self._readable)
        os.close(self._writable)


def _only_wake(number: int, frame: FrameType | None) -> None:
    """The wake-up descriptor carries the signal; a handler must exist for it to be written."""


class Restarts:
    """When a child that died may start again: at once, then ever later; never after dying young too often."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._started = time.monotonic()
        self.due = 0.0

    def started(self) -> None:
        """The child has been started."""
        self._started = time.monotonic()

    def died(self) -> bool:
        """The child has died; whether it may be started again, from `due` on."""
        now = time.monotonic()
        self._in_a_row = self._in_a_row + 1 if now - self._started < _QUICK else 0
        self.due = now + min(0.2 * 2**self._in_a_row, 5) if self._in_a_row else now
        return self._in_a_row <= _LIMIT
