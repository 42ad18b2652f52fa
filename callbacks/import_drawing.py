"""How an import stands, for its page: waiting, under way, failed, checked or done."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components import filters, import_report, messages, view
from components.cards import panel
from components.ids import Upload
from components.import_report import Report
from data_layer.jobs.model import Job, JobState
from data_layer.readings.parsers.interval_rows import NO_METER
from pages.upload import PATH


def drawn(job: Job) -> list[Component]:
    """The panel of one import."""
    dry_run = bool(job.params.get("dry_run"))
    title = "Check of the file" if dry_run else "Import"
    if job.state is JobState.FAILED:
        return [panel(_failed(job), title=title)]
    if job.state is JobState.DONE:
        said = _report(job)
        return [panel(_checked(said) if dry_run else _done(said), title=title)]
    name = str(job.params.get("name", ""))
    if job.state is JobState.QUEUED:
        return [panel(messages.waiting(f"{name} waits for its turn."), title=title)]
    label = job.message or name
    return [panel(messages.progress(job.done, job.total, label, of_bytes=True), title=title)]


def _checked(said: Report) -> list[Component]:
    good = said.accepted
    decision = (
        dbc.Button(f"Import the {good:,} good rows", id=Upload.IMPORT)
        if good
        else html.P("There is nothing to import in this file.", className="hint")
    )
    cancel = dbc.Button("Do not import", id=Upload.DISCARD, color="secondary", outline=True)
    acts = html.Div([decision, cancel], className="panel-actions")
    return [*import_report.counts(said), acts, *import_report.details(said)]


def _done(said: Report) -> list[Component]:
    again = view.link("Send another file", PATH, store_id=Upload.VIEW)
    said_so = import_report.done(said)
    return [said_so, *import_report.counts(said), html.P(again), *import_report.details(said)]


def _failed(job: Job) -> list[Component]:
    """What went wrong; where a meter was missing or not the right one, another can be given."""
    forget = dbc.Button("Forget the file", id=Upload.DISCARD, outline=True, color="secondary")
    given = str(job.params.get("meter_id", ""))
    if not given and NO_METER not in job.error:
        return [messages.error(job.error), html.Div([forget], className="panel-actions")]
    meter = dbc.Input(
        id=Upload.FILE_METER,
        type="text",
        list=Upload.METERS,
        value=given,
        autocomplete="off",
    )
    return [
        messages.error(job.error),
        html.P("The file stays here: check it for another meter.", className="hint"),
        html.Div(
            [
                filters.field("Meter of this file", meter, control_id=Upload.FILE_METER),
                dbc.Button("Check again", id=Upload.CHECK_AGAIN, outline=True, color="secondary"),
                forget,
            ],
            className="controls",
        ),
    ]


def _report(job: Job) -> Report:
    result: dict[str, Any] = dict(job.result)
    file_id = str(job.params["file"])
    return Report(
        name=str(result["name"]),
        format=str(result["format"]),
        dry_run=bool(result["dry_run"]),
        rows=int(result["rows"]),
        accepted=int(result["accepted"]),
        duplicates=int(result["duplicates"]),
        rejected=int(result["rejected"]),
        meters=_meters(result),
        span=_span(result),
        refused=result["rejections"],
        refused_href=f"/uploads/{file_id}/refused.csv" if result["rejected_file"] else "",
        sample=[_sample_row(row) for row in result["sample"]],
    )


def _meters(result: dict[str, Any]) -> str:
    """Registered meters; strangers are told where there are any."""
    unknown = int(result.get("unknown_meters", 0))
    return f"{result['meters']:,}" + (f" registered, {unknown:,} unknown" if unknown else "")


def _span(result: dict[str, Any]) -> str:
    if not result.get("first"):
        return ""
    return f"{_short(result['first'])} to {_short(result['last'])}"


def _short(time: str) -> str:
    """An ISO time as people read it: day and minute."""
    return time[:16].replace("T", " ")


def _sample_row(row: dict[str, Any]) -> tuple[str, ...]:
    """Line, meter, register, start ("" of a register read), end, kWh."""
    times = [_short(str(row.get(name) or "")) for name in ("start", "end")]
    return (str(row["line"]), row["meter_id"], row["register_id"], *times, str(row["kwh"]))
