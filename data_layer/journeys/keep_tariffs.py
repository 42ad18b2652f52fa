"""Enter tariffs and prices, and write down who did: one transaction for each file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from data_layer.accounts.audit import AuditTrail
from data_layer.errors import Forbidden
from data_layer.readings.model import Action, Scope
from data_layer.tariffs.catalog import Entered, Planned, TariffCatalog
from data_layer.tariffs.missing_prices import without_prices, without_tariff
from data_layer.tariffs.model import Prices, Tariff
from data_layer.tariffs.price_book import PriceBook, PricesEntered


@dataclass(frozen=True, slots=True)
class TariffDesk:
    """The catalog, the price book, and the audit of what is entered into them."""

    catalog: TariffCatalog
    price_book: PriceBook
    audit: AuditTrail

    def enter(self, scope: Scope, tariffs: Sequence[Tariff]) -> Mapping[str, Entered]:
        """Enter tariffs, all or none; by code what became of each. Raises Forbidden, Conflict."""
        _require(scope)
        found: dict[str, Entered] = {}
        with self.catalog.database.write() as connection:
            for tariff in tariffs:
                entered = self.catalog.enter(connection, tariff, actor=scope.actor)
                found[tariff.code] = entered
                if entered.new:
                    self.audit.record_in(
                        connection,
                        scope.actor,
                        "tariff entered",
                        tariff.code,
                        versions=", ".join(map(str, entered.new)),
                    )
                if entered.renamed_from is not None:
                    self.audit.record_in(
                        connection,
                        scope.actor,
                        "tariff renamed",
                        tariff.code,
                        old_name=entered.renamed_from,
                        new_name=tariff.name,
                    )
        return found

    def plan(self, scope: Scope, tariffs: Sequence[Tariff]) -> Mapping[str, list[Planned]]:
        """What entering tariffs would do, by code; nothing is written. Raises as `enter` would."""
        _require(scope)
        return {tariff.code: self.catalog.plan(tariff) for tariff in tariffs}

    def warnings(self, tariffs: Sequence[Tariff]) -> list[str]:
        """What does not hinder entering these tariffs and yet is perhaps not meant, in sentences.

        They are those of a file, or of the catalog: then what is listed is warned of.
        """
        return without_prices(tariffs, {one.name for one in self.price_book.stored()})

    def warnings_of(self, codes: Iterable[str]) -> dict[str, list[str]]:
        """By each code that accounts name, what is amiss with it, in sentences; mostly nothing."""
        stored = self.catalog.codes()
        return {code: without_tariff(code, stored) for code in codes}

    def plan_prices(self, scope: Scope, prices: Prices) -> PricesEntered:
        """What entering a price series would do; nothing is written. Raises as entering would."""
        _require(scope)
        return self.price_book.plan(prices)

    def enter_prices(self, scope: Scope, prices: Prices) -> PricesEntered:
        """Enter a price series. Raises Forbidden, Conflict."""
        _require(scope)
        with self.catalog.database.write() as connection:
            entered = self.price_book.enter(connection, prices)
            if entered.added:
                self.audit.record_in(
                    connection, scope.actor, "prices entered", prices.name, added=entered.added
                )
        return entered


def _require(scope: Scope) -> None:
    if scope.action is not Action.MANAGE_TARIFFS:
        raise Forbidden(f"permission to {scope.action} does not enter tariffs.")
