"""The meters behind the accounts: MPAN, serial number, and what each register counts.

A meter's consumption is its total register if it has one, else the sum of its bands; exported
energy and information registers never count. A meter of which nothing is written has the one
register `S`. Held in memory, because every query asks; written through to the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from sqlalchemy import delete, insert, select

from data_layer.accounts.rules import check_meter_id
from data_layer.accounts.tables import meters, registers
from data_layer.errors import BadInput
from data_layer.readings.model import DEFAULT_REGISTER, SeriesKey
from data_layer.storage.database import Database

_MPAN = re.compile(r"\d{13}", re.ASCII)
_REGISTER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,15}", re.ASCII)
_SERIAL_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,31}", re.ASCII)


class RegisterRole(StrEnum):
    """What a register counts."""

    IMPORT_TOTAL = "import_total"
    IMPORT_BAND = "import_band"
    EXPORT = "export"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Meter:
    """A device at a meter point; `registers` maps each known register to what it counts."""

    meter_id: str
    mpan: str = ""
    serial_number: str = ""
    registers: Mapping[str, RegisterRole] | None = None


def counting_registers(meter: Meter) -> tuple[str, ...]:
    """The registers whose sum is the meter's consumption, sorted."""
    known = meter.registers or {}
    for role in (RegisterRole.IMPORT_TOTAL, RegisterRole.IMPORT_BAND):
        chosen = tuple(sorted(name for name, has in known.items() if has is role))
        if chosen:
            return chosen
    return () if known else (DEFAULT_REGISTER,)


class MeterRegister:
    """All meters of the home of which something is written."""

    def __init__(self, database: Database) -> None:
        self.changes = 0
        """How often anything was written of a meter; counted once it is in force."""
        self._database = database
        self._lock = Lock()
        self._meters: Mapping[str, Meter] = self._load()

    def get(self, meter_id: str) -> Meter:
        """The meter; one of which nothing is written comes with the defaults."""
        return self._meters.get(meter_id) or Meter(meter_id)

    def is_known(self, meter_id: str) -> bool:
        return meter_id in self._meters

    def all(self) -> tuple[Meter, ...]:
        return tuple(self._meters.values())

    def counting(self, meter_id: str) -> tuple[SeriesKey, ...]:
        """The series that make the meter's consumption."""
        meter = self._meters.get(meter_id)
        if meter is None:
            return (SeriesKey(meter_id, DEFAULT_REGISTER),)
        return tuple(SeriesKey(meter_id, name) for name in counting_registers(meter))

    def put(self, meter: Meter) -> None:
        """Write what is known of a meter, replacing what was."""
        _check(meter)
        with self._lock:
            self._write(meter)
            self._meters = self._load()
            self.changes += 1

    def _write(self, meter: Meter) -> None:
        with self._database.write() as connection:
            connection.execute(delete(registers).where(registers.c.meter_id == meter.meter_id))
            connection.execute(delete(meters).where(meters.c.meter_id == meter.meter_id))
            connection.execute(
                insert(meters).values(
                    meter_id=meter.meter_id, mpan=meter.mpan, serial_number=meter.serial_number
                )
            )
            for name, role in (meter.registers or {}).items():
                connection.execute(
                    insert(registers).values(
                        meter_id=meter.meter_id, register_id=name, role=role.value
                    )
                )

    def _load(self) -> Mapping[str, Meter]:
        roles: dict[str, dict[str, RegisterRole]] = {}
        with self._database.read() as connection:
            for row in connection.execute(select(registers)):
                roles.setdefault(row.meter_id, {})[row.register_id] = RegisterRole(row.role)
            return {
                row.meter_id: Meter(
                    row.meter_id, row.mpan, row.serial_number, roles.get(row.meter_id)
                )
                for row in connection.execute(select(meters).order_by(meters.c.meter_id))
            }


def _check(meter: Meter) -> None:
    check_meter_id(meter.meter_id)
    if meter.mpan and not _MPAN.fullmatch(meter.mpan):
        raise BadInput(f"mpan {meter.mpan!r} must be 13 digits.", field="mpan")
    if meter.serial_number and not _SERIAL_NUMBER.fullmatch(meter.serial_number):
        raise BadInput(
            f"serial_number {meter.serial_number!r} must be 1 to 32 letters, digits, spaces "
            "or . _ / -.",
            field="serial_number",
        )
    for name in meter.registers or {}:
        if not _REGISTER_ID.fullmatch(name):
            raise BadInput(
                f"register_id {name!r} must be 1 to 16 letters, digits or . _ -.",
                field="register_id",
            )
