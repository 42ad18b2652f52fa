"""Turns the bills of a meter into what the bill page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from api import bill_words as text
from api.bill_words import LineWords, PartWords
from callbacks import usage_text
from callbacks.bill_answers import Answer, is_billed
from callbacks.bill_run import month_name
from components import bill_sheet, figures, filters, messages, view
from components.attributes import aria
from components.bill_sheet import Choice, Line, Parts
from components.cards import panel
from components.ids import Bill as Ids
from components.shell import icon
from components.usage_figures import UsageBars, usage_chart
from data_layer.billing.model import Bill
from data_layer.book import Book
from data_layer.clock import HomeZone

Words = Mapping[str, str | Sequence[str]]
PATH = "/bill"
EXPORTS = "/exports/bills"
MONTH_CONTROL = "bill-month"


def address_of(words: Words, month: str, version: int | None = None) -> str:
    """The page with another bill of the same meter."""
    number = None if version is None else str(version)
    return view.address(PATH, words, month=month, version=number)


def controls(words: Words, answer: Answer) -> Component | None:
    """Which month, its neighbors, and the files to take away; nothing while there is no bill."""
    if not answer.bills:
        return None
    shown = answer.bill
    options = [(bill.month, text.month_name(bill)) for bill in answer.bills]
    chosen = shown.month if shown else view.word(words, "month")
    if chosen not in [month for month, _ in options]:
        options.insert(0, (chosen, f"{month_name(chosen)}: no bill"))
    kept = {name: value for name, value in words.items() if name not in ("month", "version")}
    select = filters.choice("Month", "month", options, chosen, control_id=MONTH_CONTROL)
    return html.Div(
        [
            html.Div(
                [
                    view.form([select], PATH, store_id=Ids.VIEW, keep=kept, className="controls"),
                    _neighbors(words, answer),
                ],
                className="bill-months",
            ),
            html.Div(_files(shown), className="panel-actions") if shown else None,
        ],
        className="bill-bar",
    )


def _neighbors(words: Words, answer: Answer) -> html.Div:
    months = [bill.month for bill in reversed(answer.bills)]
    shown = answer.bill.month if answer.bill else ""
    place = months.index(shown) if shown in months else -1
    before = months[place - 1] if place > 0 else ""
    after = months[place + 1] if 0 <= place < len(months) - 1 else ""
    names = {bill.month: text.month_name(bill) for bill in answer.bills}
    return html.Div(
        [
            _neighbor("chevron-left", "Previous bill", names.get(before, ""), words, before),
            _neighbor("chevron-right", "Next bill", names.get(after, ""), words, after),
        ],
        className="segmented",
    )


def _neighbor(symbol: str, name: str, title: str, words: Words, month: str) -> Component:
    look = "preset preset-bordered"
    if not month:
        return html.Span(
            icon(symbol), className=look, role="link", **aria(label=name, disabled="true")
        )
    return view.link(
        icon(symbol),
        address_of(words, month),
        store_id=Ids.VIEW,
        className=look,
        title=title,
        **aria(label=f"{name}: {title}"),
    )


def _files(bill: Bill) -> list[Component]:
    asked = {"meter_id": bill.meter_id, "version": str(bill.version)}
    return [
        html.A(
            [icon("file-earmark-pdf"), "PDF"],
            href=view.address(f"{EXPORTS}/{bill.month}.pdf", asked),
            className="btn btn-primary btn-sm",
            title="This bill on one page, to print or keep",
        ),
        html.A(
            [icon("download"), "CSV"],
            href=view.address(f"{EXPORTS}/{bill.month}.csv", asked),
            className="btn btn-secondary btn-sm",
            title="The lines of this bill as a CSV file",
        ),
    ]


def head(book: Book, bill: Bill) -> list[Component]:
    """From the bill's title to its register reads."""
    facts = [
        ("For", f"{bill.owner_name}, {bill.address}"),
        ("Meter", bill.meter_id),
        ("Tariff", f"{bill.tariff_name} ({bill.tariff_code})"),
        ("Bill", text.made(bill, book.zone)),
    ]
    total = text.money(bill.gross, bill)
    return [
        bill_sheet.head(
            text.month_name(bill),
            text.period(bill),
            total=total,
            what=text.due(bill),
            facts=facts,
        ),
        bill_sheet.section(
            "Charges", bill_sheet.lines(_parts(text.parts(bill)), total=total, caption="Charges")
        ),
        bill_sheet.section(
            "Register",
            bill_sheet.reads(_reads(bill, book.zone), consumption=text.kwh(bill.consumption_wh)),
        ),
    ]


def _parts(parts: Iterable[PartWords]) -> Parts:
    return [(part.period, [_line(one) for one in part.lines]) for part in parts]


