"""The fields of maintenance, of the receiving switch and of restore at the REST door."""

from __future__ import annotations

from pydantic import Field

from api.contract import Fields, Time
from data_layer.journeys.maintenance import MaintenanceType


class MaintenanceAsked(Fields):
    """Maintenance to begin."""

    maintenance_type: MaintenanceType


class MaintenanceBegun(Fields):
    """Maintenance is begun; it goes on by itself."""

    success: bool
    message: str
    timestamp: Time
    maintenance_type: MaintenanceType
    jobs: list[str] = Field(description="ids of its work, to be followed at /api/jobs/<job>")


class MaintenanceStatus(Fields):
    """What goes on just now."""

    is_maintenance_mode: bool = Field(description="the end of a day or month, or a restore")
    is_receiving_data: bool
    timestamp: Time
    reason: str = Field(description="why no readings are taken; empty while they are")


class Switched(Fields):
    """Receiving is stopped, or resumed."""

    success: bool
    message: str
    timestamp: Time
    is_receiving_data: bool


class Restored(Fields):
    """Every file of readings was read again; null counts while it is not done yet."""

    success: bool
    message: str
    timestamp: Time
    restored_meters_count: int | None
    restored_readings_count: int | None = Field(description="every revision")
    job: str = Field(description="the work's id, to be followed at /api/jobs/<job>")
