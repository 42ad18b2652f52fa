"""What a file of readings would bring, or has brought: counts, refused rows, first rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from components import messages
from components.cards import Figure, figure_cards
from components.tables import table

FORMAT_NAMES = {
    "register_csv": "register readings (meter_id, timestamp, reading)",
    "portal_interval": "interval consumption from a supplier's portal",
    "lcl_interval": "half-hourly consumption as in Low Carbon London",
    "interval_csv": "interval consumption (start time, kWh)",
}
MOST_REFUSED = 10


@dataclass(frozen=True, slots=True)
class Report:
    """A job's result in the words of a page; times already local."""

    name: str
    format: str
    dry_run: bool
    rows: int
    accepted: int
    duplicates: int
    rejected: int
    meters: str
    span: str
    refused: Sequence[Mapping[str, Any]]
    refused_href: str
    sample: Sequence[Sequence[str]]


def counts(said: Report) -> list[Component]:
    """What the file is and how many of its rows are good."""
    return [
        html.P(
            [
                html.Strong(said.name),
                f", recognized as {FORMAT_NAMES.get(said.format, said.format)}.",
            ]
        ),
        figure_cards(_counts(said), label="Rows of the file"),
    ]


def details(said: Report) -> list[Component]:
    """Refused rows, then the first rows of a file that was only checked."""
    return [
        *([_refused(said)] if said.rejected else []),
        *([_sample(said)] if said.dry_run and said.sample else []),
    ]


def _counts(said: Report) -> list[Figure]:
    good = "Would be imported" if said.dry_run else "Imported"
    return [
        Figure(good, f"{said.accepted:,}", "rows", facts=(("Meters", said.meters),)),
        Figure("In the book already", f"{said.duplicates:,}", "rows"),
        Figure("Refused", f"{said.rejected:,}", "rows"),
        Figure("In the file", f"{said.rows:,}", "rows", note=said.span),
    ]


def _refused(said: Report) -> html.Div:
    listed = said.refused[:MOST_REFUSED]
    rows = [(str(row["line"]), _verdict(row["verdict"]), row["reason"]) for row in listed]
    more = "" if said.rejected <= len(listed) else f", the first {len(listed)}"
    return html.Div(
        [
            html.Div(
                [
                    html.H3(f"Refused rows{more}", className="panel-title"),
                    html.A(
                        f"All {said.rejected:,} refused rows as CSV",
                        href=said.refused_href,
                        className="export-link",
                        download="",
                    )
                    if said.refused_href
                    else None,
                ],
                className="panel-head",
            ),
            table(("Line", "Verdict", "Reason"), rows, caption="Refused rows", numbers=(0,)),
            _way_to_readings()
            if any(row["verdict"] == "CONFLICT" for row in said.refused)
            else None,
        ],
        className="refused-rows",
    )


def _way_to_readings() -> html.P:
    return html.P(
        [
            "What is stored can be looked at and corrected under ",
            html.A("Readings", href="/readings"),
            ".",
        ],
        className="hint",
    )


def _verdict(word: str) -> str:
    return str(word).replace("_", " ").lower()


def _sample(said: Report) -> html.Div:
    """Interval rows have a start and an end, register reads a time."""
    if any(row[3] for row in said.sample):
        heads: tuple[str, ...] = ("Line", "Meter", "Register", "From", "To", "kWh")
        rows = list(said.sample)
    else:
        heads = ("Line", "Meter", "Register", "Time", "Reading in kWh")
        rows = [(*row[:3], *row[4:]) for row in said.sample]
    return html.Div(
        [
            html.H3("The first rows as they are understood", className="panel-title"),
            table(heads, rows, caption="First rows of the file", numbers=(0, len(heads) - 1)),
        ],
        className="sample-rows",
    )


def done(said: Report) -> html.Div:
    """One sentence that says how an import ended."""
    if said.accepted:
        return messages.success(
            f"{said.accepted:,} readings are in the book and on disk. Charts show them now."
        )
    if said.rejected:
        return messages.warning("No row of this file could be imported.")
    return messages.success("Every row of this file was in the book already; nothing was added.")
