"""Finds accounts by what an operator types and picks: pure, over the accounts as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_layer.accounts.account_rows import ACCOUNT_COLUMNS
from data_layer.accounts.model import Account, AccountType, Status
from data_layer.errors import BadInput

SEARCHED = ("meter_id", "owner_name", "email", "address", "postcode")
SORTED_BY = tuple(name for name in ACCOUNT_COLUMNS if name != "password_hash")


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts, in what order, and which page of them. Empty means all."""

    text: str = ""
    """Every word must stand somewhere in meter id, owner, e-mail, address or postcode."""
    region: str = ""
    area: str = ""
    dwelling_type: str = ""
    status: Status | None = None
    account_type: AccountType | None = None
    sort_by: str = "meter_id"
    descending: bool = False
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One page of accounts and how many the filter matches in all."""

    accounts: tuple[Account, ...]
    total: int


def search(accounts: Sequence[Account], wanted: AccountFilter) -> AccountPage:
    """The accounts that match. Raises BadInput for an unknown column."""
    if wanted.sort_by not in SORTED_BY:
        raise BadInput(f"accounts cannot be sorted by {wanted.sort_by!r}.", field="sort_by")
    words = wanted.text.casefold().split()
    found = [account for account in accounts if _fits(account, wanted, words)]
    found.sort(
        key=lambda account: (str(getattr(account, wanted.sort_by)).casefold(), account.meter_id),
        reverse=wanted.descending,
    )
    page = found[wanted.offset : wanted.offset + wanted.limit]
    return AccountPage(tuple(page), len(found))


def _fits(account: Account, wanted: AccountFilter, words: Sequence[str]) -> bool:
    for name in ("region", "area", "dwelling_type", "status", "account_type"):
        asked = getattr(wanted, name)
        if asked and getattr(account, name) != asked:
            return False
    if not words:
        return True
    text = "\n".join(getattr(account, name) for name in SEARCHED).casefold()
    return all(word in text for word in words)
