"""Where bills are kept: versions of a month side by side, none ever changed or taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from data_layer.billing.documents import bill_document, bill_from
from data_layer.billing.model import Bill
from data_layer.billing.tables import bills, supplies
from data_layer.storage.database import Database


@dataclass(frozen=True, slots=True)
class BillShelf:
    """The tables of bills and of what else of a supply its charges depend on."""

    database: Database

    def latest(self, meter_id: str, month: str) -> Bill | None:
        """The newest version of a month's bill."""
        return self._one(bills.c.meter_id == meter_id, bills.c.month == month)

    def version(self, meter_id: str, month: str, version: int) -> Bill | None:
        return self._one(
            bills.c.meter_id == meter_id, bills.c.month == month, bills.c.version == version
        )

    def of_meter(self, meter_id: str) -> list[Bill]:
        """The newest version of every month, newest month first."""
        newest = (
            select(bills.c.month, func.max(bills.c.version).label("version"))
            .where(bills.c.meter_id == meter_id)
            .group_by(bills.c.month)
            .subquery()
        )
        wanted = (
            select(bills.c.document)
            .join(
                newest,
                (bills.c.month == newest.c.month) & (bills.c.version == newest.c.version),
            )
            .where(bills.c.meter_id == meter_id)
            .order_by(bills.c.month.desc())
        )
        with self.database.read() as connection:
            return [bill_from(document) for (document,) in connection.execute(wanted)]

    def put(self, connection: Connection, made: Sequence[Bill], *, actor: str) -> None:
        """Add bills in the caller's write transaction. The key refuses a version that is there."""
        for bill in made:
            connection.execute(
                insert(bills).values(
                    meter_id=bill.meter_id,
                    month=bill.month,
                    version=bill.version,
                    made_at=bill.made_at,
                    made_by=actor,
                    gross=bill.gross,
                    consumption_wh=bill.consumption_wh,
                    document=bill_document(bill),
                )
            )

    def sanctioned_kw(self, meter_id: str) -> Decimal:
        """The load the supply is sanctioned for; 0 where nobody said."""
        with self.database.read() as connection:
            found = connection.execute(
                select(supplies.c.sanctioned_kw).where(supplies.c.meter_id == meter_id)
            ).scalar()
        return Decimal(found or 0)

    def set_sanctioned_kw(self, connection: Connection, meter_id: str, kw: Decimal) -> None:
        """Say the load of a supply, in the caller's write transaction."""
        connection.execute(delete(supplies).where(supplies.c.meter_id == meter_id))
        connection.execute(insert(supplies).values(meter_id=meter_id, sanctioned_kw=f"{kw:f}"))

    def _one(self, *conditions: ColumnElement[bool]) -> Bill | None:
        wanted = select(bills.c.document).where(*conditions).order_by(bills.c.version.desc())
        with self.database.read() as connection:
            document = connection.execute(wanted.limit(1)).scalar()
        return None if document is None else bill_from(document)
