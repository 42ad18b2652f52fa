"""How accounts and staff stand in users.csv and admins.csv: one line each, words as they are."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import TypeVar

from data_layer.accounts.model import Account, AccountType, Role, StaffMember, Status
from data_layer.accounts.rules import check_account, check_staff
from data_layer.errors import BadInput
from data_layer.storage.csv_table import Row

ACCOUNT_COLUMNS = (
    "meter_id",
    "owner_name",
    "email",
    "address",
    "region",
    "area",
    "postcode",
    "dwelling_type",
    "tariff_code",
    "account_type",
    "status",
    "registered_at",
    "moved_in",
    "password_hash",
)
STAFF_COLUMNS = tuple(field.name for field in fields(StaffMember))
_Word = TypeVar("_Word", bound=StrEnum)


def account_of(row: Row) -> Account:
    """The account of one line; an empty word is the usual one. Raises BadInput."""
    account_type = row["account_type"] or AccountType.POSTPAID
    texts = {name: row[name] for name in ACCOUNT_COLUMNS if name not in ("account_type", "status")}
    return check_account(
        Account(
            **texts,
            account_type=word(AccountType, "account_type", account_type),
            status=word(Status, "status", row["status"] or Status.ACTIVE),
        )
    )


def staff_of(row: Row) -> StaffMember:
    """The member of staff of one line. Raises BadInput naming field, value and rule."""
    texts = {name: row[name] for name in STAFF_COLUMNS if name not in ("role", "status")}
    return check_staff(
        StaffMember(
            **texts,
            role=word(Role, "role", row["role"]),
            status=word(Status, "status", row["status"] or Status.ACTIVE),
        )
    )


def account_row(account: Account) -> Row:
    return {name: str(getattr(account, name)) for name in ACCOUNT_COLUMNS}


def staff_row(member: StaffMember) -> Row:
    return {name: str(getattr(member, name)) for name in STAFF_COLUMNS}


def word(words: type[_Word], field: str, text: str) -> _Word:
    """The word of a fixed set that the text is. Raises BadInput."""
    try:
        return words(text)
    except ValueError as error:
        allowed = ", ".join(word.value for word in words)
        raise BadInput(f"{field} {text!r} must be one of {allowed}.", field=field) from error
