"""What was seen of each step, as lines while it goes on, and as a table at the end."""

import dataclasses
import time
from collections import Counter

OK, DIFFERS, CANNOT, LATER = "ok", "differs", "peer cannot", "ours not yet"


@dataclasses.dataclass
class Step:
    """One step in one direction."""

    way: str
    number: int
    name: str
    seconds: float = 0
    rows: list = dataclasses.field(default_factory=list)

    @property
    def outcome(self):
        """The worst of what was seen."""
        kinds = {kind for kind, _ in self.rows}
        return next((kind for kind in (DIFFERS, OK, LATER, CANNOT) if kind in kinds), OK)


class Transcript:
    """All steps."""

    def __init__(self):
        self.steps = []

    def begin(self, way, number, name):
        """A step that begins; its clock runs until `end`."""
        self.steps.append(Step(way, number, name, time.monotonic()))

    def note(self, kind, what):
        """Something that was looked at in the step."""
        self.steps[-1].rows.append((kind, what))

    def end(self):
        """Say what came of the step."""
        step = self.steps[-1]
        step.seconds = time.monotonic() - step.seconds
        count = Counter(kind for kind, _ in step.rows)
        print(f"{step.way:<12} {step.number:>2} {step.name:<38} {step.outcome:<12} {step.seconds:6.1f} s  "
              f"({count[OK]} ok)", flush=True)  # fmt: skip
        for kind, what in step.rows:
            if kind != OK:
                print(f"{'':<15} {kind}: {what}", flush=True)

    def failed(self):
        """Whether something differs."""
        return any(step.outcome == DIFFERS for step in self.steps)

    def table(self):
        """Steps as rows, ways as columns."""
        ways = list(dict.fromkeys(step.way for step in self.steps))
        by_row = {}
        for step in self.steps:
            by_row.setdefault((step.number, step.name), {})[step.way] = self._cell(step)
        lines = [["step", *ways], ["---"] * (len(ways) + 1)]
        lines += [[f"{number} {name}", *(cells.get(way, "") for way in ways)]
                  for (number, name), cells in sorted(by_row.items())]  # fmt: skip
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    @staticmethod
    def _cell(step):
        count = Counter(kind for kind, _ in step.rows)
        parts = [f"{count[kind]} {kind}" for kind in (OK, DIFFERS, CANNOT, LATER) if count[kind]]
        return f"{', '.join(parts)} ({step.seconds:.0f} s)"
