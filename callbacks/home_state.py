"""How the home is now, in the words of the operations page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from callbacks import home_logs
from callbacks.home_words import counted, duration, local, size
from components import messages
from components.cards import Figure, figure_cards, panel
from components.tables import table
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.book_state import BookState
from data_layer.clock import HomeZone
from data_layer.jobs.model import Job, JobState
from data_layer.journeys.back_up import BACK_UP
from data_layer.journeys.bill_month import BILL_MONTH, how_it_ended
from data_layer.journeys.end_day import END_DAY
from data_layer.journeys.end_month import END_MONTH
from data_layer.journeys.import_file import IMPORT_READINGS
from data_layer.journeys.receiving_switch import SWITCH_RECEIVING
from data_layer.journeys.restore_readings import RESTORE_READINGS
from data_layer.readings.model import Action

OFTEN, SELDOM = 1000, 5000
"""Milliseconds between two looks: while work is under way, and while nothing is."""
SHOWN_JOBS = 20
HIDDEN = {"display": "none"}
KINDS = {
    END_DAY: "End of day",
    END_MONTH: "End of month",
    BILL_MONTH: "Bills of a month",
    IMPORT_READINGS: "Import of readings",
    BACK_UP: "Backup",
    RESTORE_READINGS: "Reading of all files",
    SWITCH_RECEIVING: "Switch of receiving",
}


def shown(book: Book, viewer: Viewer, log: str) -> dict[str, Any]:
    """Every part of the page that changes by itself; `log` names the log to show the end of."""
    book.authorize(viewer, Action.OPERATE)
    state, jobs = book.state(), book.jobs.recent(SHOWN_JOBS)
    active = [job for job in jobs if not job.finished]
    return {
        "health": health(state),
        "cards": cards(book, state),
        "running": [panel(progress(job), title=title(job)) for job in active],
        "history": history([job for job in jobs if job.finished], book.zone),
        "log": home_logs.end_of(book, log),
        "acts": home_logs.acts(book.audit.recent(home_logs.SHOWN_ACTS), book.zone),
        "stop": HIDDEN if state.stopped else {},
        "resume": {} if state.stopped else HIDDEN,
        "interval": OFTEN if active else SELDOM,
    }


def health(state: BookState) -> str:
    """One sentence: what is wrong, or that nothing is."""
    if state.problems:
        return " ".join(state.problems)
    if state.stopped:
        return _sentence(state.reason)
    return "All is well." if state.receiving else f"Receiving is closed: {state.reason}"


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}"


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
                note=_sentence(state.reason) or "Every door is taking readings.",
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
        _state(job),
        html.Span([job.error or outcome(job), *_file_link(job)]),
    )


def _state(job: Job) -> html.Span:
    """How it ended; in the tone of a warning where it is done but for some of its bills."""
    said = how_it_ended(job)
    look = job.state.value if said == job.state.value else "warning"
    return html.Span(said, className=f"state state-{look}")


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
            f"{_readings(result, 'readings')} of {_day_files(result, 'day_files')} "
            f"indexed, {_number(result, 'readings_merged')} of them new"
        )
    if job.kind == END_DAY:
        merged = f"{_readings(result, 'readings_merged')} merged"
        return f"{merged}, {_day_files(result, 'days_written')} written"
    if job.kind == IMPORT_READINGS:
        return (
            f"{_number(result, 'accepted')} accepted, "
            f"{_number(result, 'duplicates')} known, {_number(result, 'rejected')} refused"
        )
    if job.kind == BACK_UP and "backup" in result:
        amount, unit = size(int(str(result["bytes"])))
        made = f"{_readings(result, 'readings')}, {amount} {unit} in {result['backup']}"
        return ". ".join([made, *_about_earlier(result)])
    if job.kind == SWITCH_RECEIVING and "receiving" in result:
        return "readings are taken" if result["receiving"] else "no readings are taken"
    if job.kind == RESTORE_READINGS and "restored_readings" in result:
        return (
            f"{_readings(result, 'restored_readings')} of "
            f"{_counted(result, 'restored_meters', 'meter', 'meters')} in "
            f"{_day_files(result, 'days')}, each as it was written"
        )
    if job.kind in (BILL_MONTH, END_MONTH) and "made" in result:
        return (
            f"{result['month']}: {_counted(result, 'made', 'bill', 'bills')} made, "
            f"{_number(result, 'unchanged')} as they were, {_number(result, 'failed')} failed"
        )
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result.items())


def _about_earlier(result: dict[str, object]) -> list[str]:
    """What became of the backups before this one, where so many are kept and no more."""
    removed, warnings = result.get("removed"), result.get("warnings")
    count = len(removed) if isinstance(removed, list) else 0
    told = [f"{counted(count, 'older backup', 'older backups')} removed"] if count else []
    return [*told, *(map(str, warnings) if isinstance(warnings, list) else ())]


def _readings(result: dict[str, object], name: str) -> str:
    return _counted(result, name, "reading", "readings")


def _day_files(result: dict[str, object], name: str) -> str:
    return _counted(result, name, "day file", "day files")


def _counted(result: dict[str, object], name: str, one: str, more: str) -> str:
    return counted(_figure(result, name), one, more)


def _number(result: dict[str, object], name: str) -> str:
    return f"{_figure(result, name):,}"


def _figure(result: dict[str, object], name: str) -> int:
    return int(str(result.get(name, 0)))
