"""`flask readings`: bring files in, look at one meter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from cli.console import FAILED, OperatorCommand, aligned, answer, kwh, tell
from cli.home_access import beside_the_server, done, followed, for_work
from data_layer.accounts.model import OPERATOR
from data_layer.book import Book
from data_layer.clock import HomeZone, epoch_of
from data_layer.errors import BadInput
from data_layer.jobs.model import Job
from data_layer.journeys.import_file import FORMATS, IMPORT_READINGS
from data_layer.journeys.maintenance import begin_restore
from data_layer.journeys.upload_staging import file_chunks
from data_layer.quantities import format_kwh
from data_layer.readings import periods, queries
from data_layer.readings.model import Action, Consumption, Scope
from data_layer.readings.periods import Period
from data_layer.readings.queries import SeriesTable

RESOLUTIONS = ("half_hour", "hour", "day", "week", "month", "year")
TOLD_REFUSALS = 10
COUNTS = ("rows", "accepted", "duplicates", "rejected")
readings = AppGroup("readings", help="Import files of readings, show a meter's consumption.")


@readings.command("import", cls=OperatorCommand, with_appcontext=False)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["auto", *FORMATS]),
    default="auto",
    show_default=True,
    help="What the files are; auto recognizes it.",
)
@click.option("--meter", default="", help="The meter, for files that do not name one.")
@click.option("--dry-run", is_flag=True, help="Judge every row, store nothing.")
@click.pass_context
def import_files(
    ctx: click.Context, /, files: tuple[Path, ...], *, file_format: str, meter: str, dry_run: bool
) -> None:
    """Import FILES of readings.

    Exit code 0 when every row is accepted or a duplicate, 1 when some were rejected.
    """
    with for_work() as book:
        jobs = [
            _import(book, path, file_format=file_format, meter=meter, dry_run=dry_run)
            for path in files
        ]
    totals = {name: sum(int(str(job.result[name])) for job in jobs) for name in COUNTS}
    for job in jobs:
        _tell_refusals(job)
    lines = [", ".join(f"{count} {name}" for name, count in totals.items())]
    answer(
        {**totals, "dry_run": dry_run, "files": [{"job": job.id, **job.result} for job in jobs]},
        lines,
    )
    if totals["rejected"]:
        ctx.exit(FAILED)


def _import(book: Book, path: Path, *, file_format: str, meter: str, dry_run: bool) -> Job:
    staged = book.staging.stage(path.name, file_chunks(path))
    params = {
        "file": staged.id,
        "name": staged.name,
        "format": file_format,
        "meter_id": meter,
        "dry_run": dry_run,
    }
    verb = "checking" if dry_run else "importing"
    return done(book, IMPORT_READINGS, params, actor=OPERATOR.name, title=f"{verb} {staged.name}")


def _tell_refusals(job: Job) -> None:
    """The first refused rows on stderr, and where all of them stand."""
    if not job.result["rejected"]:
        return
    listed = job.result["rejections"]
    assert isinstance(listed, list)  # noqa: S101
    for row in listed[:TOLD_REFUSALS]:
        tell(f"{job.result['name']} line {row['line']}: {row['reason']}")
    tell(f"All {job.result['rejected']} rejected rows: {job.result['rejected_file']}")


@readings.command("show", cls=OperatorCommand, with_appcontext=False)
@click.argument("meter")
@click.option(
    "--period", type=click.Choice([name.value for name in Period]), help="A named period."
)
@click.option("--from", "from_", help="Start of a custom range, included.")
@click.option("--to", help="End of a custom range, excluded.")
@click.option("--resolution", type=click.Choice(RESOLUTIONS), help="Add a series in such steps.")
def show(
    meter: str, *, period: str | None, from_: str | None, to: str | None, resolution: str | None
) -> None:
    """Show a METER's consumption over a period."""
    if (period is None) == (from_ is None and to is None):
        raise click.UsageError("give either --period, or --from and --to.")
    with beside_the_server() as book:
        scope = book.authorize(OPERATOR, Action.READ_METER, meter)
        zone = book.zone
        if period is None:
            start, end = _instant(zone, from_, "from"), _instant(zone, to, "to")
        else:
            start, end = _bounds(book, scope, meter, period)
        used = queries.consumption(
            book.readings, scope, meter_id=meter, period=period or "", start=start, end=end
        )
        segments = _segments(book, scope, used)
        table = None
        if resolution is not None:
            table = queries.series(
                book.readings, scope, meter_id=meter, start=start, end=end, resolution=resolution
            )
    facts = {**_consumption(used, zone), "segments": segments}
    if segments > 1:
        tell(
            f"The register starts anew in this time: consumption is the sum of its {segments} "
            "segments, not the difference of the two readings."
        )
    if table is not None:
        facts["series"] = _series(table, zone)
    answer(facts, _shown(used, table, zone))


