"""Words an account form suggests: those the home uses; the reference ones in a home without any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from data_layer.accounts import geography
from data_layer.accounts.model import Account
from data_layer.book import Book


def words(book: Book, reference: Sequence[str], name: str) -> list[str]:
    """Words for an attribute, in the reference's order where it has them."""
    return _ordered(_used(book.accounts.all(), name), reference)


def areas(book: Book, region: str) -> list[str]:
    """Areas of the region; of every region while none is written or it is a new one."""
    everybody = book.accounts.all()
    there = _used((account for account in everybody if account.region == region), "area")
    reference = geography.PLANNING_AREAS.get(region) or sorted(
        area for planned in geography.PLANNING_AREAS.values() for area in planned
    )
    return _ordered(there or _used(everybody, "area"), reference)


def _used(accounts: Iterable[Account], name: str) -> set[str]:
    return {str(getattr(account, name)) for account in accounts} - {""}


def _ordered(used: set[str], reference: Sequence[str]) -> list[str]:
    if not used:
        return list(reference)
    return [*(word for word in reference if word in used), *sorted(used - set(reference))]
