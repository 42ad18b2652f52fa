"""The catalog keeps what bills were made from, and entering the same again changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import select

from data_layer.errors import Conflict, NotFound
from data_layer.storage.database import Database
from data_layer.tariffs import tables
from data_layer.tariffs.catalog import Becomes, Entered, TariffCatalog
from data_layer.tariffs.documents import version_from
from data_layer.tariffs.model import Energy, FlatRate, Prices, Tariff, TariffVersion
from data_layer.tariffs.price_book import PriceBook, PricesEntered, StoredSeries

NEW_YEAR, JULY = date(2026, 1, 1), date(2026, 7, 1)


@pytest.fixture
def catalog(database: Database) -> TariffCatalog:
    return TariffCatalog(database, lambda: datetime(2026, 11, 20, tzinfo=UTC))


def tariff(*rates: tuple[date, str], name: str = "Home", currency: str = "SGD") -> Tariff:
    versions = tuple(TariffVersion(day, FlatRate(Decimal(rate))) for day, rate in rates)
    return Tariff("HOME", name, currency, versions)


def enter(catalog: TariffCatalog, entered: Tariff) -> Entered:
    with catalog.database.write() as connection:
        return catalog.enter(connection, entered, actor="ops@example.com")


def rates(found: Tariff) -> list[tuple[int, date, Decimal]]:
    return [
        (one.number, one.valid_from, one.energy.rate)
        for one in found.versions
        if isinstance(one.energy, FlatRate)
    ]


def kept(catalog: TariffCatalog) -> list[tuple[int, Energy, int | None]]:
    """Every stored version, and the number of the one that took its place."""
    table = tables.tariff_versions
    with catalog.database.read() as connection:
        rows = connection.execute(select(table).order_by(table.c.number)).all()
    return [
        (row.number, version_from(row.document, number=row.number).energy, row.replaced_by)
        for row in rows
    ]


def test_entering_the_same_again_changes_nothing(catalog: TariffCatalog) -> None:
    both = tariff((NEW_YEAR, "0.30"), (JULY, "0.32"))
    assert enter(catalog, both) == Entered((1, 2), 0)
    assert enter(catalog, both) == Entered((), 2)
    assert catalog.get("HOME").on(JULY).energy == FlatRate(Decimal("0.32"))
    assert catalog.all() == [catalog.get("HOME")]


def test_a_replaced_version_stays_for_the_bills_made_from_it(catalog: TariffCatalog) -> None:
    enter(catalog, tariff((NEW_YEAR, "0.30"), (JULY, "0.32")))
    assert enter(catalog, tariff((JULY, "0.35"))) == Entered((3,), 0)
    assert rates(catalog.get("HOME")) == [
        (1, NEW_YEAR, Decimal("0.30")),
        (3, JULY, Decimal("0.35")),
    ]
    assert kept(catalog) == [
        (1, FlatRate(Decimal("0.30")), None),
        (2, FlatRate(Decimal("0.32")), 3),
        (3, FlatRate(Decimal("0.35")), None),
    ]


def test_a_code_keeps_its_currency_and_may_change_its_name(catalog: TariffCatalog) -> None:
    enter(catalog, tariff((NEW_YEAR, "0.30")))
    with pytest.raises(Conflict, match="is in SGD; one in EUR needs another code"):
        enter(catalog, tariff((JULY, "0.30"), currency="EUR"))
    assert enter(catalog, tariff((NEW_YEAR, "0.30"), name="Home plus")) == Entered((), 1, "Home")
    assert enter(catalog, tariff((NEW_YEAR, "0.30"), name="Home plus")) == Entered((), 1)
    assert catalog.get("HOME").name == "Home plus"
    with pytest.raises(NotFound, match="'OTHER' is not in the catalog"):
        catalog.get("OTHER")


def prices(first: int, *amounts: str) -> Prices:
    starts = np.array([first + 1800 * n for n in range(len(amounts))], dtype=np.int64)
    return Prices("agile", starts, tuple(map(Decimal, amounts)), first + 1800 * len(amounts))


def test_prices_are_published_once(database: Database) -> None:
    book = PriceBook(database)
    with database.write() as connection:
        assert book.enter(connection, prices(0, "0.1", "0.2", "0.3")) == PricesEntered(3, 0)
        assert book.enter(connection, prices(1800, "0.20", "0.3", "0.4")) == PricesEntered(1, 2)
    for changed in (prices(1800, "0.21"), Prices("agile", np.array([0]), (Decimal("0.1"),), 3600)):
        with pytest.raises(Conflict, match="published once"), database.write() as connection:
            book.enter(connection, changed)
    found = book.get("agile", 1800, 7200)
    assert found.starts.tolist() == [1800, 3600, 5400]
    assert (found.price, found.end) == ((Decimal("0.2"), Decimal("0.3"), Decimal("0.4")), 7200)
    with pytest.raises(NotFound, match="no price in this period"):
        book.get("agile", 9000, 9001)
    with database.write() as connection:
        book.enter(connection, prices(10_800, "0.1"))
    with pytest.raises(Conflict, match="has a gap"):
        book.get("agile", 0, 12_600)


def test_a_plan_says_what_entering_would_do_and_writes_nothing(catalog: TariffCatalog) -> None:
    first = tariff((NEW_YEAR, "0.30"), (JULY, "0.32"))
    assert [(one.becomes, one.version.number) for one in catalog.plan(first)] == [
        (Becomes.NEW, 1),
        (Becomes.NEW, 2),
    ]
    assert catalog.all() == []
    enter(catalog, first)
    later = tariff((NEW_YEAR, "0.30"), (JULY, "0.35"), (date(2027, 1, 1), "0.36"))
    planned = catalog.plan(later)
    assert [(one.becomes, one.version.number, one.replaces) for one in planned] == [
        (Becomes.KNOWN, 1, None),
        (Becomes.REPLACES, 3, 2),
        (Becomes.NEW, 4, None),
    ]
    assert enter(catalog, later).new == (3, 4)
    with pytest.raises(Conflict, match="needs another code"):
        catalog.plan(tariff((JULY, "0.30"), currency="EUR"))


def test_a_price_book_says_how_far_it_reaches_and_what_a_file_would_add(
    database: Database,
) -> None:
    book = PriceBook(database)
    assert book.stored() == []
    assert book.plan(prices(0, "0.1", "0.2")) == PricesEntered(2, 0)
    assert book.stored() == []
    with database.write() as connection:
        book.enter(connection, prices(0, "0.1", "0.2"))
    assert book.stored() == [StoredSeries("agile", 0, 3600, 2, has_gaps=False)]
    assert book.plan(prices(1800, "0.2", "0.3")) == PricesEntered(1, 1)
    with pytest.raises(Conflict, match="published once"):
        book.plan(prices(0, "0.15"))
    with database.write() as connection:
        book.enter(connection, prices(7200, "0.1"))
    assert book.stored() == [StoredSeries("agile", 0, 9000, 3, has_gaps=True)]
