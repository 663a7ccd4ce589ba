"""What a tree of processes costs: processor time and memory, read from /proc."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def tree(roots: Iterable[int]) -> list[int]:
    """The processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))):
            children.setdefault(int(fields[1]), []).append(int(name))
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def processor_time(roots: Iterable[int]) -> float:
    """Seconds that the trees have spent so far, those of ended children included."""
    ticks = 0
    for pid in tree(roots):
        if fields := _stat(pid):
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICK


def settled(roots: list[int], patience: float = 10.0) -> float:
    """Wait until the trees do nothing any more; returns the moment (monotonic) when they last did something."""
    give_up = time.monotonic() + patience
    last = time.monotonic()
    before = processor_time(roots)
    quiet_since = last
    while time.monotonic() < give_up:
        time.sleep(0.05)
        now, spent = time.monotonic(), processor_time(roots)
        if spent - before > 0.2 * (now - quiet_since):
            last = quiet_since = now
            before = spent
        elif now - quiet_since > 0.3:
            return last
    return give_up


def name(pid: int) -> str:
    """What a process is, in a few words."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return "gone"
    if command.startswith("postgres:") or "/postgres" in command.split(" ")[0]:
        kind = command.removeprefix("postgres: ").split(" ")[0]
        return f"PostgreSQL {'server' if '/' in kind else kind}"
    return "generation" if " generation " in command else "supervisor" if " serve" in command else command[:40]


def memory(roots: Iterable[int]) -> dict[int, float]:
    """Proportional set size of each process of the trees, in MB."""
    sizes = {}
    for pid in tree(roots):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        line = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0")
        sizes[pid] = int(line.split()[1]) / 1000
    return sizes


class MemoryWatch:
    """Notes the most memory that the trees had while it watched."""

    def __init__(self, roots: list[int]) -> None:
        self._roots = roots
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.most = 0.0
        self.by_process: dict[int, float] = {}

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.3):
            sizes = memory(self._roots)
            if sum(sizes.values()) > self.most:
                self.most, self.by_process = sum(sizes.values()), sizes
