"""What a supply is sanctioned for: the load in kW that some tariffs charge for by the month.

It belongs to the supply, not to who lives there, so it stands in the database beside the meters
and not in users.csv. Of a supply nobody spoke of the load is 0 and costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import delete, insert, select

from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.tables import supplies
from data_layer.storage.database import Database


@dataclass(frozen=True, slots=True)
class SupplyRegister:
    """The table of supplies."""

    database: Database
    audit: AuditTrail

    def sanctioned_kw(self, meter_id: str) -> Decimal:
        """The load the supply is sanctioned for; 0 where nobody said."""
        with self.database.read() as connection:
            found = connection.execute(
                select(supplies.c.sanctioned_kw).where(supplies.c.meter_id == meter_id)
            ).scalar()
        return Decimal(found or 0)

    def all(self) -> Mapping[str, Decimal]:
        """The load of every supply somebody spoke of, by meter."""
        with self.database.read() as connection:
            rows = connection.execute(select(supplies.c.meter_id, supplies.c.sanctioned_kw))
            return {meter_id: Decimal(kw) for meter_id, kw in rows}

    def sanction(self, meter_id: str, kw: Decimal, *, actor: str) -> None:
        """Say the load of a supply, 0 to take back what was said; audited where it changes.

        `kw` is what `rules.check_sanctioned_kw` gave.
        """
        text = f"{kw:f}"
        with self.database.write() as connection:
            wanted = select(supplies.c.sanctioned_kw).where(supplies.c.meter_id == meter_id)
            before = connection.execute(wanted).scalar()
            if Decimal(before or 0) == kw:
                return
            connection.execute(delete(supplies).where(supplies.c.meter_id == meter_id))
            if kw:
                connection.execute(insert(supplies).values(meter_id=meter_id, sanctioned_kw=text))
            self.audit.record_in(
                connection, actor, "load sanctioned", meter_id, kw=text, before=before or "0"
            )
