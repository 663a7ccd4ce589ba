"""What a run came to: the table as Markdown, and a picture with one bar for each line of it."""

from __future__ import annotations

from pathlib import Path

from measure import Row

# More bars than these are no picture.
_MOST_BARS = 16


def table(rows: list[Row], title: str) -> str:
    """The lines of a run as a Markdown table, for README and docs/performance.md."""
    lines = [f"Measured: {title}.", "", "| what | to reach | measured | |", "| --- | --- | --- | --- |"]
    marks = {None: "", True: "reached", False: "missed"}
    for row in rows:
        lines.append(
            f"| {row.what} | {row.reach} | {row.value:.3g} {row.unit} | {marks[row.good]} |".replace("  ", " ")
        )
    return "\n".join([*lines, ""])


def draw(rows: list[Row], title: str, file: Path) -> None:
    """Draw the lines that have a figure to reach; the format is that of the file's name."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    # Text stays text: a picture of letters is ten times as large, and nobody can search it.
    plot.rcParams["svg.fonttype"] = "none"
    shown = [row for row in rows if row.good is not None][:_MOST_BARS][::-1]
    height = 0.42 * len(shown) + 1.2
    figure, axes = plot.subplots(figsize=(9, height), layout="constrained")
    colours = ["#4c8c4a" if row.good else "#c0603a" for row in shown]
    shares = [row.value / float(row.reach.split()[-1].rstrip("×")) for row in shown]
    axes.barh([row.what for row in shown], shares, color=colours)
    for place, row in enumerate(shown):
        text = f" {row.value:.3g} {row.unit} ({row.reach})"
        axes.text(min(shares[place], 2.0), place, text, va="center", fontsize=10)
    axes.axvline(1, color="#444", linewidth=1)
    axes.set_xlim(0, 2.6)
    axes.set_xlabel("measured, as a share of the figure to reach")
    axes.set_title(title, fontsize=11)
    axes.tick_params(labelsize=10)
    figure.savefig(file)
