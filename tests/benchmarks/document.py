"""Writes a run's tables between the markers of docs/performance.md; the prose around them stays.

<!-- full:begin --> ... <!-- full:end -->      what `make bench` found
<!-- quick:begin --> ... <!-- quick:end -->    what `make bench-quick` found
"""

from __future__ import annotations

from datetime import UTC, datetime

from rich.table import Table

from tests.benchmarks.data_set import PROJECT
from tests.benchmarks.machine import described, peak_memory
from tests.benchmarks.report import Report, Row

DOCUMENT = PROJECT / "docs" / "performance.md"
HEADS = ("work", "ours", "peer", "ratio", "goal", "")


def write(report: Report, part: str) -> None:
    """Replace one part of the document. Raises ValueError where its markers are missing."""
    text = DOCUMENT.read_text()
    begin, end = f"<!-- {part}:begin -->\n", f"<!-- {part}:end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{DOCUMENT} has no place for {part}")
    DOCUMENT.write_text(before + begin + _markdown(report) + end + after)


def shown(report: Report) -> Table:
    """The same table on the terminal."""
    table = Table(*HEADS, title="Meterbook and its peers")
    for row in report.rows:
        style = {True: "green", False: "red", None: ""}[row.held]
        table.add_row(*_cells(row), style=style)
    return table


def _markdown(report: Report) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(report.versions.items()))
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}. {described()}. {versions}.",
        "",
        f"Wrong answers: {len(report.wrong)}. Goals missed: {len(report.missed)}. "
        f"Took {sum(report.seconds.values()) / 60:.1f} minutes and at most "
        f"{peak_memory() / 1e9:.1f} GB in the benchmark's own process.",
        "",
    ]
    lines += [f"**{name} failed:** {error}\n" for name, error in report.failed.items()]
    lines += [f"{name} is not here: {why}.\n" for name, why in report.unavailable.items()]
    lines += _lines(HEADS, [_cells(row) for row in report.rows])
    if report.growth:
        rows = [(text, *map(str, figures)) for text, figures in report.growth]
        lines += ["", "The same questions on more readings, Meterbook alone:", ""]
        lines += _lines(("question", *report.growth_sizes), rows)
    reasons = [(row.work, row.goal) for row in report.rows if row.goal and row.goal.why]
    if reasons:
        lines += ["", "Goals that differ at this size:", ""]
        told = dict.fromkeys(
            f"- {work}: {goal.text}, because {goal.why}." for work, goal in reasons
        )
        lines += list(told)
    return "\n".join(lines) + "\n"


def _lines(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [
        "| " + " | ".join(heads) + " |",
        "| --- " * len(heads) + "|",
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def _cells(row: Row) -> tuple[str, ...]:
    peer = f"{row.peer}: {row.theirs}" if row.theirs is not None else ""
    goal = "" if row.goal is None else row.goal.text
    return row.work, str(row.ours), peer, row.ratio, goal, row.told
