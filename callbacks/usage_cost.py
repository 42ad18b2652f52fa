"""What the days on the usage page cost: beside their kWh, and a sentence that says what it is."""

from __future__ import annotations

from dataclasses import dataclass

from dash import dcc, html
from dash.development.base_component import Component

from api.bill_words import money
from callbacks.usage_answers import Answer
from components import view
from data_layer.accounts.model import Viewer
from data_layer.billing import costs
from data_layer.billing.costs import Cost
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import Conflict, NotFound, RuleBroken
from data_layer.readings.model import Action
from data_layer.tariffs.charges import round_half_up

MOST_DAYS = 92
"""Longer ranges are read month by month on their bills."""
RULE = (
    "is what these days add to the bill of their month, tax included. Here it is rounded once, to "
    "be shown; the bill rounds each of its lines, so days may add up to a little more or less."
)


@dataclass(frozen=True, slots=True)
class Priced:
    """The cost of the shown days, or why there is none."""

    cost: Cost | None
    so_far: bool
    """The range reaches to today or beyond."""
    why_not: str


def priced(book: Book, viewer: Viewer, answer: Answer) -> Priced:
    """Ask for the cost of the shown days."""
    days, meter_id = answer.view.range, answer.total.meter_id
    so_far = days.last >= book.zone.day_of(epoch_of(book.clock()))
    if days.days > MOST_DAYS or book.accounts.get(meter_id) is None:
        return Priced(None, so_far, "")
    scope = book.authorize(viewer, Action.READ_BILLS, meter_id)
    try:
        found = costs.cost(book.billing, scope, meter_id=meter_id, first=days.first, last=days.last)
    except (NotFound, Conflict, RuleBroken) as error:
        return Priced(None, so_far, f"What these days cost cannot be told: {error.sentence}")
    return Priced(found, so_far, "")


def beside_total(found: Priced) -> Component | None:
    """The amount, beside the kWh."""
    if found.cost is None:
        return None
    return html.P(
        [html.Span(amount(found.cost), className="cost"), " so far" if found.so_far else ""],
        className="chart-cost",
    )


def amount(cost: Cost) -> str:
    """As a bill writes money: `SGD 2.03`, `JPY 203`."""
    return money(round_half_up(cost.amount, cost.minor_digits), cost)


def note(found: Priced, meter_id: str) -> Component | None:
    """What the amount is, and where the bill is."""
    if found.why_not:
        return html.P(found.why_not, className="chart-hint")
    if found.cost is None:
        return None
    bill = view.address("/bill", {}, meter=meter_id)
    said = f"{amount(found.cost)}{' so far' if found.so_far else ''} {RULE} "
    return html.P([said, dcc.Link("Bills", href=bill)], className="chart-hint")
