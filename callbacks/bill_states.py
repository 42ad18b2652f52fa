"""What the bill page says when there is no bill to show, or when a newer one replaced it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dash.development.base_component import Component

from api import bill_words as text
from callbacks.bill_answers import Answer
from callbacks.bill_drawing import address_of
from components import messages, view
from components.ids import Bill as Ids
from data_layer.accounts.model import AccountType, Status
from data_layer.billing.model import Bill

Words = Mapping[str, str | Sequence[str]]


def messages_of(words: Words, answer: Answer) -> list[Component]:
    """Everything there is to say before the bill, or instead of one."""
    if answer.bill is None:
        return [_no_bill(words, answer)]
    notices = [_standing(answer), _replaced(words, answer, answer.bill)]
    return [notice for notice in notices if notice is not None]


def _no_bill(words: Words, answer: Answer) -> Component:
    if answer.refused and answer.bills:
        newest = answer.bills[0]
        return messages.empty(
            "There is no such bill",
            answer.refused[:1].upper() + answer.refused[1:],
            view.link(
                f"Show {text.month_name(newest)}",
                address_of(words, newest.month),
                store_id=Ids.VIEW,
                className="btn btn-primary",
            ),
            symbol="calendar-x",
        )
    title, why, symbol = _why_none(answer)
    return messages.empty(title, why, symbol=symbol)


def _why_none(answer: Answer) -> tuple[str, str, str]:
    """Title, sentence and symbol of a meter that has not been billed."""
    account = answer.account
    if account is None:
        why = f"Meter {answer.meter_id} belongs to no account yet, so nobody is billed for it."
        return "No account", why, "person"
    if account.status is Status.INACTIVE:
        why = "The account of this meter is closed, and no month of it was billed."
        return "This account is closed", why, "slash-circle"
    if account.account_type is AccountType.PREPAID:
        why = "Electricity of this meter is paid in advance, so there is no bill at a month's end."
        return "This meter is prepaid", why, "wallet2"
    if not answer.has_tariff:
        why = (
            "Nobody has said yet what electricity costs here: your electricity company gives the "
            "account a tariff, and bills are made from then on."
        )
        return "No tariff yet", why, "cash-coin"
    why = "The first bill is made in the night in which its month ends, from the month's readings."
    return "No bill yet", why, "hourglass-split"


def _standing(answer: Answer) -> Component | None:
    """Why no more bills will come, if so."""
    account = answer.account
    if account is None or account.status is Status.INACTIVE:
        return messages.note("This account is closed. The bills of its time stay.")
    if account.account_type is AccountType.PREPAID:
        return messages.note("This meter is prepaid now. The bills of the time before stay.")
    if not account.tariff_code:
        return messages.warning(
            "This account has no tariff now: no further month is billed until it has one."
        )
    return None


def _replaced(words: Words, answer: Answer, shown: Bill) -> Component | None:
    """That a newer version of the bill holds, if so."""
    newest = answer.versions[0] if answer.versions else shown
    if newest.version == shown.version:
        return None
    return messages.warning(
        [
            f"This is version {shown.version}, which no longer holds: it was made again because "
            f"of {newest.reason}. ",
            view.link(
                f"Show version {newest.version}",
                address_of(words, shown.month),
                store_id=Ids.VIEW,
            ),
            ".",
        ]
    )