def _bounds(book: Book, scope: Scope, meter: str, period: str) -> tuple[int, int]:
    now = epoch_of(book.clock())
    newest = queries.latest(book.readings, scope, meter_id=meter)
    latest = None if newest is None or newest.read_at > now else newest.read_at
    return periods.bounds(period, book.zone, now, latest)


def _segments(book: Book, scope: Scope, used: Consumption) -> int:
    """Segments in what is known of the period, 0 when nothing is."""
    if used.start_time is None or used.end_time is None:
        return 0
    return queries.segments(
        book.readings,
        scope,
        meter_id=used.meter_id,
        start=epoch_of(used.start_time),
        end=epoch_of(used.end_time),
    )


def _instant(zone: HomeZone, text: str | None, field: str) -> int:
    """An instant of a custom range; a date alone is the local midnight that opens it."""
    if text is None:
        raise BadInput(f"{field} is missing: a custom range needs --from and --to.", field=field)
    return zone.parse(f"{text}T00:00:00" if len(text) == len("2026-11-20") else text, field=field)


def _consumption(used: Consumption, zone: HomeZone) -> dict[str, object]:
    """The fields of get_consumption; energies are numbers of kWh with three decimals."""
    return {
        "meter_id": used.meter_id,
        "period": used.period,
        "start_reading": kwh(used.start_reading_wh),
        "end_reading": kwh(used.end_reading_wh),
        "consumption": kwh(used.consumption_wh),
        "start_time": _time(used.start_time, zone),
        "end_time": _time(used.end_time, zone),
        "data_until": _time(used.data_until, zone),
        "estimated_kwh": kwh(used.estimated_wh),
        "missing_half_hours": used.missing_half_hours,
    }


def _series(table: SeriesTable, zone: HomeZone) -> list[dict[str, object]]:
    """One object a bucket; of what is not known consumption is null."""
    return [
        {
            "start_time": zone.format(start),
            "end_time": zone.format(end),
            "consumption": kwh(used) if known else None,
            "estimated_kwh": kwh(estimated),
            "missing_half_hours": missing,
        }
        for start, end, used, estimated, missing, known in _buckets(table)
    ]


def _buckets(table: SeriesTable) -> Iterator[tuple[int, int, int, int, int, bool]]:
    edges = table.edges.tolist()
    return zip(
        edges[:-1],
        edges[1:],
        table.consumption_wh.tolist(),
        table.estimated_wh.tolist(),
        table.missing_half_hours.tolist(),
        table.known.tolist(),
        strict=True,
    )


def _time(moment: datetime | None, zone: HomeZone) -> str | None:
    return None if moment is None else zone.format(epoch_of(moment))


def _shown(used: Consumption, table: SeriesTable | None, zone: HomeZone) -> list[str]:
    """The same for a person."""
    until = _time(used.data_until, zone)
    if used.consumption_wh is None:
        return [f"meter {used.meter_id}: nothing is known in this period (data until {until})."]
    lines = aligned(
        [
            ("meter", used.meter_id),
            ("from", f"{_time(used.start_time, zone)}  {_kwh_text(used.start_reading_wh)}"),
            ("to", f"{_time(used.end_time, zone)}  {_kwh_text(used.end_reading_wh)}"),
            ("consumption", _kwh_text(used.consumption_wh)),
            ("of it estimated", _kwh_text(used.estimated_wh)),
            ("missing half hours", str(used.missing_half_hours)),
            ("data until", str(until)),
        ]
    )
    if table is not None:
        rows = [
            (zone.format(start), _kwh_text(used_wh) if known else "unknown")
            for start, _, used_wh, _, _, known in _buckets(table)
        ]
        lines += ["", *aligned([("start", "consumption"), *rows])]
    return lines


def _kwh_text(watt_hours: int | None) -> str:
    return "unknown" if watt_hours is None else f"{format_kwh(watt_hours)} kWh"


@readings.command("restore", cls=OperatorCommand, with_appcontext=False)
def restore() -> None:
    """Read every day file and the log again, check them, and index them from nothing."""
    with for_work() as book:
        job_id = begin_restore(book.jobs, actor=OPERATOR.name)
        job = followed(book, job_id, title="restoring readings")
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in job.result.items()]
    answer({"job": job.id, **job.result}, lines)
