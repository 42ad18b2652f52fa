"""What a valid account or member of staff is: pure rules, one sentence for each broken one.

The same rules judge a form, an import, the command line and a file edited by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal

from data_layer.accounts.model import Account, Role, StaffMember
from data_layer.clock import HomeZone
from data_layer.errors import BadInput

METER_ID_RULE = "1 to 32 letters, digits, spaces or . _ / -, beginning with a letter or digit"
_METER_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/-]{0,30}[A-Za-z0-9._/-])?", re.ASCII)
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]{1,64}@[^\s@,;:<>()\[\]\"\\]+\.[^\s@,;:<>()\[\]\"\\]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
LONGEST_EMAIL, LONGEST_TEXT = 254, 200
SANCTIONED_KW = re.compile(r"\d{1,5}(\.\d{1,3})?", re.ASCII)
LARGEST_KW = 10_000
"""Above any supply that is billed by a kWh meter alone."""
SANCTIONED_KW_RULE = f"above 0 and up to {LARGEST_KW:,} kW, with at most three decimals"


def check_meter_id(meter_id: str) -> str:
    """The meter id as it is kept. Raises BadInput when it is not one."""
    if not _METER_ID.fullmatch(meter_id):
        raise BadInput(f"meter_id {meter_id!r} must be {METER_ID_RULE}.", field="meter_id")
    return meter_id


def fold_email(email: str) -> str:
    """The one form in which an e-mail is kept and compared."""
    return email.strip().casefold()


def check_email(email: str) -> str:
    """The folded e-mail. Raises BadInput when it is not one."""
    folded = fold_email(email)
    if len(folded) > LONGEST_EMAIL or not _EMAIL.fullmatch(folded) or not folded.isprintable():
        raise BadInput(
            f"email {email!r} must look like name@example.com, up to {LONGEST_EMAIL} characters.",
            field="email",
        )
    return folded


def check_sanctioned_kw(text: str) -> Decimal:
    """The load a supply is sanctioned for, in kW; 0 for an empty text. Raises BadInput."""
    written = text.strip()
    if not written:
        return Decimal(0)
    if not SANCTIONED_KW.fullmatch(written) or not 0 < Decimal(written) <= LARGEST_KW:
        raise BadInput(
            f"sanctioned_kw {written[:40]!r} must be {SANCTIONED_KW_RULE}.", field="sanctioned_kw"
        )
    return Decimal(written)


def check_account(account: Account) -> Account:
    """The account as it is kept: texts trimmed, e-mail folded. Raises BadInput."""
    kept = {name: check(account) for name, check in _CHECKS.items()}
    return replace(account, **kept)  # type: ignore[arg-type]


def account_faults(account: Account) -> list[BadInput]:
    """All that is wrong with an account by itself, one error a field."""
    faults = []
    for check in _CHECKS.values():
        try:
            check(account)
        except BadInput as error:
            faults.append(error)
    return faults


def _tariff_code(account: Account) -> str:
    if account.tariff_code and not _CODE.fullmatch(account.tariff_code):
        raise BadInput(
            f"tariff_code {account.tariff_code!r} must be 1 to 32 letters, digits or . _ -.",
            field="tariff_code",
        )
    return account.tariff_code


def _account_email(account: Account) -> str:
    if account.password_hash and not account.email:
        raise BadInput("email is missing: a sign-in needs one.", field="email")
    return check_email(account.email) if account.email.strip() else ""


def check_staff(member: StaffMember) -> StaffMember:
    """The member of staff as they are kept. Raises BadInput."""
    if member.role not in (Role.ADMIN, Role.GOVERNMENT):
        raise BadInput(f"role {member.role.value!r} must be admin or government.", field="role")
    return replace(
        member, email=check_email(member.email), name=_text("name", member.name, required=True)
    )


def check_accounts(accounts: Iterable[Account], *, staff_emails: Collection[str]) -> None:
    """What must hold between the rows of users.csv. Raises BadInput naming the row."""
    seen: set[str] = set()
    hashes: dict[str, str] = {}
    for account in accounts:
        if account.meter_id in seen:
            raise BadInput(f"meter {account.meter_id} stands there twice.", field="meter_id")
        seen.add(account.meter_id)
        if not account.email:
            continue
        if account.email in staff_emails:
            raise BadInput(
                f"email {account.email} of meter {account.meter_id} belongs to staff: a person "
                "is a household or staff, not both.",
                field="email",
            )
        if hashes.setdefault(account.email, account.password_hash) != account.password_hash:
            raise BadInput(
                f"the rows of {account.email} carry different passwords: all rows of one e-mail "
                "carry the same.",
                field="password_hash",
            )


def check_all_staff(staff: Iterable[StaffMember], *, household_emails: Collection[str]) -> None:
    """What must hold between the rows of admins.csv. Raises BadInput naming the row."""
    seen: set[str] = set()
    for member in staff:
        if member.email in seen:
            raise BadInput(f"{member.email} stands there twice.", field="email")
        seen.add(member.email)
        if member.email in household_emails:
            raise BadInput(
                f"email {member.email} belongs to a household: a person is a household or "
                "staff, not both.",
                field="email",
            )


def moved_in_at(account: Account, zone: HomeZone) -> int | None:
    """The instant the occupant moved in, None when it is not written down."""
    if not account.moved_in:
        return None
    return zone.day_start(date.fromisoformat(account.moved_in))


def _text(field: str, value: str, *, required: bool = False) -> str:
    text = value.strip()
    if required and not text:
        raise BadInput(f"{field} is missing.", field=field)
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise BadInput(
            f"{field} must be one line of up to {LONGEST_TEXT} printable characters.", field=field
        )
    return text


def _date(field: str, value: str) -> str:
    text = value.strip()
    if not text:
        return ""
    if _DATE.fullmatch(text):
        with suppress(ValueError):  # 2026-02-30 has the form and is no day
            return date.fromisoformat(text).isoformat()
    raise BadInput(f"{field} {value!r} must be a date such as 2026-03-01.", field=field)


_CHECKS: dict[str, Callable[[Account], str]] = {
    "meter_id": lambda account: check_meter_id(account.meter_id),
    "tariff_code": _tariff_code,
    "owner_name": lambda account: _text("owner_name", account.owner_name, required=True),
    "address": lambda account: _text("address", account.address, required=True),
    "email": _account_email,
    "region": lambda account: _text("region", account.region),
    "area": lambda account: _text("area", account.area),
    "postcode": lambda account: _text("postcode", account.postcode),
    "dwelling_type": lambda account: _text("dwelling_type", account.dwelling_type),
    "moved_in": lambda account: _date("moved_in", account.moved_in),
}
"""What each attribute of an account must be; a check gives the value as it is kept."""
