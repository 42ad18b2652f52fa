"""How the home is now, in the words of the operations page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from components import messages
from components.cards import Figure, figure_cards, panel
from components.tables import table
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.book_state import BookState
from data_layer.clock import HomeZone
from data_layer.jobs.model import Job, JobState
from data_layer.journeys.bill_month import BILL_MONTH
from data_layer.journeys.end_day import END_DAY
from data_layer.journeys.end_month import END_MONTH
from data_layer.journeys.import_file import IMPORT_READINGS
from data_layer.readings.model import Action
from data_layer.storage.log_names import LOG_NAME
from data_layer.storage.log_tail import last_lines

OFTEN, SELDOM = 1000, 5000
"""Milliseconds between two looks: while work is under way, and while nothing is."""
SHOWN_JOBS, SHOWN_LINES = 20, 20
KINDS = {
    END_DAY: "End of day",
    END_MONTH: "End of month",
    BILL_MONTH: "Bills of a month",
    IMPORT_READINGS: "Import of readings",
}


def shown(book: Book, viewer: Viewer) -> dict[str, Any]:
    """Every part of the page that changes by itself."""
    book.authorize(viewer, Action.OPERATE)
    state, jobs = book.state(), book.jobs.recent(SHOWN_JOBS)
    active = [job for job in jobs if not job.finished]
    lines = last_lines(book.home / "logs" / LOG_NAME, SHOWN_LINES)
    return {
        "health": health(state),
        "cards": cards(book, state),
        "running": [panel(progress(job), title=title(job)) for job in active],
        "history": history([job for job in jobs if job.finished], book.zone),
        "log": "\n".join(lines) or "The log is empty: every reading is in a day file.",
        "interval": OFTEN if active else SELDOM,
    }


def health(state: BookState) -> str:
    """One sentence: what is wrong, or that nothing is."""
    if state.problems:
        return " ".join(state.problems)
    return "All is well." if state.receiving else f"Receiving is closed: {state.reason}"


def cards(book: Book, state: BookState) -> Component:
    """The state of the home, one card for each thing an operator looks for."""
    now = book.clock()
    log, log_unit = size(state.log_bytes)
    memory, memory_unit = size(state.memory_bytes)
    index, index_unit = size(state.index_bytes)
    return figure_cards(
        [
            Figure(
                "Readings",
                "Open" if state.receiving else "Closed",
                "",
                note=state.reason or "Every door is taking readings.",
            ),
            _batch_card(state.last_batch, book.zone, now),
            Figure(
                "Log",
                log,
                log_unit,
                facts=(
                    ("Lines", f"{state.log_lines:,}"),
                    ("Since the last seal", f"{state.tail_readings:,}"),
                ),
            ),
            Figure(
                "Index",
                duration(now - state.index_written_at) if state.index_written_at else "none",
                "old" if state.index_written_at else "",
                facts=(
                    ("Size", f"{index} {index_unit}"),
                    ("Series", f"{state.index_series:,}"),
                    ("Generation", f"{state.index_generation:,}"),
                ),
            ),
            Figure(
                "Day files",
                f"{state.day_files:,}",
                "",
                facts=(("Readings", f"{state.day_file_readings:,}"),),
            ),
            Figure(
                "Memory",
                memory,
                memory_unit,
                facts=(("Accounts", f"{state.accounts:,}"),),
            ),
        ],
        label="State of the home",
    )


def _batch_card(batch: Job | None, zone: HomeZone, now: datetime) -> Figure:
    if batch is None or batch.finished_at is None:
        return Figure("Last end of day", "never", "", note="Midnight does it by itself.")
    began = batch.started_at or batch.created_at
    return Figure(
        "Last end of day",
        duration(now - batch.finished_at),
        "ago",
        facts=(
            ("Ended", local(batch.finished_at, zone)[:16]),
            ("Took", duration(batch.finished_at - began)),
        ),
    )


def title(job: Job) -> str:
    """What kind of work it is, in words."""
    if job.kind == END_DAY and job.params.get("rebuild"):
        return "Rebuild of the index"
    if job.kind == IMPORT_READINGS and job.params.get("dry_run"):
        return "Check of a file"
    return KINDS.get(job.kind, job.kind.replace("_", " "))


def progress(job: Job) -> Component:
    """How far a job is."""
    if job.state is JobState.QUEUED:
        return messages.waiting("Waits for its turn.")
    if not job.total:
        return messages.waiting(job.message or "Under way.")
    return messages.progress(job.done, job.total, job.message)


def history(jobs: Sequence[Job], zone: HomeZone) -> Component:
    """The work that ended, newest first."""
    if not jobs:
        return html.P("No work has been done yet.", className="hint")
    return table(
        ("Work", "Began", "Took", "By", "Outcome", "What came of it"),
        [_job_row(job, zone) for job in jobs],
        caption="Work that ended, newest first",
    )


def _job_row(job: Job, zone: HomeZone) -> tuple[Component | str, ...]:
    began = job.started_at or job.created_at
    took = (job.finished_at or began) - began
    return (
        title(job),
        html.Span(local(began, zone), className="one-line"),
        html.Span(duration(took), className="one-line"),
        job.actor,
        html.Span(job.state.value, className=f"state state-{job.state.value}"),
        html.Span([job.error or outcome(job), *_file_link(job)]),
    )


def _file_link(job: Job) -> list[Component | str]:
    """The way to a checked or imported file, where a check one left is taken up again."""
    if job.kind != IMPORT_READINGS:
        return []
    name = str(job.result.get("name") or job.params.get("name") or "the file")
    return [" ", html.A(f"Open {name}", href=f"/upload?{urlencode({'job': job.id})}")]


def outcome(job: Job) -> str:
    """The job's result in a few words."""
    result = job.result
    if job.kind == END_DAY and result.get("rebuild") and "readings" in result:
        return (
            f"{_number(result, 'readings')} readings of {_number(result, 'day_files')} day files "
            f"indexed, {_number(result, 'readings_merged')} of them new"
        )
    if job.kind == END_DAY:
        return (
            f"{_number(result, 'readings_merged')} readings merged, "
            f"{_number(result, 'days_written')} day files written"
        )
    if job.kind == IMPORT_READINGS:
        return (
            f"{_number(result, 'accepted')} accepted, "
            f"{_number(result, 'duplicates')} known, {_number(result, 'rejected')} refused"
        )
    if job.kind in (BILL_MONTH, END_MONTH) and "made" in result:
        return (
            f"{result['month']}: {_number(result, 'made')} bills made, "
            f"{_number(result, 'unchanged')} as they were, {_number(result, 'failed')} failed"
        )
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result.items())


def _number(result: dict[str, object], name: str) -> str:
    return f"{int(str(result.get(name, 0))):,}"


def local(moment: datetime, zone: HomeZone) -> str:
    """A moment as people read it, in the home's zone."""
    return moment.astimezone(zone.zone).strftime("%Y-%m-%d %H:%M:%S")


def duration(took: timedelta) -> str:
    """A duration with the precision people care for.

    >>> duration(timedelta(seconds=75))
    '1 min 15 s'
    """
    seconds = took.total_seconds()
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 1 else "under 1 s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def size(count: int) -> tuple[str, str]:
    """Bytes as a number and its unit.

    >>> size(2_500_000)
    ('2.5', 'MB')
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:,.1f}", unit
    return f"{count:,}", "bytes"