def _line(line: LineWords) -> Line:
    return Line(line.label, line.quantity, line.rate, line.amount, line.arithmetic)


def _reads(bill: Bill, zone: HomeZone) -> list[tuple[str, str, str, str]]:
    found = []
    for end, read in (("Start", bill.start_read), ("End", bill.end_read)):
        at, value, how = text.register_read(read, zone)
        found.append((end, at, how, value))
    return found


def chart(book: Book, bill: Bill) -> figures.FigureDict:
    """A bar a day, hatched where the split is estimated."""
    days = bill.days
    known = [not text.nothing_known(day, book.zone) for day in days]
    bars = UsageBars(
        labels=[
            usage_text.bar_text(usage_text.day_text(day.day), day.wh, day.estimated_wh)
            for day in days
        ],
        measured_kwh=[
            round((day.wh - day.estimated_wh) / 1000, 3) if is_known else None
            for day, is_known in zip(days, known, strict=True)
        ],
        estimated_kwh=[
            round(day.estimated_wh / 1000, 3) if is_known else None
            for day, is_known in zip(days, known, strict=True)
        ],
        ticks=[
            (place, f"{day.day.day} {day.day:%b}")
            for place, day in list(enumerate(days))[:: max(1, -(-len(days) // 8))]
        ],
    )
    title = f"kWh per day, {text.month_name(bill)}"
    return usage_chart(bars, title=title, subtitle=f"{book.zone.name} time", compared_name="")


def foot(words: Words, answer: Answer, bill: Bill) -> list[Component]:
    """What a reader has to know to check it, and what it said before."""
    days = {
        "meter": bill.meter_id,
        "from": bill.first_day.isoformat(),
        "to": bill.last_day.isoformat(),
        "table": "1",
    }
    found: list[Component] = [
        html.P(
            dcc.Link("See these days hour by hour", href=view.address("/usage", days)),
            className="chart-hint",
        ),
        bill_sheet.section("How it is made", bill_sheet.notes(text.footnotes(bill))),
    ]
    if len(answer.versions) > 1:
        found.append(bill_sheet.section("Versions", _versions(words, answer, bill)))
    return found


def _versions(words: Words, answer: Answer, shown: Bill) -> Component:
    newest = answer.versions[0].version
    rows = [
        Choice(
            (f"Version {each.version}", _since(each)),
            (text.kwh(each.consumption_wh), text.money(each.gross, each)),
            address_of(words, each.month, None if each.version == newest else each.version),
            each.version == shown.version,
        )
        for each in answer.versions
    ]
    heads = ("Version", "Consumption", "Total")
    found: Component = bill_sheet.choices(
        heads, rows, caption="Versions of this bill", store_id=Ids.VIEW
    )
    return found


def _since(bill: Bill) -> str:
    return bill.reason[:1].upper() + bill.reason[1:]


def projection(book: Book, answer: Answer) -> Component | None:
    """What the running month will cost if it goes on as before."""
    if not is_billed(answer.account):
        return None
    month = f"{answer.today:%B %Y}"
    found = answer.projection
    if found is None:
        why = answer.why_no_projection or "Nothing is known of this month yet to judge by."
        return panel(messages.note(why), title=month)
    total = text.money(found.charges.gross, found)
    until = usage_text.moment_text(book.zone.local(found.known_until))
    facts: Any = [
        (f"Until {until}", text.kwh(found.known_wh)),
        ("Assumed for the rest", text.kwh(found.assumed_wh)),
    ]
    return panel(
        [
            html.P("If this month goes on as before, it will cost about", className="chart-hint"),
            html.P(total, className="bill-expected number"),
            html.Dl(
                [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts],
                className="card-facts",
            ),
            html.P(found.assumption, className="card-note"),
            html.Details(
                [
                    html.Summary("How that adds up"),
                    bill_sheet.lines(
                        _parts(text.line_parts(found.charges.lines, found)),
                        total=total,
                        caption=f"Expected charges of {month}",
                        total_name="Expected",
                    ),
                ],
                className="bill-details",
            ),
        ],
        title=f"{month} so far",
    )


def history(words: Words, answer: Answer) -> Component | None:
    """Every month that was billed, newest first."""
    if not answer.bills:
        return None
    shown = answer.bill.month if answer.bill else ""
    rows = [
        Choice(
            (
                text.month_name(bill),
                *([f"version {bill.version}: {bill.reason}"] if bill.version > 1 else []),
            ),
            (text.kwh(bill.consumption_wh), text.money(bill.gross, bill)),
            address_of(words, bill.month),
            bill.month == shown,
        )
        for bill in answer.bills
    ]
    heads = ("Month", "Consumption", "Total")
    return panel(
        bill_sheet.choices(heads, rows, caption="All bills", store_id=Ids.VIEW),
        title="All bills",
    )
