"""Billing a month from its page: what is asked before, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from babel.dates import format_date
from dash import html
from dash.development.base_component import Component

from components import messages, view
from components.cards import Figure, figure_cards
from components.tables import table
from data_layer.accounts.model import AccountType, Viewer
from data_layer.billing import lists
from data_layer.billing.making import require_over
from data_layer.billing.model import BillFilter, month_before, month_days
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import BadInput, Conflict, MeterbookError
from data_layer.jobs.model import Job, JobState
from data_layer.journeys.bill_month import BILL_MONTH, begin_billing
from data_layer.journeys.end_month import END_MONTH
from data_layer.readings.model import Action

Said = dict[str, Any]


def usual_month(book: Book) -> str:
    """The month that ended last."""
    return month_before(_today(book))


def _today(book: Book) -> date:
    return book.zone.day_of(epoch_of(book.clock()))


def question(book: Book, viewer: Viewer, month: str) -> Said:
    """What is asked before a month is billed, or a sentence beside the field."""
    book.authorize(viewer, Action.MANAGE_BILLS)
    try:
        _check(book, month)
    except MeterbookError as error:
        return {"is_open": False, "error": _in_words(error), "asked": "", "title": "", "text": ""}
    scope = book.authorize(viewer, Action.READ_BILLS)
    made = lists.find(book.billing, scope, BillFilter(month=month, limit=0)).total
    postpaid = [row for row in book.accounts.all() if row.account_type is AccountType.POSTPAID]
    with_tariff = sum(bool(row.tariff_code) for row in postpaid)
    accounts = f"{with_tariff:,} of {len(postpaid):,} postpaid accounts have a tariff"
    text = [html.P(f"{accounts} and are billed where readings are known.")]
    if made:
        known = "1 bill of this month is" if made == 1 else f"{made:,} bills of this month are"
        text.append(
            html.P(
                f"{known} made already. One that would say the same stays as it is; where late or "
                "corrected readings, the tariff or the account say something else, a new version "
                "is made and the earlier ones stay."
            )
        )
    title = f"Bill {month_name(month)}?"
    return {"is_open": True, "error": "", "asked": month, "title": title, "text": text}


def begun(book: Book, viewer: Viewer, month: str) -> str:
    """Put the work into the queue; the sentence that refused it, if any."""
    try:
        book.authorize(viewer, Action.MANAGE_BILLS)
        _check(book, month)
        begin_billing(book.jobs, month, today=_today(book), actor=viewer.name)
    except MeterbookError as error:
        return _in_words(error)
    return ""


def _check(book: Book, month: str) -> None:
    """Raises BadInput, RuleBroken, Conflict."""
    if not month:
        raise BadInput("month is missing.", field="month")
    require_over(month, today=_today(book))
    running = latest(book)
    if running is not None and not running.finished and running.params.get("month") == month:
        raise Conflict(f"month {month} is being billed already (job {running.id}).")


def _in_words(error: MeterbookError) -> str:
    return error.sentence[:1].upper() + error.sentence[1:]


def latest(book: Book) -> Job | None:
    """The newest billing of a month, by hand or by the end of the month."""
    return book.jobs.latest(BILL_MONTH, END_MONTH)


def followed(book: Book, viewer: Viewer) -> tuple[list[Component], Job | None]:
    """How the newest billing stands, and its job."""
    book.authorize(viewer, Action.MANAGE_BILLS)
    job = latest(book)
    if job is None:
        return [], None
    month = month_name(str(job.params.get("month", "")))
    if job.state is JobState.DONE:
        return _done(book, job, month), job
    if job.state is JobState.FAILED:
        return [messages.error(f"{month} could not be billed: {job.error}")], job
    if job.state is JobState.QUEUED or not job.total:
        return [messages.waiting(f"{month} waits for its turn.")], job
    return [messages.progress(job.done, job.total, f"Billing {month}")], job


def _done(book: Book, job: Job, month: str) -> list[Component]:
    made, again = _number(job, "made"), _number(job, "new_versions")
    without_tariff, without_data = _number(job, "without_tariff"), _number(job, "without_data")
    failed = _number(job, "failed")
    left_out = without_tariff + without_data + failed
    when = book.zone.local(epoch_of(job.finished_at or job.created_at))
    reasons = (
        ("Without a tariff", f"{without_tariff:,}"),
        ("Without readings", f"{without_data:,}"),
        ("For another reason", f"{failed:,}"),
    )
    return [
        html.H3(f"{month}, billed {when:%Y-%m-%d %H:%M} by {job.actor}", className="panel-title"),
        figure_cards(
            [
                Figure(
                    "Bills made",
                    f"{made:,}",
                    "",
                    facts=(("First ones", f"{made - again:,}"), ("New versions", f"{again:,}")),
                ),
                Figure(
                    "As they were",
                    f"{_number(job, 'unchanged'):,}",
                    "",
                    note="Made before, and would say the same now.",
                ),
                Figure("Not billed", f"{left_out:,}", "", facts=reasons if left_out else ()),
            ],
            label=f"Outcome of {month}",
        ),
        *_not_billed(book, job, left_out),
    ]


def _not_billed(book: Book, job: Job, left_out: int) -> list[Component]:
    """The accounts that have no bill, and why."""
    told = [*_told(job, "troubles"), *_told(job, "not_billed")]
    if not told:
        return []
    rows = [_account_row(book, str(one["meter_id"]), str(one["reason"])) for one in told]
    more = "" if len(told) == left_out else f", the first {len(told):,} of {left_out:,}"
    return [
        html.Details(
            [
                html.Summary(f"Accounts that were not billed{more}"),
                table(("Meter", "Owner", "Why"), rows, caption="Accounts that were not billed"),
            ],
            open=left_out <= FEW,
            className="disclosure",
        )
    ]


FEW = 10
"""So many accounts are shown at once; more are opened by who wants to see them."""


def _account_row(book: Book, meter_id: str, reason: str) -> tuple[Component | str, ...]:
    account = book.accounts.get(meter_id)
    href = view.address("/accounts", {}, search=meter_id)
    return (
        html.A(meter_id, href=href, className="one-line"),
        account.owner_name if account else "",
        reason[:1].upper() + reason[1:],
    )


def _told(job: Job, name: str) -> Sequence[Mapping[str, object]]:
    told = job.result.get(name)
    return told if isinstance(told, list) else []


def _number(job: Job, name: str) -> int:
    return int(str(job.result.get(name, 0)))


def month_name(month: str) -> str:
    """`October 2026`; what is no month stays as it is.

    >>> month_name("2026-10"), month_name("2026-13")
    ('October 2026', '2026-13')
    """
    try:
        first, _ = month_days(month)
    except BadInput:
        return month
    return _name(first)


def _name(first: date) -> str:
    return str(format_date(first, "MMMM y", locale="en"))
