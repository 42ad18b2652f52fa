"""Where bills are kept: versions of a month side by side, none ever changed or taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select

from data_layer.billing.documents import bill_document, bill_from
from data_layer.billing.model import Bill, BillFilter
from data_layer.billing.tables import bills
from data_layer.storage.database import Database


@dataclass(frozen=True, slots=True)
class BillShelf:
    """The table of bills."""

    database: Database

    def latest(self, meter_id: str, month: str) -> Bill | None:
        """The newest version of a month's bill."""
        return self._one(bills.c.meter_id == meter_id, bills.c.month == month)

    def version(self, meter_id: str, month: str, version: int) -> Bill | None:
        return self._one(
            bills.c.meter_id == meter_id, bills.c.month == month, bills.c.version == version
        )

    def versions(self, meter_id: str, month: str) -> list[Bill]:
        """All versions of a month's bill, newest first."""
        wanted = (
            select(bills.c.document)
            .where(bills.c.meter_id == meter_id, bills.c.month == month)
            .order_by(bills.c.version.desc())
        )
        with self.database.read() as connection:
            return [bill_from(document) for (document,) in connection.execute(wanted)]

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

    def find(self, wanted: BillFilter) -> tuple[tuple[Bill, ...], int]:
        """A block of the newest versions that fit, and how many fit in all."""
        later = bills.alias()
        conditions = [
            ~exists().where(
                later.c.meter_id == bills.c.meter_id,
                later.c.month == bills.c.month,
                later.c.version > bills.c.version,
            )
        ]
        if wanted.month:
            conditions.append(bills.c.month == wanted.month)
        if wanted.meter_contains:
            part = wanted.meter_contains
            conditions.append(bills.c.meter_id.icontains(part, autoescape=True))
        column = bills.c[wanted.sort_by]
        order = (
            column.desc() if wanted.descending else column,
            bills.c.month.desc(),
            bills.c.meter_id,
        )
        block = select(bills.c.document).where(*conditions).order_by(*order)
        with self.database.read() as connection:
            total = connection.scalar(select(func.count()).select_from(bills).where(*conditions))
            rows = connection.execute(block.offset(wanted.offset).limit(wanted.limit))
            return tuple(bill_from(document) for (document,) in rows), int(total or 0)

    def newest_month(self) -> str | None:
        """The last month of which there is any bill."""
        with self.database.read() as connection:
            found: str | None = connection.execute(select(func.max(bills.c.month))).scalar()
            return found

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

    def _one(self, *conditions: ColumnElement[bool]) -> Bill | None:
        wanted = select(bills.c.document).where(*conditions).order_by(bills.c.version.desc())
        with self.database.read() as connection:
            document = connection.execute(wanted.limit(1)).scalar()
        return None if document is None else bill_from(document)
