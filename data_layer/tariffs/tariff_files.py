"""A file of tariffs or of prices, recognized by what stands in it, with all that is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from json import JSONDecodeError

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.tariffs.csv_files import read_tariffs
from data_layer.tariffs.documents import read_tariff, tariff_json
from data_layer.tariffs.faults import Fault
from data_layer.tariffs.model import Prices, Tariff
from data_layer.tariffs.price_files import PRICE_COLUMNS, read_prices

LARGEST_FILE = 8 << 20
"""More than the half-hourly prices of five years."""


@dataclass(frozen=True, slots=True)
class TariffFile:
    """What a file says. Nothing of it may be entered while it has a fault."""

    tariffs: tuple[Tariff, ...] = ()
    prices: Prices | None = None
    is_prices: bool = False
    faults: tuple[Fault, ...] = ()


def read_tariff_file(content: bytes, *, series: str, zone: HomeZone) -> TariffFile:
    """A JSON document of one tariff, a CSV of tariffs, or a CSV of the prices of `series`."""
    if len(content) > LARGEST_FILE:
        said = f"the file has {len(content):,} bytes; {LARGEST_FILE:,} are the most."
        return TariffFile(faults=(Fault(said),))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return TariffFile(faults=(Fault("the file is not UTF-8.", line=line),))
    if text.lstrip().startswith(("{", "[")):
        return _json(text)
    header = text.partition("\n")[0].lower()
    if set(PRICE_COLUMNS[1:]) & {name.strip(' "\r') for name in header.split(",")}:
        prices, faults = read_prices(text, name=series, zone=zone)
        return TariffFile(prices=prices, is_prices=True, faults=tuple(faults))
    tariffs, faults = read_tariffs(text)
    return TariffFile(tuple(tariffs), faults=tuple(faults))


def _json(text: str) -> TariffFile:
    try:
        found = read_tariff(tariff_json(text))
    except BadInput as error:
        cause = error.__cause__
        line = cause.lineno if isinstance(cause, JSONDecodeError) else None
        return TariffFile(faults=(Fault.of(error, line=line),))
    if isinstance(found, Tariff):
        return TariffFile((found,))
    return TariffFile(faults=tuple(Fault.of(wrong.error) for wrong in found))
