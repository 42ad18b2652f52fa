"""The billing room: what making and showing bills needs of readings, accounts and tariffs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from data_layer.accounts.model import Account
from data_layer.billing.shelf import BillShelf
from data_layer.clock import epoch_of
from data_layer.readings.room import ReadingRoom
from data_layer.tariffs.catalog import TariffCatalog
from data_layer.tariffs.price_book import PriceBook


@dataclass(frozen=True, slots=True)
class BillingRoom:
    """What every query and operation on bills receives first."""

    readings: ReadingRoom
    account: Callable[[str], Account | None]
    catalog: TariffCatalog
    price_book: PriceBook
    shelf: BillShelf
    sanctioned_kw: Callable[[str], Decimal]
    """The load a supply is sanctioned for, 0 where nobody said."""

    def today(self) -> date:
        """The local day it is."""
        return self.readings.zone.day_of(epoch_of(self.readings.clock()))
