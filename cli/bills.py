"""`flask bill`: bill a month, show a meter's bill."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from api.bill_answers import bill_facts, money
from cli.billed import tell_failed
from cli.console import FAILED, OperatorCommand, aligned, answer, tell
from cli.home_access import beside_the_server, followed, for_work
from data_layer.accounts.model import OPERATOR
from data_layer.billing import queries
from data_layer.billing.model import Bill
from data_layer.clock import HomeZone, epoch_of
from data_layer.journeys.bill_month import begin_billing
from data_layer.quantities import format_kwh
from data_layer.readings.model import Action

bills = AppGroup("bill", help="Bill a month, show a meter's bill.")
COUNTS = ("made", "new_versions", "unchanged", "without_tariff", "without_data", "failed")


@bills.command("run", cls=OperatorCommand, with_appcontext=False)
@click.argument("month")
@click.pass_context
def run(ctx: click.Context, /, month: str) -> None:
    """Bill MONTH (2026-10) for every account that has a tariff.

    Exit code 1 when a bill failed; the others are made.
    """
    with for_work() as book:
        today = book.zone.day_of(epoch_of(book.clock()))
        job_id = begin_billing(book.jobs, month, today=today, actor=OPERATOR.name)
        job = followed(book, job_id, title=f"billing {month}")
    result = job.result
    for left_out in result["not_billed"]:  # type: ignore[attr-defined]
        tell(f"{left_out['meter_id']}: {left_out['reason']}")
    lines = [f"{name.replace('_', ' ')}: {result[name]}" for name in COUNTS]
    answer({"job": job.id, **result}, lines)
    if tell_failed(result):
        ctx.exit(FAILED)


@bills.command("show", cls=OperatorCommand, with_appcontext=False)
@click.argument("meter")
@click.argument("month", default="")
@click.option("--version", type=click.IntRange(1, 999_999), help="An older version.")
def show(meter: str, month: str, *, version: int | None) -> None:
    """Show the bill of METER for MONTH (2026-10), or for last month."""
    with beside_the_server() as book:
        scope = book.authorize(OPERATOR, Action.READ_BILLS, meter)
        wanted = month or queries.last_month(book.billing)
        found = queries.bill(book.billing, scope, meter_id=meter, month=wanted, version=version)
        zone = book.zone
    answer(bill_facts(found, zone), _lines(found, zone))


def _lines(bill: Bill, zone: HomeZone) -> list[str]:
    """A bill for a person."""
    rows = [
        (
            line.label,
            f"{line.quantity:f} {line.unit}",
            "" if line.rate is None else f"{line.rate:f}",
            money(line.amount, bill.minor_digits),
        )
        for line in bill.lines
    ]
    sums = [("net", bill.net), ("tax", bill.tax), ("gross", bill.gross)]
    rows += [(name, "", "", money(amount, bill.minor_digits)) for name, amount in sums]
    head = f"Meter {bill.meter_id}, {bill.month}, version {bill.version}: {bill.reason}."
    used = format_kwh(bill.consumption_wh)
    reads = [
        f"{zone.format(read.read_at)}: "
        + ("not known" if read.value_wh is None else f"{format_kwh(read.value_wh)} kWh")
        + (" (estimated)" if read.estimated and read.value_wh is not None else "")
        for read in (bill.start_read, bill.end_read)
    ]
    return [
        head,
        *reads,
        f"{used} kWh used, {format_kwh(bill.estimated_wh)} of it estimated; "
        f"{bill.missing_half_hours} half hours are missing.",
        *aligned([("", "quantity", "rate", bill.currency), *rows]),
    ]
