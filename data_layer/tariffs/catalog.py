"""The tariffs of a home: enter them, and find those that apply.

Entering is idempotent. A version that says what is stored is left alone; one that says something
else for the same first day becomes the next number and replaces it. Nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection, Row, insert, select, update

from data_layer.clock import Clock, epoch_of
from data_layer.errors import Conflict, NotFound
from data_layer.storage.database import Database
from data_layer.tariffs import tables
from data_layer.tariffs.documents import version_document, version_from
from data_layer.tariffs.model import Tariff, TariffVersion


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a tariff: numbers of its new versions, how many were known, its name."""

    new: tuple[int, ...]
    known: int
    renamed_from: str | None = None
    """The name it had before; None where it keeps its name or is new itself."""


class Becomes(StrEnum):
    """What entering a version would do."""

    NEW = "new"
    KNOWN = "known"
    REPLACES = "replaces"


@dataclass(frozen=True, slots=True)
class Planned:
    """A version, under the number it would get or has, and what entering it would do."""

    version: TariffVersion
    becomes: Becomes
    replaces: int | None = None
    """Number of the version whose place it would take."""


@dataclass(frozen=True, slots=True)
class TariffCatalog:
    """The tables of tariffs and their versions."""

    database: Database
    clock: Clock

    def get(self, code: str) -> Tariff:
        """A tariff with the versions that apply. Raises NotFound."""
        with self.database.read() as connection:
            row = connection.execute(
                select(tables.tariffs).where(tables.tariffs.c.code == code)
            ).first()
            if row is None:
                raise NotFound(f"tariff {code[:40]!r} is not in the catalog.", field="tariff_code")
            return _tariff(row, _stored(connection, code))

    def codes(self) -> list[str]:
        """Codes of all tariffs, sorted."""
        with self.database.read() as connection:
            code = tables.tariffs.c.code
            return list(connection.scalars(select(code).order_by(code)))

    def all(self) -> list[Tariff]:
        """All tariffs with the versions that apply, by code."""
        with self.database.read() as connection:
            rows = connection.execute(select(tables.tariffs).order_by(tables.tariffs.c.code)).all()
            return [_tariff(row, _stored(connection, row.code)) for row in rows]

    def plan(self, tariff: Tariff) -> list[Planned]:
        """What entering a tariff would do, version by version; nothing is written.

        Raises Conflict when the code is used with another currency.
        """
        with self.database.read() as connection:
            _check_currency(_head(connection, tariff.code), tariff)
            return _planned(connection, tariff)

    def enter(self, connection: Connection, tariff: Tariff, *, actor: str) -> Entered:
        """Add a tariff's versions, and give it its name, in the caller's write transaction.

        Raises Conflict when the code is used with another currency.
        """
        renamed_from = self._enter_head(connection, tariff)
        planned = _planned(connection, tariff)
        new = [one for one in planned if one.becomes is not Becomes.KNOWN]
        for one in new:
            self._add_version(connection, tariff.code, one.version, actor)
            if one.replaces is not None:
                _replaced(connection, tariff.code, one.replaces, by=one.version.number)
        numbers = tuple(one.version.number for one in new)
        return Entered(numbers, len(planned) - len(new), renamed_from)

    def _enter_head(self, connection: Connection, tariff: Tariff) -> str | None:
        """The name that was replaced, if one was."""
        head = tables.tariffs
        row = _head(connection, tariff.code)
        _check_currency(row, tariff)
        if row is None:
            connection.execute(
                insert(head).values(code=tariff.code, name=tariff.name, currency=tariff.currency)
            )
        elif row.name != tariff.name:
            connection.execute(
                update(head).where(head.c.code == tariff.code).values(name=tariff.name)
            )
            return str(row.name)
        return None

    def _add_version(
        self, connection: Connection, code: str, version: TariffVersion, actor: str
    ) -> None:
        connection.execute(
            insert(tables.tariff_versions).values(
                code=code,
                number=version.number,
                valid_from=version.valid_from.isoformat(),
                document=version_document(version),
                entered_at=epoch_of(self.clock()),
                entered_by=actor,
            )
        )


def _head(connection: Connection, code: str) -> Row[tuple[str, str, str]] | None:
    return connection.execute(select(tables.tariffs).where(tables.tariffs.c.code == code)).first()


def _check_currency(row: Row[tuple[str, str, str]] | None, tariff: Tariff) -> None:
    if row is not None and row.currency != tariff.currency:
        raise Conflict(
            f"tariff {tariff.code} is in {row.currency}; one in {tariff.currency} needs "
            "another code.",
            field="currency",
        )


def _planned(connection: Connection, tariff: Tariff) -> list[Planned]:
    stored = {one.valid_from: one for one in _stored(connection, tariff.code)}
    every = _stored(connection, tariff.code, all_of_them=True)
    number = max((one.number for one in every), default=0)
    found: list[Planned] = []
    for version in tariff.versions:
        known = stored.get(version.valid_from)
        if known is not None and replace(version, number=known.number) == known:
            found.append(Planned(known, Becomes.KNOWN))
            continue
        number += 1
        becomes = Becomes.NEW if known is None else Becomes.REPLACES
        instead_of = None if known is None else known.number
        found.append(Planned(replace(version, number=number), becomes, instead_of))
    return found


def _stored(connection: Connection, code: str, *, all_of_them: bool = False) -> list[TariffVersion]:
    table = tables.tariff_versions
    wanted = select(table).where(table.c.code == code).order_by(table.c.number)
    if not all_of_them:
        wanted = wanted.where(table.c.replaced_by.is_(None))
    rows = connection.execute(wanted)
    return [version_from(row.document, number=row.number) for row in rows]


def _replaced(connection: Connection, code: str, number: int, *, by: int) -> None:
    table = tables.tariff_versions
    connection.execute(
        update(table).where(table.c.code == code, table.c.number == number).values(replaced_by=by)
    )


def _tariff(row: Row[tuple[str, str, str]], versions: Iterable[TariffVersion]) -> Tariff:
    return Tariff(row.code, row.name, row.currency, _sorted(versions))


def _sorted(versions: Iterable[TariffVersion]) -> tuple[TariffVersion, ...]:
    return tuple(sorted(versions, key=lambda one: one.valid_from))
